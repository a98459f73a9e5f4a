/* SPDX-License-Identifier: MIT */
/*
 * MatchSpec, the positional part: channel, name, version, build. The grammar is read as such, where
 * conda uses regular expressions; what those do by accident is decided in tests/conformance.
 */
#include <string.h>

#include "base/arena.h"
#include "spec/name.h"
#include "spec/spec_parse.h"

enum {
	TEXT_MAX = 4096
};

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

static bool is_alnum(char c)
{
	return ce_is_digit(c) || (c >= 'a' && c <= 'z');
}

static int check_characters(const struct ce_scan *s)
{
	for (size_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->text[i];

		if (c == 0x7f || (c < ' ' && c != '\t'))
			return ce_scan_fail(s, i, "a control character in a package spec");
		if (c > 0x7f)
			return ce_scan_fail(s, i, "a package spec is written in ASCII");
	}
	return 0;
}

/* Where a comment begins: at a '#' outside quotes. */
static size_t find_comment(const struct ce_scan *s)
{
	char quote = '\0';
	size_t i;

	for (i = 0; i < s->len; i++) {
		char c = s->text[i];

		if (quote && c == '\\' && i + 1 < s->len)
			i++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '#')
			break;
		else if (c == '\'' || c == '"')
			quote = c;
	}
	return i;
}

static size_t trim_end(const struct ce_scan *s, size_t begin, size_t end)
{
	while (end > begin && (s->text[end - 1] == ' ' || s->text[end - 1] == '\t'))
		end--;
	return end;
}

static const char *find(const struct ce_scan *s, size_t from, size_t to, const char *what)
{
	return memmem(s->text + from, to - from, what, strlen(what));
}

/* "namespace:" means nothing yet: conda and rattler drop it in records. */
static int read_namespace(struct ce_spec_reader *r, size_t first)
{
	struct ce_scan *s = &r->s;
	const char *second = memchr(s->text + first + 1, ':', s->len - first - 1);

	if (r->mode == CE_SPEC_STRICT || memchr(s->text + s->pos, ' ', first - s->pos))
		return ce_scan_fail(s, first, "namespaces are not supported: write channel::name");
	s->pos = (second ? (size_t)(second - s->text) : first) + 1;
	return 0;
}

/* Takes "channel::" off the front, or (lenient) "namespace:", or "channel:namespace:". */
static int read_prefix(struct ce_spec_reader *r)
{
	struct ce_scan *s = &r->s;
	const char *colons = find(s, s->pos, s->len, "::");
	const char *colon = memchr(s->text + s->pos, ':', s->len - s->pos);
	size_t at, begin = s->pos;

	if (!colon)
		return 0;
	if (!colons)
		return read_namespace(r, (size_t)(colon - s->text));
	at = (size_t)(colons - s->text);
	if (colon < colons && !find(s, begin, at, "://"))
		return ce_scan_fail(s, (size_t)(colon - s->text),
			"namespaces are not supported: write channel::name");
	s->pos = at + 2;
	colon = memchr(s->text + s->pos, ':', s->len - s->pos);
	if (colon)
		return ce_scan_fail(
			s, (size_t)(colon - s->text), "only one channel can stand before a name");
	if (r->mode == CE_SPEC_LENIENT) {
		at = trim_end(s, begin, at);
		ce_scan_spaces(s);
	}
	if (r->mode == CE_SPEC_LENIENT && at == begin)
		return 0;
	return ce_spec_read_channel(r, begin, at);
}

static int fail_name(const struct ce_spec_reader *r, size_t begin, size_t end)
{
	const struct ce_scan *s = &r->s;

	for (size_t i = begin; i < end; i++) {
		char c = ce_to_lower(s->text[i]);

		if (!is_alnum(c) && !is_separator(c) && c != '*')
			return ce_scan_fail(s, i, "'%c' cannot stand in a package name", c);
	}
	if (end - begin > CE_NAME_MAX)
		return ce_scan_fail(s, begin + CE_NAME_MAX,
			"a package name has at most %d characters", CE_NAME_MAX);
	if (memchr(s->text + begin, '*', end - begin))
		return ce_scan_fail(
			s, begin, "a package name cannot have '*' here: name one package");
	return ce_scan_fail(s, begin, "a package name begins with a letter, a digit or '_'");
}

static bool is_glob(const char *name)
{
	return strchr(name, '*') &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-*") == strlen(name);
}

static int read_name(struct ce_spec_reader *r)
{
	struct ce_scan *s = &r->s;
	size_t begin = s->pos, n;
	char *name;

	while (s->pos < s->len && !strchr(" \t=<>!~(", s->text[s->pos]))
		s->pos++;
	n = s->pos - begin;
	if (ce_scan_peek(s) == '(')
		return ce_scan_fail(s, s->pos, "expected a blank or an operator behind the name");
	if (n == 0)
		return ce_scan_fail(s, begin, "expected a package name");
	if (ce_spec_is_url(s->text + begin, n))
		return ce_scan_fail(s, begin, "expected a package name, found that of a file");
	if (n > CE_NAME_MAX)
		return fail_name(r, begin, s->pos);
	name = ce_arena_strndup(r->a, s->text + begin, n);
	ce_name_to_lower(name);
	if (!ce_name_is_valid(name, n) && !(r->mode == CE_SPEC_LENIENT && is_glob(name)))
		return fail_name(r, begin, s->pos);
	r->spec.name = name;
	return 0;
}

/* The build: behind a blank, or behind '=' ("name=1.8=build", where the version is exact). */
static int read_build(struct ce_spec_reader *r, size_t version_end)
{
	struct ce_scan *s = &r->s;
	size_t begin;
	int e;

	if (ce_scan_peek(s) == '=') {
		s->pos++;
		ce_scan_spaces(s);
		r->spec.version = ce_version_spec_exact(r->spec.version, r->a);
	} else if (s->pos == version_end) {
		return ce_scan_fail(s, s->pos, "expected ',' or '|' between two constraints");
	}
	begin = s->pos;
	while (s->pos < s->len && s->text[s->pos] != ' ' && s->text[s->pos] != '\t')
		s->pos++;
	e = ce_spec_read_build(r, begin, s->pos, false);
	if (e < 0)
		return e;
	ce_scan_spaces(s);
	if (s->pos < s->len)
		return ce_scan_fail(
			s, s->pos, "nothing but [key=value] can stand behind the build");
	return 0;
}

static int read_positional(struct ce_spec_reader *r)
{
	struct ce_scan *s = &r->s;
	size_t version_end;
	int e = read_prefix(r);

	if (e >= 0)
		e = read_name(r);
	if (e < 0)
		return e;
	ce_scan_spaces(s);
	if (s->pos == s->len)
		return 0;
	e = ce_version_spec_scan(s, r->mode, r->a, &r->spec.version);
	if (e < 0)
		return e;
	version_end = s->pos;
	ce_scan_spaces(s);
	return s->pos < s->len ? read_build(r, version_end) : 0;
}

static int read_spec(struct ce_spec_reader *r)
{
	struct ce_scan *s = &r->s;
	size_t begin, end, keys;
	const char *p;
	int e = check_characters(s);

	if (e < 0)
		return e;
	ce_scan_spaces(s);
	begin = s->pos;
	end = trim_end(s, begin, s->len);
	if (begin < end && ce_spec_is_url(s->text + begin, end - begin))
		return ce_spec_read_url(r, begin, end);
	end = find_comment(s);
	end = end > begin ? trim_end(s, begin, end) : begin;
	if (begin == end)
		return ce_scan_fail(s, begin, "expected a package name");
	p = memchr(s->text + begin, '[', end - begin);
	keys = p ? (size_t)(p - s->text) : end;
	p = memchr(s->text + begin, ';', keys - begin);
	if (p)
		return ce_scan_fail(s, (size_t)(p - s->text),
			"conditions behind ';' are not supported: leave them out");
	s->len = trim_end(s, begin, keys);
	e = read_positional(r);
	s->len = end;
	return e >= 0 && keys < end ? ce_spec_read_keys(r, keys, end) : e;
}

int ce_spec_parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_spec **ret_spec, struct ccenv_error *err)
{
	size_t len = strnlen(text, TEXT_MAX + 1);
	struct ce_spec_reader r = {
		.s = {.text = text, .len = len, .full = len, .err = err},
		.mode = mode,
		.a = a,
	};
	struct ce_spec *spec;
	int e;

	if (len > TEXT_MAX)
		return ce_scan_fail(
			&r.s, TEXT_MAX, "a package spec has at most %d characters", TEXT_MAX);
	e = read_spec(&r);
	if (e < 0)
		return e;
	spec = ce_arena_alloc(a, sizeof(*spec));
	*spec = r.spec;
	ce_spec_finish(spec, a);
	*ret_spec = spec;
	return 0;
}
