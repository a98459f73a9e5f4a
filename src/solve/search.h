/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_SEARCH_H
#define CE_SOLVE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "solve/cdcl.h"
#include "solve/problem.h"
#include "solve/resolvo.h"

/* What resolvo.c (clauses and decisions) and conditional.c (what counts under a condition) share; nobody
 * else includes this. */

enum {
	/* The variable of the request itself; candidates have theirs from the problem. */
	ROOT = 0,
};

/* The variable that implies requirements: of the request, of a candidate, or the shared one of a
 * requirement. */
struct ce_requirer {
	uint32_t variable;
	struct ce_requirement **reqs;
	size_t n, cap;
	bool is_direct; /* the request requires them, if under a condition */
	uint32_t next;  /* of the same variable: index + 1 */
};

/* The candidates of a name that a requirement does not match. */
struct ce_others {
	bool is_known;
	size_t n_all;
	struct ce_candidate **reached; /* in the order of channels */
	size_t n_reached;
};

/* A requirement under a condition: whether it counts in the solution is what the variable will be. */
struct ce_decided {
	bool *counts;
	uint32_t variable;
};

struct ce_search {
	struct ce_arena arena;
	struct ce_problem *problem;
	struct ce_cdcl sat;
	/* By requirement: its matches as literals (NULL until there is a clause with them), and the
	 * variables that stand for "one of the matches is selected" and "a candidate is selected that
	 * does not match" (0: none). */
	ce_lit **matches;
	uint32_t *at_least_one;
	uint32_t *not_matching;
	/* The variables that stand for "one of the matches is selected, so what is under this
	 * condition counts" by requirement, "this condition holds" by its text, and "somebody asks
	 * for this group" by "name[group". They follow from what is selected and nothing follows
	 * from their being false. */
	uint32_t *holds;
	struct ce_map conditions, groups;
	/* By requirement: the candidates that do not match; filled when one is first constrained by it. */
	struct ce_others *others;
	/* In the order in which the encoder meets them; the first is the request. */
	struct ce_requirer *requirers;
	size_t n_requirers, cap_requirers;
	/* By package name: how often it took part in conflicts, and whether one of its candidates is
	 * selected. */
	float *activity;
	bool *is_selected;
	float max_activity;
	/* What the variables of conditional requirements say. */
	struct ce_decided *decided;
	size_t n_decided, cap_decided;
	/* A copy of the solver's trail as literals, and what follows from it: is_selected, and which
	 * requirers are true (bits). */
	ce_lit *trail;
	size_t n_trail, cap_trail;
	uint32_t *requirer_of; /* by variable: index + 1; 0 is none */
	uint64_t *active;
	/* By clause. */
	struct ce_clause_origin *origins;
	size_t n_origins, cap_origins;
};

static inline ce_lit ce_search_not(const struct ce_candidate *candidate)
{
	return ce_lit_of(candidate->variable, true);
}

/* ---- resolvo.c ---- */

/* Adds a clause; `tail` is borrowed if longer than one. `origin` may be NULL. */
void ce_search_clause(struct ce_search *s, const struct ce_clause_origin *origin, ce_lit first,
	const ce_lit *tail, size_t n);
/* The index of a new requirer. */
size_t ce_search_requirer(struct ce_search *s, uint32_t variable);
/* If the requirer is true, one of the matches is selected. */
void ce_search_list(struct ce_search *s, const struct ce_clause_origin *origin, size_t index,
	struct ce_requirement *req);

/* ---- conditional.c ---- */

/* A variable that is true if both are; 0 stands for what is always true. */
uint32_t ce_search_both(struct ce_search *s, uint32_t a, uint32_t b);
/* The variable that is true if the spec's condition holds; 0 when it has none. */
uint32_t ce_search_when(struct ce_search *s, const struct ce_spec *spec);
/* The variable that is true if somebody asks for this group. */
uint32_t ce_search_group(struct ce_search *s, const char *name, const char *group, size_t len);
/* Whoever requires the spec, a variable, asks for its groups. */
void ce_search_ask_for_groups(struct ce_search *s, uint32_t requirer, const struct ce_spec *spec);
/*
 * Adds what `parent` requires under `condition`: a variable follows from both, and implies the list.
 * Returns that variable.
 */
uint32_t ce_search_conditional(struct ce_search *s, const struct ce_clause_origin *origin,
	uint32_t parent, uint32_t condition, struct ce_requirement *req);
/* When there is a solution, *counts will be what the variable is. */
void ce_search_note(struct ce_search *s, bool *counts, uint32_t variable);

#endif
