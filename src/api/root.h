/* SPDX-License-Identifier: MIT */
#ifndef CE_API_ROOT_H
#define CE_API_ROOT_H

#include <stdbool.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"

struct ccenv;
struct ce_fs_lock;

/*
 * The root is ccenv's own directory: an install replaces and removes files in it. So a directory that
 * is in use by something else must never become one: `--root ~/.local`, `--root .`, or a link in a
 * repository that leads there.
 *
 * A root is known by a marker that is written before anything else. A directory becomes a root when it
 * is empty, or has only what the build files and `ccenv lock` put there before the first install.
 */

/* May this become the root, or is it one? CCENV_EUSAGE says why not. Changes nothing. */
CE_MUST_CHECK int ce_root_check(const struct ccenv *c, struct ccenv_error *err);
/* The same, with whether the project may be used and all build tools can carry the path. */
CE_MUST_CHECK int ce_root_check_all(const struct ccenv *c, struct ccenv_error *err);
/* Is the directory a root of some project? */
bool ce_root_has_marker(const char *dir);
/* Makes the directory and its marker, after the same check. */
CE_MUST_CHECK int ce_root_claim(const struct ccenv *c, struct ccenv_error *err);
/* The same, and waits until no other process works on it. The caller calls ce_fs_unlock(). */
CE_MUST_CHECK int ce_root_lock(struct ccenv *c, struct ce_fs_lock **ret, struct ccenv_error *err);

#endif
