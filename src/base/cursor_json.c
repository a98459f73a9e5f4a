/* SPDX-License-Identifier: MIT */
/* The cursor over JSON text (RFC 8259). */
#include "base/cursor.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

enum {
	DEL = 0x7f, /* the control character that is not below the space */
};

static uint64_t load64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Marks the bytes that end a plain run of text: a quote, a backslash, a control character, one
 * beyond ASCII. */
static uint64_t special(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101ULL;
	uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\', del = w ^ ones * DEL;
	uint64_t found = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
			 ((del - ones) & ~del) | ((w - ones * ' ') & ~w) | w;

	return found & ones * 0x80;
}

/* The first byte from p on that is special; `end` if there is none. */
static const char *find_special(const char *p, const char *end)
{
	while (end - p >= 8 && !special(load64(p)))
		p += 8;
	while (p < end && (unsigned char)*p >= ' ' && (unsigned char)*p < DEL && *p != '"' &&
		*p != '\\')
		p++;
	return p;
}

/* Are these eight bytes printable ASCII? It may say no where they are. */
static bool is_printable8(const unsigned char *p)
{
	const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
	uint64_t w, del;

	memcpy(&w, p, sizeof(w));
	del = w ^ DEL * ones;
	return ((w | (w - 0x20 * ones) | (del - ones)) & highs) == 0;
}

bool ce_cursor_text_is_clean(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + len;

	while (p < end) {
		if (end - p >= 8 && is_printable8(p)) {
			p += 8;
			continue;
		}
		unsigned char c = *p++;
		if (c < 0x20 || c == DEL)
			return false;
		if (c < 0x80)
			continue;
		uint32_t v = 0;
		p--;
		size_t n = ce_utf8_decode((const char *)p, (size_t)(end - p), &v);
		if (n == 0 || v < 0xa0) /* the C1 control characters end there */
			return false;
		p += n;
	}
	return true;
}

static void skip_space(struct ce_cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
		c->p++;
}

static enum ce_kind json_peek(struct ce_cursor *c)
{
	skip_space(c);
	if (c->p == c->end)
		return CE_KIND_END;
	switch (*c->p) {
	case '"':
		return CE_KIND_STRING;
	case '{':
		return CE_KIND_MAP;
	case '[':
		return CE_KIND_LIST;
	case 'n':
		return CE_KIND_NULL;
	case 't':
	case 'f':
		return CE_KIND_BOOL;
	default:
		return *c->p == '-' || (*c->p >= '0' && *c->p <= '9') ? CE_KIND_NUMBER
								      : CE_KIND_END;
	}
}

static bool json_enter(struct ce_cursor *c)
{
	enum ce_kind kind = json_peek(c);

	if ((kind != CE_KIND_MAP && kind != CE_KIND_LIST) || c->depth == CE_CURSOR_DEPTH)
		return false;
	c->left[c->depth++] = 1;
	c->p++;
	return true;
}

/* A comma or the end of the container. 1: a member comes. */
static int next_member(struct ce_cursor *c, char close)
{
	uint32_t *first = &c->left[c->depth - 1];

	skip_space(c);
	if (c->p < c->end && *c->p == close) {
		c->p++;
		c->depth--;
		return 0;
	}
	if (!*first) {
		if (c->p == c->end || *c->p != ',')
			return -1;
		c->p++;
		skip_space(c);
	}
	*first = 0;
	return c->p < c->end ? 1 : -1;
}

static int json_next_item(struct ce_cursor *c)
{
	return next_member(c, ']');
}

/* Behind the string at c->p; NULL if it does not end. *plain: no escapes, ASCII only. */
static const char *string_end(const struct ce_cursor *c, bool *plain)
{
	const char *p = c->p + 1;

	*plain = true;
	for (;;) {
		p = find_special(p, c->end);
		if (p == c->end)
			return NULL;
		if (*p == '"')
			return p + 1;
		*plain = false;
		p += *p == '\\' ? 2 : 1;
		if (p > c->end)
			return NULL;
	}
}

static int json_next_key(struct ce_cursor *c, const char **ret_key, size_t *ret_len)
{
	int r = next_member(c, '}');
	bool plain;

	if (r <= 0)
		return r;
	const char *end = *c->p == '"' ? string_end(c, &plain) : NULL;
	if (!end)
		return -1;
	*ret_key = c->p + 1;
	*ret_len = plain ? (size_t)(end - c->p) - 2 : 0; /* no key we know has escapes */
	c->p = end;
	skip_space(c);
	if (c->p == c->end || *c->p != ':')
		return -1;
	c->p++;
	return 1;
}

static int hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
		if (digit < 0 || digit > 15 || (digit > 9 && (c | 0x20) < 'a'))
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

static void add_utf8(struct ce_buf *b, uint32_t v)
{
	if (v < 0x80) {
		ce_buf_addc(b, (char)v);
	} else if (v < 0x800) {
		ce_buf_addc(b, (char)(0xc0 | v >> 6));
		ce_buf_addc(b, (char)(0x80 | (v & 0x3f)));
	} else if (v < 0x10000) {
		ce_buf_addc(b, (char)(0xe0 | v >> 12));
		ce_buf_addc(b, (char)(0x80 | (v >> 6 & 0x3f)));
		ce_buf_addc(b, (char)(0x80 | (v & 0x3f)));
	} else {
		ce_buf_addc(b, (char)(0xf0 | v >> 18));
		ce_buf_addc(b, (char)(0x80 | (v >> 12 & 0x3f)));
		ce_buf_addc(b, (char)(0x80 | (v >> 6 & 0x3f)));
		ce_buf_addc(b, (char)(0x80 | (v & 0x3f)));
	}
}

/* \uXXXX, a surrogate pair as one. p stands behind the u; NULL when malformed. */
static const char *add_unicode(struct ce_buf *b, const char *p, const char *end)
{
	int high = hex4(p, end), low;

	if (high < 0)
		return NULL;
	p += 4;
	if (high < 0xd800 || high >= 0xe000) {
		add_utf8(b, (uint32_t)high);
		return p;
	}
	if (high >= 0xdc00 || end - p < 2 || p[0] != '\\' || p[1] != 'u')
		return NULL;
	low = hex4(p + 2, end);
	if (low < 0xdc00 || low >= 0xe000)
		return NULL;
	add_utf8(b, 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
	return p + 6;
}

/* The text between the quotes, with its escapes resolved. */
static bool unescape(const char *p, const char *end, struct ce_buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	while (p < end) {
		const char *stop = memchr(p, '\\', (size_t)(end - p));
		if (!stop)
			stop = end;
		ce_buf_add(b, p, (size_t)(stop - p));
		if (stop == end)
			return true;
		p = stop + 1;
		if (p == end)
			return false;
		const char *known = strchr(from, *p);
		if (*p == 'u') {
			p = add_unicode(b, p + 1, end);
			if (!p)
				return false;
		} else if (known && *known) {
			ce_buf_addc(b, to[known - from]);
			p++;
		} else {
			return false;
		}
	}
	return true;
}

static bool json_string(struct ce_cursor *c, const char **ret)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	bool plain;

	if (json_peek(c) != CE_KIND_STRING)
		return false;
	const char *end = string_end(c, &plain);
	if (!end)
		return false;
	const char *text = c->p + 1;
	size_t len = (size_t)(end - text) - 1;
	c->p = end;
	if (plain) {
		*ret = ce_arena_strndup(c->arena, text, len);
		return true;
	}
	if (!unescape(text, text + len, &b) || !ce_cursor_text_is_clean(b.data, b.len))
		return false;
	*ret = ce_arena_strndup(c->arena, b.data, b.len);
	return true;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* "e+12" at p, if there is one: its value within +-1000, and what is behind it; NULL if malformed. */
static const char *read_exponent(const char *p, const char *end, int *ret)
{
	bool negative = false;
	const char *digits;

	*ret = 0;
	if (p == end || (*p != 'e' && *p != 'E'))
		return p;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	for (digits = p; p < end && *p >= '0' && *p <= '9'; p++)
		*ret = *ret < 100 ? *ret * 10 + (*p - '0') : 1000;
	if (negative)
		*ret = -*ret;
	return p > digits ? p : NULL;
}

static void add_digit(struct ce_number *n, int digit)
{
	if (__builtin_mul_overflow(n->whole, 10, &n->whole) ||
		__builtin_add_overflow(n->whole, (uint64_t)digit, &n->whole))
		n->whole = UINT64_MAX;
}

/* The digits on both sides of the point, which the exponent moves. */
static void set_number(struct ce_number *n, const char *whole, const char *end, int exponent)
{
	const char *point = memchr(whole, '.', (size_t)(end - whole));
	ptrdiff_t left = (point ? point : end) - whole + exponent; /* digits before the point */

	for (const char *p = whole; p < end; p++) {
		if (p == point)
			continue;
		if (left-- > 0)
			add_digit(n, *p - '0');
		else
			n->fraction |= *p != '0';
	}
	for (; left > 0 && n->whole && n->whole < UINT64_MAX; left--)
		add_digit(n, 0);
}

static bool json_number(struct ce_cursor *c, struct ce_number *ret)
{
	struct ce_number n = {0};
	const char *p, *digits, *end;
	int exponent;

	if (json_peek(c) != CE_KIND_NUMBER)
		return false;
	n.negative = *c->p == '-';
	digits = c->p + n.negative;
	end = skip_digits(digits, c->end);
	if (end == digits)
		return false;
	if (end < c->end && *end == '.') {
		p = skip_digits(end + 1, c->end);
		if (p == end + 1)
			return false;
		end = p;
	}
	p = read_exponent(end, c->end, &exponent);
	if (!p)
		return false;
	set_number(&n, digits, end, exponent);
	n.negative = n.negative && (n.whole || n.fraction);
	c->p = p;
	*ret = n;
	return true;
}

static bool take_word(struct ce_cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return false;
	c->p += len;
	return true;
}

static bool json_boolean(struct ce_cursor *c, bool *ret)
{
	if (json_peek(c) != CE_KIND_BOOL)
		return false;
	*ret = *c->p == 't';
	return take_word(c, *ret ? "true" : "false");
}

static bool skip_number(struct ce_cursor *c)
{
	struct ce_number ignored;

	return json_number(c, &ignored);
}

static bool json_skip(struct ce_cursor *c);

static bool skip_container(struct ce_cursor *c, bool map)
{
	const char *key;
	size_t len;
	int r;

	if (!json_enter(c))
		return false;
	while ((r = map ? json_next_key(c, &key, &len) : json_next_item(c)) > 0) {
		if (!json_skip(c))
			return false;
	}
	return r == 0;
}

static bool json_skip(struct ce_cursor *c)
{
	bool ignored;

	switch (json_peek(c)) {
	case CE_KIND_STRING:;
		const char *end = string_end(c, &ignored);
		if (end)
			c->p = end;
		return end != NULL;
	case CE_KIND_NUMBER:
		return skip_number(c);
	case CE_KIND_NULL:
		return take_word(c, "null");
	case CE_KIND_BOOL:
		return json_boolean(c, &ignored);
	case CE_KIND_MAP:
		return skip_container(c, true);
	case CE_KIND_LIST:
		return skip_container(c, false);
	default:
		return false;
	}
}

static const struct ce_cursor_ops json_ops = {
	.peek = json_peek,
	.enter = json_enter,
	.next_key = json_next_key,
	.next_item = json_next_item,
	.string = json_string,
	.digest = json_string,
	.number = json_number,
	.boolean = json_boolean,
	.skip = json_skip,
};

void ce_cursor_json(struct ce_cursor *c, const char *text, size_t len, struct ce_arena *arena)
{
	*c = (struct ce_cursor){.ops = &json_ops, .p = text, .end = text + len, .arena = arena};
}
