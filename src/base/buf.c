/* SPDX-License-Identifier: MIT */
/* Growing byte strings with an optional limit. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void ce_buf_init(struct ce_buf *b, size_t max)
{
	*b = (struct ce_buf){.max = max};
}

void ce_buf_release(struct ce_buf *b)
{
	free(b->data);
	*b = (struct ce_buf){.max = b->max};
}

void ce_buf_clear(struct ce_buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->data)
		b->data[0] = '\0';
}

bool ce_buf_reserve(struct ce_buf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : 64;

	if (__builtin_add_overflow(b->len, more, &need) || need == (size_t)-1 ||
		(b->max && need > b->max)) {
		b->overflow = true;
		return false;
	}
	if (need + 1 <= b->cap)
		return true;
	while (cap < need + 1)
		cap = cap > (size_t)-1 / 2 ? need + 1 : cap * 2;
	b->data = ce_realloc(b->data, cap);
	b->cap = cap;
	b->data[b->len] = '\0';
	return true;
}

void ce_buf_add(struct ce_buf *b, const void *data, size_t len)
{
	if (!ce_buf_reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void ce_buf_adds(struct ce_buf *b, const char *s)
{
	ce_buf_add(b, s, strlen(s));
}

void ce_buf_addc(struct ce_buf *b, char c)
{
	ce_buf_add(b, &c, 1);
}

void ce_buf_vaddf(struct ce_buf *b, const char *fmt, va_list ap)
{
	CE_AUTOFREE char *s = ce_vasprintf(fmt, ap);

	ce_buf_adds(b, s);
}

void ce_buf_addf(struct ce_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ce_buf_vaddf(b, fmt, ap);
	va_end(ap);
}

const char *ce_buf_str(const struct ce_buf *b)
{
	return b->data ? b->data : "";
}

char *ce_buf_steal(struct ce_buf *b)
{
	char *s = b->data ? b->data : ce_strdup("");

	*b = (struct ce_buf){.max = b->max};
	return s;
}
