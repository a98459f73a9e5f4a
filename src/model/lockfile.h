/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_LOCKFILE_H
#define CE_MODEL_LOCKFILE_H

#include <stddef.h>

#include "base/arena.h"
#include "model/pkg.h"
#include "model/request.h"

/*
 * The lock: for each environment, and in it for each platform and target, the exact packages, with what was asked and what was
 * assumed, so that staleness is decided from the file alone, with no network.
 */
struct ce_lockfile_platform {
	const char *platform;
	const char **specs; /* canonical texts of what was asked, sorted */
	size_t n_specs;
	struct ce_virtual *virtuals; /* what the solve assumed, sorted by name */
	size_t n_virtuals;
	const struct ce_pkg **pkgs; /* sorted by ce_pkg_compare(); point into ce_lockfile.pkgs */
	size_t n_pkgs;
};

/* A target: the tools for the machine that builds, the libraries for the other (model/manifest.h). */
struct ce_lockfile_target {
	const char *name;
	struct ce_lockfile_platform build, host;
};

/* Where a channel's index says that its packages are, if not below the channel itself (CEP 15). */
struct ce_base_url {
	const char *channel;
	const char *url; /* of the directory of the files */
};

struct ce_lockfile_env {
	const char *name;
	const char **channels; /* URLs, in order of priority */
	size_t n_channels;
	struct ce_base_url *bases; /* sorted by channel and URL */
	size_t n_bases;
	/* Canonical text of what differs from the defaults: "strategy=lowest …", "" when nothing. */
	const char *options;
	struct ce_lockfile_platform *platforms; /* sorted by platform */
	size_t n_platforms;
	struct ce_lockfile_target *targets; /* sorted by name */
	size_t n_targets;
};

struct ce_lockfile {
	struct ce_arena arena;
	struct ce_lockfile_env *envs; /* sorted by name, "default" first */
	size_t n_envs;
	struct ce_pkg *pkgs; /* all packages of all environments, each URL once, sorted */
	size_t n_pkgs;
};

/* Empty, to be filled; and its end, with all that lives in its arena. */
struct ce_lockfile *ce_lockfile_new(void);
void ce_lockfile_free(struct ce_lockfile *lock);
CE_DEFINE_FREEP(struct ce_lockfile, ce_lockfile_free, ce_lockfile_freep)

/* NULL when absent. Borrowed. */
const struct ce_lockfile_env *ce_lockfile_env_find(
	const struct ce_lockfile *lock, const char *name);
const struct ce_lockfile_platform *ce_lockfile_platform_find(
	const struct ce_lockfile_env *env, const char *platform);
const struct ce_lockfile_target *ce_lockfile_target_find(
	const struct ce_lockfile_env *env, const char *name);
/* A platform, or one side of a target by the name that `ccenv diff` gives it: "grace:build", "grace:host". */
const struct ce_lockfile_platform *ce_lockfile_part_find(
	const struct ce_lockfile_env *env, const char *name);
/* What answers the request: a platform, or one side of a target. */
const struct ce_lockfile_platform *ce_lockfile_answer_find(
	const struct ce_lockfile_env *env, const struct ce_request *request);
/* How many sets of packages an environment has, and the i-th: its platforms, then both sides of each
 * target. */
size_t ce_lockfile_sets(const struct ce_lockfile_env *env);
const struct ce_lockfile_platform *ce_lockfile_set_at(const struct ce_lockfile_env *env, size_t i);
/* The package of that name; NULL when there is none. */
const struct ce_pkg *ce_lockfile_pkg_find(const struct ce_lockfile_platform *p, const char *name);

#endif
