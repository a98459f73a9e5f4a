/* SPDX-License-Identifier: MIT */
/* Quoting for the languages that are written, and the filling of templates. */
#include "emit/emit_text.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

void ce_quote_cmake(struct ce_buf *out, const char *s)
{
	/* ";" stays: within quotes it is no separator, and "\;" would keep its backslash. */
	for (; *s; s++) {
		if (strchr("\\\"$@", *s))
			ce_buf_addc(out, '\\');
		ce_buf_addc(out, *s);
	}
}

/* A line of make, of a .pc file or of Meson ends with the line: what would end it, or could forge
 * another one, becomes a space. */
static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* make and pkg-config read "$$" as a dollar, and "\#" as no comment. */
static void quote_value(struct ce_buf *out, const char *s, const char *escaped)
{
	for (; *s; s++) {
		if (*s == '$')
			ce_buf_addc(out, '$');
		else if (strchr(escaped, *s))
			ce_buf_addc(out, '\\');
		ce_buf_addc(out, is_control(*s) ? ' ' : *s);
	}
}

void ce_quote_make(struct ce_buf *out, const char *s)
{
	quote_value(out, s, "#");
}

void ce_quote_pc(struct ce_buf *out, const char *s)
{
	quote_value(out, s, "#");
}

void ce_quote_meson(struct ce_buf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("\\'", *s))
			ce_buf_addc(out, '\\');
		ce_buf_addc(out, is_control(*s) ? ' ' : *s);
	}
}

void ce_quote_sh(struct ce_buf *out, const char *s)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+,@%";

	if (*s && s[strspn(s, plain)] == '\0') {
		ce_buf_adds(out, s);
		return;
	}
	ce_buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			ce_buf_adds(out, "'\\''");
		else
			ce_buf_addc(out, *s);
	}
	ce_buf_addc(out, '\'');
}

void ce_emit_fill(struct ce_buf *out, const char *text, const struct ce_emit_pair *pairs, size_t n)
{
	const char *at;

	while ((at = strchr(text, '@'))) {
		size_t len = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		size_t i = 0;

		ce_buf_add(out, text, (size_t)(at - text));
		if (len == 0 || at[1 + len] != '@') {
			ce_buf_addc(out, '@');
			text = at + 1;
			continue;
		}
		while (i < n &&
			(strlen(pairs[i].key) != len || memcmp(pairs[i].key, at + 1, len) != 0))
			i++;
		assert(i < n && "template has a key without value");
		if (i < n)
			ce_buf_adds(out, pairs[i].value);
		text = at + len + 2;
	}
	ce_buf_adds(out, text);
}
