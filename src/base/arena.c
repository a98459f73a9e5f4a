/* SPDX-License-Identifier: MIT */
/* A chain of growing blocks; allocation moves a pointer. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct ce_arena_block {
	struct ce_arena_block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

enum {
	BLOCK_MIN = 16 << 10,
	BLOCK_MAX = 4 << 20
};

static struct ce_arena_block *block_new(struct ce_arena *a, size_t need)
{
	size_t size = a->head ? a->head->size * 2 : BLOCK_MIN;
	struct ce_arena_block *b;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < need)
		size = need;
	b = ce_alloc(sizeof(*b) + size);
	b->size = size;
	b->used = 0;
	b->next = a->head;
	a->head = b;
	return b;
}

static void *take(struct ce_arena *a, size_t size, size_t align)
{
	struct ce_arena_block *b = a->head;
	size_t at = 0;

	if (b)
		at = (b->used + align - 1) & ~(align - 1);
	if (!b || at > b->size || b->size - at < size) {
		b = block_new(a, size);
		at = 0;
	}
	b->used = at + size;
	a->bytes += size;
	return b->data + at;
}

void ce_arena_release(struct ce_arena *a)
{
	struct ce_arena_block *b = a->head, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
	a->bytes = 0;
}

void *ce_arena_alloc(struct ce_arena *a, size_t size)
{
	return memset(take(a, size, alignof(max_align_t)), 0, size);
}

void *ce_arena_array(struct ce_arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		abort();
	return ce_arena_alloc(a, bytes);
}

char *ce_arena_strndup(struct ce_arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = take(a, len + 1, 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *ce_arena_strdup(struct ce_arena *a, const char *s)
{
	return s ? ce_arena_strndup(a, s, strlen(s)) : NULL;
}

char *ce_arena_printf(struct ce_arena *a, const char *fmt, ...)
{
	CE_AUTOFREE char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = ce_vasprintf(fmt, ap);
	va_end(ap);
	return ce_arena_strdup(a, s);
}
