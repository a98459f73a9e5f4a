/* SPDX-License-Identifier: MIT */
/*
 * From a refutation to the least of it: take facts away, search what is left, and keep them away if
 * there is still no answer. What is tried first goes first, so the order of trying decides what the
 * message will be about.
 */
#include "solve/unsat_core.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "solve/problem.h"
#include "solve/resolvo.h"

enum {
	/* A search of some facts takes a millisecond or less. What is left after so many is shown
	 * as it is. */
	MAX_SEARCHES = 2000,
};

/* Facts that can be left aside as a kind, to see whether there is no answer without them either. */
enum aside {
	ASIDE_MACHINE = 1 << 0,  /* what is assumed of the machine, but for its platform */
	ASIDE_COMPILER = 1 << 1, /* which host compilers an nvcc takes */
};

struct core {
	struct ce_choices *choices;
	struct ce_fact *facts;
	size_t n, cap;
	size_t searches;
};

struct ranked_fact {
	struct ce_fact fact;
	int worth; /* for a reader */
	size_t place;
};

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_platform(const struct ce_family *f)
{
	return strcmp(f->name, "__linux") == 0 || strcmp(f->name, "__osx") == 0 ||
	       strcmp(f->name, "__win") == 0 || strcmp(f->name, "__unix") == 0;
}

static bool is_aside(const struct ce_choices *c, const struct ce_fact *fact, unsigned aside)
{
	const struct ce_family *f = ce_fact_need(c, fact)->family;

	if (!fact->choice)
		return false;
	if (aside & ASIDE_MACHINE && f->is_virtual && !is_platform(f))
		return true;
	return aside & ASIDE_COMPILER && begins_with(f->name, "gcc_impl_") &&
	       begins_with(fact->choice->family->name, "cuda-nvcc");
}

static void add_fact(struct core *core, const struct ce_fact *fact, unsigned aside)
{
	if (is_aside(core->choices, fact, aside))
		return;
	CE_GROW(core->facts, core->n, core->cap);
	core->facts[core->n++] = *fact;
}

static void add_facts_of(struct core *core, struct ce_choice *choice, unsigned aside)
{
	for (size_t i = 0; i < choice->n_depends; i++)
		add_fact(core, &(struct ce_fact){CE_FACT_DEPENDS, choice, i}, aside);
	for (size_t i = 0; i < choice->n_constrains; i++)
		add_fact(core, &(struct ce_fact){CE_FACT_CONSTRAINS, choice, i}, aside);
}

/* Replaces core->facts by those of `facts` that still rule out an answer; false when there is one.
 */
static bool shrink_to(struct core *core, const struct ce_fact *facts, size_t n)
{
	struct ce_fact *smaller;
	size_t n_smaller;

	core->searches++;
	if (ce_search_core(core->choices, facts, n, &smaller, &n_smaller) != CE_SEARCH_NONE)
		return false;
	free(core->facts);
	core->facts = smaller;
	core->n = core->cap = n_smaller;
	return true;
}

/* All facts there are, but for those left aside. */
static bool begin(struct core *core, unsigned aside)
{
	struct ce_choices *c = core->choices;

	core->n = 0;
	for (size_t i = 0; i < c->n_requested; i++)
		add_fact(core, &(struct ce_fact){CE_FACT_REQUEST, NULL, i}, aside);
	for (size_t i = 0; i < c->n_reached; i++)
		add_facts_of(core, c->reached[i], aside);
	return shrink_to(core, core->facts, core->n);
}

/*
 * A refutation takes what it meets first, here this dependency of a record, there that one. So go
 * back to all that the records of the same names say of these names: then one kind of dependency
 * can be chosen for all versions.
 */
static void widen(struct core *core, unsigned aside)
{
	struct ce_choices *c = core->choices;
	CE_AUTOFREE bool *involved = ce_calloc(c->families.n + 1, sizeof(*involved));
	size_t n = 0, n_all;

	for (size_t i = 0; i < core->n; i++) {
		involved[ce_fact_need(c, &core->facts[i])->family->index] = true;
		if (!core->facts[i].choice)
			core->facts[n++] = core->facts[i];
	}
	core->n = n;
	for (size_t i = 0; i < c->n_reached; i++)
		if (involved[c->reached[i]->family->index])
			add_facts_of(core, c->reached[i], aside);
	n_all = core->n;
	core->n = n;
	for (size_t i = n; i < n_all; i++)
		if (involved[ce_fact_need(c, &core->facts[i])->family->index])
			core->facts[core->n++] = core->facts[i];
}

/* What people recognise and can do something about is kept longest: above all the CUDA release. */
static int worth_of(const struct ce_choices *c, const struct ce_fact *fact)
{
	const struct ce_family *f = ce_fact_need(c, fact)->family;

	if (fact->kind == CE_FACT_REQUEST)
		return 0;
	if (strcmp(f->name, "cuda-version") == 0)
		return 3;
	return f->is_virtual || begins_with(f->name, "gcc_impl_") ? 2 : 1;
}

static int compare_places(const struct ranked_fact *a, const struct ranked_fact *b)
{
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->fact.kind != b->fact.kind)
		return a->fact.kind < b->fact.kind ? -1 : 1;
	return (a->fact.index > b->fact.index) - (a->fact.index < b->fact.index);
}

static int by_place(const void *a, const void *b)
{
	return compare_places(a, b);
}

/* The first to be tried first: of little worth, and far from the request. */
static int by_worth(const void *va, const void *vb)
{
	const struct ranked_fact *a = va, *b = vb;

	return a->worth != b->worth ? a->worth - b->worth : compare_places(b, a);
}

static void sort_facts(struct core *core, int (*compare)(const void *, const void *))
{
	CE_AUTOFREE struct ranked_fact *ranked = ce_calloc(core->n + 1, sizeof(*ranked));

	for (size_t i = 0; i < core->n; i++)
		ranked[i] = (struct ranked_fact){.fact = core->facts[i],
			.worth = worth_of(core->choices, &core->facts[i]),
			.place = core->facts[i].choice ? core->facts[i].choice->order : 0};
	if (core->n)
		qsort(ranked, core->n, sizeof(*ranked), compare);
	for (size_t i = 0; i < core->n; i++)
		core->facts[i] = ranked[i].fact;
}

/* Do both say the same kind of thing of the same two names? */
static bool same_kind(const struct ce_choices *c, const struct ce_fact *a, const struct ce_fact *b)
{
	return a->kind == b->kind && a->choice && b->choice &&
	       a->choice->family == b->choice->family &&
	       ce_fact_need(c, a)->family == ce_fact_need(c, b)->family;
}

/* Takes facts[i] away, and with `kind` all of its kind, if the others are enough; then all that
 * these do not need. */
static bool drop(struct core *core, size_t i, bool kind)
{
	CE_AUTOFREE struct ce_fact *rest = ce_calloc(core->n, sizeof(*rest));
	size_t n = 0;

	for (size_t k = 0; k < core->n; k++)
		if (k != i && !(kind && same_kind(core->choices, &core->facts[i], &core->facts[k])))
			rest[n++] = core->facts[k];
	return shrink_to(core, rest, n);
}

/* Is facts[i] of a kind that an earlier one is of? */
static bool is_tried(const struct core *core, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_kind(core->choices, &core->facts[k], &core->facts[i]))
			return true;
	return false;
}

/* Facts before i have proved necessary; they stay in front, as a core keeps the order of the facts
 * given. */
static void minimise(struct core *core)
{
	sort_facts(core, by_worth);
	for (size_t i = 0; i < core->n && core->searches < MAX_SEARCHES;)
		if (is_tried(core, i) || !drop(core, i, true))
			i++;
	for (size_t i = 0; i < core->n && core->searches < MAX_SEARCHES;)
		if (!drop(core, i, false))
			i++;
	sort_facts(core, by_place);
}

bool ce_core_find(struct ce_choices *c, struct ce_fact **ret_facts, size_t *ret_n)
{
	/* What can be said without the machine or the compiler is not about them. */
	static const unsigned asides[] = {
		ASIDE_MACHINE | ASIDE_COMPILER, ASIDE_MACHINE, ASIDE_COMPILER, 0};
	struct core core = {.choices = c};

	for (size_t i = 0; i < CE_COUNT(asides); i++) {
		if (!begin(&core, asides[i]))
			continue;
		widen(&core, asides[i]);
		minimise(&core);
		*ret_facts = core.facts;
		*ret_n = core.n;
		return true;
	}
	free(core.facts);
	return false;
}
