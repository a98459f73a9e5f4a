/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_UNSAT_CORE_H
#define CE_SOLVE_UNSAT_CORE_H

#include <stdbool.h>
#include <stddef.h>

struct ce_choices;
struct ce_fact;

/*
 * The facts that together rule out an answer, and of which none can be missed: with any one taken
 * away the rest would have an answer. Requests first, in their order, then facts of records in the
 * order of the search.
 *
 * There is more than one such set as a rule. Chosen is one with few requests, close to what was
 * asked for, and about things people can change: the CUDA release, the host compiler, the driver.
 *
 * False when the search gave up before it could tell (then *ret_facts is untouched). The caller
 * frees the array.
 */
bool ce_core_find(struct ce_choices *c, struct ce_fact **ret_facts, size_t *ret_n);

#endif
