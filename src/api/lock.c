/* SPDX-License-Identifier: MIT */
/* ccenv_lock(): manifest -> requests -> solutions -> lockfile. */
#include <string.h>

#include "api/archs.h"
#include "api/locked.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/error.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/request.h"
#include "model/target_name.h"
#include "spec/name.h"

static bool differs(const struct ce_lockfile *a, const struct ce_lockfile *b)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf x = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf y = {0};

	ce_lockfile_render(a, &x);
	ce_lockfile_render(b, &y);
	return x.len != y.len || memcmp(ce_buf_str(&x), ce_buf_str(&y), x.len) != 0;
}

/* Replaces the name that was given for a target by its own. */
static int name_target(struct ccenv *c, struct ce_lock_plan *plan, struct ccenv_lock_options *o,
	struct ccenv_error *err)
{
	const struct ce_manifest *m = c->manifest;
	struct ce_target_id *ids = ce_arena_array(&plan->arena, m->n_targets + 1, sizeof(*ids));
	const struct ce_target_ids list = {ids, m->n_targets};
	size_t index;
	int r;

	if (!o->target)
		return 0;
	for (size_t i = 0; i < m->n_targets; i++)
		ids[i] = (struct ce_target_id){m->targets[i].name, m->targets[i].build,
			m->targets[i].host, m->targets[i].arm_variant};
	/* No machine: a lock may be made on any. */
	r = ce_target_select(&list, o->target, "", CE_TARGET_TO_LIST, &index, err);
	if (r >= 0)
		o->target = m->targets[index].name;
	return r;
}

static bool is_asked_for(const struct ce_lock_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n; i++)
		for (size_t k = 0; k < plan->items[i].request->n_specs; k++)
			if (strcmp(plan->items[i].request->specs[k]->name, name) == 0)
				return true;
	return false;
}

/* A name that is nowhere would change nothing, without a word. */
static int check_update(const struct ce_lock_plan *plan, const struct ce_lockfile *old,
	const char *name, struct ccenv_error *err)
{
	const char *nearest = NULL;
	size_t least = strlen(name) < 4 ? 1 : 3;

	for (size_t i = 0; i < old->n_pkgs; i++) {
		size_t distance = ce_edit_distance(old->pkgs[i].name, name);

		if (distance == 0)
			return 0;
		if (distance < least) {
			least = distance;
			nearest = old->pkgs[i].name;
		}
	}
	if (is_asked_for(plan, name))
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND, "\"%s\" is not among the locked packages%s%s%s", name,
		nearest ? "; did you mean \"" : "; `ccenv list` shows them", nearest ? nearest : "",
		nearest ? "\"?" : "");
}

/* The names to update, in the letters that packages have. */
static int name_updates(struct ce_lock_plan *plan, const struct ce_lockfile *old,
	struct ccenv_lock_options *o, struct ccenv_error *err)
{
	const char **names = ce_arena_array(&plan->arena, o->n_update + 1, sizeof(*names));
	int r = 0;

	for (size_t i = 0; r >= 0 && i < o->n_update; i++) {
		char *name = ce_arena_strdup(&plan->arena, o->update[i]);

		ce_name_to_lower(name);
		names[i] = name;
		r = check_update(plan, old, name, err);
	}
	o->update = names;
	return r;
}

int ccenv_lock(struct ccenv *c, const struct ccenv_lock_options *o, struct ccenv_lock_result *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *old = NULL;
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	struct ccenv_lock_options named = *o;
	int r;

	*ret = (struct ccenv_lock_result){0};
	r = ce_lock_plan_make(c, &plan, err);
	if (r < 0)
		return r;
	r = name_target(c, &plan, &named, err);
	if (r < 0)
		return r;
	o = &named;
	r = ce_lockfile_read(c->lock_path, &old, err);
	if (r >= 0 && old && named.n_update)
		r = name_updates(&plan, old, &named, err);
	if (r < 0)
		return r;
	if (old && !o->update_all && !o->n_update && ce_lock_plan_fits(&plan, old, err) == 0) {
		ret->n_packages = old->n_pkgs;
		return ce_archs_check_lock(c, old, err);
	}
	if (o->check && old && !o->update_all && !o->n_update)
		return ce_locked_stale(c->lock_path, err);
	if (old)
		ce_lock_plan_prefer(&plan, old, o);
	r = ce_lock_plan_solve(c, &plan, err);
	if (r < 0)
		return r;
	r = ce_archs_check_plan(c, &plan, err);
	if (r < 0)
		return r;
	r = ce_lock_plan_result(&plan, &lock, err);
	if (r < 0)
		return r;
	ret->n_packages = lock->n_pkgs;
	if (o->check) {
		ret->changed = !old || differs(old, lock);
		if (!ret->changed)
			return 0;
		ce_fail(err, CCENV_ESTALE, old ? "a new lock would differ" : "there is no lock");
		return ce_locked_stale(c->lock_path, err);
	}
	r = ce_lockfile_write(c->lock_path, lock, &ret->changed, err);
	return r == CCENV_EIO
		       ? ce_hint(err, r,
				 "(lock where it can be written, or choose another place with --lock FILE)")
		       : r;
}
