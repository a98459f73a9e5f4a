/* SPDX-License-Identifier: MIT */
/* The cursor over msgpack bytes (the MessagePack specification's table of formats). */
#include "base/cursor.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"

enum {
	BYTES_MAX = 64
};

/* What a head byte says: the kind, and how a length or a number follows. */
struct head {
	enum ce_kind kind;
	uint64_t value; /* length, count, number or truth */
	bool negative;
	bool is_float;
	size_t size; /* bytes of the head itself */
};

static uint64_t big_endian(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* c0 to df: one byte that says how wide the number behind it is. */
static bool wide_head(unsigned char b, struct head *h, size_t *width)
{
	static const struct {
		unsigned char kind, width;
	} table[] = {
		{CE_KIND_NULL, 0},
		{CE_KIND_END, 0},
		{CE_KIND_BOOL, 0},
		{CE_KIND_BOOL, 0}, /* c0 */
		{CE_KIND_BYTES, 1},
		{CE_KIND_BYTES, 2},
		{CE_KIND_BYTES, 4}, /* c4 */
		{CE_KIND_EXTENSION, 1},
		{CE_KIND_EXTENSION, 2},
		{CE_KIND_EXTENSION, 4}, /* c7 */
		{CE_KIND_NUMBER, 4},
		{CE_KIND_NUMBER, 8}, /* float */
		{CE_KIND_NUMBER, 1},
		{CE_KIND_NUMBER, 2},
		{CE_KIND_NUMBER, 4},
		{CE_KIND_NUMBER, 8},
		{CE_KIND_NUMBER, 1},
		{CE_KIND_NUMBER, 2},
		{CE_KIND_NUMBER, 4},
		{CE_KIND_NUMBER, 8},
		{CE_KIND_EXTENSION, 0},
		{CE_KIND_EXTENSION, 0},
		{CE_KIND_EXTENSION, 0},
		{CE_KIND_EXTENSION, 0},
		{CE_KIND_EXTENSION, 0}, /* d4: of 1, 2, 4, 8, 16 bytes */
		{CE_KIND_STRING, 1},
		{CE_KIND_STRING, 2},
		{CE_KIND_STRING, 4}, /* d9 */
		{CE_KIND_LIST, 2},
		{CE_KIND_LIST, 4},
		{CE_KIND_MAP, 2},
		{CE_KIND_MAP, 4},
	};

	h->kind = (enum ce_kind)table[b - 0xc0].kind;
	*width = table[b - 0xc0].width;
	return h->kind != CE_KIND_END;
}

static bool read_head(const struct ce_cursor *c, struct head *h)
{
	size_t width = 0;

	*h = (struct head){.size = 1};
	if (c->p >= c->end)
		return false;
	unsigned char b = (unsigned char)*c->p;
	if (b < 0x80 || b >= 0xe0) {
		h->kind = CE_KIND_NUMBER;
		h->negative = b >= 0xe0;
		h->value = h->negative ? UINT64_MAX << 8 | b : b;
		return true;
	}
	if (b < 0xc0) {
		h->kind = b < 0x90 ? CE_KIND_MAP : b < 0xa0 ? CE_KIND_LIST : CE_KIND_STRING;
		h->value = b < 0xa0 ? b & 0x0f : b & 0x1f;
		return true;
	}
	if (!wide_head(b, h, &width) || (size_t)(c->end - c->p) < 1 + width)
		return false;
	h->value = width ? big_endian(c->p + 1, width) : b == 0xc3;
	h->size = 1 + width;
	if (b >= 0xd0 && b <= 0xd3 && h->value >> (8 * width - 1)) {
		h->negative = true;
		h->value |= width < 8 ? UINT64_MAX << (8 * width) : 0;
	}
	h->is_float = b == 0xca || b == 0xcb;
	if (b >= 0xd4 && b <= 0xd8)
		h->value = 1u << (b - 0xd4);
	h->value += h->kind == CE_KIND_EXTENSION; /* its type, a byte */
	return true;
}

static enum ce_kind mp_peek(struct ce_cursor *c)
{
	struct head h;

	return read_head(c, &h) ? h.kind : CE_KIND_END;
}

static bool mp_enter(struct ce_cursor *c)
{
	struct head h;

	if (!read_head(c, &h) || (h.kind != CE_KIND_MAP && h.kind != CE_KIND_LIST) ||
		c->depth == CE_CURSOR_DEPTH)
		return false;
	c->left[c->depth++] = (uint32_t)h.value;
	c->p += h.size;
	return true;
}

static int mp_next_item(struct ce_cursor *c)
{
	uint32_t *left = &c->left[c->depth - 1];

	if (!*left) {
		c->depth--;
		return 0;
	}
	--*left;
	return c->p < c->end ? 1 : -1;
}

/* The string, bytes or extension at c->p, which is moved behind them. */
static bool take_bytes(struct ce_cursor *c, struct head *h, const char **ret)
{
	if (!read_head(c, h) || !(ce_kind_is_text(h->kind) || h->kind == CE_KIND_EXTENSION) ||
		(size_t)(c->end - c->p) - h->size < h->value)
		return false;
	*ret = c->p + h->size;
	c->p = *ret + h->value;
	return true;
}

static bool mp_skip(struct ce_cursor *c);

static int mp_next_key(struct ce_cursor *c, const char **ret_key, size_t *ret_len)
{
	int r = mp_next_item(c);
	struct head h;

	if (r <= 0)
		return r;
	if (!ce_kind_is_text(mp_peek(c))) {
		*ret_key = c->p;
		*ret_len = 0;
		return mp_skip(c) ? 1 : -1;
	}
	if (!take_bytes(c, &h, ret_key))
		return -1;
	*ret_len = (size_t)h.value;
	return 1;
}

static bool mp_string(struct ce_cursor *c, const char **ret)
{
	struct head h;
	const char *p;

	if (!ce_kind_is_text(mp_peek(c)) || !take_bytes(c, &h, &p))
		return false;
	*ret = ce_arena_strndup(c->arena, p, (size_t)h.value);
	return ce_cursor_text_is_clean(p, (size_t)h.value);
}

/* IEEE 754, which is the format of msgpack and of this machine. */
static bool set_float(struct ce_number *n, const struct head *h)
{
	double v;

	if (h->size == 1 + sizeof(float)) {
		uint32_t bits = (uint32_t)h->value;
		float f;

		memcpy(&f, &bits, sizeof(f));
		v = (double)f;
	} else {
		memcpy(&v, &h->value, sizeof(v));
	}
	if (isnan(v))
		return false;
	n->negative = v < 0;
	v = fabs(v);
	n->whole = v < 0x1p64 ? (uint64_t)v : UINT64_MAX;
	n->fraction = v < 0x1p53 && (double)n->whole != v;
	return true;
}

static bool mp_number(struct ce_cursor *c, struct ce_number *ret)
{
	struct ce_number n = {0};
	struct head h;

	if (!read_head(c, &h) || h.kind != CE_KIND_NUMBER)
		return false;
	if (h.is_float && !set_float(&n, &h))
		return false;
	if (!h.is_float) {
		n.negative = h.negative;
		/* Two's complement, extended to 64 bits by read_head(). */
		n.whole = h.negative ? -h.value : h.value;
	}
	c->p += h.size;
	*ret = n;
	return true;
}

static bool list_of_bytes(struct ce_cursor *c, unsigned char *bytes, size_t *ret_n)
{
	struct ce_number n;
	size_t count = 0;
	int r;

	if (!mp_enter(c))
		return false;
	while ((r = mp_next_item(c)) > 0) {
		if (count == BYTES_MAX || !mp_number(c, &n) || n.negative || n.fraction ||
			n.whole > 255)
			return false;
		bytes[count++] = (unsigned char)n.whole;
	}
	*ret_n = count;
	return r == 0;
}

static bool mp_digest(struct ce_cursor *c, const char **ret)
{
	unsigned char bytes[BYTES_MAX];
	char hex[2 * BYTES_MAX + 1];
	const char *p = (const char *)bytes;
	enum ce_kind kind = mp_peek(c);
	struct head h = {0};
	size_t n;

	if (kind == CE_KIND_STRING)
		return mp_string(c, ret);
	if (kind == CE_KIND_LIST ? !list_of_bytes(c, bytes, &n)
				 : kind != CE_KIND_BYTES || !take_bytes(c, &h, &p))
		return false;
	n = kind == CE_KIND_LIST ? n : (size_t)h.value;
	if (n > BYTES_MAX)
		return false;
	ce_hex(p, n, hex);
	*ret = ce_arena_strndup(c->arena, hex, 2 * n);
	return true;
}

static bool mp_boolean(struct ce_cursor *c, bool *ret)
{
	struct head h;

	if (!read_head(c, &h) || h.kind != CE_KIND_BOOL)
		return false;
	c->p += h.size;
	*ret = h.value;
	return true;
}

static bool skip_container(struct ce_cursor *c, bool map)
{
	const char *key;
	size_t len;
	int r;

	if (!mp_enter(c))
		return false;
	while ((r = map ? mp_next_key(c, &key, &len) : mp_next_item(c)) > 0) {
		if (!mp_skip(c))
			return false;
	}
	return r == 0;
}

static bool mp_skip(struct ce_cursor *c)
{
	struct head h;
	const char *ignored;

	if (!read_head(c, &h))
		return false;
	if (ce_kind_is_text(h.kind) || h.kind == CE_KIND_EXTENSION)
		return take_bytes(c, &h, &ignored);
	if (h.kind == CE_KIND_MAP || h.kind == CE_KIND_LIST)
		return skip_container(c, h.kind == CE_KIND_MAP);
	c->p += h.size;
	return true;
}

static const struct ce_cursor_ops msgpack_ops = {
	.peek = mp_peek,
	.enter = mp_enter,
	.next_key = mp_next_key,
	.next_item = mp_next_item,
	.string = mp_string,
	.digest = mp_digest,
	.number = mp_number,
	.boolean = mp_boolean,
	.skip = mp_skip,
};

void ce_cursor_msgpack(struct ce_cursor *c, const char *data, size_t len, struct ce_arena *arena)
{
	*c = (struct ce_cursor){.ops = &msgpack_ops, .p = data, .end = data + len, .arena = arena};
}
