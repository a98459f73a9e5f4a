/* SPDX-License-Identifier: MIT */
/*
 * Versions and their order. The hard part is padding: a missing segment or element counts as 0,
 * which lies above every text, so "1.1a" < "1.1" < "1.1.1" without any normal form.
 */
#include "spec/version.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "spec/scan.h"

enum {
	TEXT_MAX = 64, /* CEP 26 */
	DIGITS_MAX = 18
};

/* "post" is above every number; "dev" sorts as "DEV", between "*" and "_" (conda's own encoding).
 */
static const uint64_t number_post = UINT64_MAX;
static const char text_dev[] = "DEV";

/* A number, or a text of `number` bytes. */
struct element {
	const char *text;
	uint64_t number;
};

static const struct element zero = {NULL, 0};

struct segment {
	uint8_t first, n; /* in elements[] */
};

struct ce_version {
	const char *text;
	const struct element *elements;
	const struct segment *segments; /* epoch, main segments, local segments */
	uint8_t n_main;                 /* with the epoch */
	uint8_t n_local;
	bool plain; /* numbers only, one a segment, no local part: segment i is elements[i] */
};

/* What is being built; a version of 64 characters has no more than 64 runs, and a 0 for each that
 * begins a segment. */
struct draft {
	struct element elements[2 * TEXT_MAX + 2];
	struct segment segments[TEXT_MAX + 2];
	size_t n_elements, n_segments;
	const char *origin; /* the copy that is read; offsets in it are offsets behind `begin` in
			       the text */
	const struct ce_scan *s;
	size_t begin;
};

static int fail(const struct draft *d, const char *at, const char *cause)
{
	return ce_scan_fail(d->s, d->begin + (size_t)(at - d->origin), "%s", cause);
}

static int add_number(struct draft *d, const char *p, size_t n)
{
	uint64_t v = 0;

	while (n > 1 && *p == '0') {
		p++;
		n--;
	}
	if (n > DIGITS_MAX)
		return fail(d, p, "a number in a version has at most 18 digits");
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	d->elements[d->n_elements++] = (struct element){NULL, v};
	return 0;
}

static void add_text(struct draft *d, const char *p, size_t n)
{
	if (n == 4 && memcmp(p, "post", 4) == 0)
		d->elements[d->n_elements++] = (struct element){NULL, number_post};
	else if (n == 3 && memcmp(p, "dev", 3) == 0)
		d->elements[d->n_elements++] = (struct element){text_dev, 3};
	else
		d->elements[d->n_elements++] = (struct element){p, n};
}

static size_t run_length(const char *p, const char *end)
{
	const char *q = p;

	if (ce_is_digit(*p))
		while (q < end && ce_is_digit(*q))
			q++;
	else if (*p == '*')
		while (q < end && *q == '*')
			q++;
	else
		while (q < end && !ce_is_digit(*q) && *q != '*')
			q++;
	return (size_t)(q - p);
}

static int add_segment(struct draft *d, const char *p, const char *end)
{
	size_t first = d->n_elements;

	if (p == end)
		return fail(d, p, "a version must not have an empty part");
	if (!ce_is_digit(*p))
		d->elements[d->n_elements++] = (struct element){NULL, 0};
	while (p < end) {
		size_t n = run_length(p, end);

		if (ce_is_digit(*p)) {
			int r = add_number(d, p, n);

			if (r < 0)
				return r;
		} else {
			add_text(d, p, n);
		}
		p += n;
	}
	d->segments[d->n_segments++] = (struct segment){
		.first = (uint8_t)first,
		.n = (uint8_t)(d->n_elements - first),
	};
	return 0;
}

/* A trailing "_" belongs to the last part, as openssl's 1.1.1_ wants it. */
static int add_segments(struct draft *d, const char *p, const char *end, bool keep_last_underscore)
{
	const char *split_end = keep_last_underscore && end > p && end[-1] == '_' ? end - 1 : end;
	const char *q = p;

	for (; q < split_end; q++) {
		int r;

		if (*q != '.' && *q != '_')
			continue;
		r = add_segment(d, p, q);
		if (r < 0)
			return r;
		p = q + 1;
	}
	return add_segment(d, p, end);
}

/* Lower case, and "-" as "_": done in the copy. False with ret_bad at a character that no version
 * has. */
static bool normalize(char *p, const char **ret_bad)
{
	bool has_underscore = strchr(p, '_') != NULL;

	for (; *p; p++) {
		*p = ce_to_lower(*p);
		if (*p == '-' && !has_underscore)
			*p = '_';
		else if (!ce_is_digit(*p) && !(*p >= 'a' && *p <= 'z') && !strchr("*.+!_", *p))
			break;
	}
	*ret_bad = p;
	return *p == '\0';
}

static int parse_parts(struct draft *d, const char *p, size_t *ret_main)
{
	const char *end = p + strlen(p), *bang = strchr(p, '!'), *plus = strchr(p, '+');
	int r = 0;

	if (bang) {
		if (bang == p || strspn(p, "0123456789") != (size_t)(bang - p))
			return fail(d, p, "what stands before '!' in a version must be a number");
		if (strchr(bang + 1, '!'))
			return fail(d, strchr(bang + 1, '!'), "a version has at most one '!'");
		r = add_segment(d, p, bang);
		p = bang + 1;
	} else {
		d->elements[d->n_elements++] = zero;
		d->segments[d->n_segments++] = (struct segment){.first = 0, .n = 1};
	}
	if (plus && strchr(plus + 1, '+'))
		return fail(d, strchr(plus + 1, '+'), "a version has at most one '+'");
	if (r >= 0)
		r = add_segments(d, p, plus ? plus : end, true);
	*ret_main = d->n_segments;
	if (r >= 0 && plus)
		r = add_segments(d, plus + 1, end, false);
	return r;
}

/* Gives the draft its lasting form: one allocation. */
static const struct ce_version *finish(
	const struct draft *d, const char *text, size_t n_main, struct ce_arena *a)
{
	size_t elements_size = d->n_elements * sizeof(struct element);
	size_t segments_size = d->n_segments * sizeof(struct segment);
	char *block = ce_arena_alloc(a, sizeof(struct ce_version) + elements_size + segments_size);
	struct ce_version *v = (struct ce_version *)(void *)block;
	struct element *elements = (struct element *)(void *)(block + sizeof(*v));
	struct segment *segments = (struct segment *)(void *)(block + sizeof(*v) + elements_size);

	memcpy(elements, d->elements, elements_size);
	memcpy(segments, d->segments, segments_size);
	v->text = text;
	v->elements = elements;
	v->segments = segments;
	v->n_main = (uint8_t)n_main;
	v->n_local = (uint8_t)(d->n_segments - n_main);
	v->plain = v->n_local == 0;
	for (size_t i = 0; i < d->n_segments; i++)
		v->plain = v->plain && segments[i].n == 1;
	return v;
}

int ce_version_parse_slice(const struct ce_scan *s, size_t begin, size_t end, struct ce_arena *a,
	const struct ce_version **ret_version)
{
	struct draft d = {.s = s, .begin = begin};
	const char *text, *bad;
	size_t n_main = 0;
	char *copy;
	int r;

	if (begin == end)
		return ce_scan_fail(s, begin, "expected a version");
	if (end - begin > TEXT_MAX)
		return ce_scan_fail(s, begin + TEXT_MAX, "a version has at most 64 characters");
	if (memchr(s->text + begin, '\0', end - begin))
		return ce_scan_fail(s, begin, "a version has no NUL character");
	text = ce_arena_strndup(a, s->text + begin, end - begin);
	copy = ce_arena_strdup(a, text);
	d.origin = copy;
	if (!normalize(copy, &bad))
		return *bad == '-' ? fail(&d, bad, "'-' and '_' exclude each other in a version")
				   : fail(&d, bad, "this character cannot stand in a version");
	r = parse_parts(&d, copy, &n_main);
	if (r < 0)
		return r;
	*ret_version = finish(&d, text, n_main, a);
	return 0;
}

int ce_version_parse(const char *text, struct ce_arena *a, const struct ce_version **ret_version,
	struct ccenv_error *err)
{
	struct ce_scan s = {.text = text, .len = strlen(text), .err = err};
	size_t end = s.len;

	ce_scan_spaces(&s);
	while (end > s.pos && (text[end - 1] == ' ' || text[end - 1] == '\t'))
		end--;
	return ce_version_parse_slice(&s, s.pos, end, a, ret_version);
}

static int compare_texts(const struct element *a, const struct element *b)
{
	size_t n = (size_t)(a->number < b->number ? a->number : b->number);
	int c = memcmp(a->text, b->text, n);

	if (c)
		return c;
	return (a->number > b->number) - (a->number < b->number);
}

static int compare_elements(const struct element *a, const struct element *b)
{
	if (!a->text && !b->text)
		return (a->number > b->number) - (a->number < b->number);
	if (a->text && b->text)
		return compare_texts(a, b);
	return a->text ? -1 : 1;
}

/* Element k of segment i (of the segments from `base` on), or 0. */
/* The main or the local segments of a version. What is behind their end is 0. */
struct part {
	const struct ce_version *v;
	size_t base, n;
};

static struct part main_part(const struct ce_version *v)
{
	return (struct part){v, 0, v->n_main};
}

static struct part local_part(const struct ce_version *v)
{
	return (struct part){v, v->n_main, v->n_local};
}

static const struct segment *segment_at(struct part p, size_t i)
{
	return &p.v->segments[p.base + i];
}

static const struct element *element_at(struct part p, size_t i, size_t k)
{
	return i < p.n && k < segment_at(p, i)->n ? &p.v->elements[segment_at(p, i)->first + k]
						  : &zero;
}

static size_t elements_in(struct part p, size_t i)
{
	return i < p.n ? segment_at(p, i)->n : 0;
}

/* Compares the first `limit` segments. */
static int compare_segments(struct part a, struct part b, size_t limit)
{
	size_t n = a.n > b.n ? a.n : b.n;

	if (n > limit)
		n = limit;
	for (size_t i = 0; i < n; i++) {
		size_t ka = elements_in(a, i), kb = elements_in(b, i);

		/* Nearly all segments are one number, also of "14.0a0", which bounds nearly all
		 * specs. */
		if (ka == 1 && kb == 1) {
			const struct element *x = element_at(a, i, 0), *y = element_at(b, i, 0);

			if (!x->text && !y->text && x->number != y->number)
				return x->number < y->number ? -1 : 1;
			if (!x->text && !y->text)
				continue;
		}
		for (size_t k = 0; k < (ka > kb ? ka : kb); k++) {
			int c = compare_elements(element_at(a, i, k), element_at(b, i, k));

			if (c)
				return c;
		}
	}
	return 0;
}

static int compare_plain(const struct ce_version *a, const struct ce_version *b)
{
	size_t n = a->n_main > b->n_main ? a->n_main : b->n_main;

	for (size_t i = 0; i < n; i++) {
		uint64_t x = i < a->n_main ? a->elements[i].number : 0;
		uint64_t y = i < b->n_main ? b->elements[i].number : 0;

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int ce_version_compare(const struct ce_version *a, const struct ce_version *b)
{
	int c;

	if (a->plain && b->plain)
		return compare_plain(a, b);
	c = compare_segments(main_part(a), main_part(b), SIZE_MAX);
	return c ? c : compare_segments(local_part(a), local_part(b), SIZE_MAX);
}

/*
 * All segments but the prefix's last must be equal; of the last one all elements but its last; and
 * that one must be equal or, being text, begin the other's text (so "2013a" begins "2013ab":
 * conda's rule, not rattler's).
 */
static bool segments_start_with(struct part v, struct part p)
{
	size_t last = p.n - 1, n = segment_at(p, last)->n;
	const struct element *e, *f;

	if (compare_segments(v, p, last) != 0)
		return false;
	for (size_t k = 0; k + 1 < n; k++)
		if (compare_elements(element_at(v, last, k), element_at(p, last, k)) != 0)
			return false;
	e = element_at(v, last, n - 1);
	f = element_at(p, last, n - 1);
	if (!f->text)
		return compare_elements(e, f) == 0;
	return e->text && e->number >= f->number && memcmp(e->text, f->text, f->number) == 0;
}

bool ce_version_starts_with(const struct ce_version *v, const struct ce_version *prefix)
{
	if (prefix->n_local == 0)
		return segments_start_with(main_part(v), main_part(prefix));
	return compare_segments(main_part(v), main_part(prefix), SIZE_MAX) == 0 &&
	       segments_start_with(local_part(v), local_part(prefix));
}

bool ce_version_is_compatible(const struct ce_version *v, const struct ce_version *base)
{
	if (ce_version_compare(v, base) < 0)
		return false;
	/* Of "~=1" only the epoch is left. */
	return segments_start_with(main_part(v), (struct part){base, 0, base->n_main - 1U});
}

size_t ce_version_segments(const struct ce_version *v)
{
	return v->n_main - 1U;
}

const char *ce_version_text(const struct ce_version *v)
{
	return v->text;
}

bool ce_version_element(const struct ce_version *v, bool local, size_t segment, size_t element,
	unsigned long long *ret_number, const char **ret_text)
{
	size_t base = local ? v->n_main : 0, n = local ? v->n_local : v->n_main;
	const struct element *e;

	if (segment >= n || element >= v->segments[base + segment].n)
		return false;
	e = &v->elements[v->segments[base + segment].first + element];
	*ret_number = e->number;
	*ret_text = e->text;
	return true;
}
