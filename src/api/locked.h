/* SPDX-License-Identifier: MIT */
#ifndef CE_API_LOCKED_H
#define CE_API_LOCKED_H

#include "base/attr.h"
#include "ccenv/ccenv.h"

struct ccenv;
struct ce_lockfile;
struct ce_lockfile_platform;

/* The lock of a project. Environment and platform may be NULL: "default", this machine's. */

/* Reads the lock, unchecked. CCENV_ENOTFOUND without one. The caller frees. */
CE_MUST_CHECK int ce_locked_read_all(
	struct ccenv *c, struct ce_lockfile **ret_lock, struct ccenv_error *err);
/* The same, and finds one platform of one environment; *ret points into *ret_lock,
 * which the caller frees. CCENV_ENOTFOUND without a lock, or names what is locked. */
CE_MUST_CHECK int ce_locked_read(struct ccenv *c, const char *environment, const char *platform,
	struct ce_lockfile **ret_lock, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err);
/* The second half of it. */
CE_MUST_CHECK int ce_locked_select(const struct ce_lockfile *lock, const char *environment,
	const char *platform, const struct ce_lockfile_platform **ret, struct ccenv_error *err);
/* The same after a check that the lock fits the manifest there; CCENV_ESTALE says why not. */
CE_MUST_CHECK int ce_locked_check(struct ccenv *c, const struct ce_lockfile *lock,
	const char *environment, const char *platform, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err);
/* Completes a CCENV_ESTALE text with the file and the way out; returns CCENV_ESTALE. */
int ce_locked_stale(const char *lock_path, struct ccenv_error *err);

#endif
