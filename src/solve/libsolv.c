/* SPDX-License-Identifier: MIT */
/*
 * The problem as libsolv's pool. What holds for every build of libsolv, with conda support or not:
 * names have nothing but themselves as a provide, versions are decimal numbers without separators,
 * and each id that something requires has its list of providers set by pool_set_whatprovides().
 */
#include "solve/libsolv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "solve/problem.h"
#include "solve/resolvo.h"

/* The id of a requirement: a mark that no package name begins with, then the text. */
static Id make_id(Pool *pool, char mark, const char *text)
{
	struct ce_buf b = {0};
	Id id;

	ce_buf_addc(&b, mark);
	ce_buf_adds(&b, text);
	id = pool_str2id(pool, ce_buf_str(&b), 1);
	ce_buf_release(&b);
	return id;
}

/* For libsolv a higher version is a better one; none is better than what is proposed. */
static Id make_evr(Pool *pool, const struct ce_candidate *candidate)
{
	char evr[32];

	snprintf(evr, sizeof(evr), "%zu",
		candidate->is_proposed ? candidate->name->n + 1
				       : candidate->name->n - candidate->preference);
	return pool_str2id(pool, evr, 1);
}

static void add_origin(struct ce_libsolv *l, Repo *repo, const struct ce_clause_origin *origin)
{
	struct ce_requirement *req = ce_origin_requirement(l->problem, origin);
	Solvable *s = pool_id2solvable(l->pool, origin->candidate->libsolv_id);

	if (origin->kind == CE_ORIGIN_DEPENDS) {
		if (!req->libsolv_id)
			req->libsolv_id = make_id(l->pool, '=', req->text);
		s->requires = repo_addid_dep(repo, s->requires, req->libsolv_id, 0);
		return;
	}
	/* There is one candidate of a name at most: what it says of its own name never matters. */
	if (req->name == origin->candidate->name)
		return;
	if (!req->libsolv_not_id)
		req->libsolv_not_id = make_id(l->pool, '!', req->text);
	s->conflicts = repo_addid_dep(repo, s->conflicts, req->libsolv_not_id, 0);
}

/*
 * What has a condition is for the search to decide: here it is part of the proposal to be checked, or
 * it is not. Without a proposal it always counts, which forbids more than it must.
 */
static void add_origins_of(
	struct ce_libsolv *l, Repo *repo, struct ce_candidate *candidate, bool proposed_only)
{
	for (size_t i = 0; i < candidate->n_depends; i++)
		if (!proposed_only || candidate->counts[i])
			add_origin(l, repo,
				&(struct ce_clause_origin){CE_ORIGIN_DEPENDS, candidate, i});
	for (size_t i = 0; i < candidate->n_constrains; i++)
		add_origin(l, repo, &(struct ce_clause_origin){CE_ORIGIN_CONSTRAINS, candidate, i});
}

/* Which of the usable candidates become solvables. */
struct scope {
	bool proposed_only;
	const bool *names; /* by index; NULL: all */
};

static bool is_in(const struct scope *scope, const struct ce_candidate *candidate)
{
	return candidate->variable && ce_candidate_is_usable(candidate) &&
	       (!scope->proposed_only || candidate->is_proposed) &&
	       (!scope->names || scope->names[candidate->name->index]);
}

/*
 * Solvables get descending ids in the order of the search: libsolv looks at rules from the highest
 * solvable down, so that it decides in about the same order.
 */
static void add_solvables(struct ce_libsolv *l, Repo *repo, const struct scope *scope)
{
	const struct ce_problem *problem = l->problem;
	Pool *pool = l->pool;
	size_t n = 0;
	Id id;

	for (size_t i = 0; i < problem->n_reached; i++)
		n += is_in(scope, problem->reached[i]);
	if (!n)
		return;
	id = repo_add_solvable_block(repo, (int)n) + (Id)n;
	for (size_t i = 0; i < problem->n_reached; i++) {
		struct ce_candidate *candidate = problem->reached[i];
		Solvable *s;

		if (!is_in(scope, candidate))
			continue;
		candidate->libsolv_id = --id;
		s = pool_id2solvable(pool, id);
		s->name = pool_str2id(pool, candidate->name->text, 1);
		s->evr = make_evr(pool, candidate);
		s->arch = pool->solvables[SYSTEMSOLVABLE].arch;
		s->provides = repo_addid_dep(repo, 0, s->name, 0);
	}
}

static int by_id(const void *a, const void *b)
{
	Id ia = *(const Id *)a, ib = *(const Id *)b;

	return (ia > ib) - (ia < ib);
}

static bool is_sorted(const Queue *q)
{
	for (int i = 1; i < q->count; i++)
		if (q->elements[i - 1] > q->elements[i])
			return false;
	return true;
}

/* Lists come from the last candidate to the first, which is the order of ids more often than not. */
static void set_providers(Pool *pool, Id id, Queue *providers)
{
	if (!is_sorted(providers))
		qsort(providers->elements, (size_t)providers->count, sizeof(Id), by_id);
	pool_set_whatprovides(
		pool, id, pool_ids2whatprovides(pool, providers->elements, providers->count));
}

static void provide_matches(Pool *pool, const struct ce_requirement *req, Queue *q)
{
	queue_empty(q);
	for (size_t i = req->n_matches; i-- > 0;)
		if (req->matches[i]->libsolv_id)
			queue_push(q, req->matches[i]->libsolv_id);
	set_providers(pool, req->libsolv_id, q);
}

static void provide_others(Pool *pool, const struct ce_requirement *req, Queue *q)
{
	const struct ce_package_name *name = req->name;

	queue_empty(q);
	for (size_t i = name->n; i-- > 0;)
		if (name->candidates[i].libsolv_id &&
			!ce_requirement_matches(req, &name->candidates[i]))
			queue_push(q, name->candidates[i].libsolv_id);
	set_providers(pool, req->libsolv_not_id, q);
}

/* After pool_createwhatprovides(), which must run once only: it would throw these lists away. */
static void add_providers(struct ce_libsolv *l)
{
	const struct ce_problem *problem = l->problem;
	Queue q;

	queue_init(&q);
	for (size_t i = 0; i < l->n_requested; i++) {
		struct ce_requirement *req = l->requested[i];

		if (!req->libsolv_id)
			req->libsolv_id = make_id(l->pool, '@', req->text);
		provide_matches(l->pool, req, &q);
	}
	for (size_t i = 0; i < problem->requirements.n; i++) {
		const struct ce_requirement *req = problem->requirements.entries[i].value;

		if (req->libsolv_id)
			provide_matches(l->pool, req, &q);
		if (req->libsolv_not_id)
			provide_others(l->pool, req, &q);
	}
	queue_free(&q);
}

/* Clears the ids of an earlier pool. */
static void clear_ids(struct ce_problem *problem)
{
	for (size_t i = 0; i < problem->n_reached; i++)
		problem->reached[i]->libsolv_id = 0;
	for (size_t i = 0; i < problem->requirements.n; i++) {
		struct ce_requirement *req = problem->requirements.entries[i].value;

		req->libsolv_id = req->libsolv_not_id = 0;
	}
	for (size_t i = 0; i < problem->n_requested; i++)
		problem->requested[i]->libsolv_id = 0;
}

/* Makes a pool with solvables that have neither requirements nor conflicts yet. */
static struct ce_libsolv *begin(
	struct ce_problem *problem, const struct scope *scope, Repo **ret_repo)
{
	struct ce_libsolv *l = ce_calloc(1, sizeof(*l));

	l->problem = problem;
	l->requested = problem->requested;
	l->n_requested = problem->n_requested;
	l->pool = pool_create();
	*ret_repo = repo_create(l->pool, "candidates");
	clear_ids(problem);
	add_solvables(l, *ret_repo, scope);
	return l;
}

static struct ce_libsolv *end(struct ce_libsolv *l)
{
	pool_createwhatprovides(l->pool);
	add_providers(l);
	return l;
}

static struct ce_libsolv *new_pool(struct ce_problem *problem, bool proposed_only)
{
	struct ce_requirement **requested;
	Repo *repo;
	struct ce_libsolv *l =
		begin(problem, &(struct scope){.proposed_only = proposed_only}, &repo);

	for (size_t i = 0; i < problem->n_reached; i++)
		if (problem->reached[i]->libsolv_id)
			add_origins_of(l, repo, problem->reached[i], proposed_only);
	requested = ce_arena_array(&problem->arena, problem->n_requested + 1, sizeof(*requested));
	l->requested = requested;
	l->n_requested = 0;
	for (size_t i = 0; i < problem->n_requested; i++)
		if (!proposed_only || problem->requested_counts[i])
			requested[l->n_requested++] = problem->requested[i];
	return end(l);
}

struct ce_libsolv *ce_libsolv_new(struct ce_problem *problem)
{
	return new_pool(problem, false);
}

struct ce_libsolv *ce_libsolv_new_proposed(struct ce_problem *problem)
{
	return new_pool(problem, true);
}

struct ce_libsolv *ce_libsolv_new_core(
	struct ce_problem *problem, const struct ce_clause_origin *origins, size_t n_origins)
{
	CE_AUTOFREE bool *names = ce_calloc(problem->names.n + 1, sizeof(*names));
	struct ce_requirement **requested;
	struct ce_libsolv *l;
	size_t n = 0;
	Repo *repo;

	for (size_t i = 0; i < n_origins; i++) {
		names[ce_origin_requirement(problem, &origins[i])->name->index] = true;
		if (origins[i].candidate)
			names[origins[i].candidate->name->index] = true;
	}
	l = begin(problem, &(struct scope){.names = names}, &repo);
	requested = ce_arena_array(&problem->arena, n_origins, sizeof(*requested));
	for (size_t i = 0; i < n_origins; i++) {
		if (!origins[i].candidate)
			requested[n++] = ce_origin_requirement(problem, &origins[i]);
		else if (origins[i].candidate->libsolv_id)
			add_origin(l, repo, &origins[i]);
	}
	l->requested = requested;
	l->n_requested = n;
	return end(l);
}

void ce_libsolv_free(struct ce_libsolv *l)
{
	if (!l)
		return;
	if (l->solver)
		solver_free(l->solver);
	pool_free(l->pool);
	free(l);
}

bool ce_libsolv_solve(struct ce_libsolv *l)
{
	int problems;
	Queue jobs;

	queue_init(&jobs);
	for (size_t i = 0; i < l->n_requested; i++)
		queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES,
			l->requested[i]->libsolv_id);
	if (l->solver)
		solver_free(l->solver);
	l->solver = solver_create(l->pool);
	problems = solver_solve(l->solver, &jobs);
	queue_free(&jobs);
	return problems == 0;
}

bool ce_libsolv_has(const struct ce_libsolv *l, const struct ce_candidate *candidate)
{
	return candidate->libsolv_id &&
	       solver_get_decisionlevel(l->solver, candidate->libsolv_id) > 0;
}
