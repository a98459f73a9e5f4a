/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_LIBSOLV_H
#define CE_SOLVE_LIBSOLV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ce_candidate;
struct ce_clause_origin;
struct ce_problem;
struct ce_requirement;
struct s_Pool;
struct s_Solver;

/*
 * The second solver, which checks what the first has found.
 *
 * libsolv gets the problem as numbers: every usable candidate in scope is a solvable whose version
 * is nothing but its preference (docs/design/solving.md); every requirement is an id with an explicit list of providers; a
 * constrains is a conflict with the id of what does not match. So libsolv never reads a version or
 * a spec, none of its conda support is used, and its answer does not depend on how a distribution
 * built it.
 */
struct ce_libsolv {
	struct ce_problem *problem; /* borrowed */
	struct ce_requirement *const *requested;
	size_t n_requested;
	struct s_Pool *pool;
	struct s_Solver *solver; /* of the last ce_libsolv_solve() */
};

/*
 * Three scopes of one problem; only one may exist at a time, as each numbers the candidates again.
 * libsolv spends its time and memory on rules for candidates that no solution has: the first two
 * cost next to nothing, and are nearly always enough. None can fail; ce_libsolv_free() each.
 */
/* What ce_resolvo_solve() proposed and nothing else: is that a solution? */
struct ce_libsolv *ce_libsolv_new_proposed(struct ce_problem *problem);
/* These origins (borrowed during the call) and all candidates of the names that they are about:
 * when this has no solution, the problem has none. */
struct ce_libsolv *ce_libsolv_new_core(
	struct ce_problem *problem, const struct ce_clause_origin *origins, size_t n_origins);
/* All that the request can reach: is there a solution, and which? */
struct ce_libsolv *ce_libsolv_new(struct ce_problem *problem);
void ce_libsolv_free(struct ce_libsolv *l);
CE_DEFINE_FREEP(struct ce_libsolv, ce_libsolv_free, ce_libsolv_freep)

/* Whether there is a solution. Proposed candidates are preferred to all others. */
bool ce_libsolv_solve(struct ce_libsolv *l);
/* Whether the candidate is part of the solution of the last ce_libsolv_solve(). */
bool ce_libsolv_has(const struct ce_libsolv *l, const struct ce_candidate *candidate);

#endif
