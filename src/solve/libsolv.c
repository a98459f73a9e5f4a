/* SPDX-License-Identifier: MIT */
/* Fills libsolv. Every rule here has its reason in docs/design/solving.md, "Encoding". */
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

/* libsolv's spelling of a need's id: a mark that no package name begins with, then the text. */
static Id make_id(Pool *solv, char mark, const char *text)
{
	struct ce_buf b = {0};
	Id id;

	ce_buf_addc(&b, mark);
	ce_buf_adds(&b, text);
	id = pool_str2id(solv, ce_buf_str(&b), 1);
	ce_buf_release(&b);
	return id;
}

/* For libsolv a higher version is a better one, and there is none better than the preferred. */
static Id make_rank(Pool *solv, const struct ce_choice *choice)
{
	char rank[32];

	snprintf(rank, sizeof(rank), "%zu",
		choice->preferred ? choice->family->n + 1 : choice->family->n - choice->rank);
	return pool_str2id(solv, rank, 1);
}

static void add_fact(struct ce_pool *p, Repo *repo, const struct ce_fact *fact)
{
	struct ce_need *need = ce_fact_need(p->choices, fact);
	Solvable *s = pool_id2solvable(p->solv, fact->choice->id);

	if (fact->kind == CE_FACT_DEPENDS) {
		if (!need->id)
			need->id = make_id(p->solv, '=', need->text);
		s->requires = repo_addid_dep(repo, s->requires, need->id, 0);
		return;
	}
	/* A package cannot be there twice: what it says of its own name is met or never matters. */
	if (need->family == fact->choice->family)
		return;
	if (!need->not_id)
		need->not_id = make_id(p->solv, '!', need->text);
	s->conflicts = repo_addid_dep(repo, s->conflicts, need->not_id, 0);
}

static void add_facts_of(struct ce_pool *p, Repo *repo, struct ce_choice *choice)
{
	for (size_t i = 0; i < choice->n_depends; i++)
		add_fact(p, repo, &(struct ce_fact){CE_FACT_DEPENDS, choice, i});
	for (size_t i = 0; i < choice->n_constrains; i++)
		add_fact(p, repo, &(struct ce_fact){CE_FACT_CONSTRAINS, choice, i});
}

/* Which of the usable choices become solvables. */
struct scope {
	bool preferred_only;
	const bool *families; /* by index; NULL is all */
};

/* Only what the search reaches can be in an answer. */
static bool is_in(const struct scope *scope, const struct ce_choice *choice)
{
	return choice->order && ce_choice_is_usable(choice) &&
	       (!scope->preferred_only || choice->preferred) &&
	       (!scope->families || scope->families[choice->family->index]);
}

/*
 * Solvables get descending ids in the order of the search: libsolv looks at rules from the highest
 * solvable down, so that it decides in about the same order.
 */
static void add_solvables(struct ce_pool *p, Repo *repo, const struct scope *scope)
{
	const struct ce_choices *c = p->choices;
	Pool *solv = p->solv;
	size_t n = 0;
	Id id;

	for (size_t i = 0; i < c->n_reached; i++)
		n += is_in(scope, c->reached[i]);
	if (!n)
		return;
	id = repo_add_solvable_block(repo, (int)n) + (Id)n;
	for (size_t i = 0; i < c->n_reached; i++) {
		struct ce_choice *choice = c->reached[i];
		Solvable *s;

		if (!is_in(scope, choice))
			continue;
		choice->id = --id;
		s = pool_id2solvable(solv, id);
		s->name = pool_str2id(solv, choice->family->name, 1);
		s->evr = make_rank(solv, choice);
		s->arch = solv->solvables[SYSTEMSOLVABLE].arch;
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

/* Lists come from the last choice to the first, which is the order of ids more often than not. */
static void set_providers(Pool *solv, Id id, Queue *providers)
{
	if (!is_sorted(providers))
		qsort(providers->elements, (size_t)providers->count, sizeof(Id), by_id);
	pool_set_whatprovides(
		solv, id, pool_ids2whatprovides(solv, providers->elements, providers->count));
}

static void provide_matches(Pool *solv, const struct ce_need *need, Queue *q)
{
	queue_empty(q);
	for (size_t i = need->n_matches; i-- > 0;)
		if (need->matches[i]->id)
			queue_push(q, need->matches[i]->id);
	set_providers(solv, need->id, q);
}

static void provide_others(Pool *solv, const struct ce_need *need, Queue *q)
{
	const struct ce_family *f = need->family;

	queue_empty(q);
	for (size_t i = f->n; i-- > 0;)
		if (f->members[i].id && !ce_need_matches(need, &f->members[i]))
			queue_push(q, f->members[i].id);
	set_providers(solv, need->not_id, q);
}

/* After pool_createwhatprovides(), which must run once only: it would throw these lists away. */
static void add_providers(struct ce_pool *p)
{
	const struct ce_choices *c = p->choices;
	Queue q;

	queue_init(&q);
	for (size_t i = 0; i < p->n_requested; i++) {
		struct ce_need *need = p->requested[i];

		if (!need->id)
			need->id = make_id(p->solv, '@', need->text);
		provide_matches(p->solv, need, &q);
	}
	for (size_t i = 0; i < c->needs.n; i++) {
		const struct ce_need *need = c->needs.entries[i].value;

		if (need->id)
			provide_matches(p->solv, need, &q);
		if (need->not_id)
			provide_others(p->solv, need, &q);
	}
	queue_free(&q);
}

/* What a pool of before has numbered. */
static void forget_ids(struct ce_choices *c)
{
	for (size_t i = 0; i < c->n_reached; i++)
		c->reached[i]->id = 0;
	for (size_t i = 0; i < c->needs.n; i++) {
		struct ce_need *need = c->needs.entries[i].value;

		need->id = need->not_id = 0;
	}
	for (size_t i = 0; i < c->n_requested; i++)
		c->requested[i]->id = 0;
}

/* A pool with solvables, which nothing is known of yet. */
static struct ce_pool *begin(struct ce_choices *c, const struct scope *scope, Repo **ret_repo)
{
	struct ce_pool *p = ce_calloc(1, sizeof(*p));

	p->choices = c;
	p->requested = c->requested;
	p->n_requested = c->n_requested;
	p->solv = pool_create();
	*ret_repo = repo_create(p->solv, "choices");
	forget_ids(c);
	add_solvables(p, *ret_repo, scope);
	return p;
}

static struct ce_pool *end(struct ce_pool *p)
{
	pool_createwhatprovides(p->solv);
	add_providers(p);
	return p;
}

static struct ce_pool *new_pool(struct ce_choices *c, bool preferred_only)
{
	Repo *repo;
	struct ce_pool *p = begin(c, &(struct scope){.preferred_only = preferred_only}, &repo);

	for (size_t i = 0; i < c->n_reached; i++)
		if (c->reached[i]->id)
			add_facts_of(p, repo, c->reached[i]);
	return end(p);
}

struct ce_pool *ce_pool_new(struct ce_choices *choices)
{
	return new_pool(choices, false);
}

struct ce_pool *ce_pool_new_preferred(struct ce_choices *choices)
{
	return new_pool(choices, true);
}

struct ce_pool *ce_pool_new_facts(
	struct ce_choices *choices, const struct ce_fact *facts, size_t n_facts)
{
	CE_AUTOFREE bool *families = ce_calloc(choices->families.n + 1, sizeof(*families));
	struct ce_need **requested;
	struct ce_pool *p;
	size_t n = 0;
	Repo *repo;

	for (size_t i = 0; i < n_facts; i++) {
		families[ce_fact_need(choices, &facts[i])->family->index] = true;
		if (facts[i].choice)
			families[facts[i].choice->family->index] = true;
	}
	p = begin(choices, &(struct scope){.families = families}, &repo);
	requested = ce_arena_array(&choices->arena, n_facts, sizeof(*requested));
	for (size_t i = 0; i < n_facts; i++) {
		if (!facts[i].choice)
			requested[n++] = ce_fact_need(choices, &facts[i]);
		else if (facts[i].choice->id)
			add_fact(p, repo, &facts[i]);
	}
	p->requested = requested;
	p->n_requested = n;
	return end(p);
}

void ce_pool_free(struct ce_pool *pool)
{
	if (!pool)
		return;
	if (pool->solver)
		solver_free(pool->solver);
	pool_free(pool->solv);
	free(pool);
}

bool ce_pool_solve(struct ce_pool *pool)
{
	int problems;
	Queue jobs;

	queue_init(&jobs);
	for (size_t i = 0; i < pool->n_requested; i++)
		queue_push2(
			&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES, pool->requested[i]->id);
	if (pool->solver)
		solver_free(pool->solver);
	pool->solver = solver_create(pool->solv);
	problems = solver_solve(pool->solver, &jobs);
	queue_free(&jobs);
	return problems == 0;
}

bool ce_pool_has(const struct ce_pool *pool, const struct ce_choice *choice)
{
	return choice->id && solver_get_decisionlevel(pool->solver, choice->id) > 0;
}
