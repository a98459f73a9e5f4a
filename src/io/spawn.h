/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_SPAWN_H
#define CE_IO_SPAWN_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * Runs argv[0] (a path, or a name to look for as
 * ce_fs_find_program() does in PATH) and appends what it prints, stdout and
 * stderr together, to `out`. It gets no input. When it takes more than limit_s seconds or prints
 * more than out->max bytes, it and what it started are killed (CCENV_EIO). *ret_status is its exit
 * status, 128 + n when signal n ended it.
 */
CE_MUST_CHECK int ce_spawn_read(const char *const argv[], int limit_s, struct ce_buf *out,
	int *ret_status, struct ccenv_error *err);

#endif
