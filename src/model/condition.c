/* SPDX-License-Identifier: MIT */
/* Conditions, by recursive descent. All parts are read, even those that no longer matter, so that a
 * malformed one is always found. */
#include "model/condition.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "spec/spec.h"

enum {
	DEPTH_MAX = 32
};

struct parser {
	const char *begin, *p;
	const struct ce_map *pkgs;
	struct ce_arena arena;
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

/* Whether the word stands at `p`, between blanks, parentheses and the ends of the text. */
static bool is_word(const struct parser *s, const char *p, const char *word)
{
	size_t n = strlen(word);

	return strncmp(p, word, n) == 0 && (p == s->begin || strchr(" \t()", p[-1])) &&
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
			quote = *p == quote ? '\0' : quote;
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

static int read_spec(struct parser *s, bool *ret)
{
	const char *end = spec_end(s);
	const char *text = ce_arena_strndup(&s->arena, s->p, (size_t)(end - s->p));
	const struct ce_spec *spec;
	const struct ce_pkg *pkg;
	struct ccenv_error why;

	if (!text[strspn(text, " \t")])
		return fail(s, "expected a package");
	if (ce_spec_parse(text, CE_SPEC_LENIENT, &s->arena, &spec, &why) < 0)
		return ce_fail(s->err, CCENV_EDATA, "the condition \"%s\": %.*s", s->begin,
			(int)strcspn(why.text, "\n"), why.text);
	if (spec->when)
		return fail(s, "a condition has no condition of its own");
	s->p = end;
	pkg = ce_map_get(s->pkgs, spec->name);
	*ret = pkg && ce_spec_matches(spec, pkg);
	return 0;
}

static int read_or(struct parser *s, bool *ret);

static int read_primary(struct parser *s, bool *ret)
{
	int r;

	skip_blanks(s);
	if (*s->p != '(')
		return read_spec(s, ret);
	if (++s->depth > DEPTH_MAX)
		return fail(s, "too many parentheses");
	s->p++;
	r = read_or(s, ret);
	if (r < 0)
		return r;
	if (*s->p != ')')
		return fail(s, "expected a ')'");
	s->p++;
	s->depth--;
	skip_blanks(s);
	return 0;
}

static int read_and(struct parser *s, bool *ret)
{
	int r = read_primary(s, ret);

	while (r >= 0 && is_word(s, s->p, "and")) {
		bool other = false;

		s->p += strlen("and");
		r = read_primary(s, &other);
		*ret = *ret && other;
	}
	return r;
}

static int read_or(struct parser *s, bool *ret)
{
	int r = read_and(s, ret);

	while (r >= 0 && is_word(s, s->p, "or")) {
		bool other = false;

		s->p += strlen("or");
		r = read_and(s, &other);
		*ret = *ret || other;
	}
	return r;
}

int ce_condition_holds(
	const char *text, const struct ce_map *pkgs, bool *ret_holds, struct ccenv_error *err)
{
	struct parser s = {.begin = text, .p = text, .pkgs = pkgs, .err = err};
	bool holds = false;
	int r = read_or(&s, &holds);

	if (r >= 0 && *s.p)
		r = fail(&s, "expected \"and\" or \"or\"");
	if (r >= 0)
		*ret_holds = holds;
	ce_arena_release(&s.arena);
	return r;
}
