/* SPDX-License-Identifier: MIT */
/*
 * From a refutation to a minimal one: remove origins, solve what is left, and leave them out if
 * there is still no solution. What is tried first is removed first, so the order of trying decides
 * what the message will be about.
 */
#include "solve/unsat_core.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strs.h"
#include "solve/problem.h"
#include "solve/resolvo.h"

/* Origins that can be left out as a kind, to see whether there is no solution without them either. */
enum relaxation {
	RELAX_MACHINE = 1 << 0,  /* what is assumed of the machine, except for its platform */
	RELAX_COMPILER = 1 << 1, /* which host compilers an nvcc takes */
};

struct core {
	struct ce_problem *problem;
	struct ce_clause_origin *origins;
	size_t n, cap;
};

struct weighted_origin {
	struct ce_clause_origin origin;
	int weight;        /* how much it tells a reader */
	uint32_t position; /* of its candidate in the search; 0: a request */
};

static bool is_platform(const struct ce_package_name *name)
{
	return strcmp(name->text, "__linux") == 0 || strcmp(name->text, "__osx") == 0 ||
	       strcmp(name->text, "__win") == 0 || strcmp(name->text, "__unix") == 0;
}

static bool is_relaxed(
	const struct ce_problem *p, const struct ce_clause_origin *origin, unsigned relaxed)
{
	const struct ce_package_name *name = ce_origin_requirement(p, origin)->name;

	if (!origin->candidate)
		return false;
	if (relaxed & RELAX_MACHINE && name->is_virtual && !is_platform(name))
		return true;
	return relaxed & RELAX_COMPILER && ce_has_prefix(name->text, "gcc_impl_") &&
	       ce_has_prefix(origin->candidate->name->text, "cuda-nvcc");
}

static void add_origin(struct core *core, const struct ce_clause_origin *origin, unsigned relaxed)
{
	if (is_relaxed(core->problem, origin, relaxed))
		return;
	CE_GROW(core->origins, core->n, core->cap);
	core->origins[core->n++] = *origin;
}

static void add_origins_of(struct core *core, struct ce_candidate *candidate, unsigned relaxed)
{
	for (size_t i = 0; i < candidate->n_depends; i++)
		add_origin(
			core, &(struct ce_clause_origin){CE_ORIGIN_DEPENDS, candidate, i}, relaxed);
	for (size_t i = 0; i < candidate->n_constrains; i++)
		add_origin(core, &(struct ce_clause_origin){CE_ORIGIN_CONSTRAINS, candidate, i},
			relaxed);
}

/* Replaces core->origins by those of `origins` that a refutation uses; false when there is none. */
static bool shrink_to(struct core *core, const struct ce_clause_origin *origins, size_t n)
{
	struct ce_clause_origin *smaller;
	size_t n_smaller;

	if (ce_resolvo_core(core->problem, origins, n, &smaller, &n_smaller) != CE_RESOLVO_UNSAT)
		return false;
	free(core->origins);
	core->origins = smaller;
	core->n = core->cap = n_smaller;
	return true;
}

/* Starts with all origins but the relaxed ones; false when there is a solution without these. */
static bool begin(struct core *core, unsigned relaxed)
{
	struct ce_problem *p = core->problem;

	core->n = 0;
	for (size_t i = 0; i < p->n_requested; i++)
		add_origin(core, &(struct ce_clause_origin){CE_ORIGIN_REQUEST, NULL, i}, relaxed);
	for (size_t i = 0; i < p->n_reached; i++)
		add_origins_of(core, p->reached[i], relaxed);
	return shrink_to(core, core->origins, core->n);
}

/*
 * A refutation uses whatever it meets first: this dependency of one record, that of another. So go
 * back to all that records of the names involved say about these names; then one kind of dependency
 * can be kept for all versions.
 */
static void expand(struct core *core, unsigned relaxed)
{
	struct ce_problem *p = core->problem;
	CE_AUTOFREE bool *involved = ce_calloc(p->names.n + 1, sizeof(*involved));
	size_t n = 0, n_all;

	for (size_t i = 0; i < core->n; i++) {
		involved[ce_origin_requirement(p, &core->origins[i])->name->index] = true;
		if (!core->origins[i].candidate)
			core->origins[n++] = core->origins[i];
	}
	core->n = n;
	for (size_t i = 0; i < p->n_reached; i++)
		if (involved[p->reached[i]->name->index])
			add_origins_of(core, p->reached[i], relaxed);
	n_all = core->n;
	core->n = n;
	for (size_t i = n; i < n_all; i++)
		if (involved[ce_origin_requirement(p, &core->origins[i])->name->index])
			core->origins[core->n++] = core->origins[i];
}

/* What people recognize and can change is kept longest: above all the CUDA release. */
static int weight_of(const struct ce_problem *p, const struct ce_clause_origin *origin)
{
	const struct ce_package_name *name = ce_origin_requirement(p, origin)->name;

	if (origin->kind == CE_ORIGIN_REQUEST)
		return 0;
	if (strcmp(name->text, "cuda-version") == 0)
		return 3;
	return name->is_virtual || ce_has_prefix(name->text, "gcc_impl_") ? 2 : 1;
}

static int compare_positions(const struct weighted_origin *a, const struct weighted_origin *b)
{
	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	if (a->origin.kind != b->origin.kind)
		return a->origin.kind < b->origin.kind ? -1 : 1;
	return (a->origin.index > b->origin.index) - (a->origin.index < b->origin.index);
}

static int by_position(const void *a, const void *b)
{
	return compare_positions(a, b);
}

/* In the order of trying: what weighs little first, and what is far from the request. */
static int by_weight(const void *va, const void *vb)
{
	const struct weighted_origin *a = va, *b = vb;

	return a->weight != b->weight ? a->weight - b->weight : compare_positions(b, a);
}

static void sort_origins(struct core *core, int (*compare)(const void *, const void *))
{
	CE_AUTOFREE struct weighted_origin *weighted = ce_calloc(core->n + 1, sizeof(*weighted));

	for (size_t i = 0; i < core->n; i++)
		weighted[i] = (struct weighted_origin){.origin = core->origins[i],
			.weight = weight_of(core->problem, &core->origins[i]),
			.position = core->origins[i].candidate
					    ? core->origins[i].candidate->variable
					    : 0};
	if (core->n)
		qsort(weighted, core->n, sizeof(*weighted), compare);
	for (size_t i = 0; i < core->n; i++)
		core->origins[i] = weighted[i].origin;
}

/* Whether both state the same kind of thing about the same two names. */
static bool same_kind(const struct ce_problem *p, const struct ce_clause_origin *a,
	const struct ce_clause_origin *b)
{
	return a->kind == b->kind && a->candidate && b->candidate &&
	       a->candidate->name == b->candidate->name &&
	       ce_origin_requirement(p, a)->name == ce_origin_requirement(p, b)->name;
}

/* Removes origins[i], and with `kind` all of its kind, if the others are still a core; then also
 * what a refutation of these does not use. */
static bool remove_origin(struct core *core, size_t i, bool kind)
{
	CE_AUTOFREE struct ce_clause_origin *rest = ce_calloc(core->n, sizeof(*rest));
	size_t n = 0;

	ce_problem_spend(core->problem, core->n);
	for (size_t k = 0; k < core->n; k++)
		if (k != i &&
			!(kind && same_kind(core->problem, &core->origins[i], &core->origins[k])))
			rest[n++] = core->origins[k];
	return shrink_to(core, rest, n);
}

/* Whether an earlier origin is of the kind of origins[i]. */
static bool is_tried(const struct core *core, size_t i)
{
	ce_problem_spend(core->problem, i);
	for (size_t k = 0; k < i; k++)
		if (same_kind(core->problem, &core->origins[k], &core->origins[i]))
			return true;
	return false;
}

/* The origins before i are necessary; they stay in front, as a core keeps the order of what it is
 * made from. */
static void minimize(struct core *core)
{
	sort_origins(core, by_weight);
	for (size_t i = 0; i < core->n && core->problem->steps_left;)
		if (is_tried(core, i) || !remove_origin(core, i, true))
			i++;
	for (size_t i = 0; i < core->n && core->problem->steps_left;)
		if (!remove_origin(core, i, false))
			i++;
	sort_origins(core, by_position);
}

bool ce_unsat_core_find(struct ce_problem *p, struct ce_clause_origin **ret_origins, size_t *ret_n)
{
	/* A conflict that exists without the machine or the compiler is not about them. */
	static const unsigned relaxations[] = {
		RELAX_MACHINE | RELAX_COMPILER, RELAX_MACHINE, RELAX_COMPILER, 0};
	struct core core = {.problem = p};

	for (size_t i = 0; i < CE_COUNT(relaxations); i++) {
		if (!begin(&core, relaxations[i]))
			continue;
		expand(&core, relaxations[i]);
		minimize(&core);
		*ret_origins = core.origins;
		*ret_n = core.n;
		return true;
	}
	free(core.origins);
	return false;
}
