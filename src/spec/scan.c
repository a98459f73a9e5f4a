/* SPDX-License-Identifier: MIT */
/* Errors with a caret, and the glob that all fields of a spec share. */
#include "spec/scan.h"

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

enum {
	SHOWN_BEFORE =
		60, /* of a long text, this many characters before and behind the place are shown */
	SHOWN_AFTER = 30
};

static char shown(char c)
{
	return c >= ' ' && c < 0x7f ? c : '?';
}

/* "user:password@host/…": characters stay in their places, so that the caret still fits. */
static void hide_user(char *text, size_t at, size_t len)
{
	static const char ends[] = " \t'\"[],";
	size_t begin = at, end = at + 1;
	char *slashes;

	while (begin > 0 && !strchr(ends, text[begin - 1]))
		begin--;
	while (end < len && !strchr(ends, text[end]))
		end++;
	slashes = memmem(text + begin, at - begin, "//", 2);
	/* In any other place an @ is but a wrong character. */
	if (!memchr(text + begin, '/', end - begin) && !memchr(text + begin, ':', at - begin))
		return;
	if (slashes)
		begin = (size_t)(slashes + 2 - text);
	memset(text + begin, '*', at - begin);
}

/* conda's /t/<token>/ */
static void hide_tokens(char *text, size_t len)
{
	char *p = text, *end = text + len;

	while ((p = memmem(p, (size_t)(end - p), "/t/", 3)) != NULL)
		for (p += 3; p < end && !strchr("/ \t'\"]", *p); p++)
			*p = '*';
}

/* The text without what may be a password: a spec with a channel may be a URL. */
static char *without_secrets(const char *text, size_t len)
{
	char *copy = ce_strndup(text, len);

	for (size_t i = 0; i < len; i++)
		if (copy[i] == '@')
			hide_user(copy, i, len);
	hide_tokens(copy, len);
	return copy;
}

int ce_scan_fail(const struct ce_scan *s, size_t at, const char *fmt, ...)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t len = s->full ? s->full : s->len, begin, end;
	CE_AUTOFREE char *text = without_secrets(s->text, len);
	va_list ap;

	if (at > len)
		at = len;
	begin = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
	end = len - at > SHOWN_AFTER ? at + SHOWN_AFTER : len;
	va_start(ap, fmt);
	ce_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	ce_buf_adds(&b, "\n    ");
	if (begin > 0)
		ce_buf_adds(&b, "...");
	for (size_t i = begin; i < end; i++)
		ce_buf_addc(&b, shown(text[i]));
	if (end < len)
		ce_buf_adds(&b, "...");
	ce_buf_addf(&b, "\n%*s^", (int)(4 + (begin > 0 ? 3 : 0) + (at - begin)), "");
	return ce_fail(s->err, CCENV_EDATA, "%s", ce_buf_str(&b));
}

void ce_scan_spaces(struct ce_scan *s)
{
	while (s->pos < s->len && (s->text[s->pos] == ' ' || s->text[s->pos] == '\t'))
		s->pos++;
}

static bool same(char a, char b, bool ignore_case)
{
	return ignore_case ? ce_to_lower(a) == ce_to_lower(b) : a == b;
}

/* Remembers the last '*' only: what an earlier one took need never be tried again. */
bool ce_glob_matches(const char *glob, const char *text, bool ignore_case)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*glob == '*') {
			star = glob++;
			resume = text;
		} else if (*glob && same(*glob, *text, ignore_case)) {
			glob++;
			text++;
		} else if (star) {
			glob = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}
