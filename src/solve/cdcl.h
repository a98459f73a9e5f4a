/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_CDCL_H
#define CE_SOLVE_CDCL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * Clauses over numbered variables, with propagation by two watched literals and learning from
 * conflicts (first unique implication point). It decides nothing by itself: resolvo.c does.
 *
 * A literal is 2 * variable, plus 1 when negated. The order in which clauses are added, watched and
 * visited is part of the contract: it settles which conflict is found first, and so what is learnt.
 */
typedef uint32_t ce_lit;

static inline ce_lit ce_lit_of(uint32_t variable, bool negated)
{
	return variable << 1 | negated;
}

enum ce_value {
	CE_UNDECIDED = 0,
	CE_TRUE,
	CE_FALSE,
};

struct ce_sat_clause {
	const ce_lit *tail; /* the literals behind the first, shared between clauses; NULL when they
			       are `second` */
	uint32_t n_tail;
	ce_lit first, second;
	ce_lit watched[2];
	uint32_t next[2]; /* of the lists of those that watch the same literal: clause + 1, 0 at the
			     end */
};

struct ce_sat_mark {
	uint32_t variable;
	uint32_t reason; /* clause */
};

/* The clauses that a learnt one follows from. */
struct ce_sat_why {
	uint32_t *clauses;
	size_t n;
};

struct ce_sat {
	struct ce_arena arena; /* learnt literals, and why */
	struct ce_sat_clause *clauses;
	size_t n_clauses, cap_clauses;
	uint32_t *watches; /* by literal: clause + 1 */
	uint8_t *values;   /* by variable: enum ce_value */
	uint32_t *levels;  /* by variable */
	bool *seen;        /* by variable; for learning */
	size_t n_variables, cap_variables;
	struct ce_sat_mark *trail;
	size_t n_trail, n_propagated;
	size_t low;      /* how short the trail has been since its reader last set this */
	uint32_t *units; /* clauses of one literal */
	size_t n_units, cap_units;
	uint32_t level;
	ce_lit *learnt; /* the clause that ce_sat_learn() made last */
	size_t n_learnt, cap_learnt;
	struct ce_sat_why *whys; /* of clause number first_learnt and those behind it */
	size_t first_learnt, n_whys, cap_whys;
	uint32_t *visited; /* scratch of ce_sat_learn() */
	size_t n_visited, cap_visited;
};

static inline enum ce_value ce_sat_value(const struct ce_sat *s, ce_lit lit)
{
	enum ce_value v = s->values[lit >> 1];

	if (v == CE_UNDECIDED || !(lit & 1))
		return v;
	return v == CE_TRUE ? CE_FALSE : CE_TRUE;
}

void ce_sat_release(struct ce_sat *s);
/* A new variable, undecided. */
uint32_t ce_sat_variable(struct ce_sat *s);
/*
 * Adds the clause `first` or any of `tail` (borrowed if longer than one; it must outlive the
 * solver). It watches `first` and the first of the tail. A clause without tail is a fact.
 */
uint32_t ce_sat_add(struct ce_sat *s, ce_lit first, const ce_lit *tail, size_t n_tail);
/* Makes `lit` true at the present level, because of `reason`; false if it is already false. */
bool ce_sat_set(struct ce_sat *s, ce_lit lit, uint32_t reason);
/* Takes back what was set above `level`. */
void ce_sat_undo(struct ce_sat *s, uint32_t level);
/* Draws all consequences. False on a conflict; *ret_clause is then the clause that cannot be met.
 */
bool ce_sat_propagate(struct ce_sat *s, uint32_t *ret_clause);
/*
 * Learns from a conflict at a level above 1; no clause may be added from then on: goes back to the
 * level where the learnt clause has a consequence, and sets that. s->learnt holds its literals.
 */
void ce_sat_learn(struct ce_sat *s, uint32_t clause);
/*
 * After a conflict at level 1: marks in `used` (by clause, all false) those of the clauses added
 * that together cannot be met. Leaves the solver as it is.
 */
void ce_sat_refutation(struct ce_sat *s, uint32_t clause, bool *used);

#endif
