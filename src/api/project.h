/* SPDX-License-Identifier: MIT */
#ifndef CE_API_PROJECT_H
#define CE_API_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "lock/lock_file.h"
#include "model/request.h"

struct ce_lock;
struct ce_lock_platform;
struct ce_manifest;
struct ce_pkg;
struct ce_repodata;

/*
 * What stands behind a struct ccenv, and the middle of the pipeline: manifest -> requests ->
 * solutions. Part of api/: it sees every stage, nothing but ccenv.c sees it.
 */
struct ccenv {
	struct ce_manifest *manifest; /* NULL without one */
	struct ce_buf manifest_text;  /* the bytes that it was made from */
	char *manifest_path;          /* absolute, NULL when there is no such file */
	char *lock_path;              /* absolute */
	char *root;                   /* absolute */
	char *cache_dir;              /* absolute */
	bool offline;
	char **package_caches, **trusted_caches; /* absolute */
	size_t n_package_caches, n_trusted_caches;
	const char *(*getenv_fn)(const char *name);
	struct ccenv_events events;
};

/* One environment on one platform, on its way from request to solution. */
struct ce_plan_item {
	struct ce_request *request;
	struct ce_solution *solution;
	const char *options;
	struct ce_repodata *repodata; /* borrowed from the plan */
};

struct ce_plan {
	struct ce_arena arena;
	struct ce_plan_item *items;
	size_t n;
	struct ce_repodata **repodata; /* one a platform */
	size_t n_repodata;
};

void ce_plan_release(struct ce_plan *plan);
/* All environments and platforms of the manifest. */
CE_MUST_CHECK int ce_project_plan(struct ccenv *c, struct ce_plan *ret, struct ccenv_error *err);
/* 0 when the lock answers every item and holds nothing else; else CCENV_ESTALE says what does not.
 */
CE_MUST_CHECK int ce_plan_is_locked(
	const struct ce_plan *plan, const struct ce_lock *old, struct ccenv_error *err);
/* Lets the solver favour what `old` has, but for the names that are to be updated. */
void ce_plan_favour(
	struct ce_plan *plan, const struct ce_lock *old, const struct ccenv_lock_options *o);
/* Loads the records and solves all items, several at a time. */
CE_MUST_CHECK int ce_plan_solve(struct ccenv *c, struct ce_plan *plan, struct ccenv_error *err);
struct ce_lock *ce_plan_lock(const struct ce_plan *plan);
bool ce_lock_differs(const struct ce_lock *a, const struct ce_lock *b);

/* Would every environment and platform of the manifest make a request? */
CE_MUST_CHECK int ce_project_try(const struct ce_manifest *m, struct ccenv_error *err);
/* ce_lock_check() for one environment and platform of the manifest. */
CE_MUST_CHECK int ce_project_check(struct ccenv *c, const struct ce_lock *lock, const char *env,
	const char *platform, const struct ce_lock_platform **ret, struct ccenv_error *err);
/* The lock's own entry, unchecked; CCENV_ENOTFOUND names what is there. */
CE_MUST_CHECK int ce_lock_select(const struct ce_lock *lock, const char *env, const char *platform,
	const struct ce_lock_platform **ret, struct ccenv_error *err);
/* Does this machine have what the locked packages were solved for? Only a warning for __cuda: a
 * machine without a driver may well build. CCENV_EHOST otherwise. */
CE_MUST_CHECK int ce_project_check_host(
	struct ccenv *c, const struct ce_lock_platform *p, struct ccenv_error *err);
/* Completes a CCENV_ESTALE text with the file and the way out. */
int ce_stale(const char *lock_path, struct ccenv_error *err);

/* Is the locked CUDA the one wanted: "13.0", "13", ">=12.8,<13", or "*" for any? CCENV_ENOTFOUND
 * says which it is. */
CE_MUST_CHECK int ce_project_check_cuda(const struct ccenv *c, const struct ce_lock_platform *p,
	const char *want, struct ccenv_error *err);
/* Does the nvcc of each solution take the architectures of its environment? */
CE_MUST_CHECK int ce_lock_check_archs(
	const struct ccenv *c, const struct ce_lock *lock, struct ccenv_error *err);
CE_MUST_CHECK int ce_plan_check_archs(
	const struct ccenv *c, const struct ce_plan *plan, struct ccenv_error *err);
/* Those of an environment for the locked packages, "all" and "native" replaced. Empty without any.
 */
CE_MUST_CHECK int ce_project_archs(struct ccenv *c, const char *env,
	const struct ce_lock_platform *p, struct ce_arena *a, const char ***ret, size_t *ret_n,
	struct ccenv_error *err);

/* Packages as the public API shows them. */
void ce_packages_fill(const struct ce_pkg *const *pkgs, size_t n, const char *const *requested,
	size_t n_requested, struct ccenv_packages *ret);

#endif
