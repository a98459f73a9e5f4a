/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_CDCL_H
#define CE_SOLVE_CDCL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * A clause solver (CDCL): propagation by two watched literals, learning from conflicts (first
 * unique implication point), backjumping. It makes no decisions by itself: resolvo.c does.
 *
 * A literal is 2 * variable, plus 1 when negated. The order in which clauses are added, watched and
 * visited is part of the contract: it settles which conflict is found first, and so what is learnt.
 *
 * None of the calls can fail other than by their results. A solver of zeros is ready for use.
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

struct ce_cdcl_clause {
	/* The literals after the first, which clauses can share; NULL when there is only `second`. */
	const ce_lit *tail;
	uint32_t n_tail;
	ce_lit first, second;
	ce_lit watched[2];
	/* In the lists of clauses that watch the same literal: clause + 1, 0 at the end. */
	uint32_t next[2];
};

struct ce_cdcl_assignment {
	uint32_t variable;
	uint32_t reason; /* clause; of no meaning for decisions */
};

/* The clauses that a learnt clause follows from. */
struct ce_cdcl_derivation {
	uint32_t *clauses;
	size_t n;
};

struct ce_cdcl {
	struct ce_arena arena; /* learnt literals, and derivations */
	struct ce_cdcl_clause *clauses;
	size_t n_clauses, cap_clauses;
	uint32_t *watches; /* by literal: clause + 1 */
	uint8_t *values;   /* by variable: enum ce_value */
	uint32_t *levels;  /* by variable */
	bool *seen;        /* by variable; for learning */
	size_t n_variables, cap_variables;
	struct ce_cdcl_assignment *trail;
	size_t n_trail, n_propagated;
	size_t low; /* lowest n_trail since the user of the trail last set this */
	uint64_t
		n_steps; /* clauses visited and literals examined since the start: what it has cost */
	uint32_t *units; /* clauses of one literal */
	size_t n_units, cap_units;
	uint32_t level;
	ce_lit *learnt; /* the clause that ce_cdcl_learn() made last */
	size_t n_learnt, cap_learnt;
	struct ce_cdcl_derivation *derivations; /* of the clauses from number first_learnt on */
	size_t first_learnt, n_derivations, cap_derivations;
	uint32_t *visited; /* scratch of ce_cdcl_learn() */
	size_t n_visited, cap_visited;
};

static inline enum ce_value ce_cdcl_value(const struct ce_cdcl *s, ce_lit lit)
{
	enum ce_value v = s->values[lit >> 1];

	if (v == CE_UNDECIDED || !(lit & 1))
		return v;
	return v == CE_TRUE ? CE_FALSE : CE_TRUE;
}

/* Frees what the solver has, and makes it one of zeros. */
void ce_cdcl_release(struct ce_cdcl *s);
/* Adds a variable, undecided, and returns its number: 0, 1, … */
uint32_t ce_cdcl_variable(struct ce_cdcl *s);
/*
 * Adds the clause `first` or any of `tail` (borrowed if longer than one; it must outlive the
 * solver) and returns its number. It watches `first` and the first of the tail. A clause without
 * tail is a unit clause.
 */
uint32_t ce_cdcl_add(struct ce_cdcl *s, ce_lit first, const ce_lit *tail, size_t n_tail);
/* Makes `lit` true at the current level, because of `reason`; false if it is false already. */
bool ce_cdcl_set(struct ce_cdcl *s, ce_lit lit, uint32_t reason);
/* Undoes what was set above `level`. */
void ce_cdcl_undo(struct ce_cdcl *s, uint32_t level);
/* Sets all that follows. False on a conflict; *ret_clause is then the clause that is false. */
bool ce_cdcl_propagate(struct ce_cdcl *s, uint32_t *ret_clause);
/*
 * Learns from a conflict at a level above 1: goes back to the level at which the learnt clause
 * becomes unit, and sets its literal. s->learnt holds the literals. From then on no clause may be
 * added.
 */
void ce_cdcl_learn(struct ce_cdcl *s, uint32_t clause);
/*
 * After a conflict at level 1: marks in `used` (by clause, all false before) the clauses that a
 * refutation uses, learnt ones among them. Leaves the solver as it is.
 */
void ce_cdcl_refutation(struct ce_cdcl *s, uint32_t clause, bool *used);

#endif
