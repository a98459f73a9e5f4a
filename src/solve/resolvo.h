/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_RESOLVO_H
#define CE_SOLVE_RESOLVO_H

#include <stdbool.h>
#include <stddef.h>

struct ce_candidate;
struct ce_package_name;
struct ce_problem;
struct ce_requirement;

/*
 * The solver that finds the answer: clauses and decisions in the order of resolvo, rattler's
 * solver, on the clause solver of cdcl.h.
 *
 * Where a request leaves freedom, different solvers give different answers, each valid. Those of
 * pixi and rattler come from the order in which resolvo decides: requested packages first, then
 * dependencies in the order in which they are met; the best candidate each time; what takes part
 * in conflicts earlier than what does not.
 */

/* What a clause states, as far as messages are concerned. */
enum ce_origin_kind {
	CE_ORIGIN_NONE = 0,   /* implied: one candidate per name, what matches what, exclusions */
	CE_ORIGIN_REQUEST,    /* the request asks for requirement number `index` */
	CE_ORIGIN_DEPENDS,    /* `candidate` depends on its requirement number `index` */
	CE_ORIGIN_CONSTRAINS, /* `candidate` constrains by its requirement number `index` */
};

struct ce_clause_origin {
	enum ce_origin_kind kind;
	struct ce_candidate *candidate; /* NULL for a request */
	size_t index;
};

/* The requirement that an origin (not CE_ORIGIN_NONE) is about. */
struct ce_requirement *ce_origin_requirement(
	const struct ce_problem *problem, const struct ce_clause_origin *origin);

enum ce_resolvo_result {
	CE_RESOLVO_SOLVED,
	CE_RESOLVO_UNSAT,
	CE_RESOLVO_GAVE_UP, /* no steps are left */
};

/* All of these spend steps of the problem, and give up when none are left. */

/* Solves the problem. CE_RESOLVO_SOLVED: the solution is marked by `is_proposed` of candidates. */
enum ce_resolvo_result ce_resolvo_solve(struct ce_problem *problem);
/*
 * Solves the problem that consists of these origins only. CE_RESOLVO_UNSAT: *ret_core are those of
 * them, in the same order, that a refutation uses (the caller frees the array); often, but not
 * always, the fewest possible.
 */
enum ce_resolvo_result ce_resolvo_core(struct ce_problem *problem,
	const struct ce_clause_origin *origins, size_t n_origins,
	struct ce_clause_origin **ret_core, size_t *ret_n);
/*
 * Finds the candidates of `name` with which requested requirement number `request` can be met when
 * nothing else but the virtual packages is requested. Sets ret_possible, by candidate; those that
 * it gave up on are not possible.
 */
void ce_resolvo_possible(struct ce_problem *problem, size_t request,
	const struct ce_package_name *name, bool *ret_possible);

#endif
