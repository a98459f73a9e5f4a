/* SPDX-License-Identifier: MIT */
/* Allocation that aborts with a message instead of failing. */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CE_NORETURN void out_of_memory(size_t size)
{
	fprintf(stderr, "ccenv: out of memory (%zu bytes wanted)\n", size);
	abort();
}

void *ce_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *ce_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *ce_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		out_of_memory(size);
	return q;
}

void *ce_reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory(n);
	return ce_realloc(p, bytes);
}

char *ce_strdup(const char *s)
{
	return ce_strndup(s, strlen(s));
}

char *ce_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = ce_alloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *ce_vasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		out_of_memory(0);
	return s;
}

char *ce_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = ce_vasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void ce_freep(void *p)
{
	void **pp = p;

	free(*pp);
	*pp = NULL;
}
