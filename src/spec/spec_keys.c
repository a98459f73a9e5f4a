/* SPDX-License-Identifier: MIT */
/* MatchSpec, the part in brackets; and the fields that can stand there as well as before it. */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "spec/channel.h"
#include "spec/condition.h"
#include "spec/regex.h"
#include "spec/spec_parse.h"
#include "spec/subdir.h"

enum key {
	KEY_NAME,
	KEY_VERSION,
	KEY_BUILD,
	KEY_BUILD_NUMBER,
	KEY_CHANNEL,
	KEY_SUBDIR, /* behind KEY_CHANNEL: it wins over the subdir of a channel */
	KEY_FN,
	KEY_MD5,
	KEY_SHA256,
	KEY_URL,
	KEY_LICENSE,
	KEY_LICENSE_FAMILY,
	KEY_TRACK_FEATURES,
	KEY_WHEN,
	KEY_EXTRAS,
	KEY_FLAGS,
	KEY_COUNT
};

static const char *const key_names[KEY_COUNT] = {"name", "version", "build", "build_number",
	"channel", "subdir", "fn", "md5", "sha256", "url", "license", "license_family",
	"track_features", "when", "extras", "flags"};

enum {
	GROUP_MAX = 64
};

/* Where a value stands in the text; begin is 0 when the key is absent. */
struct value {
	size_t begin, end;
	bool quoted, list;
};

static const char *copy(const struct ce_spec_reader *r, size_t begin, size_t end)
{
	return ce_arena_strndup(r->a, r->s.text + begin, end - begin);
}

static const char *copy_lower(const struct ce_spec_reader *r, size_t begin, size_t end)
{
	char *s = ce_arena_strndup(r->a, r->s.text + begin, end - begin);

	for (char *p = s; *p; p++)
		*p = ce_to_lower(*p);
	return s;
}

/* Strict mode only: a second value is an error. */
static int check_once(const struct ce_spec_reader *r, bool is_set, enum key key, size_t at)
{
	if (!is_set || r->mode == CE_SPEC_LENIENT)
		return 0;
	return ce_scan_fail(&r->s, at, "the %s is given twice", key_names[key]);
}

char *ce_spec_without_credentials(char *url)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(url);

	/* It is never longer. */
	memcpy(url, plain, strlen(plain) + 1);
	return url;
}

static int check_channel(const struct ce_spec_reader *r, size_t begin, size_t end)
{
	const struct ce_scan *s = &r->s;
	bool is_url = memmem(s->text + begin, end - begin, "://", 3) != NULL;

	for (size_t i = begin; i < end; i++) {
		char c = s->text[i];

		if (c <= ' ' || strchr("'\"<>|()", c) || (!is_url && strchr("*:=,", c)))
			return ce_scan_fail(s, i, "'%c' cannot stand in a channel", c);
	}
	return 0;
}

int ce_spec_read_channel(struct ce_spec_reader *r, size_t begin, size_t end)
{
	const struct ce_scan *s = &r->s;
	char *channel, *slash;
	size_t n;
	int e;

	if (begin == end)
		return ce_scan_fail(s, begin, "expected a channel");
	channel = ce_spec_without_credentials(ce_arena_strndup(r->a, s->text + begin, end - begin));
	n = strlen(channel);
	while (n > 1 && channel[n - 1] == '/')
		channel[--n] = '\0';
	slash = strrchr(channel, '/');
	if (slash && slash > channel && ce_subdir_is_known(slash + 1, strlen(slash + 1))) {
		r->spec.subdir = slash + 1;
		*slash = '\0';
	}
	r->spec.channel = NULL;
	if (strcmp(channel, "*") == 0)
		return 0;
	e = check_channel(r, begin, end);
	if (e < 0)
		return e;
	/* Then the text of the spec, "CHANNEL::NAME", would not read as it either. */
	n = strlen(channel);
	if (strchr(channel, ':') && (!strstr(channel, "://") || channel[n - 1] == ':'))
		return ce_scan_fail(s, begin, "expected a channel: this URL has no host");
	r->spec.channel = ce_channel_without_alias(channel);
	return 0;
}

int ce_spec_read_build(struct ce_spec_reader *r, size_t begin, size_t end, bool quoted)
{
	const struct ce_scan *s = &r->s;
	const char *build;

	if (begin == end)
		return ce_scan_fail(s, begin, "expected a build");
	build = copy(r, begin, end);
	r->spec.build = NULL;
	if (strcmp(build, "*") == 0)
		return 0;
	if (build[0] == '^') {
		int e;

		if (build[strlen(build) - 1] != '$' || !build[1])
			return ce_scan_fail(
				s, begin, "a build that begins with '^' must end with '$'");
		e = ce_regex_check(s, begin, end);
		if (e < 0)
			return e;
	}
	for (size_t i = begin; build[0] != '^' && i < end; i++) {
		char c = ce_to_lower(s->text[i]);

		if (ce_is_digit(c) || (c >= 'a' && c <= 'z') || strchr("_.+*-", c))
			continue;
		if (r->mode == CE_SPEC_STRICT || (!quoted && strchr("[]()'\"", c)))
			return ce_scan_fail(s, i, "'%c' cannot stand in a build", c);
	}
	r->spec.build = build;
	return 0;
}

static int read_version(struct ce_spec_reader *r, const struct value *v)
{
	struct ce_scan sub = r->s;
	int e;

	sub.pos = v->begin;
	sub.len = v->end;
	ce_scan_spaces(&sub);
	e = ce_version_spec_scan(&sub, r->mode, r->a, &r->spec.version);
	if (e < 0)
		return e;
	ce_scan_spaces(&sub);
	if (sub.pos < sub.len)
		return ce_scan_fail(&sub, sub.pos, "expected ',' or '|' between two constraints");
	return 0;
}

static int read_build_number(struct ce_spec_reader *r, const struct value *v)
{
	static const struct {
		const char *text;
		enum ce_compare op;
	} ops[] = {{"==", CE_COMPARE_EQ}, {"!=", CE_COMPARE_NE}, {"<=", CE_COMPARE_LE},
		{">=", CE_COMPARE_GE}, {"<", CE_COMPARE_LT}, {">", CE_COMPARE_GT},
		{"", CE_COMPARE_EQ}};
	struct ce_scan sub = r->s;
	uint64_t n = 0;
	size_t digits;

	sub.pos = v->begin;
	sub.len = v->end;
	ce_scan_spaces(&sub);
	for (size_t i = 0; i < CE_COUNT(ops); i++) {
		size_t k = strlen(ops[i].text);

		if (sub.len - sub.pos < k || memcmp(sub.text + sub.pos, ops[i].text, k) != 0)
			continue;
		r->spec.build_number_op = ops[i].op;
		sub.pos += k;
		break;
	}
	ce_scan_spaces(&sub);
	for (digits = 0; ce_is_digit(ce_scan_peek(&sub)) && digits < 18; digits++)
		n = n * 10 + (uint64_t)(sub.text[sub.pos++] - '0');
	if (digits == 0 || sub.pos < sub.len)
		return ce_scan_fail(&sub, sub.pos,
			"expected a number, with == != < <= > or >= before it if need be");
	r->spec.build_number = n;
	return 0;
}

static int read_hash(
	const struct ce_spec_reader *r, const struct value *v, size_t digits, const char **ret)
{
	const char *hex = copy_lower(r, v->begin, v->end);
	size_t n = strspn(hex, "0123456789abcdef");

	if (n != digits || hex[n])
		return ce_scan_fail(&r->s, v->begin + (n < digits ? n : digits),
			"expected %zu hexadecimal digits", digits);
	*ret = hex;
	return 0;
}

static int read_subdir(struct ce_spec_reader *r, const struct value *v)
{
	if (r->mode == CE_SPEC_STRICT &&
		!ce_subdir_is_known(r->s.text + v->begin, v->end - v->begin))
		return ce_scan_fail(&r->s, v->begin,
			"unknown platform: expected linux-64, noarch or another subdir");
	r->spec.subdir = copy(r, v->begin, v->end);
	return 0;
}

static const char lower_case[] = "abcdefghijklmnopqrstuvwxyz0123456789_.+-";
static const char flag_part[] = "abcdefghijklmnopqrstuvwxyz0123456789_*";

/* CEP 44: the name of a group. */
static bool is_group(const char *word)
{
	size_t n = strlen(word);

	return n >= 1 && n <= GROUP_MAX && strspn(word, lower_case) == n;
}

/* CEP 45: "cuda", "blas:*". */
static bool is_flag(const char *word)
{
	size_t n = strspn(word, flag_part);

	if (n && word[n] == ':')
		n += 1 + strspn(word + n + 1, flag_part);
	return n && !word[n] && word[n - 1] != ':';
}

/* "[a, 'b']" as "a, b". */
static int read_words(struct ce_spec_reader *r, const struct value *v,
	bool (*is_word)(const char *word), const char **ret)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf list = {0};
	size_t next;

	for (size_t at = v->begin; at <= v->end; at = next + 1) {
		const char *text = r->s.text, *comma = memchr(text + at, ',', v->end - at);
		size_t from = at, end = next = comma ? (size_t)(comma - text) : v->end;
		char *word;

		for (; from < end && strchr(" \t", text[from]); from++)
			;
		for (; end > from && strchr(" \t", text[end - 1]); end--)
			;
		if (end - from >= 2 && strchr("'\"", text[from]) && text[end - 1] == text[from]) {
			from++;
			end--;
		}
		word = ce_arena_strndup(r->a, text + from, end - from);
		if (!is_word(word))
			return ce_scan_fail(&r->s, from, "expected the name of a %s",
				is_word == is_group ? "group: a-z 0-9 _ . + -"
						    : "flag: a-z 0-9 _ *, with one ':' if need be");
		ce_buf_addf(&list, "%s%s", list.len ? ", " : "", word);
	}
	*ret = ce_arena_strdup(r->a, ce_buf_str(&list));
	return 0;
}

/* Takes the backslash before a quote or a backslash out, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '\\' && p[1] && strchr("'\"\\", p[1]))
			p++;
		*to++ = *p;
	}
	*to = '\0';
}

static int read_when(struct ce_spec_reader *r, const struct value *v, char *text)
{
	struct ccenv_error why;

	unescape(text);
	r->spec.when = text;
	if (ce_condition_parse(text, r->mode, r->a, &r->spec.condition, &why) >= 0)
		return 0;
	return ce_scan_fail(&r->s, v->begin, "%s", why.text);
}

/* Keys whose value is taken as it is. */
static int read_text(struct ce_spec_reader *r, enum key key, const struct value *v)
{
	struct ce_spec *spec = &r->spec;
	char *text = ce_arena_strndup(r->a, r->s.text + v->begin, v->end - v->begin);

	if (key == KEY_FN)
		spec->fn = text;
	else if (key == KEY_URL && text[0] != '/' && !strstr(text, "://"))
		return ce_scan_fail(&r->s, v->begin, "expected a URL or an absolute path");
	else if (key == KEY_URL)
		spec->url = ce_spec_without_credentials(text);
	else if (key == KEY_LICENSE)
		spec->license = text;
	else if (key == KEY_LICENSE_FAMILY)
		spec->license_family = text;
	else if (key == KEY_TRACK_FEATURES)
		spec->track_features = text;
	else
		return read_when(r, v, text);
	return 0;
}

static int apply(struct ce_spec_reader *r, enum key key, const struct value *v)
{
	struct ce_spec *spec = &r->spec;
	int e = 0;

	switch (key) {
	case KEY_NAME: /* conda ignores it: the name stands before the bracket */
		return check_once(r, true, key, v->begin);
	case KEY_VERSION:
		e = check_once(r, spec->version != NULL, key, v->begin);
		return e < 0 ? e : read_version(r, v);
	case KEY_BUILD:
		e = check_once(r, spec->build != NULL, key, v->begin);
		return e < 0 ? e : ce_spec_read_build(r, v->begin, v->end, v->quoted);
	case KEY_BUILD_NUMBER:
		return read_build_number(r, v);
	case KEY_CHANNEL:
		e = check_once(r, spec->channel != NULL, key, v->begin);
		return e < 0 ? e : ce_spec_read_channel(r, v->begin, v->end);
	case KEY_SUBDIR:
		e = check_once(r, spec->subdir != NULL, key, v->begin);
		return e < 0 ? e : read_subdir(r, v);
	case KEY_MD5:
		return read_hash(r, v, 32, &spec->md5);
	case KEY_SHA256:
		return read_hash(r, v, 64, &spec->sha256);
	case KEY_EXTRAS:
		return read_words(r, v, is_group, &spec->extras);
	case KEY_FLAGS:
		return read_words(r, v, is_flag, &spec->flags);
	default:
		return read_text(r, key, v);
	}
}

static int read_key(struct ce_scan *s, enum key *ret_key)
{
	size_t begin = s->pos, n;

	while (s->pos < s->len && (ce_to_lower(s->text[s->pos]) == '_' ||
					  (ce_to_lower(s->text[s->pos]) >= 'a' &&
						  ce_to_lower(s->text[s->pos]) <= 'z') ||
					  ce_is_digit(s->text[s->pos])))
		s->pos++;
	n = s->pos - begin;
	if (n == 0)
		return ce_scan_fail(s, begin, "expected a key such as version= or ']'");
	for (int k = 0; k < KEY_COUNT; k++) {
		if (strlen(key_names[k]) == n && memcmp(key_names[k], s->text + begin, n) == 0) {
			*ret_key = (enum key)k;
			return 0;
		}
	}
	return ce_scan_fail(s, begin,
		"unknown key '%.*s'; known are version build build_number channel subdir fn url md5 sha256 license license_family track_features when extras flags",
		n > 40 ? 40 : (int)n, s->text + begin);
}

/* The closing quote, or NULL: a backslash takes the meaning from what follows it. */
static const char *find_quote(const char *p, const char *end, char quote)
{
	for (; p < end; p++) {
		if (*p == quote)
			return p;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

/* A value in quotes or square brackets: everything up to the closing character. */
static int read_enclosed(struct ce_scan *s, char close, struct value *ret)
{
	size_t open = s->pos++;
	const char *from = s->text + s->pos, *to = s->text + s->len;
	const char *end = close == ']' ? memchr(from, close, (size_t)(to - from))
				       : find_quote(from, to, close);

	if (!end)
		return ce_scan_fail(
			s, open, "expected a %c that closes this %c", close, s->text[open]);
	*ret = (struct value){.begin = s->pos,
		.end = (size_t)(end - s->text),
		.quoted = close != ']',
		.list = close == ']'};
	s->pos = ret->end + 1;
	return 0;
}

/* `stops`: what ends a value without quotes. */
static int read_value(struct ce_scan *s, const char *stops, struct value *ret)
{
	char c = ce_scan_peek(s);
	size_t begin = s->pos;
	int e = 0;

	if (c == '\'' || c == '"') {
		e = read_enclosed(s, c, ret);
	} else if (c == '[') {
		e = read_enclosed(s, ']', ret);
	} else {
		while (s->pos < s->len && !strchr(stops, s->text[s->pos]))
			s->pos++;
		*ret = (struct value){.begin = begin, .end = s->pos};
	}
	if (e >= 0 && ret->begin == ret->end)
		return ce_scan_fail(s, ret->begin, "expected a value");
	return e;
}

/* Reads one "key = value" into `values`. */
static int read_pair(struct ce_spec_reader *r, struct value *values)
{
	struct ce_scan *s = &r->s;
	size_t begin = s->pos;
	struct value v = {0};
	enum key key = KEY_NAME;
	int e = read_key(s, &key);

	if (e < 0)
		return e;
	ce_scan_spaces(s);
	if (ce_scan_peek(s) != '=')
		return ce_scan_fail(s, s->pos,
			"expected '=': write %s='…' with the operator in quotes", key_names[key]);
	s->pos++;
	ce_scan_spaces(s);
	e = read_value(s, key == KEY_WHEN ? ",]'\"" : ", \t]'\"[", &v);
	if (e < 0)
		return e;
	if (v.list && key < KEY_WHEN)
		return ce_scan_fail(s, v.begin, "'%s' takes no list", key_names[key]);
	if (values[key].begin && r->mode == CE_SPEC_STRICT)
		return ce_scan_fail(s, begin, "'%s' is given twice", key_names[key]);
	values[key] = v;
	return 0;
}

int ce_spec_read_keys(struct ce_spec_reader *r, size_t open, size_t end)
{
	struct value values[KEY_COUNT] = {0};
	struct ce_scan *s = &r->s;
	int e = 0;

	s->pos = open + 1;
	s->len = end;
	for (;;) {
		size_t before;

		ce_scan_spaces(s);
		if (ce_scan_peek(s) == ']')
			break;
		if (s->pos == s->len)
			return ce_scan_fail(
				s, s->pos, "expected the ']' of the '[' at column %zu", open + 1);
		e = read_pair(r, values);
		if (e < 0)
			return e;
		before = s->pos;
		ce_scan_spaces(s);
		if (ce_scan_peek(s) == ',')
			s->pos++;
		else if (s->pos < s->len && ce_scan_peek(s) != ']' &&
			 (r->mode == CE_SPEC_STRICT || s->pos == before))
			return ce_scan_fail(s, s->pos, "expected ',' or ']'");
	}
	if (++s->pos < s->len)
		return ce_scan_fail(s, s->pos, "nothing can stand behind the ']'");
	for (int k = 0; e >= 0 && k < KEY_COUNT; k++)
		if (values[k].begin)
			e = apply(r, (enum key)k, &values[k]);
	return e;
}
