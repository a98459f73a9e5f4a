/* SPDX-License-Identifier: MIT */
/* From the manifest to solutions; see plan.h. */
#include "api/plan.h"

#include <pthread.h>
#include <string.h>

#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/event.h"
#include "io/host.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "repodata/repodata_sync.h"
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

/* ---- solving ---- */

/* The names that the requests of one platform begin with. */
static const char **wanted_names(
	const struct ce_lock_plan *plan, const char *platform, struct ce_arena *a, size_t *ret_n)
{
	size_t room = 1, n = 0;
	const char **names;

	for (size_t i = 0; i < plan->n; i++)
		room += plan->items[i].request->n_specs;
	names = ce_arena_array(a, room, sizeof(*names));
	for (size_t i = 0; i < plan->n; i++) {
		const struct ce_request *r = plan->items[i].request;

		for (size_t k = 0; strcmp(r->platform, platform) == 0 && k < r->n_specs; k++)
			names[n++] = r->specs[k]->name;
	}
	*ret_n = n;
	return names;
}

/* The names that are locked for one platform: what is reached now is mostly what was then. */
static const char **locked_names(
	const struct ce_lock_plan *plan, const char *platform, struct ce_arena *a, size_t *ret_n)
{
	size_t room = 1, n = 0;
	const char **names;

	for (size_t i = 0; i < plan->n; i++)
		room += plan->items[i].request->n_locked;
	names = ce_arena_array(a, room, sizeof(*names));
	for (size_t i = 0; i < plan->n; i++) {
		const struct ce_request *r = plan->items[i].request;

		for (size_t k = 0; strcmp(r->platform, platform) == 0 && k < r->n_locked; k++)
			names[n++] = r->locked[k]->name;
	}
	*ret_n = n;
	return names;
}

static int load_records(struct ccenv *c, struct ce_lock_plan *plan, struct ccenv_error *err)
{
	plan->repodata = ce_arena_array(&plan->arena, plan->n + 1, sizeof(*plan->repodata));
	for (size_t i = 0; i < plan->n; i++) {
		struct ce_lock_plan_item *item = &plan->items[i];
		const struct ce_request *r = item->request;
		struct ce_repodata_query q = {
			.channels = r->channels,
			.n_channels = r->n_channels,
			.platforms = (const char *const *)&r->platform,
			.n_platforms = 1,
			.cache_dir = c->cache_dir,
			.offline = c->offline,
			.revalidate = plan->revalidate,
			.getenv_fn = c->getenv_fn,
			.events = &c->events,
		};
		int e;

		for (size_t k = 0; k < i && !item->repodata; k++)
			if (strcmp(plan->items[k].request->platform, r->platform) == 0)
				item->repodata = plan->items[k].repodata;
		if (item->repodata)
			continue;
		q.names = wanted_names(plan, r->platform, &plan->arena, &q.n_names);
		q.likely = locked_names(plan, r->platform, &plan->arena, &q.n_likely);
		e = ce_repodata_sync(&q, &item->repodata, err);
		if (e < 0)
			return e;
		plan->repodata[plan->n_repodata++] = item->repodata;
	}
	return 0;
}

/* Items are handed out under the mutex; each is then one thread's own. */
struct solve_work {
	pthread_mutex_t mutex;
	struct ce_lock_plan *plan;
	size_t next;
	struct ccenv_error *errors; /* one an item; code 0 when fine */
};

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

static void *solve_some(void *arg)
{
	struct solve_work *w = arg;

	for (;;) {
		size_t i;

		pthread_mutex_lock(&w->mutex);
		i = w->next++;
		pthread_mutex_unlock(&w->mutex);
		if (i >= w->plan->n)
			return NULL;
		if (ce_lock_plan_solve_item(&w->plan->items[i], &w->errors[i]) == 0)
			w->errors[i].code = 0;
	}
}

int ce_lock_plan_solve(struct ccenv *c, struct ce_lock_plan *plan, struct ccenv_error *err)
{
	enum {
		THREADS = 4
	};
	struct solve_work w = {.mutex = PTHREAD_MUTEX_INITIALIZER, .plan = plan};
	CE_AUTOFREE struct ccenv_error *errors = ce_calloc(plan->n, sizeof(*errors));
	struct ccenv_progress progress = {.phase = CCENV_PHASE_SOLVE};
	pthread_t threads[THREADS];
	size_t n = 0;
	int r = ce_trust_check_cache(c, err);

	if (r < 0)
		return r;
	r = load_records(c, plan, err);
	if (r < 0)
		return r;
	w.errors = errors;
	progress.items_total = plan->n;
	ce_progress(&c->events, &progress);
	while (n + 1 < plan->n && n < THREADS - 1 &&
		pthread_create(&threads[n], NULL, solve_some, &w) == 0)
		n++;
	solve_some(&w);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	for (size_t i = 0; i < plan->n; i++)
		if (errors[i].code != 0) {
			*err = errors[i];
			return err->code;
		}
	r = ce_lock_plan_couple(plan, err);
	if (r < 0)
		return r;
	progress.items_done = plan->n;
	ce_progress(&c->events, &progress);
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
