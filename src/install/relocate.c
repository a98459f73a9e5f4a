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
	N_ENCODINGS = 5,
	SHEBANG_LINE_MAX =
		4096,          /* a longer first line is text; the kernel takes 255 bytes at most */
	PATCHES_MAX = 1000000, /* strings of a binary; real ones have some thousands */
	PADDING = 4096
};

/* How many bytes a text may grow by: placeholders are long, so real ones shrink. */
static const uint64_t growth_floor = 64 << 10;
static const uint64_t growth_ratio = 4;

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

static const char *find(const struct encoded *e, const char *data, size_t from, size_t to)
{
	return memmem(data + from, to - from, e->old.data, e->old.len);
}

static int put(
	const struct ce_relocate_out *out, const void *data, size_t len, struct ccenv_error *err)
{
	return len == 0 ? 0 : out->add(out->user, data, len, err);
}

/* ---- text ---- */

/* What is left of a text, and where the placeholder stands next in each encoding. */
struct text {
	const char *data;
	size_t at, len;
	const char *next[N_ENCODINGS]; /* NULL: not any more */
	uint64_t growth, growth_max;
};

/* The first occurrence from t->at on in any encoding; NULL when there is none. */
static const struct encoded *find_first(struct text *t, const struct encodings *e)
{
	const struct encoded *first = NULL;
	const char *hit = NULL;

	for (size_t i = 0; i < e->n; i++) {
		if (t->next[i] && t->next[i] < t->data + t->at)
			t->next[i] = find(&e->all[i], t->data, t->at, t->len);
		if (t->next[i] && (!hit || t->next[i] < hit)) {
			hit = t->next[i];
			first = &e->all[i];
		}
	}
	return first;
}

static int replace_next(struct text *t, const struct encodings *e, const struct encoded *as,
	const struct ce_relocate_out *out, struct ccenv_error *err)
{
	size_t start = (size_t)(t->next[as - e->all] - t->data);
	int r = put(out, t->data + t->at, start - t->at, err);

	if (r < 0)
		return r;
	t->at = start + as->old.len;
	if (as->new.len > as->old.len)
		t->growth += as->new.len - as->old.len;
	if (t->growth > t->growth_max)
		return ce_fail(err, CCENV_EDATA,
			"with the prefix in it, it would grow by more than %llu bytes: install into a shorter path",
			(unsigned long long)t->growth_max);
	return put(out, as->new.data, as->new.len, err);
}

static int relocate_text(const struct encodings *e, struct text *t,
	const struct ce_relocate_out *out, struct ccenv_error *err)
{
	const struct encoded *as;

	for (size_t i = 0; i < e->n; i++)
		t->next[i] = find(&e->all[i], t->data, t->at, t->len);
	while ((as = find_first(t, e))) {
		int r = replace_next(t, e, as, out, err);

		if (r < 0)
			return r;
	}
	return put(out, t->data + t->at, t->len - t->at, err);
}

int ce_relocate_text(const struct ce_relocate *how, const char *data, size_t len,
	const struct ce_relocate_out *out, struct ccenv_error *err)
{
	CE_CLEANUP(release) struct encodings e = {.n = 0};
	CE_CLEANUP(ce_buf_release) struct ce_buf line = {0};
	struct text t = {.data = data, .len = len, .growth_max = growth_floor + growth_ratio * len};
	int r;

	if (how->placeholder[0] == '\0')
		return put(out, data, len, err);
	make_encodings(how, &e);
	if (len >= 2 && data[0] == '#' && data[1] == '!') {
		size_t n = len < SHEBANG_LINE_MAX ? len : SHEBANG_LINE_MAX;
		const char *newline = memchr(data, '\n', n);

		if (newline || n == len) {
			t.at = newline ? (size_t)(newline - data) : len;
			ce_relocate_shebang(how, data, t.at, &line);
		}
	}
	r = put(out, ce_buf_str(&line), line.len, err);
	return r < 0 ? r : relocate_text(&e, &t, out, err);
}

/* ---- binaries ---- */

/* A string that has the placeholder, from its first occurrence on. */
struct patch {
	size_t start, end;
	const struct encoded *as;
	unsigned rank; /* which of two that overlap is meant; the lower one */
};

struct patches {
	struct patch *items;
	size_t n, cap;
};

enum {
	RANKS = 5
};

static void add_patch(struct patches *list, const struct patch *patch)
{
	CE_GROW(list->items, list->n, list->cap);
	list->items[list->n++] = *patch;
}

static void free_patches(struct patches *list)
{
	free(list->items);
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

static int fail_too_long(const struct encoded *as, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA,
		"the prefix has %zu characters, but at most %zu fit into this package: install into a shorter path",
		as->new.len / as->unit, as->old.len / as->unit);
}

/*
 * The strings that hold the placeholder in one encoding, by rank. A wide form shifted by a byte
 * looks like that of the other byte order: what is aligned and ended is the more likely one, UTF-8
 * is certain.
 */
static int find_strings(const struct encoded *e, const char *data, size_t len,
	struct patches lists[RANKS], struct ccenv_error *err)
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
		if (e->new.len > e->old.len && e->unit == 1)
			return fail_too_long(e, err);
		p.end = string_end(data, from, len, e->unit, &ended);
		covered[phase] = p.end;
		if (e->unit > 1)
			p.rank = 1 + 2 * (phase != 0) + !ended;
		if (lists[p.rank].n == PATCHES_MAX)
			return ce_fail(err, CCENV_EDATA,
				"more than %d strings have the prefix in them", PATCHES_MAX);
		add_patch(&lists[p.rank], &p);
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct patch *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Adds to `kept` those of `more` that overlap none in it, nor one another. Both are sorted. */
static void merge(struct patches *kept, const struct patches *more)
{
	struct patches all = {0};
	size_t k = 0, end = 0; /* of the last one in `all` */

	for (size_t i = 0; i < more->n; i++) {
		const struct patch *p = &more->items[i];

		for (; k < kept->n && kept->items[k].start <= p->start; k++) {
			add_patch(&all, &kept->items[k]);
			end = kept->items[k].end;
		}
		if (p->start < end || (k < kept->n && kept->items[k].start < p->end))
			continue;
		add_patch(&all, p);
		end = p->end;
	}
	for (; k < kept->n; k++)
		add_patch(&all, &kept->items[k]);
	free(kept->items);
	*kept = all;
}

/* Keeps of strings that overlap the likeliest; the result is sorted by place. */
static void choose(struct patches lists[RANKS], struct patches *ret_kept)
{
	for (size_t rank = 0; rank < RANKS; rank++) {
		struct patches *list = &lists[rank];

		/* Those of one encoding come in order, those of two do not. */
		if (list->n > 1)
			qsort(list->items, list->n, sizeof(*list->items), by_start);
		merge(ret_kept, list);
		free(list->items);
	}
}

static int put_zeros(const struct ce_relocate_out *out, size_t n, struct ccenv_error *err)
{
	static const char zeros[PADDING];

	while (n > 0) {
		size_t some = n < PADDING ? n : PADDING;
		int r = put(out, zeros, some, err);

		if (r < 0)
			return r;
		n -= some;
	}
	return 0;
}

/* One string, from its first occurrence on, with zeros behind it for what it lost. */
static int put_string(const struct patch *p, const char *data, const struct ce_relocate_out *out,
	struct ccenv_error *err)
{
	size_t at = p->start, gap = 0;
	const char *hit;
	int r;

	while ((hit = find(p->as, data, at, p->end))) {
		r = put(out, data + at, (size_t)(hit - data) - at, err);
		if (r < 0)
			return r;
		r = put(out, p->as->new.data, p->as->new.len, err);
		if (r < 0)
			return r;
		at = (size_t)(hit - data) + p->as->old.len;
		gap += p->as->old.len - p->as->new.len;
	}
	r = put(out, data + at, p->end - at, err);
	return r < 0 ? r : put_zeros(out, gap, err);
}

static int put_binary(const struct patches *list, const char *data, size_t len,
	const struct ce_relocate_out *out, struct ccenv_error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct patch *p = &list->items[i];
		int r = put(out, data + at, p->start - at, err);

		if (r < 0)
			return r;
		r = put_string(p, data, out, err);
		if (r < 0)
			return r;
		at = p->end;
	}
	return put(out, data + at, len - at, err);
}

int ce_relocate_binary(const struct ce_relocate *how, const char *data, size_t len,
	const struct ce_relocate_out *out, struct ccenv_error *err)
{
	CE_CLEANUP(release) struct encodings e = {.n = 0};
	CE_CLEANUP(free_patches) struct patches kept = {0};
	struct patches lists[RANKS] = {{0}};
	int r = 0;

	if (how->placeholder[0] == '\0')
		return put(out, data, len, err);
	make_encodings(how, &e);
	for (size_t i = 0; i < e.n && r == 0; i++)
		r = find_strings(&e.all[i], data, len, lists, err);
	choose(lists, &kept);
	if (r < 0)
		return r;
	for (size_t i = 0; i < kept.n; i++)
		if (kept.items[i].as->new.len > kept.items[i].as->old.len)
			return fail_too_long(kept.items[i].as, err);
	return put_binary(&kept, data, len, out, err);
}
