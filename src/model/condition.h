/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_CONDITION_H
#define CE_MODEL_CONDITION_H

#include <stdbool.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_map;

/*
 * Conditions of dependencies (CEP 43): match specs with "and", "or" and parentheses, where "and"
 * binds tighter: `python >=3.12 and (__unix or mkl)`. Each spec stands for "a package that is
 * chosen matches"; `pkgs` has what is chosen, virtual packages among it, as const struct ce_pkg *
 * by name.
 *
 * CCENV_EDATA for a condition that cannot be read; the text says why in one line.
 */
CE_MUST_CHECK int ce_condition_holds(
	const char *text, const struct ce_map *pkgs, bool *ret_holds, struct ccenv_error *err);

#endif
