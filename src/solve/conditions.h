/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_CONDITIONS_H
#define CE_SOLVE_CONDITIONS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/map.h"

struct ccenv_error;
struct ce_candidate;
struct ce_libsolv;
struct ce_problem;
struct ce_spec;

/*
 * Dependencies that count under conditions: `b[when="python >=3.12"]` (CEP 43), and those of a
 * group that somebody asks for, `b[extras=[gpu]]` (CEP 44). No clause has them: a problem is built
 * with those whose conditions are known to hold, which are none at first, and after each solution
 * with those that it made hold, until there are no more. What once held stays, so this ends; and
 * all that the last solution needs is in it. It can have a package whose condition an earlier
 * solution alone fulfilled, and a request whose only solutions avoid a condition has none: both are
 * rare, and neither is wrong about what was chosen.
 */
struct ce_conditions {
	struct ce_map hold; /* a set: conditions by their text, and "name[group" */
};

void ce_conditions_release(struct ce_conditions *c);
/* Whether a dependency counts. */
bool ce_conditions_counts(const struct ce_conditions *c, const struct ce_spec *spec);
/* Whether the dependencies of this group count in the records of that name. */
bool ce_conditions_has_group(const struct ce_conditions *c, const char *name, const char *group);
/* Takes over what the solution makes hold: *ret_changed when that is more than before. */
CE_MUST_CHECK int ce_conditions_learn(struct ce_conditions *c, const struct ce_problem *problem,
	const struct ce_libsolv *solution, bool *ret_changed, struct ccenv_error *err);

#endif
