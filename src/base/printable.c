/* SPDX-License-Identifier: MIT */
/* Text from outside, made safe to show; see printable.h. */
#include "base/printable.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* Line and paragraph separator, and what changes the direction of text. */
	if (c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0xfeff;
}

void ce_buf_add_printable(struct ce_buf *out, const char *text, bool lines)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = ce_utf8_decode(text + i, len - i, &c);

		if (n && (is_printable(c) || (lines && c == '\n')))
			ce_buf_add(out, text + i, n);
		else if (n > 1)
			ce_buf_addf(out, "\\u%04x", (unsigned)c);
		else
			ce_buf_addf(out, "\\x%02x", (unsigned char)text[i]);
		i += n ? n : 1;
	}
}

char *ce_printable(const char *text, bool lines)
{
	struct ce_buf b = {0};

	ce_buf_add_printable(&b, text, lines);
	return ce_buf_steal(&b);
}
