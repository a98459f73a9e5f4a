/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_CONDITION_H
#define CE_SPEC_CONDITION_H

#include "base/attr.h"
#include "spec/version_spec.h" /* enum ce_spec_mode */

struct ccenv_error;
struct ce_arena;
struct ce_spec;

/*
 * The condition of a dependency (CEP 43): match specs with "and", "or" and parentheses, where "and"
 * binds tighter: `python >=3.12 and (__unix or mkl)`. Each spec stands for "a package that is chosen
 * matches, and has the groups that the spec asks for".
 */
enum ce_condition_kind {
	CE_CONDITION_SPEC,
	CE_CONDITION_AND,
	CE_CONDITION_OR,
};

struct ce_condition {
	enum ce_condition_kind kind;
	const struct ce_spec *spec;              /* of a CE_CONDITION_SPEC */
	const struct ce_condition *left, *right; /* of the others */
};

/*
 * *ret lives as long as the arena. At most 32 levels of parentheses. CCENV_EDATA for a text that
 * cannot be read; the message is of one line.
 */
CE_MUST_CHECK int ce_condition_parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_condition **ret, struct ccenv_error *err);

#endif
