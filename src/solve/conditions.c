/* SPDX-License-Identifier: MIT */
/* Which conditional dependencies count, from one solution to the next. */
#include "solve/conditions.h"

#include <string.h>

#include "base/alloc.h"
#include "ccenv/ccenv.h"
#include "model/condition.h"
#include "model/pkg.h"
#include "solve/libsolv.h"
#include "solve/problem.h"
#include "spec/spec.h"

void ce_conditions_release(struct ce_conditions *c)
{
	ce_map_release(&c->hold);
}

bool ce_conditions_counts(const struct ce_conditions *c, const struct ce_spec *spec)
{
	return !spec->when || ce_map_has(&c->hold, spec->when);
}

bool ce_conditions_has_group(const struct ce_conditions *c, const char *name, const char *group)
{
	CE_AUTOFREE char *key = ce_asprintf("%s[%s", name, group);

	return ce_map_has(&c->hold, key);
}

static bool add_groups(struct ce_conditions *c, const struct ce_spec *spec)
{
	bool changed = false;

	for (const char *p = spec->extras; p && *p;) {
		size_t n = strcspn(p, ", ");
		CE_AUTOFREE char *key = ce_asprintf("%s[%.*s", spec->name, (int)n, p);

		changed |= ce_map_insert(&c->hold, key);
		p += n;
		p += strspn(p, ", ");
	}
	return changed;
}

static int learn_dependency(struct ce_conditions *c, const struct ce_spec *spec,
	const struct ce_map *chosen, bool *ret_changed, struct ccenv_error *err)
{
	bool holds = false;
	int r;

	if (spec->when && !ce_map_has(&c->hold, spec->when)) {
		r = ce_condition_holds(spec->when, chosen, &holds, err);
		if (r < 0 || !holds)
			return r;
		ce_map_insert(&c->hold, spec->when);
		*ret_changed = true;
	}
	*ret_changed |= add_groups(c, spec);
	return 0;
}

int ce_conditions_learn(struct ce_conditions *c, const struct ce_problem *problem,
	const struct ce_libsolv *solution, bool *ret_changed, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map chosen = {0};
	int r = 0;

	*ret_changed = false;
	if (!problem->n_conditional)
		return 0;
	for (size_t i = 0; i < problem->n_reached; i++)
		if (ce_libsolv_has(solution, problem->reached[i]))
			ce_map_set(&chosen, problem->reached[i]->name->text,
				(void *)problem->reached[i]->pkg);
	for (size_t i = 0; r >= 0 && i < problem->n_reached; i++) {
		const struct ce_candidate *candidate = problem->reached[i];

		if (!ce_libsolv_has(solution, candidate))
			continue;
		for (size_t k = 0; r >= 0 && k < candidate->n_conditional; k++)
			r = learn_dependency(
				c, candidate->conditional[k]->spec, &chosen, ret_changed, err);
	}
	return r;
}
