/* SPDX-License-Identifier: MIT */
/*
 * The stage as a whole. Which solver sees which part of the problem:
 *
 *     ce_problem  all that the request can reach
 *         │
 *     resolvo ──── a solution ───> libsolv: these candidates only ───────────> the answer
 *         │                            │ no solution
 *         │                            └────> libsolv: everything ───────────> the answer, or none
 *         │                                      │ a solution
 *     unsat core ─ what conflicts ───> libsolv: these names only ────────────> no answer, explained
 *         │
 *         └─────── gave up ──────────────────────────────────────────────────> no answer, with the
 *                                                                              names contested
 */
#include "solve/solve.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"
#include "model/request.h"
#include "solve/explain.h"
#include "solve/libsolv.h"
#include "solve/problem.h"
#include "solve/resolvo.h"
#include "solve/unsat_core.h"

enum {
	/* For the search, and again for the explanation: about a second each. Real requests take less
	 * than a million; 80,000 synthetic records with 3,000 conflicts take 65 million. */
	MAX_STEPS = 200 * 1000 * 1000,
	/* libsolv has no limit of its own: it checks only what was not hard to find. */
	MAX_STEPS_CHECKED = 10 * 1000 * 1000,
};

static int by_pkg(const void *a, const void *b)
{
	return ce_pkg_compare(*(const struct ce_pkg *const *)a, *(const struct ce_pkg *const *)b);
}

static struct ce_solution *make_solution(
	const struct ce_problem *p, const struct ce_libsolv *solver)
{
	struct ce_solution *s = ce_calloc(1, sizeof(*s));

	s->pkgs = ce_calloc(p->n_reached + 1, sizeof(*s->pkgs));
	for (size_t i = 0; i < p->n_reached; i++)
		if (!p->reached[i]->name->is_virtual && ce_libsolv_has(solver, p->reached[i]))
			s->pkgs[s->n++] = p->reached[i]->pkg;
	qsort(s->pkgs, s->n, sizeof(*s->pkgs), by_pkg);
	return s;
}

/* Returns the solver if it has a solution; else frees it and returns NULL. */
static struct ce_libsolv *if_solved(struct ce_libsolv *solver)
{
	if (ce_libsolv_solve(solver))
		return solver;
	ce_libsolv_free(solver);
	return NULL;
}

/* Finds what conflicts; true unless libsolv finds a solution of it nevertheless. */
static bool is_refuted(struct ce_problem *p, struct ce_clause_origin **ret_origins, size_t *ret_n)
{
	uint64_t n_spent = MAX_STEPS - p->steps_left;
	struct ce_libsolv *solver;

	p->steps_left = MAX_STEPS;
	if (!ce_unsat_core_find(p, ret_origins, ret_n) || n_spent > MAX_STEPS_CHECKED)
		return true;
	solver = if_solved(ce_libsolv_new_core(p, *ret_origins, *ret_n));
	ce_libsolv_free(solver);
	return !solver;
}

/* Returns the solver that holds the solution, or NULL and the origins of what conflicts (the caller
 * frees them); these are NULL where they could not be found. */
static struct ce_libsolv *find_solution(
	struct ce_problem *p, struct ce_clause_origin **ret_origins, size_t *ret_n)
{
	enum ce_resolvo_result found;
	struct ce_libsolv *solver;

	p->steps_left = MAX_STEPS;
	found = ce_resolvo_solve(p);
	if (found == CE_RESOLVO_GAVE_UP)
		return NULL;
	if (found == CE_RESOLVO_SOLVED) {
		solver = if_solved(ce_libsolv_new_proposed(p));
		if (solver)
			return solver;
	} else if (is_refuted(p, ret_origins, ret_n)) {
		return NULL;
	}
	solver = if_solved(ce_libsolv_new(p));
	if (!solver && !*ret_origins)
		(void)ce_unsat_core_find(p, ret_origins, ret_n);
	return solver;
}

static int fail_explained(struct ce_problem *p, const struct ce_clause_origin *origins,
	size_t n_origins, json_t **ret_explanation, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *explanation = origins ? ce_explain(p, origins, n_origins) : ce_explain_limit(p);
	struct ce_buf text = {0};

	ce_explain_format(explanation, sizeof(err->text) - 1, &text);
	(void)ce_fail(err, CCENV_ENOSOLUTION, "%s", ce_buf_str(&text));
	ce_buf_release(&text);
	if (ret_explanation)
		*ret_explanation = CE_TAKE(explanation);
	return CCENV_ENOSOLUTION;
}

int ce_solve(const struct ce_request *request, const struct ce_repodata *repodata,
	struct ce_solution **ret_solution, json_t **ret_explanation, struct ccenv_error *err)
{
	CE_CLEANUP(ce_problem_freep) struct ce_problem *problem = NULL;
	CE_CLEANUP(ce_libsolv_freep) struct ce_libsolv *solver = NULL;
	CE_AUTOFREE struct ce_clause_origin *origins = NULL;
	size_t n_origins = 0;
	int r;

	r = ce_problem_new(request, repodata, &problem, err);
	if (r < 0)
		return r;
	solver = find_solution(problem, &origins, &n_origins);
	if (!solver)
		return fail_explained(problem, origins, n_origins, ret_explanation, err);
	*ret_solution = make_solution(problem, solver);
	return 0;
}
