/* SPDX-License-Identifier: MIT */
/*
 * From the problem to clauses, and the order of decisions of resolvo 0.12. Clauses are added in the
 * order in which its encoder adds them, since that settles which conflict is found first, what is
 * learnt, and so which packages are decided early afterwards.
 */
#include "solve/resolvo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "solve/search.h"

enum {
	/* A list of at least so many candidates is one clause with a variable of its own, which all
	 * that require the list share. */
	SHARED = 4,
};

/* What could be decided next. */
struct option {
	uint32_t variable; /* 0: nothing */
	float activity;
	size_t n_candidates;
	bool is_direct;
};

static ce_lit lit_true(const struct ce_candidate *candidate)
{
	return ce_lit_of(candidate->variable, false);
}

struct ce_requirement *ce_origin_requirement(
	const struct ce_problem *problem, const struct ce_clause_origin *origin)
{
	if (origin->kind == CE_ORIGIN_REQUEST)
		return problem->requested[origin->index];
	if (origin->kind == CE_ORIGIN_DEPENDS)
		return origin->candidate->depends[origin->index];
	return origin->candidate->constrains[origin->index];
}

void ce_search_clause(struct ce_search *s, const struct ce_clause_origin *origin, ce_lit first,
	const ce_lit *tail, size_t n)
{
	static const struct ce_clause_origin none = {0};

	ce_cdcl_add(&s->sat, first, tail, n);
	CE_GROW(s->origins, s->n_origins, s->cap_origins);
	s->origins[s->n_origins++] = origin ? *origin : none;
}

static void add_pair(struct ce_search *s, const struct ce_clause_origin *origin, ce_lit a, ce_lit b)
{
	ce_search_clause(s, origin, a, &b, 1);
}

size_t ce_search_requirer(struct ce_search *s, uint32_t variable)
{
	CE_GROW(s->requirers, s->n_requirers, s->cap_requirers);
	s->requirers[s->n_requirers] = (struct ce_requirer){.variable = variable};
	return s->n_requirers++;
}

/* Adds the clause itself: if the requirer is true, one of the matches is selected. */
void ce_search_list(struct ce_search *s, const struct ce_clause_origin *origin, size_t index,
	struct ce_requirement *req)
{
	struct ce_requirer *requirer = &s->requirers[index];
	ce_lit *lits = s->matches[req->index];

	if (!lits) {
		lits = ce_arena_array(&s->arena, req->n_matches + 1, sizeof(*lits));
		for (size_t i = 0; i < req->n_matches; i++)
			lits[i] = lit_true(req->matches[i]);
		s->matches[req->index] = lits;
	}
	ce_search_clause(s, origin, ce_lit_of(requirer->variable, true), lits, req->n_matches);
	CE_GROW(requirer->reqs, requirer->n, requirer->cap);
	requirer->reqs[requirer->n++] = req;
}

/* *own is the index of the candidate's own requirer, 0 before it has one. */
static void add_depends(struct ce_search *s, const struct ce_clause_origin *origin, size_t *own)
{
	struct ce_requirement *req = origin->candidate->depends[origin->index];
	uint32_t at_least_one;

	if (req->n_matches < SHARED) {
		*own = *own ? *own : ce_search_requirer(s, origin->candidate->variable);
		ce_search_list(s, origin, *own, req);
		return;
	}
	at_least_one = s->at_least_one[req->index];
	if (!at_least_one) {
		at_least_one = s->at_least_one[req->index] = ce_cdcl_variable(&s->sat);
		ce_search_list(s, NULL, ce_search_requirer(s, at_least_one), req);
	}
	add_pair(s, origin, ce_lit_of(at_least_one, false), ce_search_not(origin->candidate));
}

/* As add_depends(), for any dependency. */
static void add_dependency(struct ce_search *s, const struct ce_clause_origin *origin, size_t *own)
{
	const struct ce_candidate *parent = origin->candidate;
	struct ce_requirement *req = parent->depends[origin->index];
	const char *group = parent->groups[origin->index];
	uint32_t condition;

	if (!ce_candidate_is_conditional(parent, origin->index)) {
		ce_search_ask_for_groups(s, parent->variable, req->spec);
		add_depends(s, origin, own);
		return;
	}
	condition = ce_search_when(s, req->spec);
	if (group)
		condition = ce_search_both(
			s, condition, ce_search_group(s, parent->name->text, group, strlen(group)));
	condition = ce_search_conditional(s, origin, parent->variable, condition, req);
	ce_search_note(s, &parent->counts[origin->index], condition);
}

static int by_listing(const void *a, const void *b)
{
	return ce_candidate_compare_listing(
		*(struct ce_candidate *const *)a, *(struct ce_candidate *const *)b);
}

static const struct ce_others *get_others(struct ce_search *s, const struct ce_requirement *req)
{
	const struct ce_package_name *name = req->name;
	struct ce_others *o = &s->others[req->index];

	if (o->is_known)
		return o;
	o->is_known = true;
	o->reached = ce_arena_array(&s->arena, name->n + 1, sizeof(struct ce_candidate *));
	for (size_t i = 0; i < name->n; i++) {
		if (ce_requirement_matches(req, &name->candidates[i]))
			continue;
		o->n_all++;
		if (name->candidates[i].variable)
			o->reached[o->n_reached++] = &name->candidates[i];
	}
	qsort(o->reached, o->n_reached, sizeof(*o->reached), by_listing);
	return o;
}

static void add_constrains(struct ce_search *s, const struct ce_clause_origin *origin)
{
	const struct ce_candidate *parent = origin->candidate;
	const struct ce_requirement *req = parent->constrains[origin->index];
	const struct ce_others *others = get_others(s, req);
	uint32_t not_matching = s->not_matching[req->index];

	if (others->n_all < SHARED) {
		for (size_t i = 0; i < others->n_reached; i++)
			if (others->reached[i] != parent)
				add_pair(s, origin, ce_search_not(parent),
					ce_search_not(others->reached[i]));
		return;
	}
	if (!not_matching) {
		not_matching = s->not_matching[req->index] = ce_cdcl_variable(&s->sat);
		for (size_t i = 0; i < others->n_reached; i++)
			if (others->reached[i] != parent)
				add_pair(s, NULL, ce_search_not(others->reached[i]),
					ce_lit_of(not_matching, false));
	}
	add_pair(s, origin, ce_search_not(parent), ce_lit_of(not_matching, true));
}

/* Number i of the candidates of a name implies the bits of i, so that no two can be selected. */
static void add_bits(struct ce_search *s, const struct ce_candidate *candidate, size_t i,
	const uint32_t *bits, size_t first, size_t end)
{
	for (size_t b = first; b < end; b++)
		add_pair(s, NULL, ce_search_not(candidate), ce_lit_of(bits[b], !(i >> b & 1)));
}

static void add_at_most_one(struct ce_search *s, struct ce_candidate *const *candidates, size_t n)
{
	uint32_t bits[64];
	size_t n_bits = 0;

	for (size_t i = 1; i < n; i++) {
		while (i > ((size_t)1 << n_bits) - 1) {
			bits[n_bits++] = ce_cdcl_variable(&s->sat);
			for (size_t k = 0; k < i; k++)
				add_bits(s, candidates[k], k, bits, n_bits - 1, n_bits);
		}
		add_bits(s, candidates[i], i, bits, 0, n_bits);
	}
}

static int by_variable(const void *a, const void *b)
{
	uint32_t va = (*(struct ce_candidate *const *)a)->variable,
		 vb = (*(struct ce_candidate *const *)b)->variable;

	return (va > vb) - (va < vb);
}

static void add_name(struct ce_search *s, const struct ce_package_name *name)
{
	CE_AUTOFREE struct ce_candidate **reached =
		ce_calloc(name->n + 1, sizeof(struct ce_candidate *));
	size_t n = 0;

	for (size_t i = 0; i < name->n; i++)
		if (name->candidates[i].variable)
			reached[n++] = &name->candidates[i];
	qsort(reached, n, sizeof(struct ce_candidate *), by_variable);
	add_at_most_one(s, reached, n);
}

static void add_candidate(struct ce_search *s, struct ce_candidate *candidate)
{
	size_t own = 0;

	for (size_t i = 0; i < candidate->n_depends; i++)
		add_dependency(
			s, &(struct ce_clause_origin){CE_ORIGIN_DEPENDS, candidate, i}, &own);
	for (size_t i = 0; i < candidate->n_constrains; i++)
		add_constrains(s, &(struct ce_clause_origin){CE_ORIGIN_CONSTRAINS, candidate, i});
}

/* Adds the variables and what is excluded; the first requirer is the request. */
static void begin(struct ce_search *s, struct ce_problem *problem)
{
	size_t n_reqs = problem->n_requirements + 1, n_names = problem->names.n + 1;

	s->problem = problem;
	s->matches = ce_arena_array(&s->arena, n_reqs, sizeof(*s->matches));
	s->at_least_one = ce_arena_array(&s->arena, n_reqs, sizeof(*s->at_least_one));
	s->not_matching = ce_arena_array(&s->arena, n_reqs, sizeof(*s->not_matching));
	s->holds = ce_arena_array(&s->arena, n_reqs, sizeof(*s->holds));
	s->others = ce_arena_array(&s->arena, n_reqs, sizeof(*s->others));
	s->activity = ce_arena_array(&s->arena, n_names, sizeof(*s->activity));
	s->is_selected = ce_arena_array(&s->arena, n_names, sizeof(*s->is_selected));
	for (size_t i = 0; i <= problem->n_reached; i++)
		ce_cdcl_variable(&s->sat);
	ce_search_clause(s, NULL, ce_lit_of(ROOT, false), NULL, 0);
	for (size_t i = 0; i < problem->n_reached; i++)
		if (!ce_candidate_is_usable(problem->reached[i]))
			ce_search_clause(s, NULL, ce_search_not(problem->reached[i]), NULL, 0);
	(void)ce_search_requirer(s, ROOT);
	s->requirers[0].is_direct = true;
}

/* To be called when all clauses are in. */
static void index_requirers(struct ce_search *s)
{
	s->requirer_of = ce_arena_array(&s->arena, s->sat.n_variables, sizeof(*s->requirer_of));
	s->active = ce_arena_array(&s->arena, s->n_requirers / 64 + 1, sizeof(*s->active));
	for (size_t i = 0; i < s->n_requirers; i++) {
		struct ce_requirer *r = &s->requirers[i];

		r->next = s->requirer_of[r->variable];
		s->requirer_of[r->variable] = (uint32_t)i + 1;
	}
}

/* `done` marks, by index, the names that have their clauses or need none. */
static void add_names(struct ce_search *s, bool *done)
{
	const struct ce_problem *problem = s->problem;

	for (size_t i = 0; i < problem->n_reached; i++) {
		const struct ce_package_name *name = problem->reached[i]->name;

		if (!done[name->index])
			add_name(s, name);
		done[name->index] = true;
	}
}

static void add_request(struct ce_search *s, size_t index)
{
	const struct ce_clause_origin origin = {CE_ORIGIN_REQUEST, NULL, index};
	struct ce_requirement *req = s->problem->requested[index];
	uint32_t condition = ce_search_when(s, req->spec);

	if (condition) {
		condition = ce_search_conditional(s, &origin, ROOT, condition, req);
		ce_search_note(s, &s->problem->requested_counts[index], condition);
		return;
	}
	ce_search_ask_for_groups(s, ROOT, req->spec);
	ce_search_list(s, &origin, 0, req);
}

static void add_candidates(struct ce_search *s)
{
	const struct ce_problem *problem = s->problem;
	CE_AUTOFREE bool *done = ce_calloc(problem->names.n + 1, sizeof(*done));

	for (size_t i = 0; i < problem->n_reached; i++)
		add_candidate(s, problem->reached[i]);
	add_names(s, done);
	index_requirers(s);
}

static void add_all(struct ce_search *s)
{
	for (size_t i = 0; i < s->problem->n_requested; i++)
		add_request(s, i);
	add_candidates(s);
}

static void add_some(struct ce_search *s, const struct ce_clause_origin *origins, size_t n)
{
	const struct ce_problem *problem = s->problem;
	CE_AUTOFREE bool *done = ce_alloc(problem->names.n + 1);

	memset(done, true, problem->names.n + 1);
	for (size_t i = 0; i < n; i++) {
		size_t own = 0;

		if (origins[i].kind == CE_ORIGIN_REQUEST)
			add_request(s, origins[i].index);
		else if (origins[i].kind == CE_ORIGIN_DEPENDS)
			add_dependency(s, &origins[i], &own);
		else
			add_constrains(s, &origins[i]);
		done[ce_origin_requirement(problem, &origins[i])->name->index] = false;
		if (origins[i].candidate)
			done[origins[i].candidate->name->index] = false;
	}
	add_names(s, done);
	index_requirers(s);
}

static void end(struct ce_search *s)
{
	/* To set up and to free cost as much as some steps per variable. */
	ce_problem_spend(s->problem, s->sat.n_steps + s->sat.n_variables + s->sat.n_clauses);
	for (size_t i = 0; i < s->n_requirers; i++)
		free(s->requirers[i].reqs);
	free(s->requirers);
	free(s->decided);
	ce_map_release(&s->conditions);
	ce_map_release(&s->groups);
	free(s->trail);
	free(s->origins);
	ce_cdcl_release(&s->sat);
	ce_arena_release(&s->arena);
}

/*
 * The first option stands, unless a later one took part in more conflicts and has fewer candidates
 * left; requested packages take precedence over all others.
 */
static void consider(
	struct ce_search *s, const struct ce_requirement *req, bool is_direct, struct option *best)
{
	struct option o = {.activity = s->activity[req->name->index], .is_direct = is_direct};

	if (s->is_selected[req->name->index])
		return;
	if (best->variable && ((best->is_direct && !is_direct) || o.activity <= best->activity))
		return;
	s->sat.n_steps += req->n_matches;
	for (size_t i = 0; i < req->n_matches; i++) {
		if (ce_cdcl_value(&s->sat, lit_true(req->matches[i])) != CE_UNDECIDED)
			continue;
		if (!o.variable)
			o.variable = req->matches[i]->variable;
		o.n_candidates++;
	}
	if (o.variable && (!best->variable || o.n_candidates < best->n_candidates))
		*best = o;
}

/* Whether no later option can be better. */
static bool is_final(const struct ce_search *s, const struct option *best)
{
	return best->variable && (best->n_candidates == 1 || best->activity >= s->max_activity);
}

static void follow(struct ce_search *s, ce_lit lit, bool is_set)
{
	const struct ce_problem *problem = s->problem;
	uint32_t v = lit >> 1, requirer = s->requirer_of[v];

	if (lit & 1)
		return;
	if (v != ROOT && v <= problem->n_reached)
		s->is_selected[problem->reached[v - 1]->name->index] = is_set;
	for (; requirer; requirer = s->requirers[requirer - 1].next) {
		if (is_set)
			s->active[(requirer - 1) / 64] |= (uint64_t)1 << (requirer - 1) % 64;
		else
			s->active[(requirer - 1) / 64] &= ~((uint64_t)1 << (requirer - 1) % 64);
	}
}

/* Brings is_selected and `active` up to date with the trail: first what has been undone since the
 * last call, then what has been set. */
static void follow_trail(struct ce_search *s)
{
	struct ce_cdcl *sat = &s->sat;

	while (s->n_trail > sat->low)
		follow(s, s->trail[--s->n_trail], false);
	for (size_t i = s->n_trail; i < sat->n_trail; i++) {
		uint32_t v = sat->trail[i].variable;

		CE_GROW(s->trail, s->n_trail, s->cap_trail);
		s->trail[s->n_trail++] = ce_lit_of(v, sat->values[v] == CE_FALSE);
		follow(s, s->trail[i], true);
	}
	sat->low = sat->n_trail;
}

/* The variable to set next; 0 when all requirements of what is selected are met. */
static uint32_t decide(struct ce_search *s)
{
	struct option best = {0};

	follow_trail(s);
	for (size_t word = 0; word <= s->n_requirers / 64; word++) {
		for (uint64_t bits = s->active[word]; bits; bits &= bits - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(bits);
			const struct ce_requirer *r = &s->requirers[i];

			for (size_t k = 0; k < r->n && !is_final(s, &best); k++)
				consider(s, r->reqs[k], r->is_direct, &best);
			if (is_final(s, &best))
				return best.variable;
		}
	}
	return best.variable;
}

/* As resolvo counts: one for each literal of a learnt clause, and everything decays by 5 %. */
static void note_conflict(struct ce_search *s)
{
	const struct ce_problem *problem = s->problem;

	for (size_t i = 0; i < s->sat.n_learnt; i++) {
		uint32_t v = s->sat.learnt[i] >> 1;

		if (v == ROOT || v > problem->n_reached)
			continue;
		s->activity[problem->reached[v - 1]->name->index] += 1.0f;
		problem->reached[v - 1]->name->n_conflicts++;
	}
	s->max_activity = 0.0f;
	for (size_t i = 0; i < problem->names.n; i++) {
		s->activity[i] *= 0.95f;
		s->max_activity =
			s->activity[i] > s->max_activity ? s->activity[i] : s->max_activity;
	}
}

/*
 * Goes on from the present trail. Unless `first` is 0 it is decided for before all else and kept:
 * when it turns out impossible, the result is CE_RESOLVO_UNSAT. With CE_RESOLVO_UNSAT, *ret_clause
 * is the last conflict.
 */
static enum ce_resolvo_result run(struct ce_search *s, uint32_t first, uint32_t *ret_clause)
{
	struct ce_cdcl *sat = &s->sat;
	uint32_t v = first;

	sat->level = 1;
	if (!ce_cdcl_propagate(sat, ret_clause))
		return CE_RESOLVO_UNSAT;
	if (first && ce_cdcl_value(sat, ce_lit_of(first, false)) == CE_FALSE)
		return CE_RESOLVO_UNSAT;
	while (v || (v = decide(s)) != 0) {
		if (sat->n_steps > s->problem->steps_left)
			return CE_RESOLVO_GAVE_UP;
		sat->level++;
		ce_cdcl_set(sat, ce_lit_of(v, false), 0);
		v = 0;
		while (!ce_cdcl_propagate(sat, ret_clause)) {
			if (sat->level == 1)
				return CE_RESOLVO_UNSAT;
			if (sat->n_steps > s->problem->steps_left)
				return CE_RESOLVO_GAVE_UP;
			ce_cdcl_learn(sat, *ret_clause);
			note_conflict(s);
		}
		if (first && ce_cdcl_value(sat, ce_lit_of(first, false)) == CE_FALSE)
			return CE_RESOLVO_UNSAT;
		/* Undone by backtracking: decide for it again. */
		if (first && ce_cdcl_value(sat, ce_lit_of(first, false)) == CE_UNDECIDED)
			v = first;
	}
	return CE_RESOLVO_SOLVED;
}

enum ce_resolvo_result ce_resolvo_solve(struct ce_problem *problem)
{
	enum ce_resolvo_result r;
	struct ce_search s = {0};
	uint32_t clause;

	begin(&s, problem);
	add_all(&s);
	r = run(&s, 0, &clause);
	for (size_t i = 0; r == CE_RESOLVO_SOLVED && i < problem->n_reached; i++) {
		struct ce_candidate *c = problem->reached[i];

		c->is_proposed = ce_cdcl_value(&s.sat, lit_true(c)) == CE_TRUE;
		for (size_t d = 0; d < c->n_depends; d++)
			c->counts[d] = c->is_proposed && !ce_candidate_is_conditional(c, d);
	}
	for (size_t i = 0; i < problem->n_requested; i++)
		problem->requested_counts[i] = !problem->requested[i]->spec->condition;
	for (size_t i = 0; r == CE_RESOLVO_SOLVED && i < s.n_decided; i++)
		*s.decided[i].counts =
			ce_cdcl_value(&s.sat, ce_lit_of(s.decided[i].variable, false)) == CE_TRUE;
	end(&s);
	return r;
}

static bool is_same(const struct ce_clause_origin *a, const struct ce_clause_origin *b)
{
	return a->kind == b->kind && a->candidate == b->candidate && a->index == b->index;
}

/* The origins of the clauses used, each once: a constrains can be several clauses in a row. */
static size_t take_core(struct ce_search *s, uint32_t clause, struct ce_clause_origin **ret_core)
{
	CE_AUTOFREE bool *used = ce_calloc(s->sat.n_clauses, sizeof(*used));
	struct ce_clause_origin *core = ce_calloc(s->n_origins + 1, sizeof(*core));
	size_t n = 0;

	ce_cdcl_refutation(&s->sat, clause, used);
	for (size_t i = 0; i < s->n_origins; i++)
		if (used[i] && s->origins[i].kind != CE_ORIGIN_NONE &&
			(n == 0 || !is_same(&core[n - 1], &s->origins[i])))
			core[n++] = s->origins[i];
	*ret_core = core;
	return n;
}

enum ce_resolvo_result ce_resolvo_core(struct ce_problem *problem,
	const struct ce_clause_origin *origins, size_t n_origins,
	struct ce_clause_origin **ret_core, size_t *ret_n)
{
	enum ce_resolvo_result r;
	struct ce_search s = {0};
	uint32_t clause;

	begin(&s, problem);
	add_some(&s, origins, n_origins);
	r = run(&s, 0, &clause);
	if (r == CE_RESOLVO_UNSAT)
		*ret_n = take_core(&s, clause, ret_core);
	end(&s);
	return r;
}

void ce_resolvo_possible(struct ce_problem *problem, size_t request,
	const struct ce_package_name *name, bool *ret_possible)
{
	struct ce_search s = {0};
	uint32_t clause;

	begin(&s, problem);
	for (size_t i = 0; i < problem->n_requested; i++)
		if (i == request || problem->requested[i]->name->is_virtual)
			add_request(&s, i);
	add_candidates(&s);
	for (size_t i = 0; i < name->n; i++) {
		const struct ce_candidate *c = &name->candidates[i];

		ret_possible[i] = c->variable && ce_candidate_is_usable(c) &&
				  run(&s, c->variable, &clause) == CE_RESOLVO_SOLVED;
		ce_cdcl_undo(&s.sat, 1);
	}
	end(&s);
}
