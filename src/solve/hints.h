/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_HINTS_H
#define CE_SOLVE_HINTS_H

#include <jansson.h>
#include <stddef.h>

struct ce_clause_origin;
struct ce_problem;

/*
 * The way out, where the cause is one that is common in CUDA work: the host compiler's limit, the
 * driver, two CUDA releases at once, a misspelled name, a date. Appends sentences to the JSON array
 * `hints`, each once. `origins` is the core (unsat_core.h) of a request without a solution.
 */
void ce_hints_add(
	struct ce_problem *c, const struct ce_clause_origin *origins, size_t n, json_t *hints);

#endif
