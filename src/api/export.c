/* SPDX-License-Identifier: MIT */
/* ccenv_export(): the lock in the formats of other programs. */
#include <string.h>

#include "api/locked.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/path.h"
#include "ccenv/exchange.h"
#include "exchange/export.h"
#include "install/plan.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"

/* The formats in the order of the help. */
static const struct {
	const char *name;
	enum ccenv_exchange_format format;
	void (*write)(const struct ce_export *e, struct ce_buf *out);
	bool all_environments, all_platforms; /* unless one is asked for */
} formats[] = {
	{"explicit", CCENV_EXCHANGE_EXPLICIT, ce_export_explicit, false, false},
	{"pixi", CCENV_EXCHANGE_PIXI, ce_export_pixi, true, true},
	{"conda-lock", CCENV_EXCHANGE_CONDA_LOCK, ce_export_conda_lock, false, true},
	{"environment-yaml", CCENV_EXCHANGE_ENVIRONMENT_YAML, ce_export_environment, false, false},
	{"spdx", CCENV_EXCHANGE_SPDX, ce_export_spdx, false, false},
	{"cyclonedx", CCENV_EXCHANGE_CYCLONEDX, ce_export_cyclonedx, false, false},
};

enum ccenv_exchange_format ccenv_exchange_format_find(const char *name)
{
	for (size_t i = 0; i < CE_COUNT(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].format;
	return 0;
}

const char *ccenv_exchange_format_name(size_t i)
{
	return i < CE_COUNT(formats) ? formats[i].name : NULL;
}

/* Of the manifest, or the directory that the lock is in. */
static const char *project_name(const struct ccenv *c, struct ce_arena *a)
{
	CE_AUTOFREE char *dir = ce_path_dir(c->lock_path);
	const char *base = ce_path_base(dir);

	if (c->manifest && c->manifest->name && c->manifest->name[0])
		return ce_arena_strdup(a, c->manifest->name);
	return *base && strcmp(base, "/") != 0 ? ce_arena_strdup(a, base) : "project";
}

/* Which of the lock's environments and platforms are asked for. */
static int select_parts(const struct ccenv_export_options *o, size_t row, struct ce_export *e,
	struct ccenv_error *err)
{
	const char *environment = o->of.environment ? o->of.environment : "default";
	const struct ccenv_selection any = {.environment = environment};
	struct ce_locked part;
	int r;

	if (formats[row].all_platforms && !o->of.platform && !o->of.target) {
		if (formats[row].all_environments && !o->of.environment)
			return 0;
		e->env = ce_lockfile_env_find(e->lock, environment);
		return e->env ? 0 : ce_locked_select(e->lock, &any, NULL, &part, err);
	}
	r = ce_locked_select_named(e->lock, &o->of, CE_TARGET_TO_LIST, &part, err);
	if (r < 0)
		return r;
	e->env = ce_lockfile_env_find(e->lock, environment);
	e->platform = part.packages;
	return 0;
}

/* No other program's lock has pairs of machines. */
static void warn_of_targets(const struct ccenv *c, const struct ce_export *e)
{
	/* One side of a target, which was asked for. */
	if (e->platform && ce_lockfile_platform_find(e->env, e->platform->platform) != e->platform)
		return;
	for (size_t i = 0; i < e->lock->n_envs; i++) {
		const struct ce_lockfile_env *env = &e->lock->envs[i];

		if ((e->env && e->env != env) || !env->n_targets)
			continue;
		ce_log(&c->events, CCENV_LOG_WARNING,
			"the targets of environment \"%s\" are left out, as this format has packages of one machine only; `--platform %s:host` and `--platform %s:build` export one side each",
			env->name, env->targets[0].name, env->targets[0].name);
	}
}

int ccenv_export(struct ccenv *c, const struct ccenv_export_options *o, char **ret_text,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ce_export e = {0};
	const struct ce_pkg **ordered;
	size_t row = 0;
	int r = ce_locked_read_all(c, &lock, err);

	if (r < 0)
		return r;
	while (formats[row].format != o->format)
		row++;
	e.lock = lock;
	e.project = project_name(c, &a);
	r = select_parts(o, row, &e, err);
	if (r < 0)
		return r;
	if (e.platform) {
		ordered = ce_arena_array(&a, e.platform->n_pkgs + 1, sizeof(*ordered));
		ce_install_plan_order(e.platform->pkgs, e.platform->n_pkgs, ordered);
		e.ordered = ordered;
	}
	warn_of_targets(c, &e);
	formats[row].write(&e, &out);
	*ret_text = ce_buf_steal(&out);
	return 0;
}
