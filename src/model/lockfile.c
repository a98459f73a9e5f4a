/* SPDX-License-Identifier: MIT */
/* Look-up in a lock. */
#include "model/lockfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct ce_lock *ce_lock_new(void)
{
	return ce_calloc(1, sizeof(struct ce_lock));
}

void ce_lock_free(struct ce_lock *lock)
{
	if (!lock)
		return;
	ce_arena_release(&lock->arena);
	free(lock);
}

const struct ce_lock_env *ce_lock_env_find(const struct ce_lock *lock, const char *name)
{
	for (size_t i = 0; i < lock->n_envs; i++)
		if (strcmp(lock->envs[i].name, name) == 0)
			return &lock->envs[i];
	return NULL;
}

const struct ce_lock_platform *ce_lock_platform_find(
	const struct ce_lock_env *env, const char *platform)
{
	for (size_t i = 0; i < env->n_platforms; i++)
		if (strcmp(env->platforms[i].platform, platform) == 0)
			return &env->platforms[i];
	return NULL;
}
