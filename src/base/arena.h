/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_ARENA_H
#define CE_BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"

/*
 * Memory freed as a whole. Each struct of model/ owns one arena; all its strings and arrays live
 * there.
 *
 * Life: zero-initialised (`struct ce_arena a = { 0 };`) is ready for use; ce_arena_release() frees
 * everything and makes it ready again. An arena must not be copied after its first use.
 */
struct ce_arena {
	struct ce_arena_block *head;
	size_t bytes; /* handed out in all */
};

/* Frees all that was handed out. */
void ce_arena_release(struct ce_arena *a);
/* Aligned for any type; zeroed. */
void *ce_arena_alloc(struct ce_arena *a, size_t size);
/* An array of n elements, zeroed; aborts when n * size overflows. */
void *ce_arena_array(struct ce_arena *a, size_t n, size_t size);
char *ce_arena_strdup(struct ce_arena *a, const char *s); /* NULL gives NULL */
char *ce_arena_strndup(struct ce_arena *a, const char *s, size_t n);
char *ce_arena_printf(struct ce_arena *a, const char *fmt, ...) CE_PRINTF(2, 3);

#endif
