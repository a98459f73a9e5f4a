/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_BUF_H
#define CE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/*
 * A growing byte string.
 *
 * `data` is never NULL after the first add and always NUL-terminated; before it, use ce_buf_str().
 * With `max` set, the buffer never holds more than that: what does not fit is dropped and
 * `overflow` becomes true, to be checked once by whoever set the limit. Everything that comes from
 * outside gets a limit.
 *
 * Life: `struct ce_buf b = { 0 };` or ce_buf_init(&b, max); then adds; then ce_buf_release() or
 * ce_buf_steal().
 */
struct ce_buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max; /* bytes; 0 is no limit */
	bool overflow;
};

/* An empty buffer with a limit in bytes; 0 for none. */
void ce_buf_init(struct ce_buf *b, size_t max);
/* Frees the memory; the buffer is empty then, with the same limit. */
void ce_buf_release(struct ce_buf *b);
void ce_buf_clear(struct ce_buf *b); /* keeps the memory and the limit */
/* Room for `more` further bytes behind the text; false when the limit forbids it. */
bool ce_buf_reserve(struct ce_buf *b, size_t more);
void ce_buf_add(struct ce_buf *b, const void *data, size_t len);
void ce_buf_adds(struct ce_buf *b, const char *s);
void ce_buf_addc(struct ce_buf *b, char c);
void ce_buf_addf(struct ce_buf *b, const char *fmt, ...) CE_PRINTF(2, 3);
void ce_buf_vaddf(struct ce_buf *b, const char *fmt, va_list ap) CE_PRINTF(2, 0);
const char *ce_buf_str(const struct ce_buf *b); /* "" when empty */
/* Gives the text (malloc'ed, never NULL) to the caller and leaves the buffer empty. */
char *ce_buf_steal(struct ce_buf *b);

#endif
