/* SPDX-License-Identifier: MIT */
#ifndef CE_API_ARCHS_H
#define CE_API_ARCHS_H

#include "base/attr.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

struct ccenv;
struct ce_arena;
struct ce_lockfile;
struct ce_lock_plan;
struct ce_lockfile_platform;

/* The locked CUDA against what is asked of it: a release, and the manifest's GPU architectures. */

/* Is the locked CUDA the one wanted: "13.0", "13", ">=12.8,<13", or "*" for any? CCENV_ENOTFOUND
 * says which it is. */
CE_MUST_CHECK int ce_archs_check_cuda(const struct ccenv *c, const struct ce_lockfile_platform *p,
	const char *want, struct ccenv_error *err);
/* Does the nvcc of each solution or lock accept the architectures of its environment? */
CE_MUST_CHECK int ce_archs_check_plan(
	const struct ccenv *c, const struct ce_lock_plan *plan, struct ccenv_error *err);
CE_MUST_CHECK int ce_archs_check_lock(
	const struct ccenv *c, const struct ce_lockfile *lock, struct ccenv_error *err);
/* Those of an environment, and of a target (may be NULL), for the locked packages, "all" and "native"
 * replaced. Empty without any; strings from the arena. */
struct ce_archs_subject {
	const char *environment, *target;
	const struct ce_lockfile_platform *packages;
};
CE_MUST_CHECK int ce_archs_chosen(struct ccenv *c, const struct ce_archs_subject *of,
	struct ce_arena *a, struct ce_strs *ret, struct ccenv_error *err);

#endif
