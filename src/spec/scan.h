/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_SCAN_H
#define CE_SPEC_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * A short text that is being read, and errors that point into it:
 *
 *     expected a version after '>='
 *         python >=
 *                  ^
 *
 * Of a long text only the neighbourhood is shown; control characters and bytes beyond ASCII are
 * shown as '?', so that an error never carries a terminal's escape sequence.
 */
struct ce_scan {
	const char *text;
	size_t len;  /* where reading ends */
	size_t full; /* length of the text, for messages: at least len, or 0 when it is len */
	size_t pos;
	struct ccenv_error *err;
};

/* CCENV_EDATA with the message, the text (credentials of URLs as stars) and a caret under offset `at`. */
int ce_scan_fail(const struct ce_scan *s, size_t at, const char *fmt, ...) CE_PRINTF(3, 4);
/* The character at pos, or '\0' at the end. */
static inline char ce_scan_peek(const struct ce_scan *s)
{
	return s->pos < s->len ? s->text[s->pos] : '\0';
}
void ce_scan_spaces(struct ce_scan *s); /* skips blanks and tabs */

/* Independent of the locale. */
static inline bool ce_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char ce_to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Does `text` match `glob`, where '*' stands for any run of characters and all else for itself?
 * Linear memory. */
bool ce_glob_matches(const char *glob, const char *text, bool ignore_case);

#endif
