/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_UNSAT_CORE_H
#define CE_SOLVE_UNSAT_CORE_H

#include <stdbool.h>
#include <stddef.h>

struct ce_clause_origin;
struct ce_problem;

/*
 * Finds a minimal unsatisfiable core: origins that together rule out every solution, while with any
 * one of them removed the rest has one. Requests come first, in their order, then what records
 * state, in the order of the search.
 *
 * As a rule there are many such cores. Chosen is one with few requests, close to what was asked
 * for, and about things people can change: the CUDA release, the host compiler, the driver.
 *
 * When no steps are left (problem.h) the core is as minimal as it is by then. False when there is
 * none yet; *ret_origins is then untouched. The caller frees the array.
 */
bool ce_unsat_core_find(struct ce_problem *p, struct ce_clause_origin **ret_origins, size_t *ret_n);

#endif
