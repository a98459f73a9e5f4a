/* SPDX-License-Identifier: MIT */
#ifndef CE_API_PLAN_H
#define CE_API_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "model/request.h"

struct ccenv;
struct ce_environment;
struct ce_lockfile;
struct ce_lockfile_env;
struct ce_lockfile_platform;
struct ce_manifest;
struct ce_repodata;
struct ce_target;

/*
 * The way from a manifest to a lock. A plan has one item for each environment and platform of the
 * manifest, and one for each side of its targets; it is made (requests), perhaps made to prefer what is locked, solved, and turned into a
 * lock. Release it with ce_lock_plan_release(), which is what CE_CLEANUP takes.
 */
struct ce_lock_plan_item {
	struct ce_request *request;
	struct ce_solution *solution; /* NULL before ce_lock_plan_solve() */
	const char *options;          /* see ce_manifest_options() */
	struct ce_repodata *repodata; /* borrowed from the plan */
};

struct ce_lock_plan {
	struct ce_arena arena;
	struct ce_lock_plan_item *items;
	size_t n;
	struct ce_repodata **repodata; /* one per platform */
	size_t n_repodata;
	bool revalidate; /* ask the channels even where the cached index is fresh */
	/* The identities (ce_repodata.identity) of the indexes for which the caller has an answer, one per
	 * platform, in the order of `repodata`. If all are still the ones, nothing is solved (is_held). */
	struct ce_strs held;
	bool is_held;
};

/* All environments and platforms of the manifest. `ret` must be zeroed, and is released by the
 * caller on failure too. */
CE_MUST_CHECK int ce_lock_plan_make(
	struct ccenv *c, struct ce_lock_plan *ret, struct ccenv_error *err);
void ce_lock_plan_release(struct ce_lock_plan *plan);
/* Would ce_lock_plan_make() accept this manifest? */
CE_MUST_CHECK int ce_lock_plan_try(const struct ce_manifest *m, struct ccenv_error *err);

/* 0 when the lock answers every item and has nothing else; otherwise CCENV_ESTALE and the reason.
 */
CE_MUST_CHECK int ce_lock_plan_fits(
	const struct ce_lock_plan *plan, const struct ce_lockfile *old, struct ccenv_error *err);
/* Lets the solver prefer the packages of `old`, except for the names to be updated. `old` must
 * outlive the plan. */
void ce_lock_plan_prefer(struct ce_lock_plan *plan, const struct ce_lockfile *old,
	const struct ccenv_lock_options *o);
/* Loads the records and solves all items, several at a time. */
CE_MUST_CHECK int ce_lock_plan_solve(
	struct ccenv *c, struct ce_lock_plan *plan, struct ccenv_error *err);
/*
 * Appends what is locked already as an item with its solution, for which there must be room: its request
 * has what the lock says of it. Everything but the packages is copied.
 */
CE_MUST_CHECK int ce_lock_plan_add_locked(struct ce_lock_plan *plan,
	const struct ce_lockfile_env *env, const struct ce_lockfile_platform *p,
	struct ccenv_error *err);
/* Replaces what the request asks for and assumes by what the lock says of it. */
CE_MUST_CHECK int ce_lock_plan_as_noted(struct ce_lock_plan_item *item,
	const struct ce_lockfile_env *env, const struct ce_lockfile_platform *p,
	struct ccenv_error *err);
/* Gives the item these packages. */
void ce_lock_plan_take(struct ce_lock_plan_item *item, const struct ce_lockfile_platform *p);
/* A new lock with all solutions; free with ce_lockfile_free(). */
CE_MUST_CHECK int ce_lock_plan_result(
	const struct ce_lock_plan *plan, struct ce_lockfile **ret, struct ccenv_error *err);

/* Of an environment: a platform, or one side of a target. */
struct ce_lock_subject {
	const char *platform;
	const struct ce_target *target; /* NULL for CE_SIDE_NATIVE */
	enum ce_side side;
};

/* The request for it; free with ce_request_free(). It borrows from the arena, which must outlive it. */
CE_MUST_CHECK int ce_lock_plan_request(const struct ce_manifest *m,
	const struct ce_environment *env, const struct ce_lock_subject *subject, struct ce_arena *a,
	struct ce_request **ret, struct ccenv_error *err);
/* Solves one item; *err says what it was. */
CE_MUST_CHECK int ce_lock_plan_solve_item(struct ce_lock_plan_item *item, struct ccenv_error *err);
/* Makes the two sides of each target agree (model/pair.h): solves again what has to change. In pair.c. */
CE_MUST_CHECK int ce_lock_plan_couple(struct ce_lock_plan *plan, struct ccenv_error *err);

#endif
