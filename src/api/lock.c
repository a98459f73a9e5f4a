/* SPDX-License-Identifier: MIT */
/* ccenv_lock(): manifest -> requests -> solutions -> lockfile. */
#include <string.h>

#include "api/archs.h"
#include "api/locked.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/buf.h"
#include "base/error.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/target_name.h"

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
	return ce_lockfile_write(c->lock_path, lock, &ret->changed, err);
}
