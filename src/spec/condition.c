/* SPDX-License-Identifier: MIT */
/* Conditions, by recursive descent. */
#include "spec/condition.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "spec/scan.h"
#include "spec/spec.h"

enum {
	DEPTH_MAX = 32
};

struct parser {
	const char *begin, *p;
	enum ce_spec_mode mode;
	struct ce_arena *arena;
	int depth;
	struct ccenv_error *err;
};

static int fail(const struct parser *s, const char *why)
{
	return ce_fail(s->err, CCENV_EDATA, "the condition \"%s\": %s", s->begin, why);
}

static void skip_blanks(struct parser *s)
{
	s->p += strspn(s->p, " \t");
}

static bool begins_with(const char *p, const char *word)
{
	return strncmp(p, word, strlen(word)) == 0;
}

/* Whether the word stands at `p`, between blanks, parentheses and the ends of the text. */
static bool is_word(const struct parser *s, const char *p, const char *word)
{
	size_t n = strlen(word);

	return begins_with(p, word) && (p == s->p || strchr(" \t()", p[-1])) &&
	       (!p[n] || strchr(" \t()", p[n]));
}

/* A spec ends before "and", "or" and parentheses that are not within its brackets. */
static const char *spec_end(const struct parser *s)
{
	const char *p = s->p;
	char quote = '\0';
	int open = 0;

	for (; *p; p++) {
		if (quote) {
			if (*p == '\\' && p[1])
				p++;
			else if (*p == quote)
				quote = '\0';
		} else if (open) {
			open += (*p == '[') - (*p == ']');
			quote = *p == '\'' || *p == '"' ? *p : '\0';
		} else if (*p == '(' || *p == ')' || is_word(s, p, "and") || is_word(s, p, "or")) {
			break;
		} else if (*p == '[') {
			open = 1;
		}
	}
	return p;
}

/* "not q" would be version q of a package "not". */
static bool has_bare_version(const char *text)
{
	text += strspn(text, " \t");
	text += strcspn(text, " \t[");
	text += strspn(text, " \t");
	return ce_is_digit(*text) || (ce_to_lower(*text) >= 'a' && ce_to_lower(*text) <= 'z');
}

static int read_spec(struct parser *s, struct ce_condition *c)
{
	const char *end = spec_end(s);
	const char *text = ce_arena_strndup(s->arena, s->p, (size_t)(end - s->p));
	struct ccenv_error why;

	if (!text[strspn(text, " \t")])
		return fail(s, "expected a package");
	if (ce_spec_parse(text, s->mode, s->arena, &c->spec, &why) < 0)
		return ce_fail(s->err, CCENV_EDATA, "the condition \"%s\": %.*s", s->begin,
			(int)strcspn(why.text, "\n"), why.text);
	if (s->mode == CE_SPEC_STRICT && has_bare_version(text))
		return fail(s, "a version needs an operator: ==, >=, …");
	if (c->spec->when)
		return fail(s, "a condition has no condition of its own");
	if (strchr(c->spec->name, '*'))
		return fail(s, "a name must be exact");
	s->p = end;
	return 0;
}

static int read_or(struct parser *s, const struct ce_condition **ret);

static int read_primary(struct parser *s, const struct ce_condition **ret)
{
	struct ce_condition *c;
	int r;

	if (*s->p != '(') {
		c = ce_arena_alloc(s->arena, sizeof(*c));
		*c = (struct ce_condition){.kind = CE_CONDITION_SPEC};
		*ret = c;
		return read_spec(s, c);
	}
	if (++s->depth > DEPTH_MAX)
		return fail(s, "too many parentheses");
	s->p++;
	skip_blanks(s);
	r = read_or(s, ret);
	if (r < 0)
		return r;
	skip_blanks(s);
	if (*s->p != ')')
		return fail(s, "expected a ')'");
	s->p++;
	s->depth--;
	return 0;
}

/* Reads the right side of a word that was found: *ret becomes the pair. */
static int read_right(struct parser *s, enum ce_condition_kind kind, const char *word,
	int (*read)(struct parser *, const struct ce_condition **), const struct ce_condition **ret)
{
	struct ce_condition *c = ce_arena_alloc(s->arena, sizeof(*c));

	*c = (struct ce_condition){.kind = kind, .left = *ret};
	s->p += strlen(word);
	skip_blanks(s);
	*ret = c;
	return read(s, &c->right);
}

/* Behind a spec or a parenthesis: whether the word follows, at which `p` then stands. */
static bool goes_on(struct parser *s, const char *word)
{
	const char *p = s->p + strspn(s->p, " \t");

	if (!begins_with(p, word))
		return false;
	s->p = p;
	return true;
}

static int read_and(struct parser *s, const struct ce_condition **ret)
{
	int r = read_primary(s, ret);

	while (r >= 0 && goes_on(s, "and"))
		r = read_right(s, CE_CONDITION_AND, "and", read_primary, ret);
	return r;
}

static int read_or(struct parser *s, const struct ce_condition **ret)
{
	int r = read_and(s, ret);

	while (r >= 0 && goes_on(s, "or"))
		r = read_right(s, CE_CONDITION_OR, "or", read_and, ret);
	return r;
}

int ce_condition_parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_condition **ret, struct ccenv_error *err)
{
	struct parser s = {.begin = text, .p = text, .mode = mode, .arena = a, .err = err};
	const struct ce_condition *c = NULL;
	int r = read_or(&s, &c);

	if (r < 0)
		return r;
	skip_blanks(&s);
	if (*s.p)
		return fail(&s, "expected \"and\" or \"or\"");
	*ret = c;
	return 0;
}
