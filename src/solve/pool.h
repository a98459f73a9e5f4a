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

enum ce_pool_scope {
	CE_POOL_REACHED, /* all that the search reaches */
	/* Only what ce_search_preferred() marked: is that an answer? Cheap, since libsolv's rules
	 * for candidates that nobody wants are what a solve spends its time and memory on. */
	CE_POOL_PREFERRED,
};

/*
 * Choices as libsolv sees them (conda-formats.md section 11): every usable record in scope is a
 * solvable whose version is nothing but its rank; every need is an id with an explicit list of
 * providers; a constrains is a conflict with the id of what does not match. So libsolv never reads
 * a version or a spec, none of its conda support is used, and its answer does not depend on how a
 * distribution built it.
 */
struct ce_pool {
	struct ce_choices *choices; /* borrowed */
	enum ce_pool_scope scope;
	struct s_Pool *solv;
	struct s_Solver *solver; /* of the last ce_pool_solve() */
};

/* One pool at a time for the same choices: it numbers them. */
struct ce_pool *ce_pool_new(struct ce_choices *choices, enum ce_pool_scope scope);
void ce_pool_free(struct ce_pool *pool);
CE_DEFINE_FREEP(struct ce_pool, ce_pool_free, ce_pool_freep)

/* Solves the request; true when there is an answer. What is preferred is taken wherever it is
 * possible. */
bool ce_pool_solve(struct ce_pool *pool);
/* Is the choice in the answer of the last ce_pool_solve()? */
bool ce_pool_has(const struct ce_pool *pool, const struct ce_choice *choice);

#endif
