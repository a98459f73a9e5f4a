/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_SUGGEST_H
#define CE_SOLVE_SUGGEST_H

#include <stddef.h>

struct ce_arena;
struct ce_buf;
struct ce_problem;
struct ce_repodata;
struct ce_request;

enum {
	CE_SUGGEST_MAX = 3
};

/*
 * Finds names similar to `name` among the packages of the channels: a few edits away, or the name with a prefix or an ending.
 * Sets up to CE_SUGGEST_MAX of them, the nearest first, and returns how many. The names live in
 * `a`.
 */
size_t ce_suggest_names(const struct ce_problem *problem, const char *name, struct ce_arena *a,
	const char *ret_names[CE_SUGGEST_MAX]);
/* The same among the names that the channels have in place of `name`, of which there are no records; borrowed from
 * them. */
size_t ce_suggest_among(
	const struct ce_repodata *records, const char *name, const char *ret_names[CE_SUGGEST_MAX]);
/* Appends the CUDA components that `package` belongs to, "component nvcc" or "component cudart or
 * nvcc"; nothing when there is none. */
void ce_suggest_components(const char *package, const char *platform, struct ce_buf *out);
/* The same of the components that the request has all packages of, or of all if there are none. */
void ce_suggest_asked_components(
	const struct ce_request *q, const char *package, struct ce_buf *out);

#endif
