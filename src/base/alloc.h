/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_ALLOC_H
#define CE_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

/*
 * Memory that does not fail: each call aborts with a message when there is none. libsolv aborts
 * anyway, and branches that no test runs are worse than none. The caller frees with free().
 */

/* malloc(), calloc(), realloc(), strdup(), strndup(), asprintf(), vasprintf(), reallocarray(). */
void *ce_alloc(size_t size);
void *ce_calloc(size_t n, size_t size);
void *ce_realloc(void *p, size_t size);
char *ce_strdup(const char *s);
char *ce_strndup(const char *s, size_t n);
char *ce_asprintf(const char *fmt, ...) CE_PRINTF(1, 2);
char *ce_vasprintf(const char *fmt, va_list ap) CE_PRINTF(1, 0);

/* Frees the malloc'ed memory that the pointer holds when it goes out of scope. */
#define CE_AUTOFREE CE_CLEANUP(ce_freep)
void ce_freep(void *p);

/*
 * Makes room for one more element in a malloc'ed array of `n` elements with capacity `cap` (both
 * size_t lvalues): CE_GROW(list->items, list->n, list->cap); list->items[list->n++] = item;
 */
#define CE_GROW(array, n, cap)                                                                     \
	do {                                                                                       \
		if ((n) == (cap)) {                                                                \
			(cap) = (cap) ? (cap)*2 : 8;                                               \
			(array) = ce_reallocarray((array), (cap), sizeof(*(array)));               \
		}                                                                                  \
	} while (0)

void *ce_reallocarray(void *p, size_t n, size_t size);

#endif
