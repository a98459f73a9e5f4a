/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_BENEATH_H
#define CE_CACHE_BENEATH_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * Opening what lies in a package. Everything goes by descriptors, and no component is followed
 * where it is a link: what a package contains, or what somebody has put into the cache since, leads
 * nowhere else. A pipe or a device is never waited for.
 */

/* A directory below `root`; path "" or "." is root itself. A descriptor, or -1 with errno (ELOOP or
 * ENOTDIR where a component is a link). */
CE_MUST_CHECK int ce_open_dir_beneath(int root, const char *path);
/* A regular file in the directory `dir`, for reading. A descriptor, or -1 with errno; EINVAL where
 * it is something else. */
CE_MUST_CHECK int ce_open_file_in(int dir, const char *name);
/* Appends such a file to `out`. CCENV_ENOTFOUND without one; CCENV_EDATA for more than `max` bytes
 * and for what is not a regular file. */
CE_MUST_CHECK int ce_read_file_in(
	int dir, const char *name, size_t max, struct ce_buf *out, struct ccenv_error *err);

#endif
