/* SPDX-License-Identifier: MIT */
#ifndef CE_API_LOCKED_H
#define CE_API_LOCKED_H

#include "base/arena.h"
#include "base/attr.h"
#include "ccenv/ccenv.h"
#include "model/target_name.h"

struct ccenv;
struct ce_lockfile;
struct ce_lockfile_env;
struct ce_lockfile_platform;
struct ce_lockfile_target;
struct ce_target;

/* The lock of a project. */

/* Reads the lock, unchecked. CCENV_ENOTFOUND without one. The caller frees. */
CE_MUST_CHECK int ce_locked_read_all(
	struct ccenv *c, struct ce_lockfile **ret_lock, struct ccenv_error *err);
/* A part of a lock, which points into it. */
struct ce_locked {
	const struct ce_lockfile_platform *packages; /* of a target: its host side */
	const struct ce_lockfile_target *target;     /* NULL natively */
};

/* Reads the lock, unchecked, and finds one part; the caller frees *ret_lock. CCENV_ENOTFOUND without a lock,
 * or names what is locked. A target may be of another machine. */
CE_MUST_CHECK int ce_locked_read(struct ccenv *c, const struct ccenv_selection *of,
	struct ce_lockfile **ret_lock, struct ce_locked *ret, struct ccenv_error *err);
/* A target of the manifest among those that its environment has; release with ce_locked_choice_release(). */
struct ce_locked_choice {
	struct ce_arena arena;
	const struct ce_target *target; /* NULL: what the machine builds for itself */
	struct ce_target_ids ids;       /* from the arena */
	size_t index;                   /* in `ids`; CE_TARGET_NATIVE without a target */
	const char *label;              /* what its files are called; NULL without a target */
};

/* What `of` means for this project: a target of the manifest that can be built on its platform, or none.
 * `ret` must be zeroed, and is released by the caller on failure too. */
CE_MUST_CHECK int ce_locked_choose(struct ccenv *c, const struct ccenv_selection *of,
	struct ce_locked_choice *ret, struct ccenv_error *err);
void ce_locked_choice_release(struct ce_locked_choice *choice);
/* The part of a lock as it is. `target` is what ce_locked_choose() found. */
CE_MUST_CHECK int ce_locked_select(const struct ce_lockfile *lock, const struct ccenv_selection *of,
	const struct ce_target *target, struct ce_locked *ret, struct ccenv_error *err);
/* The same by the names of a selection, of the targets that the lock has. */
CE_MUST_CHECK int ce_locked_select_named(const struct ce_lockfile *lock,
	const struct ccenv_selection *of, enum ce_target_use use, struct ce_locked *ret,
	struct ccenv_error *err);
/* The locked target that `of` names; *ret is NULL when it names none, or the machine itself. */
CE_MUST_CHECK int ce_locked_find_target(const struct ce_lockfile_env *env,
	const struct ccenv_selection *of, enum ce_target_use use,
	const struct ce_lockfile_target **ret, struct ccenv_error *err);
/* ce_locked_select() after a check that the lock fits the manifest there; CCENV_ESTALE says why not. */
CE_MUST_CHECK int ce_locked_check(struct ccenv *c, const struct ce_lockfile *lock,
	const struct ccenv_selection *of, const struct ce_target *target, struct ce_locked *ret,
	struct ccenv_error *err);
/* Completes a CCENV_ESTALE text with the file and the way out; returns CCENV_ESTALE. */
int ce_locked_stale(const char *lock_path, struct ccenv_error *err);
/* The platform of a selection. */
const char *ce_locked_platform(const struct ccenv_selection *of);

#endif
