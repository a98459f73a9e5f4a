/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_LIBSOLV_H
#define CE_SOLVE_LIBSOLV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ce_choice;
struct ce_choices;
struct ce_fact;
struct ce_need;
struct s_Pool;
struct s_Solver;

/*
 * Choices as libsolv sees them (docs/design/solving.md): every usable record in scope is a
 * solvable whose version is nothing but its rank; every need is an id with an explicit list of
 * providers; a constrains is a conflict with the id of what does not match. So libsolv never reads
 * a version or a spec, none of its conda support is used, and its answer does not depend on how a
 * distribution built it.
 */
struct ce_pool {
	struct ce_choices *choices; /* borrowed */
	struct ce_need *const *requested;
	size_t n_requested;
	struct s_Pool *solv;
	struct s_Solver *solver; /* of the last ce_pool_solve() */
};

/*
 * Three pools of the same choices, from the largest to the smallest. One at a time: each numbers
 * the choices anew.
 *
 * libsolv spends its time and memory on rules for candidates that nobody wants: the two small pools
 * cost next to nothing, and tell nearly always.
 */
/* All that the search reaches: is there an answer, and which? */
struct ce_pool *ce_pool_new(struct ce_choices *choices);
/* What ce_search_preferred() marked, and nothing else: is that an answer? */
struct ce_pool *ce_pool_new_preferred(struct ce_choices *choices);
/*
 * The problem that consists of these facts (borrowed until the call returns) and of all members of
 * the families they are about: when even that has no answer, the whole has none.
 */
struct ce_pool *ce_pool_new_facts(
	struct ce_choices *choices, const struct ce_fact *facts, size_t n_facts);
void ce_pool_free(struct ce_pool *pool);
CE_DEFINE_FREEP(struct ce_pool, ce_pool_free, ce_pool_freep)

/* Solves what is requested; true when there is an answer. What is preferred is taken wherever it is
 * possible. */
bool ce_pool_solve(struct ce_pool *pool);
/* Is the choice in the answer of the last ce_pool_solve()? */
bool ce_pool_has(const struct ce_pool *pool, const struct ce_choice *choice);

#endif
