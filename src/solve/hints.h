/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_HINTS_H
#define CE_SOLVE_HINTS_H

#include <jansson.h>
#include <stddef.h>

struct ce_choices;
struct ce_fact;

/*
 * The sentence a person needs, where the cause is one that CUDA work meets again and again: the
 * host compiler's limit, the driver, two CUDA releases at once, a misspelt name, a date. Appends
 * strings to the JSON array `hints`, each once. `facts` is the core (unsat_core.h) of a request
 * without an answer.
 */
void ce_hints_add(struct ce_choices *c, const struct ce_fact *facts, size_t n, json_t *hints);

#endif
