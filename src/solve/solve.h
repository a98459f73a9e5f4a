/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_SOLVE_H
#define CE_SOLVE_SOLVE_H

#include <jansson.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_repodata;
struct ce_request;
struct ce_solution;

/*
 * request + records -> solution, by two solvers:
 *
 *   resolvo.h on cdcl.h   finds the answer. Among many valid answers it must be the one that pixi
 *                         and rattler give, so decisions are made in the order of rattler's solver,
 *                         which no other solver can be made to follow.
 *   libsolv.h             checks it, independently: that what was found is a solution, or that what
 *                         is said to conflict has none. Where it disagrees, or the first solver gave
 *                         up, it solves the whole problem itself.
 *
 * The same input gives the same output whatever the order of records or specs, and whatever
 * libsolv was built with.
 *
 * No solution is CCENV_ENOSOLUTION, and err->text is the explanation for people: a tree of causes
 * (explain.h). If ret_explanation is not NULL it then receives the same as JSON (the caller
 * decrefs), else it is untouched.
 *
 * The solution borrows its records from `repodata`, which must outlive it. Different requests may
 * be solved in different threads at once, over the same repodata.
 */
CE_MUST_CHECK int ce_solve(const struct ce_request *request, const struct ce_repodata *repodata,
	struct ce_solution **ret_solution, json_t **ret_explanation, struct ccenv_error *err);

#endif
