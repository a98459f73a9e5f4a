/* SPDX-License-Identifier: MIT */
/* From the manifest to solutions; see plan.h. */
#include "api/plan.h"

#include <string.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "io/host.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/solve.h"

/* ---- requests ---- */

int ce_lock_plan_request(const struct ce_manifest *m, const struct ce_environment *env,
	const struct ce_lock_subject *subject, struct ce_arena *a, struct ce_request **ret,
	struct ccenv_error *err)
{
	struct ce_request_target target = {.platform = subject->platform,
		.target = subject->target,
		.side = subject->side,
		.now = (uint64_t)ce_now_ms(CE_CLOCK_WALL)};
	struct ce_virtual *defaults, *host;

	ce_host_defaults(subject->platform, a, &defaults, &target.n_defaults);
	target.defaults = defaults;
	if (subject->target) {
		ce_host_defaults(subject->target->host, a, &host, &target.n_host_defaults);
		target.host_defaults = host;
	}
	return ce_manifest_request(m, env, &target, ret, err);
}

void ce_lock_plan_release(struct ce_lock_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		ce_solution_free(plan->items[i].solution);
		ce_request_free(plan->items[i].request);
	}
	for (size_t i = 0; i < plan->n_repodata; i++)
		ce_repodata_free(plan->repodata[i]);
	ce_arena_release(&plan->arena);
	*plan = (struct ce_lock_plan){0};
}

static int add_item(const struct ce_manifest *m, const struct ce_environment *env,
	const struct ce_lock_subject *subject, struct ce_lock_plan *plan, struct ccenv_error *err)
{
	struct ce_lock_plan_item *item = &plan->items[plan->n];
	int r = ce_lock_plan_request(m, env, subject, &plan->arena, &item->request, err);

	if (r < 0)
		return r;
	item->options = ce_manifest_options(m, &plan->arena);
	plan->n++;
	return 0;
}

static int plan_environment(const struct ce_manifest *m, const struct ce_environment *env,
	struct ce_lock_plan *plan, struct ccenv_error *err)
{
	struct ce_strs platforms = ce_manifest_platforms(m, env, &plan->arena);
	int r = 0;

	for (size_t p = 0; r >= 0 && p < platforms.n; p++) {
		const struct ce_lock_subject native = {.platform = platforms.items[p]};

		r = add_item(m, env, &native, plan, err);
	}
	for (size_t t = 0; r >= 0 && t < m->n_targets; t++) {
		const struct ce_target *target = &m->targets[t];
		const struct ce_lock_subject build = {target->build, target, CE_SIDE_BUILD};
		const struct ce_lock_subject host = {target->host, target, CE_SIDE_HOST};

		if (!ce_manifest_has_target(env, target))
			continue;
		r = add_item(m, env, &build, plan, err);
		if (r >= 0)
			r = add_item(m, env, &host, plan, err);
	}
	return r;
}

static int plan_manifest(
	const struct ce_manifest *m, struct ce_lock_plan *plan, struct ccenv_error *err)
{
	size_t sets = m->n_platforms + 2 * m->n_targets;

	plan->items =
		ce_arena_array(&plan->arena, m->n_environments * sets + 1, sizeof(*plan->items));
	for (size_t e = 0; e < m->n_environments; e++) {
		int r = plan_environment(m, &m->environments[e], plan, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int ce_lock_plan_make(struct ccenv *c, struct ce_lock_plan *ret, struct ccenv_error *err)
{
	int r = ce_project_need_manifest(c, err);

	return r < 0 ? r : plan_manifest(c->manifest, ret, err);
}

int ce_lock_plan_try(const struct ce_manifest *m, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};

	return plan_manifest(m, &plan, err);
}

/* ---- the old lock ---- */

int ce_lock_plan_fits(
	const struct ce_lock_plan *plan, const struct ce_lockfile *old, struct ccenv_error *err)
{
	size_t locked = 0;

	for (size_t i = 0; i < plan->n; i++) {
		int r = ce_lockfile_check(
			old, plan->items[i].request, plan->items[i].options, NULL, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < old->n_envs; i++) {
		locked += ce_lockfile_sets(&old->envs[i]);
		for (size_t t = 0; t < old->envs[i].n_targets; t++) {
			int r = ce_lockfile_check_target(&old->envs[i].targets[t], err);

			if (r < 0)
				return r;
		}
	}
	if (locked != plan->n)
		return ce_fail(err, CCENV_ESTALE,
			"more environments, platforms or targets are locked than asked for");
	return 0;
}

static bool is_updated(
	const struct ce_request *r, const struct ce_pkg *p, const struct ccenv_lock_options *o)
{
	if (o->target && (!r->target || strcmp(o->target, r->target) != 0))
		return false;
	for (size_t i = 0; i < o->n_update; i++)
		if (strcmp(o->update[i], p->name) == 0)
			return true;
	return o->update_all;
}

void ce_lock_plan_prefer(struct ce_lock_plan *plan, const struct ce_lockfile *old,
	const struct ccenv_lock_options *o)
{
	/* Who asks for newer packages does not mean those of the last hour. */
	plan->revalidate = o->update_all || o->n_update > 0;
	for (size_t i = 0; i < plan->n; i++) {
		struct ce_request *r = plan->items[i].request;
		const struct ce_lockfile_env *env = ce_lockfile_env_find(old, r->environment);
		const struct ce_lockfile_platform *p = env ? ce_lockfile_answer_find(env, r) : NULL;

		if (!p)
			continue;
		r->locked = ce_arena_array(&r->arena, p->n_pkgs + 1, sizeof(*r->locked));
		for (size_t k = 0; k < p->n_pkgs; k++)
			if (!is_updated(r, p->pkgs[k], o))
				r->locked[r->n_locked++] = p->pkgs[k];
	}
}

/* ---- what is locked, as items ---- */

int ce_lock_plan_as_noted(struct ce_lock_plan_item *item, const struct ce_lockfile_env *env,
	const struct ce_lockfile_platform *p, struct ccenv_error *err)
{
	struct ce_request *q = item->request;

	q->specs = ce_arena_array(&q->arena, p->n_specs + 1, sizeof(*q->specs));
	for (q->n_specs = 0; q->n_specs < p->n_specs; q->n_specs++) {
		int r = ce_spec_parse(p->specs[q->n_specs], CE_SPEC_LENIENT, &q->arena,
			&q->specs[q->n_specs], err);

		if (r < 0)
			return ce_context(err, r, "specs");
	}
	ce_request_sort_specs(q);
	ce_request_set_virtuals(q, p->virtuals, p->n_virtuals, 0);
	item->options = env->options;
	return 0;
}

void ce_lock_plan_take(struct ce_lock_plan_item *item, const struct ce_lockfile_platform *p)
{
	item->solution = ce_calloc(1, sizeof(*item->solution));
	item->solution->pkgs = ce_calloc(p->n_pkgs + 1, sizeof(*item->solution->pkgs));
	for (; item->solution->n < p->n_pkgs; item->solution->n++)
		item->solution->pkgs[item->solution->n] = p->pkgs[item->solution->n];
}

int ce_lock_plan_add_locked(struct ce_lock_plan *plan, const struct ce_lockfile_env *env,
	const struct ce_lockfile_platform *p, struct ccenv_error *err)
{
	struct ce_lock_plan_item *item = &plan->items[plan->n++];
	struct ce_request *q = item->request = ce_request_new();

	q->environment = ce_arena_strdup(&q->arena, env->name);
	q->platform = ce_arena_strdup(&q->arena, p->platform);
	q->channels = ce_arena_array(&q->arena, env->n_channels + 1, sizeof(*q->channels));
	for (; q->n_channels < env->n_channels; q->n_channels++)
		q->channels[q->n_channels] =
			ce_arena_strdup(&q->arena, env->channels[q->n_channels]);
	ce_lock_plan_take(item, p);
	return ce_lock_plan_as_noted(item, env, p, err);
}

/* ---- solutions ---- */

int ce_lock_plan_solve_item(struct ce_lock_plan_item *item, struct ccenv_error *err)
{
	const struct ce_request *q = item->request;
	int r = ce_solve(q, item->repodata, &item->solution, NULL, err);

	if (r < 0 && q->target)
		return ce_context(err, r, "environment \"%s\", target \"%s\", %s side (%s)",
			q->environment, q->target, ce_side_name(q->side), q->platform);
	if (r < 0)
		return ce_context(err, r, "environment \"%s\" on %s", q->environment, q->platform);
	return 0;
}

int ce_lock_plan_result(
	const struct ce_lock_plan *plan, struct ce_lockfile **ret, struct ccenv_error *err)
{
	CE_AUTOFREE struct ce_solved *solved = ce_calloc(plan->n, sizeof(*solved));

	for (size_t i = 0; i < plan->n; i++)
		solved[i] = (struct ce_solved){
			plan->items[i].request, plan->items[i].solution, plan->items[i].options};
	return ce_lockfile_from_solutions(solved, plan->n, ret, err);
}
