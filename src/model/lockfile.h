/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_LOCKFILE_H
#define CE_MODEL_LOCKFILE_H

#include <stddef.h>

#include "base/arena.h"
#include "model/pkg.h"
#include "model/request.h"

/*
 * The lock: for each environment and platform the exact packages, with what was asked and what was
 * assumed, so that staleness is decided from the file alone, with no network.
 */
struct ce_lock_platform {
	const char *platform;
	const char **specs; /* canonical texts of what was asked, sorted */
	size_t n_specs;
	struct ce_virtual *virtuals; /* what the solve assumed, sorted by name */
	size_t n_virtuals;
	const struct ce_pkg **pkgs; /* sorted by ce_pkg_compare(); point into ce_lock.pkgs */
	size_t n_pkgs;
};

struct ce_lock_env {
	const char *name;
	const char **channels; /* URLs, in order of priority */
	size_t n_channels;
	const char *options; /* canonical text of what differs from the defaults: "strategy=lowest
				…", "" when nothing */
	struct ce_lock_platform *platforms; /* sorted by platform */
	size_t n_platforms;
};

struct ce_lock {
	struct ce_arena arena;
	struct ce_lock_env *envs; /* sorted by name, "default" first */
	size_t n_envs;
	struct ce_pkg *pkgs; /* all packages of all environments, each URL once, sorted */
	size_t n_pkgs;
};

struct ce_lock *ce_lock_new(void);
void ce_lock_free(struct ce_lock *lock);
CE_DEFINE_FREEP(struct ce_lock, ce_lock_free, ce_lock_freep)

/* NULL when absent. Borrowed. */
const struct ce_lock_env *ce_lock_env_find(const struct ce_lock *lock, const char *name);
const struct ce_lock_platform *ce_lock_platform_find(
	const struct ce_lock_env *env, const char *platform);

#endif
