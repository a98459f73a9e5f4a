/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_POOL_H
#define CE_SOLVE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ce_choice;
struct ce_choices;
struct s_Pool;
struct s_Solver;

/*
 * The choices as libsolv sees them (conda-formats.md section 11): every reached, usable record is a
 * solvable whose version is nothing but its rank; every need is an id with an explicit list of
 * providers; a constrains is a conflict with the id of what does not match. So libsolv never reads
 * a version or a spec, none of its conda support is used, and its answer does not depend on how a
 * distribution built it.
 */
struct ce_pool {
	struct ce_choices *choices; /* borrowed */
	struct s_Pool *solv;
	struct s_Solver *solver;  /* of the last ce_pool_solve() */
	struct ce_choice **by_id; /* solvable id -> choice, NULL for libsolv's own */
};

struct ce_pool *ce_pool_new(struct ce_choices *choices);
void ce_pool_free(struct ce_pool *pool);
CE_DEFINE_FREEP(struct ce_pool, ce_pool_free, ce_pool_freep)

/* Solves the request; true when there is an answer. What is preferred is taken wherever it is
 * possible. */
bool ce_pool_solve(struct ce_pool *pool);
/* Is the choice in the answer of the last ce_pool_solve()? */
bool ce_pool_has(const struct ce_pool *pool, const struct ce_choice *choice);

#endif
