/* SPDX-License-Identifier: MIT */
/*
 * Facts to clauses, and the order of decisions of resolvo 0.12. Clauses are made in the order in
 * which its encoder makes them, since that settles which conflict is met first, what is learnt, and
 * so which packages are decided early afterwards.
 */
#include "solve/resolvo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "solve/cdcl.h"
#include "solve/problem.h"

enum {
	ROOT = 0,
	/* A list of this many candidates is told once, by a variable of its own, to all that share
	 * it. */
	SHARED = 4,
	/* Real requests meet a few hundred conflicts at most. */
	MAX_CONFLICTS = 50000,
};

/* What asks for something: a choice, or the shared variable of a need. */
struct asker {
	uint32_t variable;
	struct ce_need **needs;
	size_t n, cap;
	uint32_t next; /* of the same variable: index + 1 */
};

struct search {
	struct ce_arena arena;
	struct ce_choices *choices;
	struct ce_sat sat;
	/* By need: its matches as literals (NULL until wanted); the variables that say that one of
	 * them is there, and that something is there which does not match (0 is none). */
	ce_lit **matches;
	uint32_t *wanted;
	uint32_t *violated;
	/* In the order in which they are met; the first is the request. */
	struct asker *askers;
	size_t n_askers, cap_askers;
	/* By family: how much it took part in conflicts; how many of it are there (0 or 1). */
	float *activity;
	uint8_t *installed;
	float max_activity;
	/* What follows from the trail, as far as it is mirrored: literals set, and which askers are
	 * there (bits). */
	ce_lit *mirror;
	size_t n_mirror, cap_mirror;
	uint32_t *asker_of; /* by variable: index + 1; 0 is none */
	uint64_t *asking;
	/* By clause: what it states. */
	struct ce_fact *facts;
	size_t n_facts, cap_facts;
};

/* What could be decided next. */
struct option {
	uint32_t variable; /* 0: nothing */
	float activity;
	size_t n_candidates;
	bool is_direct;
};

/* Choices are variables by their place in the search; the request itself is variable 0. */
static ce_lit is(const struct ce_choice *choice)
{
	return ce_lit_of((uint32_t)choice->order, false);
}

static ce_lit is_not(const struct ce_choice *choice)
{
	return ce_lit_of((uint32_t)choice->order, true);
}

struct ce_need *ce_fact_need(const struct ce_choices *c, const struct ce_fact *fact)
{
	if (fact->kind == CE_FACT_REQUEST)
		return c->requested[fact->index];
	if (fact->kind == CE_FACT_DEPENDS)
		return fact->choice->depends[fact->index];
	return fact->choice->constrains[fact->index];
}

static void add_clause(
	struct search *p, const struct ce_fact *fact, ce_lit first, const ce_lit *tail, size_t n)
{
	static const struct ce_fact none = {0};

	ce_sat_add(&p->sat, first, tail, n);
	CE_GROW(p->facts, p->n_facts, p->cap_facts);
	p->facts[p->n_facts++] = fact ? *fact : none;
}

static void add_pair(struct search *p, const struct ce_fact *fact, ce_lit a, ce_lit b)
{
	add_clause(p, fact, a, &b, 1);
}

static size_t add_asker(struct search *p, uint32_t variable)
{
	CE_GROW(p->askers, p->n_askers, p->cap_askers);
	p->askers[p->n_askers] = (struct asker){.variable = variable};
	return p->n_askers++;
}

/* The clause itself: whoever asks gets one of the matches. */
static void add_list(
	struct search *p, const struct ce_fact *fact, size_t index, struct ce_need *need)
{
	struct asker *asker = &p->askers[index];
	ce_lit *lits = p->matches[need->index];

	if (!lits) {
		lits = ce_arena_array(&p->arena, need->n_matches + 1, sizeof(*lits));
		for (size_t i = 0; i < need->n_matches; i++)
			lits[i] = is(need->matches[i]);
		p->matches[need->index] = lits;
	}
	add_clause(p, fact, ce_lit_of(asker->variable, true), lits, need->n_matches);
	CE_GROW(asker->needs, asker->n, asker->cap);
	asker->needs[asker->n++] = need;
}

/* `own` is the asker of the choice itself, 0 before it has one. */
static void add_depends(struct search *p, const struct ce_fact *fact, size_t *own)
{
	struct ce_need *need = fact->choice->depends[fact->index];
	uint32_t wanted;

	if (need->n_matches < SHARED) {
		*own = *own ? *own : add_asker(p, (uint32_t)fact->choice->order);
		add_list(p, fact, *own, need);
		return;
	}
	wanted = p->wanted[need->index];
	if (!wanted) {
		wanted = p->wanted[need->index] = ce_sat_variable(&p->sat);
		add_list(p, NULL, add_asker(p, wanted), need);
	}
	add_pair(p, fact, ce_lit_of(wanted, false), is_not(fact->choice));
}

static int by_listing(const void *a, const void *b)
{
	return ce_choice_compare_listing(
		*(struct ce_choice *const *)a, *(struct ce_choice *const *)b);
}

/* The members of the family that the need does not match; the unreached ones count, but are not
 * listed. */
static size_t others_of(const struct ce_need *need, struct ce_choice **ret_others, size_t *ret_n)
{
	const struct ce_family *f = need->family;
	size_t n = 0, n_reached = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (ce_need_matches(need, &f->members[i]))
			continue;
		n++;
		if (f->members[i].order)
			ret_others[n_reached++] = &f->members[i];
	}
	qsort(ret_others, n_reached, sizeof(*ret_others), by_listing);
	*ret_n = n_reached;
	return n;
}

static void add_constrains(struct search *p, const struct ce_fact *fact)
{
	const struct ce_choice *parent = fact->choice;
	const struct ce_need *need = parent->constrains[fact->index];
	CE_AUTOFREE struct ce_choice **others =
		ce_calloc(need->family->n + 1, sizeof(struct ce_choice *));
	uint32_t violated = p->violated[need->index];
	size_t n;

	if (!violated && others_of(need, others, &n) < SHARED) {
		for (size_t i = 0; i < n; i++)
			if (others[i] != parent)
				add_pair(p, fact, is_not(parent), is_not(others[i]));
		return;
	}
	if (!violated) {
		violated = p->violated[need->index] = ce_sat_variable(&p->sat);
		for (size_t i = 0; i < n; i++)
			if (others[i] != parent)
				add_pair(p, NULL, is_not(others[i]), ce_lit_of(violated, false));
	}
	add_pair(p, fact, is_not(parent), ce_lit_of(violated, true));
}

/* Ties member number i to the bits of i: two members cannot be there at once. */
static void add_bits(struct search *p, const struct ce_choice *member, size_t i,
	const uint32_t *bits, size_t first, size_t end)
{
	for (size_t b = first; b < end; b++)
		add_pair(p, NULL, is_not(member), ce_lit_of(bits[b], !(i >> b & 1)));
}

static void add_at_most_one(struct search *p, struct ce_choice *const *members, size_t n)
{
	uint32_t bits[64];
	size_t n_bits = 0;

	for (size_t i = 1; i < n; i++) {
		while (i > ((size_t)1 << n_bits) - 1) {
			bits[n_bits++] = ce_sat_variable(&p->sat);
			for (size_t k = 0; k < i; k++)
				add_bits(p, members[k], k, bits, n_bits - 1, n_bits);
		}
		add_bits(p, members[i], i, bits, 0, n_bits);
	}
}

static int by_order(const void *a, const void *b)
{
	size_t oa = (*(struct ce_choice *const *)a)->order,
	       ob = (*(struct ce_choice *const *)b)->order;

	return (oa > ob) - (oa < ob);
}

static void add_family(struct search *p, const struct ce_family *f)
{
	CE_AUTOFREE struct ce_choice **reached = ce_calloc(f->n + 1, sizeof(struct ce_choice *));
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->members[i].order)
			reached[n++] = &f->members[i];
	qsort(reached, n, sizeof(struct ce_choice *), by_order);
	add_at_most_one(p, reached, n);
}

static void add_record(struct search *p, struct ce_choice *choice)
{
	size_t own = 0;

	for (size_t i = 0; i < choice->n_depends; i++)
		add_depends(p, &(struct ce_fact){CE_FACT_DEPENDS, choice, i}, &own);
	for (size_t i = 0; i < choice->n_constrains; i++)
		add_constrains(p, &(struct ce_fact){CE_FACT_CONSTRAINS, choice, i});
}

/* Variables, the request, and who is out; the first asker is the request. */
static void begin(struct search *p, struct ce_choices *c)
{
	p->choices = c;
	p->matches = ce_arena_array(&p->arena, c->n_needs + 1, sizeof(*p->matches));
	p->wanted = ce_arena_array(&p->arena, c->n_needs + 1, sizeof(*p->wanted));
	p->violated = ce_arena_array(&p->arena, c->n_needs + 1, sizeof(*p->violated));
	p->activity = ce_arena_array(&p->arena, c->families.n + 1, sizeof(*p->activity));
	p->installed = ce_arena_array(&p->arena, c->families.n + 1, sizeof(*p->installed));
	for (size_t i = 0; i <= c->n_reached; i++)
		ce_sat_variable(&p->sat);
	add_clause(p, NULL, ce_lit_of(ROOT, false), NULL, 0);
	for (size_t i = 0; i < c->n_reached; i++)
		if (!ce_choice_is_usable(c->reached[i]))
			add_clause(p, NULL, is_not(c->reached[i]), NULL, 0);
	add_asker(p, ROOT);
}

/* Once all clauses are in. */
static void index_askers(struct search *p)
{
	p->asker_of = ce_arena_array(&p->arena, p->sat.n_variables, sizeof(*p->asker_of));
	p->asking = ce_arena_array(&p->arena, p->n_askers / 64 + 1, sizeof(*p->asking));
	for (size_t i = 0; i < p->n_askers; i++) {
		struct asker *a = &p->askers[i];

		a->next = p->asker_of[a->variable];
		p->asker_of[a->variable] = (uint32_t)i + 1;
	}
}

/* `done` marks families by index: those that need no clauses, or have them. */
static void add_families(struct search *p, bool *done)
{
	const struct ce_choices *c = p->choices;

	for (size_t i = 0; i < c->n_reached; i++) {
		const struct ce_family *f = c->reached[i]->family;

		if (!done[f->index])
			add_family(p, f);
		done[f->index] = true;
	}
}

static void add_request(struct search *p, size_t index)
{
	add_list(p, &(struct ce_fact){CE_FACT_REQUEST, NULL, index}, 0,
		p->choices->requested[index]);
}

static void add_records(struct search *p)
{
	const struct ce_choices *c = p->choices;
	CE_AUTOFREE bool *done = ce_calloc(c->families.n + 1, sizeof(*done));

	for (size_t i = 0; i < c->n_reached; i++)
		add_record(p, c->reached[i]);
	add_families(p, done);
	index_askers(p);
}

static void add_all(struct search *p)
{
	for (size_t i = 0; i < p->choices->n_requested; i++)
		add_request(p, i);
	add_records(p);
}

static void add_some(struct search *p, const struct ce_fact *facts, size_t n)
{
	const struct ce_choices *c = p->choices;
	CE_AUTOFREE bool *done = ce_alloc(c->families.n + 1);

	memset(done, true, c->families.n + 1);
	for (size_t i = 0; i < n; i++) {
		size_t own = 0;

		if (facts[i].kind == CE_FACT_REQUEST)
			add_list(p, &facts[i], 0, c->requested[facts[i].index]);
		else if (facts[i].kind == CE_FACT_DEPENDS)
			add_depends(p, &facts[i], &own);
		else
			add_constrains(p, &facts[i]);
		done[ce_fact_need(c, &facts[i])->family->index] = false;
		if (facts[i].choice)
			done[facts[i].choice->family->index] = false;
	}
	add_families(p, done);
	index_askers(p);
}

static void end(struct search *p)
{
	for (size_t i = 0; i < p->n_askers; i++)
		free(p->askers[i].needs);
	free(p->askers);
	free(p->mirror);
	free(p->facts);
	ce_sat_release(&p->sat);
	ce_arena_release(&p->arena);
}

/*
 * The first option stands, unless a later one took part in more conflicts and leaves fewer
 * candidates; what the request names goes before all else.
 */
static void consider(
	struct search *p, const struct ce_need *need, bool is_direct, struct option *best)
{
	struct option o = {.activity = p->activity[need->family->index], .is_direct = is_direct};

	if (p->installed[need->family->index])
		return;
	if (best->variable && ((best->is_direct && !is_direct) || o.activity <= best->activity))
		return;
	for (size_t i = 0; i < need->n_matches; i++) {
		if (ce_sat_value(&p->sat, is(need->matches[i])) != CE_UNDECIDED)
			continue;
		if (!o.variable)
			o.variable = (uint32_t)need->matches[i]->order;
		o.n_candidates++;
	}
	if (o.variable && (!best->variable || o.n_candidates < best->n_candidates))
		*best = o;
}

/* Can no later option be better? */
static bool is_final(const struct search *p, const struct option *best)
{
	return best->variable && (best->n_candidates == 1 || best->activity >= p->max_activity);
}

static void note(struct search *p, ce_lit lit, bool is_set)
{
	const struct ce_choices *c = p->choices;
	uint32_t v = lit >> 1, asker = p->asker_of[v];

	if (lit & 1)
		return;
	if (v != ROOT && v <= c->n_reached)
		p->installed[c->reached[v - 1]->family->index] = is_set;
	for (; asker; asker = p->askers[asker - 1].next) {
		if (is_set)
			p->asking[(asker - 1) / 64] |= (uint64_t)1 << (asker - 1) % 64;
		else
			p->asking[(asker - 1) / 64] &= ~((uint64_t)1 << (asker - 1) % 64);
	}
}

/* Brings `installed` and `asking` up to the trail: what has been taken back since, then what has
 * been set. */
static void follow_trail(struct search *p)
{
	struct ce_sat *s = &p->sat;

	while (p->n_mirror > s->low)
		note(p, p->mirror[--p->n_mirror], false);
	for (size_t i = p->n_mirror; i < s->n_trail; i++) {
		uint32_t v = s->trail[i].variable;

		CE_GROW(p->mirror, p->n_mirror, p->cap_mirror);
		p->mirror[p->n_mirror++] = ce_lit_of(v, s->values[v] == CE_FALSE);
		note(p, p->mirror[i], true);
	}
	s->low = s->n_trail;
}

static uint32_t decide(struct search *p)
{
	struct option best = {0};

	follow_trail(p);
	for (size_t word = 0; word <= p->n_askers / 64; word++) {
		for (uint64_t bits = p->asking[word]; bits; bits &= bits - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(bits);
			const struct asker *a = &p->askers[i];

			for (size_t k = 0; k < a->n && !is_final(p, &best); k++)
				consider(p, a->needs[k], a->variable == ROOT, &best);
			if (is_final(p, &best))
				return best.variable;
		}
	}
	return best.variable;
}

/* As resolvo counts: one for each literal of a learnt clause, and everything loses a twentieth. */
static void note_conflict(struct search *p)
{
	const struct ce_choices *c = p->choices;

	for (size_t i = 0; i < p->sat.n_learnt; i++) {
		uint32_t v = p->sat.learnt[i] >> 1;

		if (v != ROOT && v <= c->n_reached)
			p->activity[c->reached[v - 1]->family->index] += 1.0f;
	}
	p->max_activity = 0.0f;
	for (size_t i = 0; i < c->families.n; i++) {
		p->activity[i] *= 0.95f;
		p->max_activity =
			p->activity[i] > p->max_activity ? p->activity[i] : p->max_activity;
	}
}

/*
 * Decides on from where things stand, after a decision for `first` unless it is 0 (then that is
 * held to: when it turns out impossible, the result is CE_SEARCH_NONE). CE_SEARCH_NONE: *ret_clause
 * is the last conflict.
 */
static enum ce_search_result run(struct search *p, uint32_t first, uint32_t *ret_clause)
{
	struct ce_sat *s = &p->sat;
	size_t n_conflicts = 0;
	uint32_t v = first;

	s->level = 1;
	if (!ce_sat_propagate(s, ret_clause))
		return CE_SEARCH_NONE;
	if (first && ce_sat_value(s, ce_lit_of(first, false)) == CE_FALSE)
		return CE_SEARCH_NONE;
	while (v || (v = decide(p)) != 0) {
		s->level++;
		ce_sat_set(s, ce_lit_of(v, false), 0);
		v = 0;
		while (!ce_sat_propagate(s, ret_clause)) {
			if (s->level == 1)
				return CE_SEARCH_NONE;
			if (++n_conflicts > MAX_CONFLICTS)
				return CE_SEARCH_GAVE_UP;
			ce_sat_learn(s, *ret_clause);
			note_conflict(p);
		}
		if (first && ce_sat_value(s, ce_lit_of(first, false)) == CE_FALSE)
			return CE_SEARCH_NONE;
		/* Gone back before it: decide for it again. */
		if (first && ce_sat_value(s, ce_lit_of(first, false)) == CE_UNDECIDED)
			v = first;
	}
	return CE_SEARCH_FOUND;
}

enum ce_search_result ce_search_preferred(struct ce_choices *c)
{
	enum ce_search_result r;
	struct search p = {0};
	uint32_t clause;

	begin(&p, c);
	add_all(&p);
	r = run(&p, 0, &clause);
	for (size_t i = 0; r == CE_SEARCH_FOUND && i < c->n_reached; i++)
		c->reached[i]->preferred = ce_sat_value(&p.sat, is(c->reached[i])) == CE_TRUE;
	end(&p);
	return r;
}

static bool same_fact(const struct ce_fact *a, const struct ce_fact *b)
{
	return a->kind == b->kind && a->choice == b->choice && a->index == b->index;
}

/* The facts behind the clauses used, each once: a constrains can be several clauses, one after the
 * other. */
static size_t take_core(struct search *p, uint32_t clause, struct ce_fact **ret_core)
{
	CE_AUTOFREE bool *used = ce_calloc(p->sat.n_clauses, sizeof(*used));
	struct ce_fact *core = ce_calloc(p->n_facts + 1, sizeof(*core));
	size_t n = 0;

	ce_sat_refutation(&p->sat, clause, used);
	for (size_t i = 0; i < p->n_facts; i++)
		if (used[i] && p->facts[i].kind != CE_FACT_NONE &&
			(n == 0 || !same_fact(&core[n - 1], &p->facts[i])))
			core[n++] = p->facts[i];
	*ret_core = core;
	return n;
}

enum ce_search_result ce_search_core(struct ce_choices *c, const struct ce_fact *facts,
	size_t n_facts, struct ce_fact **ret_core, size_t *ret_n)
{
	enum ce_search_result r;
	struct search p = {0};
	uint32_t clause;

	begin(&p, c);
	add_some(&p, facts, n_facts);
	r = run(&p, 0, &clause);
	if (r == CE_SEARCH_NONE)
		*ret_n = take_core(&p, clause, ret_core);
	end(&p);
	return r;
}

void ce_search_possible(
	struct ce_choices *c, size_t request, const struct ce_family *family, bool *ret_possible)
{
	struct search p = {0};
	uint32_t clause;

	begin(&p, c);
	for (size_t i = 0; i < c->n_requested; i++)
		if (i == request || c->requested[i]->family->is_virtual)
			add_request(&p, i);
	add_records(&p);
	for (size_t i = 0; i < family->n; i++) {
		const struct ce_choice *m = &family->members[i];

		ret_possible[i] = m->order && ce_choice_is_usable(m) &&
				  run(&p, (uint32_t)m->order, &clause) == CE_SEARCH_FOUND;
		ce_sat_undo(&p.sat, 1);
	}
	end(&p);
}
