/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_EXPLAIN_H
#define CE_SOLVE_EXPLAIN_H

#include <jansson.h>
#include <stddef.h>

struct ce_buf;
struct ce_clause_origin;
struct ce_problem;

/*
 * Why a request has no answer: a short tree of causes, and sentences that say the way out.
 *
 *     no set of packages satisfies the request
 *     ├─ cuda-nvcc-impl 12.9.* (component nvcc) is requested
 *     │  └─ cuda-nvcc-impl 12.9.86 works only with gcc_impl_linux-64 >=6,<15.0a0
 *     └─ gxx_linux-64 15.* is requested
 *        └─ gxx_linux-64 15.1.0, 15.2.0 needs gcc_impl_linux-64 15.1.0.* or 15.2.0.*
 *     nvcc 12.9 supports gcc below 15: request gxx_linux-64 <15, or a CUDA release whose nvcc supports a newer gcc.
 *
 * As JSON (new; the caller decrefs):
 *
 *     {"message": first line, "causes": [node...], "hints": [sentence...]}
 *
 * A node has "text" (its line), "kind" (requested, needs, constrains, left-out), and as
 * they apply "package", "versions" (all of them, the preferred first), "specs", and "causes" (its
 * children).
 *
 * The origins are those of ce_unsat_core_find().
 *
 * Deterministic: the same request and records give the same text.
 */
json_t *ce_explain(
	struct ce_problem *problem, const struct ce_clause_origin *origins, size_t n_origins);
/*
 * The same for a search, or for the search for an explanation, that ran out of steps:
 *
 *     no answer found before the search limit was reached
 *     └─ most conflicts are about hole03, pigeon05 and hole02
 *     Ask for one version of some of these packages, or for fewer packages at once.
 *
 * Its only node, if there is any, has the kind "contested" and "packages", the most contested first.
 */
json_t *ce_explain_limit(const struct ce_problem *problem);
/* Appends the JSON as text for people, without a newline at the end; cut with "…" to stay under
 * `max` bytes. */
void ce_explain_format(const json_t *explanation, size_t max, struct ce_buf *out);

#endif
