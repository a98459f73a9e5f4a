/* SPDX-License-Identifier: MIT */
/* Loads the records of a plan and solves its items; see plan.h. */
#include "api/plan.h"

#include <pthread.h>
#include <string.h>

#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/event.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "repodata/repodata_sync.h"

/* Which names of a request are meant. */
enum of_request {
	WANTED,
	LOCKED, /* what is reached now is mostly what was then */
};

static size_t n_names(const struct ce_request *r, enum of_request which)
{
	return which == WANTED ? r->n_specs : r->n_locked;
}

/* Those of all requests for one platform. */
static const char **names_for(const struct ce_lock_plan *plan, const char *platform,
	enum of_request which, struct ce_arena *a, size_t *ret_n)
{
	size_t room = 1, n = 0;
	const char **names;

	for (size_t i = 0; i < plan->n; i++)
		room += n_names(plan->items[i].request, which);
	names = ce_arena_array(a, room, sizeof(*names));
	for (size_t i = 0; i < plan->n; i++) {
		const struct ce_request *r = plan->items[i].request;

		if (strcmp(r->platform, platform) != 0)
			continue;
		for (size_t k = 0; k < n_names(r, which); k++)
			names[n++] = which == WANTED ? r->specs[k]->name : r->locked[k]->name;
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
			.held = plan->n_repodata < plan->held.n ? plan->held.items[plan->n_repodata]
								: NULL,
			.getenv_fn = c->getenv_fn,
			.events = &c->events,
		};
		int e;

		for (size_t k = 0; k < i && !item->repodata; k++)
			if (strcmp(plan->items[k].request->platform, r->platform) == 0)
				item->repodata = plan->items[k].repodata;
		if (item->repodata)
			continue;
		q.names = names_for(plan, r->platform, WANTED, &plan->arena, &q.n_names);
		q.likely = names_for(plan, r->platform, LOCKED, &plan->arena, &q.n_likely);
		e = ce_repodata_sync(&q, &item->repodata, err);
		if (e < 0)
			return e;
		plan->repodata[plan->n_repodata++] = item->repodata;
	}
	return 0;
}

static void drop_records(struct ce_lock_plan *plan)
{
	for (size_t i = 0; i < plan->n_repodata; i++)
		ce_repodata_free(plan->repodata[i]);
	plan->n_repodata = 0;
	for (size_t i = 0; i < plan->n; i++)
		plan->items[i].repodata = NULL;
}

/* Loads them unless the answer for these very indexes is held. */
static int load_unless_held(struct ccenv *c, struct ce_lock_plan *plan, struct ccenv_error *err)
{
	size_t n_held = 0;
	int r = load_records(c, plan, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->n_repodata; i++)
		n_held += plan->repodata[i]->is_held;
	plan->is_held =
		plan->n_repodata > 0 && n_held == plan->n_repodata && n_held == plan->held.n;
	if (plan->is_held)
		ce_log(&c->events, CCENV_LOG_INFO, "the indexes are those of the last time");
	if (plan->is_held || n_held == 0)
		return 0;
	/* One platform has other records now: those of the others are needed, too. */
	drop_records(plan);
	plan->held.n = 0;
	return load_records(c, plan, err);
}

/* Items are handed out under the mutex; each is then one thread's own. */
struct solve_work {
	pthread_mutex_t mutex;
	struct ce_lock_plan *plan;
	size_t next;
	struct ccenv_error *errors; /* one an item; code 0 when fine */
};

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
	r = load_unless_held(c, plan, err);
	if (r < 0 || plan->is_held)
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
