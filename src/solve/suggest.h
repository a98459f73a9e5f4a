/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_SUGGEST_H
#define CE_SOLVE_SUGGEST_H

#include <stddef.h>

struct ce_arena;
struct ce_choices;

enum {
	CE_SUGGEST_MAX = 3
};

/*
 * Names like `name` among those that the records and the table of CUDA components have: few edits
 * away, or longer by an ending. The nearest first. Returns how many; the names live in `a`.
 */
size_t ce_suggest_names(const struct ce_choices *c, const char *name, struct ce_arena *a,
	const char *ret_names[CE_SUGGEST_MAX]);

#endif
