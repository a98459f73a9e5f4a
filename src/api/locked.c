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
#include "model/pkg.h"
#include "model/platform.h"
#include "model/request.h"
#include "model/target_name.h"

int ce_locked_stale(const char *lock_path, struct ccenv_error *err)
{
	ce_context(err, CCENV_ESTALE, "%s is out of date", lock_path);
	return ce_hint(err, CCENV_ESTALE, "(run `ccenv lock` and commit the result)");
}

static const char *environment_of(const struct ccenv_selection *of)
{
	return of->environment ? of->environment : "default";
}

const char *ce_locked_platform(const struct ccenv_selection *of)
{
	return of->platform ? of->platform : ce_platform_host();
}

static int find_env(const struct ce_lockfile *lock, const struct ccenv_selection *of,
	const struct ce_lockfile_env **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf known = {0};

	*ret = ce_lockfile_env_find(lock, environment_of(of));
	if (*ret)
		return 0;
	for (size_t i = 0; i < lock->n_envs; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", lock->envs[i].name);
	return ce_fail(err, CCENV_ENOTFOUND, "environment \"%s\" is not locked; locked are: %s",
		environment_of(of), ce_buf_str(&known));
}

static int select_platform(const struct ce_lockfile_env *env, const struct ccenv_selection *of,
	struct ce_locked *ret, struct ccenv_error *err)
{
	const char *platform = ce_locked_platform(of);
	CE_CLEANUP(ce_buf_release) struct ce_buf known = {0};

	*ret = (struct ce_locked){.packages = ce_lockfile_part_find(env, platform)};
	if (ret->packages)
		return 0;
	for (size_t i = 0; i < env->n_platforms; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", env->platforms[i].platform);
	if (env->n_targets)
		ce_buf_adds(&known, known.len ? "; targets: " : "only targets: ");
	for (size_t i = 0; i < env->n_targets; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", env->targets[i].name);
	if (strchr(platform, ':'))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s is not locked; locked are: %s (a side of a target is TARGET:build or TARGET:host)",
			platform, ce_buf_str(&known));
	return ce_fail(err, CCENV_ENOTFOUND,
		"platform %s is not locked; locked are: %s (add it to \"platforms\" and run `ccenv lock`)",
		platform, ce_buf_str(&known));
}

int ce_locked_select(const struct ce_lockfile *lock, const struct ccenv_selection *of,
	const struct ce_target *target, struct ce_locked *ret, struct ccenv_error *err)
{
	const struct ce_lockfile_env *env;
	int r = find_env(lock, of, &env, err);

	if (r < 0)
		return r;
	if (!target)
		return select_platform(env, of, ret, err);
	ret->target = ce_lockfile_target_find(env, target->name);
	if (!ret->target)
		return ce_fail(err, CCENV_ENOTFOUND,
			"target \"%s\" is not locked; run `ccenv lock`", target->name);
	ret->packages = &ret->target->host;
	return 0;
}

/* The targets of an environment as the lock has them. */
static struct ce_target_ids ids_of_lock(const struct ce_lockfile_env *env, struct ce_arena *a)
{
	struct ce_target_id *ids = ce_arena_array(a, env->n_targets + 1, sizeof(*ids));

	for (size_t i = 0; i < env->n_targets; i++) {
		const struct ce_lockfile_target *t = &env->targets[i];
		const struct ce_pkg *variant = ce_lockfile_pkg_find(&t->host, "arm-variant");

		ids[i] = (struct ce_target_id){t->name, t->build.platform, t->host.platform,
			variant ? variant->build : NULL};
	}
	return (struct ce_target_ids){ids, env->n_targets};
}

int ce_locked_find_target(const struct ce_lockfile_env *env, const struct ccenv_selection *of,
	enum ce_target_use use, const struct ce_lockfile_target **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_target_ids ids = ids_of_lock(env, &a);
	size_t index = CE_TARGET_NATIVE;
	int r = 0;

	if (of->target)
		r = ce_target_select(&ids, of->target, ce_locked_platform(of), use, &index, err);
	if (r >= 0)
		*ret = index == CE_TARGET_NATIVE ? NULL : &env->targets[index];
	return r;
}

int ce_locked_select_named(const struct ce_lockfile *lock, const struct ccenv_selection *of,
	enum ce_target_use use, struct ce_locked *ret, struct ccenv_error *err)
{
	const struct ce_lockfile_env *env;
	const struct ce_lockfile_target *target = NULL;
	int r = find_env(lock, of, &env, err);

	if (r >= 0)
		r = ce_locked_find_target(env, of, use, &target, err);
	if (r < 0)
		return r;
	if (!target)
		return select_platform(env, of, ret, err);
	*ret = (struct ce_locked){&target->host, target};
	return 0;
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
		return ce_project_no_lock(c, err);
	*ret_lock = CE_TAKE(lock);
	return 0;
}

int ce_locked_read(struct ccenv *c, const struct ccenv_selection *of, struct ce_lockfile **ret_lock,
	struct ce_locked *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	const struct ccenv_selection defaults = {0};
	int r = ce_locked_read_all(c, &lock, err);

	if (r < 0)
		return r;
	assert(lock);
	r = ce_locked_select_named(lock, of ? of : &defaults, CE_TARGET_TO_LIST, ret, err);
	if (r < 0)
		return ce_context(err, r, "%s", c->lock_path);
	*ret_lock = CE_TAKE(lock);
	return 0;
}

/* Does the manifest have the environment, for that platform or target? */
static int find_environment(struct ccenv *c, const struct ccenv_selection *of,
	const struct ce_target *target, const struct ce_environment **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_manifest *m = c->manifest;
	const char *name = environment_of(of), *platform = ce_locked_platform(of);
	const struct ce_environment *env = ce_manifest_environment(m, name);

	if (!env)
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no environment \"%s\"", m->path, name);
	if (!target && !ce_strs_has(ce_manifest_platforms(m, env, &a), platform))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: environment \"%s\" has no platform %s; add it to \"platforms\" and run `ccenv lock`%s",
			m->path, name, platform,
			m->n_targets ? ", or name one of its \"targets\" with --target" : "");
	*ret = env;
	return 0;
}

void ce_locked_choice_release(struct ce_locked_choice *choice)
{
	ce_arena_release(&choice->arena);
	*choice = (struct ce_locked_choice){0};
}

int ce_locked_choose(struct ccenv *c, const struct ccenv_selection *of,
	struct ce_locked_choice *ret, struct ccenv_error *err)
{
	size_t n = c->manifest ? c->manifest->n_targets : 0;
	struct ce_target_id *ids = ce_arena_array(&ret->arena, n + 1, sizeof(*ids));
	const struct ce_environment *env =
		c->manifest ? ce_manifest_environment(c->manifest, environment_of(of)) : NULL;
	const struct ce_target **targets = ce_arena_array(&ret->arena, n + 1, sizeof(*targets));
	int r;

	ret->ids = (struct ce_target_ids){ids, 0};
	for (size_t i = 0; env && i < n; i++) {
		const struct ce_target *t = &c->manifest->targets[i];

		if (!ce_manifest_has_target(env, t))
			continue;
		targets[ret->ids.n] = t;
		ids[ret->ids.n++] =
			(struct ce_target_id){t->name, t->build, t->host, t->arm_variant};
	}
	ret->index = CE_TARGET_NATIVE;
	if (!of->target)
		return 0;
	r = ce_target_select(&ret->ids, of->target, ce_locked_platform(of), CE_TARGET_TO_BUILD,
		&ret->index, err);
	if (r < 0 || ret->index == CE_TARGET_NATIVE)
		return r;
	ret->target = targets[ret->index];
	ret->label = ce_target_label(&ret->ids, ret->index);
	return 0;
}

/* Is the part the answer to what the manifest asks for there? */
static int check_subject(struct ccenv *c, const struct ce_lockfile *lock,
	const struct ce_environment *env, const struct ce_lock_subject *subject,
	const struct ce_lockfile_platform **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_request_freep) struct ce_request *request = NULL;
	int r = ce_lock_plan_request(c->manifest, env, subject, &a, &request, err);

	if (r < 0)
		return r;
	return ce_lockfile_check(lock, request, ce_manifest_options(c->manifest, &a), ret, err);
}

static int check_target(struct ccenv *c, const struct ce_lockfile *lock,
	const struct ce_environment *env, const struct ce_target *target, struct ce_locked *ret,
	struct ccenv_error *err)
{
	const struct ce_lock_subject build = {target->build, target, CE_SIDE_BUILD};
	const struct ce_lock_subject host = {target->host, target, CE_SIDE_HOST};
	int r = check_subject(c, lock, env, &build, NULL, err);

	if (r >= 0)
		r = check_subject(c, lock, env, &host, &ret->packages, err);
	if (r < 0)
		return r;
	ret->target = ce_lockfile_target_find(ce_lockfile_env_find(lock, env->name), target->name);
	return ce_lockfile_check_target(ret->target, err);
}

int ce_locked_check(struct ccenv *c, const struct ce_lockfile *lock,
	const struct ccenv_selection *of, const struct ce_target *target, struct ce_locked *ret,
	struct ccenv_error *err)
{
	const struct ce_lock_subject native = {.platform = ce_locked_platform(of)};
	const struct ce_environment *env = NULL;
	int r = ce_project_need_manifest(c, err);

	if (r < 0)
		return r;
	r = find_environment(c, of, target, &env, err);
	if (r < 0)
		return r;
	assert(env);
	*ret = (struct ce_locked){0};
	if (target)
		return check_target(c, lock, env, target, ret, err);
	return check_subject(c, lock, env, &native, &ret->packages, err);
}
