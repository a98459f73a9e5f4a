/* SPDX-License-Identifier: MIT */
#ifndef CE_API_BINARIES_H
#define CE_API_BINARIES_H

#include "base/attr.h"
#include "base/strs.h"

struct ce_arena;
struct ccenv_error;

/*
 * The programs and shared libraries (ELF files that a loader takes) in and below `dir`, sorted. Links
 * are not followed; the directory `skip` (a path as realpath() gives it) is left out. Paths begin with
 * `dir` and live in the arena. CCENV_EDATA beyond 64 levels or 100,000 files.
 */
CE_MUST_CHECK int ce_binaries_find(const char *dir, const char *skip, struct ce_arena *a,
	struct ce_strs *ret, struct ccenv_error *err);

#endif
