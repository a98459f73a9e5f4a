/* SPDX-License-Identifier: MIT */
/*
 * The scanner of repodata.json. The hard part is speed: half a gigabyte has to pass in a fraction
 * of a second, so records are skipped with bit masks, one bit a byte of a block of 64.
 */
#include "repodata/record_scan.h"

#include <inttypes.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/cursor.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

enum {
	DEPTH_MAX = 64,
	KEY_MAX = 1024,
	BLOCK = 64,
};

enum state {
	BEFORE,   /* nothing but space was seen */
	TOP,      /* in the outermost object */
	PACKAGES, /* in "packages" */
	CONDA,    /* in "packages.conda" */
	V3,       /* in "v3" */
	V3_TARBZ2,
	V3_CONDA,
	REMOVED,  /* in the list "removed" */
	SKIPPING, /* in a value that means nothing to us */
	AFTER,    /* behind the outermost object */
};

/* What the bytes of a block are, one bit each, the first byte lowest. */
struct masks {
	uint64_t quote, backslash, open, close;
};

#ifdef __SSE2__
static inline uint64_t equal_mask(const __m128i v[4], char c)
{
	__m128i want = _mm_set1_epi8(c);
	uint64_t m = 0;

	for (int i = 0; i < 4; i++)
		m |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], want)) << (16 * i);
	return m;
}

static inline void classify(const char *p, struct masks *m)
{
	__m128i v[4], folded[4], bit = _mm_set1_epi8(0x20);

	for (int i = 0; i < 4; i++) {
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		folded[i] = _mm_or_si128(v[i], bit);
	}
	m->quote = equal_mask(v, '"');
	m->backslash = equal_mask(v, '\\');
	/* '[' and '{' differ in one bit only, ']' and '}' too, and nothing else folds onto them. */
	m->open = equal_mask(folded, '{');
	m->close = equal_mask(folded, '}');
}
#else
static inline void classify(const char *p, struct masks *m)
{
	struct masks n = {0, 0, 0, 0};

	for (int i = 0; i < BLOCK; i++) {
		char c = p[i], folded = (char)(c | 0x20);
		n.quote |= (uint64_t)(c == '"') << i;
		n.backslash |= (uint64_t)(c == '\\') << i;
		n.open |= (uint64_t)(folded == '{') << i;
		n.close |= (uint64_t)(folded == '}') << i;
	}
	*m = n;
}
#endif

/* Each bit becomes the parity of itself and all bits below: from quotes to "is within a string". */
static inline uint64_t prefix_xor(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

/* The bytes that a backslash takes the meaning from. `carry`: the block's first byte is one. */
static uint64_t escaped_mask(uint64_t backslash, int n, bool *carry)
{
	uint64_t escaped = *carry ? 1 : 0;

	*carry = false;
	for (backslash &= ~escaped; backslash; backslash &= backslash - 1) {
		int i = __builtin_ctzll(backslash);
		if (i + 1 >= n) {
			*carry = true;
			break;
		}
		escaped |= 2ULL << i;
		backslash &= ~(2ULL << i);
	}
	return escaped;
}

/* One block of n <= 64 bytes. Returns the index behind the byte that closes depth 0, or 0; -1:
 * nested too deep. */
static inline int skip_block(struct ce_repo_scan_skip *k, const char *p, int n)
{
	uint64_t valid = n == BLOCK ? ~0ULL : (1ULL << n) - 1;
	struct masks m;

	classify(p, &m);
	m.backslash &= valid;
	if (m.backslash | k->escaped)
		m.quote &= ~escaped_mask(m.backslash, n, &k->escaped);
	m.quote &= valid;
	uint64_t within = prefix_xor(m.quote) ^ (k->in_string ? ~0ULL : 0);
	uint64_t open = m.open & ~within & valid, close = m.close & ~within & valid;
	for (uint64_t both = open | close; both; both &= both - 1) {
		uint64_t bit = both & -both;
		if (open & bit) {
			if (++k->depth > DEPTH_MAX)
				return -1;
		} else if (--k->depth == 0) {
			return __builtin_ctzll(both) + 1;
		}
	}
	k->in_string ^= __builtin_parityll(m.quote);
	return 0;
}

/* Passes over an array or object whose opening bracket is to come or was seen. As skip_block(), for
 * any length. */
static ssize_t skip_nested(struct ce_repo_scan_skip *k, const char *p, size_t len)
{
	char tail[BLOCK];
	size_t i;
	int r;

	for (i = 0; i + BLOCK <= len; i += BLOCK) {
		r = skip_block(k, p + i, BLOCK);
		if (r)
			return r < 0 ? -1 : (ssize_t)i + r;
	}
	if (i == len)
		return 0;
	memset(tail, ' ', sizeof(tail));
	memcpy(tail, p + i, len - i);
	r = skip_block(k, tail, (int)(len - i));
	return r <= 0 ? r : (ssize_t)i + r;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* The string at p (a quote): returns the place behind it, NULL when cut off. */
static const char *skip_string(const char *p, const char *end)
{
	const char *quote = end - p > 1 ? memchr(p + 1, '"', (size_t)(end - p) - 1) : NULL;

	if (!quote || !memchr(p + 1, '\\', (size_t)(quote - p) - 1))
		return quote ? quote + 1 : NULL;
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

/* "key" and its colon; moves *p to the value. 1 done, 0 cut off, -1 malformed. */
static int read_key(const char **p, const char *end, const char **key, size_t *key_len)
{
	if (**p != '"')
		return -1;
	const char *stop = skip_string(*p, end);
	if (!stop)
		return end - *p - 1 > KEY_MAX ? -1 : 0;
	*key = *p + 1;
	*key_len = (size_t)(stop - *p) - 2;
	if (*key_len > KEY_MAX)
		return -1;
	stop = skip_space(stop, end);
	if (stop == end)
		return 0;
	if (*stop != ':')
		return -1;
	stop = skip_space(stop + 1, end);
	if (stop == end)
		return 0;
	*p = stop;
	return 1;
}

/* A number, true, false, null or a string: the end of it, NULL when cut off. */
static const char *skip_scalar(const char *p, const char *end)
{
	if (*p == '"')
		return skip_string(p, end);
	while (p < end && *p != ',' && *p != '}' && !is_space(*p))
		p++;
	return p < end ? p : NULL;
}

/* Passes over what should be an object: >0 its length, 0 cut off, -1 no value. Whoever reads the record
 * sees what it is. `whole`: the text ends where the value may end. */
static ssize_t skip_value(const char *p, const char *end, bool whole)
{
	struct ce_repo_scan_skip k = {0};

	if (*p == '{' || *p == '[')
		return skip_nested(&k, p, (size_t)(end - p));
	if (!*p || !strchr("\"-0123456789tfn", *p))
		return -1;
	const char *stop = skip_scalar(p, end);
	return stop ? stop - p : whole && *p != '"' ? end - p : 0;
}

/* As ce_repo_scan_next(), at the quote itself. */
static int read_record(
	const char **text, const char *end, bool whole, struct ce_repo_scan_record *ret)
{
	const char *p = *text;
	int r = read_key(&p, end, &ret->fn, &ret->fn_len);

	if (r <= 0)
		return r;
	ssize_t n = skip_value(p, end, whole);
	if (n <= 0)
		return (int)n;
	ret->text = *text;
	ret->object = p;
	ret->object_len = (size_t)n;
	ret->len = (size_t)(p + n - *text);
	*text = p + n;
	return 1;
}

int ce_repo_scan_next(const char **text, const char *end, struct ce_repo_scan_record *ret)
{
	const char *p = skip_space(*text, end);

	if (p < end && *p == ',')
		p = skip_space(p + 1, end);
	if (p == end)
		return 0;
	int r = read_record(&p, end, true, ret);
	if (r > 0)
		*text = p;
	return r;
}

void ce_repo_scan_init(struct ce_repo_scan *s, const struct ce_repo_scan_events *ev)
{
	*s = (struct ce_repo_scan){.ev = *ev, .state = BEFORE};
}

static int malformed(const struct ce_repo_scan *s, const char *text, const char *p,
	const char *want, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "damaged index: byte %" PRIu64 ": expected %s",
		s->at + (uint64_t)(p - text), want);
}

/* "info": small, so it is taken whole. */
static int take_info(struct ce_repo_scan *s, const char *text, const char **p, const char *end,
	struct ccenv_error *err)
{
	struct ce_repo_scan_skip k = {0};
	ssize_t n = skip_nested(&k, *p, (size_t)(end - *p));

	if (n < 0)
		return malformed(s, text, *p, "less nesting", err);
	if (n == 0)
		return 0;
	int r = s->ev.on_info ? s->ev.on_info(s->ev.user, *p, (size_t)n, err) : 0;
	*p += n;
	return r < 0 ? r : 1;
}

/* Passes over the value at *at, of a key that means nothing to us. 1 taken, 0 cut off. */
static int pass_over(struct ce_repo_scan *s, const char **at, const char *end)
{
	const char *p = *at;

	if (*p == '{' || *p == '[') {
		s->outer = s->state;
		s->state = SKIPPING;
		s->skip = (struct ce_repo_scan_skip){0};
		return 1;
	}
	p = skip_scalar(p, end);
	if (!p)
		return 0;
	*at = p;
	s->comma = true;
	return 1;
}

/* A member of "v3": the records of one kind of archive. 1 taken, 0 cut off. */
static int take_v3(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	const char *p = *at, *key, *first;
	size_t len;
	int r = read_key(&p, end, &key, &len);
	bool tarbz2, wheels;

	if (r < 0)
		return malformed(s, text, *at, "a key", err);
	if (r == 0)
		return 0;
	tarbz2 = ce_cursor_key_is(key, len, "tar.bz2");
	wheels = ce_cursor_key_is(key, len, "whl");
	if (!tarbz2 && !wheels && !ce_cursor_key_is(key, len, "conda")) {
		*at = p;
		return pass_over(s, at, end);
	}
	if (*p != '{')
		return malformed(s, text, p, "an object of records", err);
	first = skip_space(p + 1, end);
	if (first == end)
		return 0;
	if (wheels) {
		s->has_wheels = s->has_wheels || *first != '}';
		*at = p;
		return pass_over(s, at, end);
	}
	s->state = tarbz2 ? V3_TARBZ2 : V3_CONDA;
	s->comma = false;
	*at = p + 1;
	return 1;
}

/* What is known must be of its type, and there once, as in rattler. Returns what is wanted, or NULL. */
static const char *check_known(struct ce_repo_scan *s, const char *key, size_t len, char first)
{
	static const struct {
		const char *key, *types, *want;
	} known[] = {{"packages", "{", "an object of records"},
		{"packages.conda", "{", "an object of records"}, {"removed", "[", "a list"},
		{"info", "{n", "an object or null"}, {"v3", "{[", "an object"}};

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!ce_cursor_key_is(key, len, known[i].key))
			continue;
		if (!first || !strchr(known[i].types, first))
			return known[i].want;
		if (s->seen & 1u << i)
			return "a key that was not there before";
		s->seen |= 1u << i;
	}
	return NULL;
}

/* A member of the outermost object. 1 taken, 0 cut off. */
static int take_top(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	const char *p = *at, *key, *want;
	size_t len;
	int r = read_key(&p, end, &key, &len);

	if (r < 0)
		return malformed(s, text, *at, "a key", err);
	if (r == 0)
		return 0;
	want = check_known(s, key, len, *p);
	if (want)
		return malformed(s, text, p, want, err);
	if (*p == '{' && ce_cursor_key_is(key, len, "packages")) {
		s->state = PACKAGES;
	} else if (*p == '{' && ce_cursor_key_is(key, len, "packages.conda")) {
		s->state = CONDA;
	} else if (*p == '[' && ce_cursor_key_is(key, len, "removed")) {
		s->state = REMOVED;
	} else if (*p == '{' && ce_cursor_key_is(key, len, "info")) {
		r = take_info(s, text, &p, end, err);
		if (r > 0) {
			*at = p;
			s->comma = true;
		}
		return r;
	} else if (*p == '{' && ce_cursor_key_is(key, len, "v3")) {
		s->state = V3;
	} else {
		*at = p;
		return pass_over(s, at, end);
	}
	s->comma = false;
	*at = p + 1;
	return 1;
}

static int take_removed(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	const char *stop;

	if (**at != '"')
		return malformed(s, text, *at, "a file name", err);
	stop = skip_string(*at, end);
	if ((stop ? stop - *at - 2 : end - *at - 1) > KEY_MAX)
		return malformed(s, text, *at, "a shorter name", err);
	if (!stop)
		return 0;
	int r = s->ev.on_removed
			? s->ev.on_removed(s->ev.user, *at + 1, (size_t)(stop - *at) - 2, err)
			: 0;
	*at = stop;
	return r < 0 ? r : 1;
}

const char *ce_repo_scan_extension(enum ce_repo_scan_section section)
{
	return section == CE_REPO_SCAN_V3_TARBZ2  ? ".tar.bz2"
	       : section == CE_REPO_SCAN_V3_CONDA ? ".conda"
						  : "";
}

static enum ce_repo_scan_section section_of(int state)
{
	return state == CONDA       ? CE_REPO_SCAN_CONDA
	       : state == V3_TARBZ2 ? CE_REPO_SCAN_V3_TARBZ2
	       : state == V3_CONDA  ? CE_REPO_SCAN_V3_CONDA
				    : CE_REPO_SCAN_TARBZ2;
}

static int take_record(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	struct ce_repo_scan_record rec;
	const char *p = *at;
	int r = read_record(&p, end, false, &rec);

	if (r < 0)
		return malformed(s, text, *at, "a record", err);
	if (r == 0)
		return end - *at > CE_REPO_SCAN_RECORD_MAX
			       ? malformed(s, text, *at, "a record of at most 4 MiB", err)
			       : 0;
	r = s->ev.on_record(
		s->ev.user, section_of(s->state), &rec, s->at + (uint64_t)(*at - text), err);
	*at = p;
	return r < 0 ? r : 1;
}

/* What stands between members: commas and closing brackets. 1: go on, 0: cut off, 2: a member
 * begins at *at. */
static int take_between(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	const char *p = skip_space(*at, end);
	char close = s->state == REMOVED ? ']' : '}';

	*at = p;
	if (p == end)
		return 0;
	if (*p == close) {
		s->state = s->state == TOP                                 ? AFTER
			   : s->state == V3_TARBZ2 || s->state == V3_CONDA ? V3
									   : TOP;
		s->comma = true;
		*at = p + 1;
		return 1;
	}
	if (!s->comma)
		return 2;
	if (*p != ',')
		return malformed(s, text, p, "a comma", err);
	p = skip_space(p + 1, end);
	if (p == end)
		return 0; /* the comma comes again, with what follows it */
	*at = p;
	return 2;
}

static int take_skipped(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	ssize_t n = skip_nested(&s->skip, *at, (size_t)(end - *at));

	if (n < 0)
		return malformed(s, text, *at, "less nesting", err);
	*at = n ? *at + n : end;
	if (n == 0)
		return 0;
	s->state = s->outer;
	s->comma = true;
	return 1;
}

/* Takes the next thing at *at. 1: go on, 0: more text is needed; *at is only moved over what was
 * taken. */
static int take(struct ce_repo_scan *s, const char *text, const char **at, const char *end,
	struct ccenv_error *err)
{
	const char *p = *at;
	int r;

	if (s->state == SKIPPING)
		return take_skipped(s, text, at, end, err);
	if (s->state == BEFORE || s->state == AFTER) {
		*at = skip_space(p, end);
		if (*at == end)
			return 0;
		if (s->state == AFTER || **at != '{')
			return malformed(s, text, *at, s->state == AFTER ? "the end" : "'{'", err);
		s->state = TOP;
		++*at;
		return 1;
	}
	int within = s->state;
	unsigned seen = s->seen;
	r = take_between(s, text, &p, end, err);
	if (r == 1)
		*at = p;
	if (r != 2)
		return r;
	if (s->state == TOP)
		r = take_top(s, text, &p, end, err);
	else if (s->state == V3)
		r = take_v3(s, text, &p, end, err);
	else if (s->state == REMOVED)
		r = take_removed(s, text, &p, end, err);
	else
		r = take_record(s, text, &p, end, err);
	if (r == 0)
		s->seen = seen; /* it comes again */
	if (r == 1) {
		*at = p;
		if (within != TOP && within != V3)
			s->comma = true;
	}
	return r;
}

int ce_repo_scan_feed(struct ce_repo_scan *s, const char *text, size_t len, size_t *ret_taken,
	struct ccenv_error *err)
{
	const char *p = text, *end = text + len;
	int r;

	do {
		r = take(s, text, &p, end, err);
	} while (r > 0);
	if (r < 0)
		return r;
	*ret_taken = (size_t)(p - text);
	s->at += *ret_taken;
	return 0;
}

int ce_repo_scan_end(const struct ce_repo_scan *s, struct ccenv_error *err)
{
	if (s->state == AFTER || s->state == BEFORE)
		return 0;
	return ce_fail(err, CCENV_EDATA, "the index ends too early, at byte %llu",
		(unsigned long long)s->at);
}
