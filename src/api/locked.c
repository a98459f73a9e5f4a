/* SPDX-License-Identifier: MIT */
/* Reading the lock of a project; see locked.h. */
#include "api/locked.h"

#include <assert.h>
#include <string.h>

#include "api/plan.h"
#include "api/project.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/strs.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/platform.h"
#include "model/request.h"

int ce_locked_stale(const char *lock_path, struct ccenv_error *err)
{
	ce_context(err, CCENV_ESTALE, "%s is out of date", lock_path);
	return ce_hint(err, CCENV_ESTALE, "(run `ccenv lock` and commit the result)");
}

static const char *or_default(const char *environment)
{
	return environment ? environment : "default";
}

static const char *or_host(const char *platform)
{
	return platform ? platform : ce_platform_host();
}

int ce_locked_select(const struct ce_lockfile *lock, const char *environment, const char *platform,
	const struct ce_lockfile_platform **ret, struct ccenv_error *err)
{
	const struct ce_lockfile_env *env = ce_lockfile_env_find(lock, or_default(environment));
	const struct ce_lockfile_platform *p =
		env ? ce_lockfile_platform_find(env, or_host(platform)) : NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf known = {0};

	if (p) {
		*ret = p;
		return 0;
	}
	for (size_t i = 0; !env && i < lock->n_envs; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", lock->envs[i].name);
	for (size_t i = 0; env && i < env->n_platforms; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", env->platforms[i].platform);
	if (!env)
		return ce_fail(err, CCENV_ENOTFOUND,
			"environment \"%s\" is not locked; locked are: %s", or_default(environment),
			ce_buf_str(&known));
	return ce_fail(err, CCENV_ENOTFOUND,
		"platform %s is not locked; locked are: %s (add it to \"platforms\" and run `ccenv lock`)",
		or_host(platform), ce_buf_str(&known));
}

int ce_locked_read_all(struct ccenv *c, struct ce_lockfile **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	r = ce_lockfile_read(c->lock_path, &lock, err);
	if (r < 0)
		return r;
	if (!lock)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file; run `ccenv lock` first",
			c->lock_path);
	*ret_lock = CE_TAKE(lock);
	return 0;
}

int ce_locked_read(struct ccenv *c, const char *environment, const char *platform,
	struct ce_lockfile **ret_lock, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	int r = ce_locked_read_all(c, &lock, err);

	if (r < 0)
		return r;
	assert(lock);
	r = ce_locked_select(lock, environment, platform, ret, err);
	if (r < 0)
		return ce_context(err, r, "%s", c->lock_path);
	*ret_lock = CE_TAKE(lock);
	return 0;
}

/* Does the manifest have the environment, for that platform? */
static int find_environment(const struct ce_manifest *m, const char *name, const char *platform,
	const struct ce_environment **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_environment *env = ce_manifest_environment(m, name);

	if (!env)
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no environment \"%s\"", m->path, name);
	if (!ce_strs_has(ce_manifest_platforms(m, env, &a), platform))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: environment \"%s\" has no platform %s; add it to \"platforms\" and run `ccenv lock`",
			m->path, name, platform);
	*ret = env;
	return 0;
}

int ce_locked_check(struct ccenv *c, const struct ce_lockfile *lock, const char *environment,
	const char *platform, const struct ce_lockfile_platform **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_request_freep) struct ce_request *request = NULL;
	const struct ce_environment *env = NULL;
	int r = ce_project_need_manifest(c, err);

	if (r < 0)
		return r;
	r = find_environment(c->manifest, or_default(environment), or_host(platform), &env, err);
	if (r < 0)
		return r;
	r = ce_lock_plan_request(c->manifest, env, or_host(platform), &a, &request, err);
	if (r < 0)
		return r;
	return ce_lockfile_check(lock, request, ce_manifest_options(c->manifest, &a), ret, err);
}
