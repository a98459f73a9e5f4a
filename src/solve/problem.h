/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_PROBLEM_H
#define CE_SOLVE_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/map.h"
#include "solve/candidate.h"

struct ccenv_error;
struct ce_repodata;
struct ce_request;

/*
 * The problem to solve: every candidate that the request can reach through dependencies, in the
 * order of preference, each with its requirements. Both solvers get their copy of it as numbers
 * (resolvo.h, libsolv.h), and all messages are made from it.
 *
 * Life: ce_problem_new() builds everything, with no steps left; after that only these change, and
 * the marks and ids that the solvers keep in names, candidates and requirements. It borrows the request and
 * the repodata, which must outlive it.
 */
struct ce_problem {
	struct ce_arena arena;
	const struct ce_request *request;
	const struct ce_repodata *repodata;
	struct ce_map names; /* name -> struct ce_package_name * */
	/* Text -> struct ce_requirement *, of records, and of conditions. */
	struct ce_map requirements;
	size_t n_requirements; /* of records and of the request */
	/* What the request asks for: the virtual packages first, then its specs in their order. */
	struct ce_requirement **requested;
	bool *requested_counts; /* whether each counts in the proposed solution */
	size_t n_requested;
	struct ce_candidate **reached; /* by `variable`, which begins with 1 */
	size_t n_reached;
	/* What solving may still cost: clauses visited, candidates examined. Unlike a time limit it
	 * ends at the same point on every machine. */
	uint64_t steps_left;
};

/* Takes n steps from what is left. */
static inline void ce_problem_spend(struct ce_problem *problem, uint64_t n)
{
	problem->steps_left -= n < problem->steps_left ? n : problem->steps_left;
}

/*
 * Builds the problem of a request; *ret_problem is for ce_problem_free(). Fails with CCENV_EDATA
 * when the request asks for a name with "*" or has a virtual package without a valid version.
 * What cannot be satisfied is no failure here: that is for the solvers to find.
 */
CE_MUST_CHECK int ce_problem_new(const struct ce_request *request,
	const struct ce_repodata *repodata, struct ce_problem **ret_problem,
	struct ccenv_error *err);
void ce_problem_free(struct ce_problem *problem);
CE_DEFINE_FREEP(struct ce_problem, ce_problem_free, ce_problem_freep)

#endif
