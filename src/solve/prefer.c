/* SPDX-License-Identifier: MIT */
/*
 * The order of decisions of resolvo 0.12. Clauses are made in the order in which its encoder makes
 * them, since that settles which conflict is met first, what is learnt, and so which packages are
 * decided early afterwards.
 */
#include "solve/prefer.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "solve/choices.h"
#include "solve/sat.h"

enum {
	ROOT = 0,
	/* A list of this many candidates is told once, by a variable of its own, to all that share
	 * it. */
	SHARED = 4,
	/* Real requests meet a few hundred conflicts at most. */
	MAX_CONFLICTS = 20000,
};

/* What asks for something: a choice, or the shared variable of a need. */
struct asker {
	uint32_t variable;
	struct ce_need **needs;
	size_t n, cap;
};

struct prefer {
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
	/* By family: how much it took part in conflicts; the decision in which it was last seen to
	 * be settled. */
	float *activity;
	size_t *settled;
	size_t n_decisions;
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

static void add_pair(struct ce_sat *s, ce_lit a, ce_lit b)
{
	ce_sat_add(s, a, &b, 1, false);
}

static size_t add_asker(struct prefer *p, uint32_t variable)
{
	CE_GROW(p->askers, p->n_askers, p->cap_askers);
	p->askers[p->n_askers] = (struct asker){.variable = variable};
	return p->n_askers++;
}

/* The clause itself. */
static void add_list(struct prefer *p, size_t index, struct ce_need *need)
{
	struct asker *asker = &p->askers[index];
	ce_lit *lits = p->matches[need->index];

	if (!lits) {
		lits = ce_arena_array(&p->arena, need->n_matches + 1, sizeof(*lits));
		for (size_t i = 0; i < need->n_matches; i++)
			lits[i] = is(need->matches[i]);
		p->matches[need->index] = lits;
	}
	ce_sat_add(&p->sat, ce_lit_of(asker->variable, true), lits, need->n_matches, false);
	CE_GROW(asker->needs, asker->n, asker->cap);
	asker->needs[asker->n++] = need;
}

static void add_depends(struct prefer *p, const struct ce_choice *choice)
{
	size_t own = 0;

	for (size_t d = 0; d < choice->n_depends; d++) {
		struct ce_need *need = choice->depends[d];
		uint32_t wanted;

		if (need->n_matches < SHARED) {
			own = own ? own : add_asker(p, (uint32_t)choice->order);
			add_list(p, own, need);
			continue;
		}
		wanted = p->wanted[need->index];
		if (!wanted) {
			wanted = p->wanted[need->index] = ce_sat_variable(&p->sat);
			add_list(p, add_asker(p, wanted), need);
		}
		add_pair(&p->sat, ce_lit_of(wanted, false), is_not(choice));
	}
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
	*ret_n = n_reached;
	return n;
}

static void add_constrains(
	struct prefer *p, const struct ce_choice *parent, const struct ce_need *need)
{
	CE_CLEANUP(ce_freep)
	struct ce_choice **others = ce_calloc(need->family->n + 1, sizeof(struct ce_choice *));
	uint32_t violated = p->violated[need->index];
	size_t n;

	if (!violated && others_of(need, others, &n) < SHARED) {
		for (size_t i = 0; i < n; i++)
			if (others[i] != parent)
				add_pair(&p->sat, is_not(parent), is_not(others[i]));
		return;
	}
	if (!violated) {
		violated = p->violated[need->index] = ce_sat_variable(&p->sat);
		for (size_t i = 0; i < n; i++)
			if (others[i] != parent)
				add_pair(&p->sat, is_not(others[i]), ce_lit_of(violated, false));
	}
	add_pair(&p->sat, is_not(parent), ce_lit_of(violated, true));
}

/* Ties member number i to the bits of i: two members cannot be there at once. */
static void add_bits(struct prefer *p, const struct ce_choice *member, size_t i,
	const uint32_t *bits, size_t first, size_t end)
{
	for (size_t b = first; b < end; b++)
		add_pair(&p->sat, is_not(member), ce_lit_of(bits[b], !(i >> b & 1)));
}

static void add_at_most_one(struct prefer *p, struct ce_choice *const *members, size_t n)
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

static void add_family(struct prefer *p, const struct ce_family *f)
{
	CE_CLEANUP(ce_freep)
	struct ce_choice **reached = ce_calloc(f->n + 1, sizeof(struct ce_choice *));
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->members[i].order)
			reached[n++] = &f->members[i];
	qsort(reached, n, sizeof(struct ce_choice *), by_order);
	add_at_most_one(p, reached, n);
}

static void encode(struct prefer *p)
{
	const struct ce_choices *c = p->choices;
	CE_CLEANUP(ce_freep) bool *done = ce_calloc(c->families.n + 1, sizeof(*done));

	for (size_t i = 0; i <= c->n_reached; i++)
		ce_sat_variable(&p->sat);
	ce_sat_add(&p->sat, ce_lit_of(ROOT, false), NULL, 0, false);
	for (size_t i = 0; i < c->n_reached; i++)
		if (!ce_choice_is_usable(c->reached[i]))
			ce_sat_add(&p->sat, is_not(c->reached[i]), NULL, 0, false);
	add_asker(p, ROOT);
	for (size_t i = 0; i < c->n_requested; i++)
		add_list(p, 0, c->requested[i]);
	for (size_t i = 0; i < c->n_reached; i++) {
		const struct ce_choice *choice = c->reached[i];

		add_depends(p, choice);
		for (size_t d = 0; d < choice->n_constrains; d++)
			add_constrains(p, choice, choice->constrains[d]);
	}
	for (size_t i = 0; i < c->n_reached; i++) {
		const struct ce_family *f = c->reached[i]->family;

		if (!done[f->index])
			add_family(p, f);
		done[f->index] = true;
	}
}

/*
 * The first option stands, unless a later one took part in more conflicts and leaves fewer
 * candidates; what the request names goes before all else.
 */
static void consider(
	struct prefer *p, const struct ce_need *need, bool is_direct, struct option *best)
{
	struct option o = {.activity = p->activity[need->family->index], .is_direct = is_direct};

	if (p->settled[need->family->index] == p->n_decisions)
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

static uint32_t decide(struct prefer *p)
{
	const struct ce_choices *c = p->choices;
	struct option best = {0};

	p->n_decisions++;
	for (size_t i = 0; i < c->n_reached; i++)
		if (ce_sat_value(&p->sat, is(c->reached[i])) == CE_TRUE)
			p->settled[c->reached[i]->family->index] = p->n_decisions;
	for (size_t i = 0; i < p->n_askers; i++) {
		const struct asker *a = &p->askers[i];

		if (ce_sat_value(&p->sat, ce_lit_of(a->variable, false)) != CE_TRUE)
			continue;
		for (size_t k = 0; k < a->n; k++)
			consider(p, a->needs[k], a->variable == ROOT, &best);
	}
	return best.variable;
}

/* As resolvo counts: one for each literal of a learnt clause, and everything loses a twentieth. */
static void note_conflict(struct prefer *p)
{
	const struct ce_choices *c = p->choices;

	for (size_t i = 0; i < p->sat.n_learnt; i++) {
		uint32_t v = p->sat.learnt[i] >> 1;

		if (v != ROOT && v <= c->n_reached)
			p->activity[c->reached[v - 1]->family->index] += 1.0f;
	}
	for (size_t i = 0; i < c->families.n; i++)
		p->activity[i] *= 0.95f;
}

static bool search(struct prefer *p)
{
	struct ce_sat *s = &p->sat;
	size_t n_conflicts = 0;
	uint32_t clause, v;

	s->level = 1;
	if (!ce_sat_propagate(s, &clause))
		return false;
	while ((v = decide(p)) != 0) {
		s->level++;
		ce_sat_set(s, ce_lit_of(v, false), 0);
		while (!ce_sat_propagate(s, &clause)) {
			if (s->level == 1 || ++n_conflicts > MAX_CONFLICTS)
				return false;
			ce_sat_learn(s, clause);
			note_conflict(p);
		}
	}
	return true;
}

bool ce_prefer(struct ce_choices *c)
{
	struct prefer p = {.choices = c};
	bool found;

	p.matches = ce_arena_array(&p.arena, c->n_needs + 1, sizeof(*p.matches));
	p.wanted = ce_arena_array(&p.arena, c->n_needs + 1, sizeof(*p.wanted));
	p.violated = ce_arena_array(&p.arena, c->n_needs + 1, sizeof(*p.violated));
	p.activity = ce_arena_array(&p.arena, c->families.n + 1, sizeof(*p.activity));
	p.settled = ce_arena_array(&p.arena, c->families.n + 1, sizeof(*p.settled));
	encode(&p);
	found = search(&p);
	for (size_t i = 0; found && i < c->n_reached; i++)
		c->reached[i]->preferred = ce_sat_value(&p.sat, is(c->reached[i])) == CE_TRUE;
	for (size_t i = 0; i < p.n_askers; i++)
		free(p.askers[i].needs);
	free(p.askers);
	ce_sat_release(&p.sat);
	ce_arena_release(&p.arena);
	return found;
}
