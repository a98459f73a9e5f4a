/* SPDX-License-Identifier: MIT */
#ifndef CE_API_CMAKE_CACHE_H
#define CE_API_CMAKE_CACHE_H

#include "base/attr.h"

struct ccenv_error;

/* CMakeCache.txt, as CMake writes it (cmake(1), cmake-properties(7), cache entries). */
struct ce_cmake_entry {
	const char *name, *type, *value;
};

/* Calls f for each entry of a build directory's cache, in their order. CCENV_ENOTFOUND without one. */
CE_MUST_CHECK int ce_cmake_entries(const char *build_dir,
	void (*f)(void *user, const struct ce_cmake_entry *e), void *user, struct ccenv_error *err);

#endif
