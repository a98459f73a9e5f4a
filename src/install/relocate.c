/* SPDX-License-Identifier: MIT */
/*
 * Prefix replacement in memory. The rules are conda's (docs/design/packages.md); paths stored as
 * wide characters are replaced too, as rattler does: the placeholder is looked for in five
 * encodings.
 */
#include "install/relocate.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "ccenv/ccenv.h"

enum {
	N_ENCODINGS = 5
};

/* Placeholder and prefix as they look in one encoding. */
struct encoded {
	struct ce_buf old, new;
	size_t unit; /* bytes of a character, and of the 0 that ends a string */
};

struct encodings {
	struct encoded all[N_ENCODINGS]; /* UTF-8 first */
	size_t n;
};

static void release(struct encodings *e)
{
	for (size_t i = 0; i < e->n; i++) {
		ce_buf_release(&e->all[i].old);
		ce_buf_release(&e->all[i].new);
	}
}

static void add_unit(struct ce_buf *out, uint32_t value, size_t unit, bool big_endian)
{
	for (size_t i = 0; i < unit; i++) {
		size_t shift = 8 * (big_endian ? unit - 1 - i : i);

		ce_buf_addc(out, (char)(value >> shift & 0xff));
	}
}

static bool encode(const char *text, size_t unit, bool big_endian, struct ce_buf *out)
{
	for (size_t left = strlen(text), n; left > 0; left -= n, text += n) {
		uint32_t c;

		n = ce_utf8_decode(text, left, &c);
		if (n == 0)
			return false;
		if (unit == 2 && c > 0xffff) {
			add_unit(out, 0xd800 + ((c - 0x10000) >> 10), unit, big_endian);
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		add_unit(out, c, unit, big_endian);
	}
	return true;
}

static void make_encodings(const struct ce_relocate *how, struct encodings *e)
{
	e->n = 1;
	e->all[0].unit = 1;
	ce_buf_adds(&e->all[0].old, how->placeholder);
	ce_buf_adds(&e->all[0].new, how->prefix);
	for (unsigned i = 0; i < N_ENCODINGS - 1; i++) {
		struct encoded *x = &e->all[e->n++];

		x->unit = i < 2 ? 2 : 4;
		/* A name that is no UTF-8 has no wide form. */
		if (!encode(how->placeholder, x->unit, i & 1, &x->old) ||
			!encode(how->prefix, x->unit, i & 1, &x->new)) {
			release(&(struct encodings){.all = {*x}, .n = 1});
			*x = (struct encoded){0};
			e->n--;
		}
	}
}

/* Where something is to be replaced: in text one occurrence, in a binary all of one string. */
struct patch {
	size_t start, end; /* of the occurrence; of the string from its first occurrence on */
	unsigned rank;     /* which of two that overlap is meant; the lower one */
	const struct encoded *as;
};

struct patches {
	struct patch *items;
	size_t n, cap;
};

static void add_patch(struct patches *list, const struct patch *patch)
{
	CE_GROW(list->items, list->n, list->cap);
	list->items[list->n++] = *patch;
}

static int by_start(const void *a, const void *b)
{
	const struct patch *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int by_rank(const void *a, const void *b)
{
	const struct patch *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return by_start(a, b);
}

static const char *find(const struct encoded *e, const char *data, size_t from, size_t to)
{
	return memmem(data + from, to - from, e->old.data, e->old.len);
}

static void sort(struct patches *list, int (*compare)(const void *, const void *))
{
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), compare);
}

void ce_relocate_text(
	const struct ce_relocate *how, const char *data, size_t len, struct ce_buf *out)
{
	struct encodings e = {.n = 0};
	struct patches list = {0};
	size_t at = 0, end = 0;

	if (how->placeholder[0] == '\0') {
		ce_buf_add(out, data, len);
		return;
	}
	make_encodings(how, &e);
	for (size_t i = 0; i < e.n; i++) {
		const char *hit;

		for (size_t from = 0; (hit = find(&e.all[i], data, from, len));) {
			from = (size_t)(hit - data) + e.all[i].old.len;
			add_patch(&list,
				&(struct patch){.start = (size_t)(hit - data), .as = &e.all[i]});
		}
	}
	sort(&list, by_start);
	if (len >= 2 && data[0] == '#' && data[1] == '!') {
		const char *newline = memchr(data, '\n', len);

		at = newline ? (size_t)(newline - data) : len;
		ce_relocate_shebang(how, data, at, out);
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct patch *p = &list.items[i];

		if (p->start < end)
			continue;
		end = p->start + p->as->old.len;
		if (p->start < at)
			continue;
		ce_buf_add(out, data + at, p->start - at);
		ce_buf_add(out, p->as->new.data, p->as->new.len);
		at = end;
	}
	ce_buf_add(out, data + at, len - at);
	free(list.items);
	release(&e);
}

/* The end of the string around `from`: a zero of the encoding's size, or the end of the file. */
static size_t string_end(const char *data, size_t from, size_t len, size_t unit, bool *ret_ended)
{
	static const char zero[4];

	*ret_ended = true;
	for (; from + unit <= len; from += unit) {
		const char *hit = unit == 1 ? memchr(data + from, '\0', len - from) : NULL;

		if (unit == 1 && hit)
			return (size_t)(hit - data);
		if (unit == 1)
			break;
		if (memcmp(data + from, zero, unit) == 0)
			return from;
	}
	*ret_ended = false;
	return len;
}

/*
 * The strings that hold the placeholder in one encoding. A wide form shifted by a byte looks like
 * that of the other byte order: what is aligned and ended is the more likely one, UTF-8 is certain.
 */
static void find_strings(
	const struct encoded *e, const char *data, size_t len, struct patches *list)
{
	size_t covered[4] = {0};
	const char *hit;

	for (size_t from = 0; (hit = find(e, data, from, len));) {
		struct patch p = {.start = (size_t)(hit - data), .as = e};
		size_t phase = p.start % e->unit;
		bool ended;

		from = p.start + e->old.len;
		if (p.start < covered[phase])
			continue;
		p.end = string_end(data, from, len, e->unit, &ended);
		covered[phase] = p.end;
		if (e->unit > 1)
			p.rank = 1 + 2 * (phase != 0) + !ended;
		add_patch(list, &p);
	}
}

/* Keeps of those that overlap the likeliest; the result is sorted by place. */
static void choose(struct patches *list)
{
	struct patches kept = {0};

	sort(list, by_rank);
	for (size_t i = 0; i < list->n; i++) {
		const struct patch *p = &list->items[i];
		size_t low = kept.n;

		/* Those of one rank come in order, so the place is mostly the end. */
		while (low > 0 && kept.items[low - 1].start > p->start)
			low--;
		if ((low > 0 && p->start < kept.items[low - 1].end) ||
			(low < kept.n && kept.items[low].start < p->end))
			continue;
		add_patch(&kept, p);
		memmove(kept.items + low + 1, kept.items + low, (kept.n - 1 - low) * sizeof(*p));
		kept.items[low] = *p;
	}
	free(list->items);
	*list = kept;
}

/* One string, from its first occurrence on, with zeros behind it for what it lost. */
static void add_string(const struct patch *p, const char *data, struct ce_buf *out)
{
	size_t at = p->start, gap = 0;
	const char *hit;

	while ((hit = find(p->as, data, at, p->end))) {
		ce_buf_add(out, data + at, (size_t)(hit - data) - at);
		ce_buf_add(out, p->as->new.data, p->as->new.len);
		at = (size_t)(hit - data) + p->as->old.len;
		gap += p->as->old.len - p->as->new.len;
	}
	ce_buf_add(out, data + at, p->end - at);
	while (gap-- > 0)
		ce_buf_addc(out, '\0');
}

int ce_relocate_binary(const struct ce_relocate *how, const char *data, size_t len,
	struct ce_buf *out, struct ccenv_error *err)
{
	struct encodings e = {.n = 0};
	struct patches list = {0};
	size_t at = 0;
	int r = 0;

	if (how->placeholder[0] == '\0') {
		ce_buf_add(out, data, len);
		return 0;
	}
	make_encodings(how, &e);
	for (size_t i = 0; i < e.n; i++)
		find_strings(&e.all[i], data, len, &list);
	choose(&list);
	for (size_t i = 0; i < list.n && r == 0; i++) {
		const struct patch *p = &list.items[i];

		if (p->as->new.len > p->as->old.len)
			r = ce_fail(err, CCENV_EDATA,
				"the prefix has %zu characters, but at most %zu fit into this package: install into a shorter path",
				p->as->new.len / p->as->unit, p->as->old.len / p->as->unit);
		if (r < 0)
			break;
		ce_buf_add(out, data + at, p->start - at);
		add_string(p, data, out);
		at = p->end;
	}
	if (r == 0)
		ce_buf_add(out, data + at, len - at);
	free(list.items);
	release(&e);
	return r;
}
