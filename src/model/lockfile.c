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
