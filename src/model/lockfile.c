/* SPDX-License-Identifier: MIT */
/* Look-up in a lock. */
#include "model/lockfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct ce_lockfile *ce_lockfile_new(void)
{
	return ce_calloc(1, sizeof(struct ce_lockfile));
}

void ce_lockfile_free(struct ce_lockfile *lock)
{
	if (!lock)
		return;
	ce_arena_release(&lock->arena);
	free(lock);
}

const struct ce_lockfile_env *ce_lockfile_env_find(const struct ce_lockfile *lock, const char *name)
{
	for (size_t i = 0; i < lock->n_envs; i++)
		if (strcmp(lock->envs[i].name, name) == 0)
			return &lock->envs[i];
	return NULL;
}

const struct ce_lockfile_platform *ce_lockfile_platform_find(
	const struct ce_lockfile_env *env, const char *platform)
{
	for (size_t i = 0; i < env->n_platforms; i++)
		if (strcmp(env->platforms[i].platform, platform) == 0)
			return &env->platforms[i];
	return NULL;
}

const struct ce_lockfile_target *ce_lockfile_target_find(
	const struct ce_lockfile_env *env, const char *name)
{
	for (size_t i = 0; i < env->n_targets; i++)
		if (strcmp(env->targets[i].name, name) == 0)
			return &env->targets[i];
	return NULL;
}

const struct ce_lockfile_platform *ce_lockfile_part_find(
	const struct ce_lockfile_env *env, const char *name)
{
	const char *colon = strchr(name, ':');

	if (!colon)
		return ce_lockfile_platform_find(env, name);
	for (size_t i = 0; i < env->n_targets; i++) {
		const struct ce_lockfile_target *t = &env->targets[i];

		if (strlen(t->name) != (size_t)(colon - name) ||
			strncmp(t->name, name, (size_t)(colon - name)) != 0)
			continue;
		if (strcmp(colon + 1, ce_side_name(CE_SIDE_BUILD)) == 0)
			return &t->build;
		if (strcmp(colon + 1, ce_side_name(CE_SIDE_HOST)) == 0)
			return &t->host;
	}
	return NULL;
}

const struct ce_lockfile_platform *ce_lockfile_answer_find(
	const struct ce_lockfile_env *env, const struct ce_request *request)
{
	const struct ce_lockfile_target *t;
	const struct ce_lockfile_platform *p;

	if (request->side == CE_SIDE_NATIVE)
		return ce_lockfile_platform_find(env, request->platform);
	t = ce_lockfile_target_find(env, request->target);
	if (!t)
		return NULL;
	p = request->side == CE_SIDE_BUILD ? &t->build : &t->host;
	return strcmp(p->platform, request->platform) == 0 ? p : NULL;
}

size_t ce_lockfile_sets(const struct ce_lockfile_env *env)
{
	return env->n_platforms + 2 * env->n_targets;
}

const struct ce_lockfile_platform *ce_lockfile_set_at(const struct ce_lockfile_env *env, size_t i)
{
	const struct ce_lockfile_target *t;

	if (i < env->n_platforms)
		return &env->platforms[i];
	t = &env->targets[(i - env->n_platforms) / 2];
	return (i - env->n_platforms) % 2 ? &t->host : &t->build;
}

const struct ce_pkg *ce_lockfile_pkg_find(const struct ce_lockfile_platform *p, const char *name)
{
	for (size_t i = 0; i < p->n_pkgs; i++)
		if (strcmp(p->pkgs[i]->name, name) == 0)
			return p->pkgs[i];
	return NULL;
}
