/* SPDX-License-Identifier: MIT */
/*
 * An expression becomes a program of a few instructions; all states that it can be in go through the
 * text at once. Jumps are relative, so that a piece of a program can be moved and copied: that is how
 * repetition is made.
 */
#include "spec/regex.h"

#include <stdint.h>
#include <string.h>

#include "ccenv/ccenv.h"
#include "spec/scan.h"

enum {
	LENGTH_MAX = 128,
	PROGRAM_MAX = 1024,
	CLASSES_MAX = LENGTH_MAX,
	COUNT_MAX = 255,
	DEPTH_MAX = 32
};

enum op {
	OP_BYTE,
	OP_CLASS,
	OP_SPLIT, /* goes on at both places */
	OP_JUMP,
	OP_BEGIN,
	OP_END,
	OP_FOUND
};

struct instruction {
	uint8_t op;
	uint8_t byte;
	int16_t x, y; /* jumps, from here; x of a class is its number */
};

struct class
{
	uint32_t bits[8];
};

struct program {
	struct instruction code[PROGRAM_MAX];
	int n;
	struct class classes[CLASSES_MAX];
	int n_classes;
};

struct compiler {
	struct ce_scan s; /* the expression */
	struct program *p;
	int depth;
};

static int fail(const struct compiler *c, size_t at, const char *text)
{
	return ce_scan_fail(&c->s, at, "regular expression: %s", text);
}

static int emit(struct compiler *c, struct instruction i)
{
	if (c->p->n == PROGRAM_MAX)
		return fail(c, c->s.pos, "too large");
	c->p->code[c->p->n++] = i;
	return 0;
}

/* Makes room for one instruction before the piece that begins at `at`. */
static int insert(struct compiler *c, int at, struct instruction i)
{
	int e = emit(c, i);

	if (e < 0)
		return e;
	memmove(&c->p->code[at + 1], &c->p->code[at],
		(size_t)(c->p->n - 1 - at) * sizeof(c->p->code[0]));
	c->p->code[at] = i;
	return 0;
}

static void set_add(struct class *k, unsigned char b)
{
	k->bits[b / 32] |= 1U << b % 32;
}

static bool set_has(const struct class *k, unsigned char b)
{
	return k->bits[b / 32] >> b % 32 & 1;
}

/* \d, \w, \s and their opposites; false for any other letter. */
static bool add_named(struct class *k, char name)
{
	char lower = ce_to_lower(name);

	if (lower != 'd' && lower != 'w' && lower != 's')
		return false;
	for (unsigned b = 1; b < 256; b++) {
		char c = (char)b;
		bool letter = ce_to_lower(c) >= 'a' && ce_to_lower(c) <= 'z';
		bool in = lower == 'd'   ? ce_is_digit(c)
			  : lower == 'w' ? ce_is_digit(c) || letter || c == '_'
					 : c == ' ' || (c >= '\t' && c <= '\r');

		if (in == (name == lower))
			set_add(k, (unsigned char)b);
	}
	return true;
}

static int emit_class(struct compiler *c, const struct class *k)
{
	int number = c->p->n_classes;

	if (number == CLASSES_MAX)
		return fail(c, c->s.pos, "too large");
	c->p->classes[c->p->n_classes++] = *k;
	return emit(c, (struct instruction){.op = OP_CLASS, .x = (int16_t)number});
}

/* An escaped sign stands for itself; letters and digits have meanings that are not known here. */
static int read_escape(struct compiler *c, struct class *k, unsigned char *ret)
{
	char b;

	c->s.pos++;
	b = ce_scan_peek(&c->s);
	*ret = 0;
	if (b && add_named(k, b)) {
		c->s.pos++;
		return 0;
	}
	if (!b || ce_is_digit(b) || (ce_to_lower(b) >= 'a' && ce_to_lower(b) <= 'z'))
		return fail(c, c->s.pos - 1, "unknown escape");
	c->s.pos++;
	*ret = (unsigned char)b;
	return 0;
}

/* One end of a range, or \d and its like (then *ret is 0). */
static int read_member(struct compiler *c, struct class *k, unsigned char *ret)
{
	char b = ce_scan_peek(&c->s);

	if (b == '\\')
		return read_escape(c, k, ret);
	if (!b || b == '[')
		return fail(c, c->s.pos, "expected the ']' of a class");
	c->s.pos++;
	*ret = (unsigned char)b;
	return 0;
}

static int read_range(struct compiler *c, struct class *k)
{
	unsigned char from = 0, to;
	size_t at = c->s.pos;
	int e = read_member(c, k, &from);

	if (e < 0 || !from)
		return e;
	to = from;
	if (ce_scan_peek(&c->s) == '-' && c->s.pos + 1 < c->s.len &&
		c->s.text[c->s.pos + 1] != ']') {
		c->s.pos++;
		e = read_member(c, k, &to);
		if (e < 0)
			return e;
		if (to < from)
			return fail(c, at, "a range that runs backwards");
	}
	for (unsigned b = from; b <= to; b++)
		set_add(k, (unsigned char)b);
	return 0;
}

static int read_class(struct compiler *c)
{
	struct class k = {0};
	bool negated, first = true;

	c->s.pos++;
	negated = ce_scan_peek(&c->s) == '^';
	c->s.pos += negated;
	while (ce_scan_peek(&c->s) != ']' || first) {
		int e = read_range(c, &k);

		if (e < 0)
			return e;
		first = false;
	}
	c->s.pos++;
	for (size_t i = 0; negated && i < 8; i++)
		k.bits[i] = ~k.bits[i];
	return emit_class(c, &k);
}

static int read_choices(struct compiler *c);

static int read_group(struct compiler *c)
{
	size_t open = c->s.pos++;
	int e;

	if (++c->depth > DEPTH_MAX)
		return fail(c, open, "too many parentheses");
	if (ce_scan_peek(&c->s) == '?') {
		if (c->s.pos + 1 >= c->s.len || c->s.text[c->s.pos + 1] != ':')
			return fail(c, c->s.pos, "only (?: is known of these groups");
		c->s.pos += 2;
	}
	e = read_choices(c);
	if (e < 0)
		return e;
	if (ce_scan_peek(&c->s) != ')')
		return fail(c, open, "expected a ')' that closes this '('");
	c->s.pos++;
	c->depth--;
	return 0;
}

static int read_atom(struct compiler *c)
{
	char b = ce_scan_peek(&c->s);
	struct class k = {0};
	unsigned char sign;
	int e;

	switch (b) {
	case '(':
		return read_group(c);
	case '[':
		return read_class(c);
	case '*':
	case '+':
	case '?':
	case '{':
		return fail(c, c->s.pos, "there is nothing to repeat");
	case '\\':
		e = read_escape(c, &k, &sign);
		if (e < 0)
			return e;
		return sign ? emit(c, (struct instruction){.op = OP_BYTE, .byte = sign})
			    : emit_class(c, &k);
	case '.':
		memset(&k, 0xff, sizeof(k));
		c->s.pos++;
		return emit_class(c, &k);
	case '^':
	case '$':
		c->s.pos++;
		return emit(c, (struct instruction){.op = b == '^' ? OP_BEGIN : OP_END});
	default:
		c->s.pos++;
		return emit(c, (struct instruction){.op = OP_BYTE, .byte = (unsigned char)b});
	}
}

/* The piece from `at` on: once or not at all. */
static int make_optional(struct compiler *c, int at)
{
	int n = c->p->n - at;

	return insert(c, at, (struct instruction){.op = OP_SPLIT, .x = 1, .y = (int16_t)(n + 1)});
}

/* The piece from `at` on: any number of times. */
static int make_star(struct compiler *c, int at)
{
	int n = c->p->n - at;
	int e = insert(c, at, (struct instruction){.op = OP_SPLIT, .x = 1, .y = (int16_t)(n + 2)});

	if (e < 0)
		return e;
	return emit(c, (struct instruction){.op = OP_JUMP, .x = (int16_t) - (n + 1)});
}

static int copy_piece(struct compiler *c, int at, int n)
{
	for (int i = 0; i < n; i++) {
		int e = emit(c, c->p->code[at + i]);

		if (e < 0)
			return e;
	}
	return 0;
}

/* The piece from `at` on: `least` to `most` times; most < 0 is without end. */
static int repeat(struct compiler *c, int at, int least, int most)
{
	int n = c->p->n - at, end, e = 0;

	if (least == 0 && most == 0) {
		c->p->n = at;
		return 0;
	}
	/* The first is there already. */
	for (int i = 1; e >= 0 && i < least; i++)
		e = copy_piece(c, at, n);
	if (e < 0)
		return e;
	if (least == 0 && most < 0)
		return make_star(c, at);
	if (most < 0) {
		end = c->p->n;
		e = copy_piece(c, at, n);
		return e < 0 ? e : make_star(c, end);
	}
	for (int i = least ? least : 1; i < most; i++) {
		end = c->p->n;
		e = copy_piece(c, at, n);
		if (e < 0)
			return e;
		e = make_optional(c, end);
		if (e < 0)
			return e;
	}
	return least == 0 ? make_optional(c, at) : 0;
}

static int read_number(struct compiler *c, int *ret)
{
	size_t begin = c->s.pos;

	for (*ret = 0; ce_is_digit(ce_scan_peek(&c->s)); c->s.pos++) {
		*ret = *ret * 10 + (c->s.text[c->s.pos] - '0');
		if (*ret > COUNT_MAX)
			return fail(c, begin, "a count above 255");
	}
	return c->s.pos > begin ? 0 : fail(c, begin, "expected a count");
}

/* "{2}", "{2,}", "{2,3}" */
static int read_count(struct compiler *c, int *least, int *most)
{
	size_t open = c->s.pos++;
	int e = read_number(c, least);

	if (e < 0)
		return e;
	*most = *least;
	if (ce_scan_peek(&c->s) == ',') {
		c->s.pos++;
		*most = -1;
		if (ce_scan_peek(&c->s) != '}') {
			e = read_number(c, most);
			if (e < 0)
				return e;
		}
	}
	if (ce_scan_peek(&c->s) != '}' || (*most >= 0 && *most < *least))
		return fail(c, open, "expected a count such as {2}, {2,} or {2,3}");
	c->s.pos++;
	return 0;
}

static int read_repeat(struct compiler *c)
{
	int at = c->p->n, e = read_atom(c), least, most;
	char b;

	if (e < 0)
		return e;
	b = ce_scan_peek(&c->s);
	if (b != '*' && b != '+' && b != '?' && b != '{')
		return 0;
	least = b == '+';
	most = b == '?' ? 1 : -1;
	if (b == '{') {
		e = read_count(c, &least, &most);
		if (e < 0)
			return e;
	} else {
		c->s.pos++;
	}
	/* A lazy one finds the same. */
	if (ce_scan_peek(&c->s) == '?')
		c->s.pos++;
	return repeat(c, at, least, most);
}

static int read_sequence(struct compiler *c)
{
	while (c->s.pos < c->s.len && !strchr("|)", c->s.text[c->s.pos])) {
		int e = read_repeat(c);

		if (e < 0)
			return e;
	}
	return 0;
}

static int read_choices(struct compiler *c)
{
	int at = c->p->n, e = read_sequence(c);

	while (e >= 0 && ce_scan_peek(&c->s) == '|') {
		int jump;

		c->s.pos++;
		e = insert(c, at, (struct instruction){.op = OP_SPLIT, .x = 1});
		if (e < 0)
			return e;
		jump = c->p->n;
		e = emit(c, (struct instruction){.op = OP_JUMP});
		if (e < 0)
			return e;
		c->p->code[at].y = (int16_t)(c->p->n - at);
		e = read_sequence(c);
		c->p->code[jump].x = (int16_t)(c->p->n - jump);
	}
	return e;
}

static int compile(struct compiler *c, size_t begin)
{
	int e;

	if (c->s.len - begin > LENGTH_MAX)
		return fail(c, begin + LENGTH_MAX, "more than 128 characters");
	c->p->n = 0;
	c->p->n_classes = 0;
	c->s.pos = begin;
	e = read_choices(c);
	if (e < 0)
		return e;
	if (c->s.pos < c->s.len)
		return fail(c, c->s.pos, "this ')' closes nothing");
	return emit(c, (struct instruction){.op = OP_FOUND});
}

int ce_regex_check(const struct ce_scan *s, size_t begin, size_t end)
{
	struct program p;
	struct compiler c = {.s = *s, .p = &p};

	c.s.len = end;
	return compile(&c, begin);
}

/* The states at one place of the text. */
struct states {
	int16_t list[PROGRAM_MAX];
	int n;
	bool has[PROGRAM_MAX];
};

struct place {
	bool first, last;
};

/* Adds a state and all that can be reached from it without reading; true when that is the end. */
static bool reach(const struct program *p, int from, struct place at, struct states *ret)
{
	int todo[PROGRAM_MAX], n = 0;

	if (ret->has[from])
		return false;
	ret->has[from] = true;
	todo[n++] = from;
	while (n > 0) {
		int i = todo[--n], next[2], n_next = 0;
		const struct instruction *k = &p->code[i];

		if (k->op == OP_FOUND)
			return true;
		if (k->op == OP_BYTE || k->op == OP_CLASS)
			ret->list[ret->n++] = (int16_t)i;
		else if (k->op == OP_SPLIT || k->op == OP_JUMP)
			next[n_next++] = i + k->x;
		else if (k->op == OP_BEGIN ? at.first : at.last)
			next[n_next++] = i + 1;
		if (k->op == OP_SPLIT)
			next[n_next++] = i + k->y;
		for (int m = 0; m < n_next; m++) {
			if (ret->has[next[m]])
				continue;
			ret->has[next[m]] = true;
			todo[n++] = next[m];
		}
	}
	return false;
}

static bool takes(const struct program *p, int state, unsigned char b)
{
	const struct instruction *k = &p->code[state];

	return k->op == OP_BYTE ? k->byte == b : set_has(&p->classes[k->x], b);
}

bool ce_regex_matches(const char *pattern, const char *text)
{
	struct ccenv_error ignored;
	struct program p;
	struct compiler c = {
		.s = {.text = pattern, .len = strlen(pattern), .err = &ignored}, .p = &p};
	struct states sets[2], *now = &sets[0], *next = &sets[1], *swap;

	if (compile(&c, 0) < 0)
		return false;
	memset(now, 0, sizeof(*now));
	for (const char *t = text;; t++) {
		struct place at = {.first = t == text, .last = !*t};

		/* It may begin anywhere. */
		if (reach(&p, 0, at, now))
			return true;
		if (!*t)
			return false;
		at = (struct place){.last = !t[1]};
		memset(next, 0, sizeof(*next));
		for (int i = 0; i < now->n; i++)
			if (takes(&p, now->list[i], (unsigned char)*t) &&
				reach(&p, now->list[i] + 1, at, next))
				return true;
		swap = now;
		now = next;
		next = swap;
	}
}
