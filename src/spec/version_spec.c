/* SPDX-License-Identifier: MIT */
/*
 * Version constraints. The hard part is what the tools make of "*" and ".*" beside operators: see
 * read_comparison().
 */
#include "spec/version_spec.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "spec/scan.h"

enum {
	TEXT_MAX = 4096,
	DEPTH_MAX = 32
};

enum kind {
	ANY = 0,
	EQ,
	NE,
	LT,
	LE,
	GT,
	GE,
	COMPATIBLE,
	PREFIX,
	NOT_PREFIX,
	GLOB, /* over the version's text */
	AND,
	OR,
};

struct ce_version_spec {
	uint8_t kind;       /* enum kind */
	bool written_fuzzy; /* PREFIX that was spelt "=1.8" */
	uint32_t n;         /* children of AND and OR: at least 2, none of the parent's kind */
	union {
		const struct ce_version *version;
		const char *glob;
		const struct ce_version_spec *children;
	};
};

struct reader {
	struct ce_scan *s;
	enum ce_spec_mode mode;
	struct ce_arena *a;
	int depth;
};

/* Children under construction. */
struct list {
	struct ce_version_spec *items;
	size_t n, cap;
};

static void list_release(struct list *l)
{
	free(l->items);
}

static void list_add(struct list *l, const struct ce_version_spec *spec)
{
	CE_GROW(l->items, l->n, l->cap);
	l->items[l->n++] = *spec;
}

/* The children of a node of the same kind become the parent's own. */
static void list_add_flat(struct list *l, const struct ce_version_spec *spec, enum kind kind)
{
	if (spec->kind != kind) {
		list_add(l, spec);
		return;
	}
	for (uint32_t i = 0; i < spec->n; i++)
		list_add(l, &spec->children[i]);
}

static void list_finish(
	const struct list *l, enum kind kind, struct ce_arena *a, struct ce_version_spec *ret)
{
	struct ce_version_spec *children;

	if (l->n == 1) {
		*ret = l->items[0];
		return;
	}
	assert(l->items && l->n > 1);
	children = ce_arena_array(a, l->n, sizeof(*children));
	memcpy(children, l->items, l->n * sizeof(*children));
	*ret = (struct ce_version_spec){
		.kind = (uint8_t)kind, .n = (uint32_t)l->n, .children = children};
}

/* Is the character at offset i part of a version's text? "!" is, unless it begins "!=". */
static bool is_atom(const struct ce_scan *s, size_t i)
{
	char c = s->text[i];

	if (c == '!')
		return !(i + 1 < s->len && s->text[i + 1] == '=');
	return c > ' ' && !strchr(",|()=<>~[];'\"", c);
}

static bool is_operator_char(char c)
{
	return c && strchr("=<>!~", c);
}

static const struct {
	const char *text;
	enum kind kind;
} operators[] = {
	{"==", EQ},
	{"!=", NE},
	{"<=", LE},
	{">=", GE},
	{"~=", COMPATIBLE},
	{"=", PREFIX},
	{"<", LT},
	{">", GT},
};

/* The operator at pos; ANY when there is none. */
static int read_operator(struct ce_scan *s, enum kind *ret_kind)
{
	size_t begin = s->pos, n;

	*ret_kind = ANY;
	while (is_operator_char(ce_scan_peek(s)))
		s->pos++;
	n = s->pos - begin;
	if (n == 0)
		return 0;
	for (size_t i = 0; i < CE_COUNT(operators); i++) {
		if (strlen(operators[i].text) == n &&
			memcmp(operators[i].text, s->text + begin, n) == 0) {
			*ret_kind = operators[i].kind;
			return 0;
		}
	}
	return ce_scan_fail(s, begin,
		"unknown operator '%.*s': expected one of == != <= >= < > = ~=", n > 8 ? 8 : (int)n,
		s->text + begin);
}

/* How a version text ends, and where the version in it does. */
struct tail {
	size_t end;      /* behind the version proper */
	int stars;       /* ".*" or "*" at the end */
	bool glued;      /* "1.2*": no dot before the star */
	bool inner_star; /* a star before the end */
	bool dot;        /* "0.2.18.*.": a slip in old records */
};

static struct tail look_at_tail(const struct ce_scan *s, size_t begin, size_t end)
{
	struct tail t = {.end = end};
	const char *p = s->text;

	if (end - begin > 3 && p[end - 1] == '.' && p[end - 2] == '*' && p[end - 3] == '.') {
		t.dot = true;
		t.end--;
	}
	while (t.end > begin && p[t.end - 1] == '*') {
		t.stars++;
		t.end--;
		t.glued = true;
		if (t.end > begin && p[t.end - 1] == '.') {
			t.end--;
			t.glued = false;
		}
	}
	t.inner_star = memchr(p + begin, '*', t.end - begin) != NULL;
	return t;
}

/* A glob is never parsed as a version, so its characters are checked here. */
static int check_glob(const struct reader *r, size_t begin, size_t end)
{
	const struct ce_scan *s = r->s;

	if (r->mode == CE_SPEC_STRICT)
		return ce_scan_fail(s, begin,
			"'*' can only end a version: write 1.2.* or a range such as >=1.2,<1.4");
	for (size_t i = begin; i < end; i++) {
		char c = ce_to_lower(s->text[i]);

		/* A "!" ends an epoch; as the first character its text would read as an operator. */
		if ((c == '!' && i == begin) ||
			(!ce_is_digit(c) && !(c >= 'a' && c <= 'z') && !strchr("*.+!_-", c)))
			return ce_scan_fail(s, i, "this character cannot stand in a version");
	}
	return 0;
}

static int read_glob(const struct reader *r, size_t begin, size_t end, struct ce_version_spec *ret)
{
	int e = check_glob(r, begin, end);

	if (e < 0)
		return e;
	*ret = (struct ce_version_spec){
		.kind = GLOB,
		.glob = ce_arena_strndup(r->a, r->s->text + begin, end - begin),
	};
	return 0;
}

/*
 * No operator, or a single "=". An inner star makes a glob over the version's text, as in conda.
 * "1.*.*" is 1.*, and "*.*" any version, as in rattler; conda wants the dots to be there.
 */
static int read_plain(
	const struct reader *r, bool fuzzy, size_t begin, size_t end, struct ce_version_spec *ret)
{
	struct tail t = look_at_tail(r->s, begin, end);
	const struct ce_scan *s = r->s;

	*ret = (struct ce_version_spec){.kind = ANY};
	if (end - begin == 1 && t.stars == 1)
		return 0;
	if (s->text[begin] == '.')
		return ce_scan_fail(s, begin, "a version must not have an empty part");
	if (r->mode == CE_SPEC_LENIENT && t.end == begin && t.stars > 1 && !t.dot)
		return 0;
	if (t.end == begin || t.inner_star)
		return read_glob(r, begin, end, ret);
	if (r->mode == CE_SPEC_STRICT && (t.stars > 1 || t.dot))
		return ce_scan_fail(s, t.end, "write a single '.*' at the end of a version");
	ret->kind = t.stars || fuzzy ? PREFIX : EQ;
	ret->written_fuzzy = fuzzy && t.stars == 0;
	return ce_version_parse_slice(s, begin, t.end, r->a, &ret->version);
}

static int strict_star(const struct reader *r, enum kind kind, size_t begin, size_t end, size_t at)
{
	const struct ce_scan *s = r->s;
	int n = (int)(end - begin);
	const char *v = s->text + begin;

	if (n == 0)
		return ce_scan_fail(s, at, "'*' takes no operator: leave the operator out");
	if (n > 64)
		n = 64;
	if (kind == EQ)
		return ce_scan_fail(s, at, "'==' is exact and takes no '*': write %.*s.* or ==%.*s",
			n, v, n, v);
	return ce_scan_fail(s, at, "only '=' and '!=' take a '*': leave it out");
}

/*
 * An operator other than "=". A star at the end is dropped behind all of them, except that "!=1.2.*"
 * is not-prefix, "==1.2.*.*" occurs in records for 1.2.*, and ">1.2*" admits 1.2. A star alone is any
 * version; with <, > and != it is refused, as in rattler.
 */
static int read_operand(const struct reader *r, enum kind kind, size_t begin, size_t end,
	struct ce_version_spec *ret)
{
	struct tail t = look_at_tail(r->s, begin, end);
	const struct ce_scan *s = r->s;

	if (r->mode == CE_SPEC_STRICT && kind == COMPATIBLE && t.stars && t.end > begin)
		return ce_scan_fail(s, t.end, "'~=' takes no '*': write ~=1.2 or 1.2.*");
	if (r->mode == CE_SPEC_STRICT &&
		(t.dot || t.inner_star || t.stars > 1 || (t.stars && kind != NE) ||
			(t.stars && t.end == begin)))
		return strict_star(r, kind, begin, t.end, t.end);
	/* No version has one; as text of its own the version would read as a glob. */
	if (kind == EQ && t.inner_star)
		return strict_star(r, kind, begin, t.end, begin);
	*ret = (struct ce_version_spec){.kind = (uint8_t)kind};
	if (t.end == begin) {
		if (kind == LT || kind == GT || kind == NE)
			return strict_star(r, kind, begin, t.end, t.end);
		ret->kind = ANY;
	} else if (kind == NE && t.stars) {
		ret->kind = NOT_PREFIX;
	} else if (kind == EQ && t.stars > 1) {
		ret->kind = PREFIX;
	} else if (kind == GT && t.glued) {
		ret->kind = GE;
	}
	if (ret->kind == ANY)
		return 0;
	return ce_version_parse_slice(s, begin, t.end, r->a, &ret->version);
}

static int fail_expected_version(const struct ce_scan *s, size_t begin)
{
	size_t n = s->pos - begin;

	while (n > 0 && s->text[begin + n - 1] == ' ')
		n--;
	if (n > 0)
		return ce_scan_fail(
			s, s->pos, "expected a version after '%.*s'", (int)n, s->text + begin);
	return ce_scan_fail(s, s->pos, "expected a version or an operator such as >=");
}

static int read_comparison(struct reader *r, struct ce_version_spec *ret)
{
	struct ce_scan *s = r->s;
	size_t begin = s->pos, atom;
	enum kind kind;
	int e = read_operator(s, &kind);

	if (e < 0)
		return e;
	ce_scan_spaces(s);
	atom = s->pos;
	while (s->pos < s->len && is_atom(s, s->pos))
		s->pos++;
	if (s->pos == atom)
		return fail_expected_version(s, begin);
	if (s->text[atom] == '^' || s->text[s->pos - 1] == '$')
		return ce_scan_fail(s, atom,
			"a version cannot be a regular expression: write a range or 1.2.*");
	if (kind == ANY || kind == PREFIX)
		return read_plain(r, kind == PREFIX, atom, s->pos, ret);
	return read_operand(r, kind, atom, s->pos, ret);
}

static int read_or(struct reader *r, struct ce_version_spec *ret);

static int read_clause(struct reader *r, struct ce_version_spec *ret)
{
	struct ce_scan *s = r->s;
	size_t open = s->pos;
	int e;

	if (ce_scan_peek(s) != '(')
		return read_comparison(r, ret);
	if (++r->depth > DEPTH_MAX)
		return ce_scan_fail(s, open, "more than %d parentheses in one another", DEPTH_MAX);
	s->pos++;
	ce_scan_spaces(s);
	e = read_or(r, ret);
	if (e < 0)
		return e;
	ce_scan_spaces(s);
	if (ce_scan_peek(s) != ')')
		return ce_scan_fail(
			s, s->pos, "expected ',', '|' or the ')' of '(' at column %zu", open + 1);
	s->pos++;
	r->depth--;
	return 0;
}

/* Reads clauses as long as `separator` stands between them. The blanks behind the last clause are
 * not taken. */
static int read_list(struct reader *r, char separator, enum kind kind,
	int (*read_item)(struct reader *r, struct ce_version_spec *ret),
	struct ce_version_spec *ret)
{
	CE_CLEANUP(list_release) struct list l = {0};
	struct ce_scan *s = r->s;
	size_t end;

	for (;;) {
		struct ce_version_spec item = {.kind = ANY};
		int e = read_item(r, &item);

		if (e < 0)
			return e;
		end = s->pos;
		ce_scan_spaces(s);
		if (l.n == 0 && ce_scan_peek(s) != separator) {
			s->pos = end;
			*ret = item;
			return 0;
		}
		list_add_flat(&l, &item, kind);
		if (ce_scan_peek(s) != separator)
			break;
		s->pos++;
		ce_scan_spaces(s);
	}
	s->pos = end;
	list_finish(&l, kind, r->a, ret);
	return 0;
}

static int read_and(struct reader *r, struct ce_version_spec *ret)
{
	return read_list(r, ',', AND, read_clause, ret);
}

static int read_or(struct reader *r, struct ce_version_spec *ret)
{
	return read_list(r, '|', OR, read_and, ret);
}

static const struct ce_version_spec *keep(const struct ce_version_spec *spec, struct ce_arena *a)
{
	struct ce_version_spec *copy = ce_arena_alloc(a, sizeof(*copy));

	*copy = *spec;
	return copy;
}

int ce_version_spec_scan(struct ce_scan *s, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_version_spec **ret_spec)
{
	struct reader r = {.s = s, .mode = mode, .a = a};
	struct ce_version_spec spec;
	int e = read_or(&r, &spec);

	if (e >= 0)
		*ret_spec = keep(&spec, a);
	return e;
}

int ce_version_spec_parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_version_spec **ret_spec, struct ccenv_error *err)
{
	struct ce_scan s = {.text = text, .len = strlen(text), .err = err};
	struct reader r = {.s = &s, .mode = mode, .a = a};
	struct ce_version_spec spec = {.kind = ANY};
	int e;

	if (s.len > TEXT_MAX)
		return ce_scan_fail(
			&s, TEXT_MAX, "a constraint has at most %d characters", TEXT_MAX);
	ce_scan_spaces(&s);
	if (s.pos < s.len) {
		e = read_or(&r, &spec);
		if (e < 0)
			return e;
		ce_scan_spaces(&s);
	}
	if (s.pos < s.len)
		return ce_scan_fail(&s, s.pos, "expected ',' or '|' between two constraints");
	*ret_spec = keep(&spec, a);
	return 0;
}

static bool matches(const struct ce_version_spec *spec, const struct ce_version *v)
{
	switch ((enum kind)spec->kind) {
	case ANY:
		return true;
	case EQ:
		return ce_version_compare(v, spec->version) == 0;
	case NE:
		return ce_version_compare(v, spec->version) != 0;
	case LT:
		return ce_version_compare(v, spec->version) < 0;
	case LE:
		return ce_version_compare(v, spec->version) <= 0;
	case GT:
		return ce_version_compare(v, spec->version) > 0;
	case GE:
		return ce_version_compare(v, spec->version) >= 0;
	case COMPATIBLE:
		return ce_version_is_compatible(v, spec->version);
	case PREFIX:
		return ce_version_starts_with(v, spec->version);
	case NOT_PREFIX:
		return !ce_version_starts_with(v, spec->version);
	case GLOB:
		return ce_glob_matches(spec->glob, ce_version_text(v), false);
	case AND:
	case OR:
		break;
	}
	for (uint32_t i = 0; i < spec->n; i++)
		if (matches(&spec->children[i], v) == (spec->kind == OR))
			return spec->kind == OR;
	return spec->kind == AND;
}

bool ce_version_spec_matches(const struct ce_version_spec *spec, const struct ce_version *version)
{
	return matches(spec, version);
}

static void format(const struct ce_version_spec *spec, struct ce_buf *out)
{
	static const char *const before[] = {
		[EQ] = "==",
		[NE] = "!=",
		[LT] = "<",
		[LE] = "<=",
		[GT] = ">",
		[GE] = ">=",
		[COMPATIBLE] = "~=",
		[PREFIX] = "",
		[NOT_PREFIX] = "!=",
	};

	switch ((enum kind)spec->kind) {
	case ANY:
		ce_buf_addc(out, '*');
		return;
	case GLOB:
		ce_buf_adds(out, spec->glob);
		return;
	case AND:
	case OR:
		for (uint32_t i = 0; i < spec->n; i++) {
			bool group = spec->children[i].kind == OR; /* only ever within AND */

			if (i > 0)
				ce_buf_addc(out, spec->kind == AND ? ',' : '|');
			if (group)
				ce_buf_addc(out, '(');
			format(&spec->children[i], out);
			if (group)
				ce_buf_addc(out, ')');
		}
		return;
	default:
		ce_buf_adds(out, before[spec->kind]);
		ce_buf_adds(out, ce_version_text(spec->version));
		if (spec->kind == PREFIX || spec->kind == NOT_PREFIX)
			ce_buf_adds(out, ".*");
	}
}

const char *ce_version_spec_text(const struct ce_version_spec *spec, struct ce_arena *a)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	format(spec, &b);
	return ce_arena_strdup(a, ce_buf_str(&b));
}

bool ce_version_spec_is_any(const struct ce_version_spec *spec)
{
	return spec->kind == ANY;
}

const struct ce_version_spec *ce_version_spec_exact(
	const struct ce_version_spec *spec, struct ce_arena *a)
{
	if (spec->kind != PREFIX || !spec->written_fuzzy)
		return spec;
	return ce_version_spec_equal(spec->version, a);
}

const struct ce_version_spec *ce_version_spec_equal(
	const struct ce_version *version, struct ce_arena *a)
{
	return keep(&(struct ce_version_spec){.kind = EQ, .version = version}, a);
}
