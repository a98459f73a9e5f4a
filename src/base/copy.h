/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_COPY_H
#define CE_BASE_COPY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * Copies of files. Which failure of a faster way leads to the slower one: base/syscalls.h.
 */

/* Makes the empty file `to` share the blocks of `from`. 0, or -1 with errno. */
CE_MUST_CHECK int ce_copy_clone(int from, int to);
/*
 * Copies the `size` bytes that the file `from` holds to `to`, both from where they stand; in the
 * kernel where it can. 0, or -1 with errno; ENODATA when `from` ends too early, so that no truncated copy
 * passes for a complete one.
 */
CE_MUST_CHECK int ce_copy_bytes(int from, int to, uint64_t size);
/*
 * A second name for the regular file `from`: the same inode where that is possible, else the same
 * blocks, else the same bytes. `mode` is that of a copy; a second name has the mode of the first.
 */
CE_MUST_CHECK int ce_copy_link(
	const char *from, const char *to, mode_t mode, struct ccenv_error *err);

#endif
