/* SPDX-License-Identifier: MIT */
/* The stage as a whole: collect the choices, let libsolv answer, give the answer or the reasons
 * there is none. */
#include "solve/solve.h"

#include <stdlib.h>
#include <string.h>

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

static int by_pkg(const void *a, const void *b)
{
	return ce_pkg_compare(*(const struct ce_pkg *const *)a, *(const struct ce_pkg *const *)b);
}

static struct ce_solution *make_solution(const struct ce_choices *c, const struct ce_pool *pool)
{
	struct ce_solution *s = ce_calloc(1, sizeof(*s));

	s->pkgs = ce_calloc(c->n_reached + 1, sizeof(*s->pkgs));
	for (size_t i = 0; i < c->n_reached; i++)
		if (ce_pool_has(pool, c->reached[i]) && !c->reached[i]->family->is_virtual)
			s->pkgs[s->n++] = c->reached[i]->pkg;
	qsort(s->pkgs, s->n, sizeof(*s->pkgs), by_pkg);
	return s;
}

/* Does libsolv answer what is in the pool? Then it is returned. */
static struct ce_pool *try_pool(struct ce_pool *pool)
{
	if (ce_pool_solve(pool))
		return pool;
	ce_pool_free(pool);
	return NULL;
}

/*
 * The pool that holds the answer, or NULL. The search proposes, libsolv judges: that what is
 * preferred is an answer, or that facts in *ret_facts (the caller frees them) have none. Where it
 * sees that differently, or the search gave up, it gets everything to find an answer by itself.
 */
static struct ce_pool *solve_choices(
	struct ce_choices *c, struct ce_fact **ret_facts, size_t *ret_n)
{
	enum ce_search_result proposal = ce_search_preferred(c);
	struct ce_pool *pool = NULL;

	if (proposal == CE_SEARCH_FOUND) {
		pool = try_pool(ce_pool_new_preferred(c));
		if (pool)
			return pool;
	} else if (proposal == CE_SEARCH_NONE && ce_core_find(c, ret_facts, ret_n)) {
		pool = try_pool(ce_pool_new_facts(c, *ret_facts, *ret_n));
		if (!pool)
			return NULL;
		ce_pool_free(pool);
	}
	pool = try_pool(ce_pool_new(c));
	if (!pool && !*ret_facts)
		(void)ce_core_find(c, ret_facts, ret_n);
	return pool;
}

static int fail_explained(struct ce_choices *c, const struct ce_fact *facts, size_t n_facts,
	json_t **ret_explanation, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *explanation = ce_explain(c, facts, n_facts);
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
	CE_CLEANUP(ce_choices_freep) struct ce_choices *choices = NULL;
	CE_CLEANUP(ce_pool_freep) struct ce_pool *pool = NULL;
	CE_AUTOFREE struct ce_fact *facts = NULL;
	size_t n_facts = 0;
	int r;

	r = ce_choices_new(request, repodata, &choices, err);
	if (r < 0)
		return r;
	pool = solve_choices(choices, &facts, &n_facts);
	if (!pool)
		return fail_explained(choices, facts, n_facts, ret_explanation, err);
	*ret_solution = make_solution(choices, pool);
	return 0;
}
