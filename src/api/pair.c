/* SPDX-License-Identifier: MIT */
/* Two sides of a target that must agree: see model/pair.h, and ce_lock_plan_couple() in plan.h. */
#include <string.h>

#include "api/plan.h"
#include "base/error.h"
#include "model/manifest.h"
#include "model/pair.h"
#include "model/request.h"
#include "spec/spec.h"

enum {
	/* Each takes a version away from one side; there are some 20 releases of CUDA. */
	ROUNDS_MAX = 100
};

/* Solves one side again, so that it keeps to the conflict's spec. */
static int keep_to(struct ce_lock_plan_item *item, const struct ce_pair_conflict *conflict,
	struct ccenv_error *err)
{
	const struct ce_spec *spec;
	int r = ce_spec_parse(conflict->spec, CE_SPEC_LENIENT, &item->request->arena, &spec, err);

	if (r < 0)
		return r;
	ce_request_add_pin(item->request, spec);
	ce_solution_free(item->solution);
	item->solution = NULL;
	r = ce_lock_plan_solve_item(item, err);
	return r < 0 ? ce_hint(err, r,
			       "(\"%s\", because both sides of a target must go together: %s)",
			       conflict->spec, conflict->why)
		     : 0;
}

static int couple(
	struct ce_lock_plan_item *build, struct ce_lock_plan_item *host, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_pair_conflict conflict = {0};

	for (int round = 0; round < ROUNDS_MAX; round++) {
		const struct ce_pair pair = {.build = {build->solution->pkgs, build->solution->n},
			.host = {host->solution->pkgs, host->solution->n},
			.host_platform = host->request->platform,
			.lowest = host->request->strategy != CE_STRATEGY_HIGHEST};
		bool found;
		int r = ce_pair_find_conflict(&pair, &a, &conflict, &found, err);

		if (r < 0 || !found)
			return r;
		r = keep_to(conflict.side == CE_SIDE_BUILD ? build : host, &conflict, err);
		if (r < 0)
			return r;
	}
	return ce_fail(err, CCENV_ENOSOLUTION,
		"target \"%s\": no packages were found that go together on both sides: %s",
		host->request->target, conflict.why);
}

int ce_lock_plan_couple(struct ce_lock_plan *plan, struct ccenv_error *err)
{
	for (size_t i = 0; i + 1 < plan->n; i++) {
		int r;

		/* The two sides of a target stand next to each other. */
		if (plan->items[i].request->side != CE_SIDE_BUILD)
			continue;
		r = couple(&plan->items[i], &plan->items[i + 1], err);
		if (r < 0)
			return r;
	}
	return 0;
}
