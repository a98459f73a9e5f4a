/* SPDX-License-Identifier: MIT */
/* MatchSpec: the canonical text. */
#include "spec/spec.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "spec/spec_parse.h"

static void add_comma(struct ce_buf *b)
{
	if (b->data[b->len - 1] != '[')
		ce_buf_addc(b, ',');
}

/* Ends it with a backslash that would take the closing quote? It was read without quotes, and is again. */
static bool escapes_what_follows(const char *value)
{
	size_t n = strlen(value), backslashes = 0;

	while (backslashes < n && value[n - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2;
}

static void add_key(struct ce_buf *b, const char *key, const char *value)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+*/:%-";
	char quote = strchr(value, '\'') && !strchr(value, '"') ? '"' : '\'';

	add_comma(b);
	if (strspn(value, plain) == strlen(value) || escapes_what_follows(value))
		ce_buf_addf(b, "%s=%s", key, value);
	else
		ce_buf_addf(b, "%s=%c%s%c", key, quote, value, quote);
}

/* Quotes and backslashes stand behind a backslash in `when` alone. */
static void add_when(struct ce_buf *b, const char *when)
{
	char quote = strchr(when, '\'') && !strchr(when, '"') ? '"' : '\'';

	add_comma(b);
	ce_buf_addf(b, "when=%c", quote);
	for (const char *p = when; *p; p++) {
		if (*p == quote || *p == '\\')
			ce_buf_addc(b, '\\');
		ce_buf_addc(b, *p);
	}
	ce_buf_addc(b, quote);
}

static bool build_is_plain(const char *build)
{
	return build[0] != '|' && /* which would go on with the version */
	       strspn(build,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+*-|") ==
		       strlen(build);
}

static void add_keys(struct ce_buf *b, const struct ce_spec *s)
{
	static const char *const ops[] = {"", "", "!=", "<", "<=", ">", ">="};
	const struct pair {
		const char *key, *value;
	} texts[] = {{"fn", s->fn}, {"license", s->license}, {"license_family", s->license_family},
		{"md5", s->md5}, {"sha256", s->sha256}, {"subdir", s->subdir},
		{"track_features", s->track_features}, {"url", s->url}},
	  lists[] = {{"extras", s->extras}, {"flags", s->flags}};

	if (s->build && !build_is_plain(s->build))
		add_key(b, "build", s->build);
	if (s->build_number_op) {
		add_comma(b);
		ce_buf_addf(b, "build_number='%s%llu'", ops[s->build_number_op],
			(unsigned long long)s->build_number);
	}
	for (size_t i = 0; i < CE_COUNT(texts); i++)
		if (texts[i].value)
			add_key(b, texts[i].key, texts[i].value);
	if (s->when)
		add_when(b, s->when);
	for (size_t i = 0; i < CE_COUNT(lists); i++) {
		if (!lists[i].value)
			continue;
		add_comma(b);
		ce_buf_addf(b, "%s=[%s]", lists[i].key, lists[i].value);
	}
}

static const char *canonical_text(const struct ce_spec *s, struct ce_arena *a)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t open;

	if (s->channel)
		ce_buf_addf(&b, "%s::", s->channel);
	ce_buf_adds(&b, s->name);
	if (s->version_text || (s->build && build_is_plain(s->build)))
		ce_buf_addf(&b, " %s", s->version_text ? s->version_text : "*");
	if (s->build && build_is_plain(s->build))
		ce_buf_addf(&b, " %s", s->build);
	open = b.len;
	ce_buf_addc(&b, '[');
	add_keys(&b, s);
	if (b.len == open + 1)
		return ce_arena_strndup(a, b.data, open);
	ce_buf_addc(&b, ']');
	return ce_arena_strdup(a, b.data);
}

void ce_spec_finish(struct ce_spec *s, struct ce_arena *a)
{
	if (s->version && ce_version_spec_is_any(s->version))
		s->version = NULL;
	if (s->version)
		s->version_text = ce_version_spec_text(s->version, a);
	if (!s->text)
		s->text = canonical_text(s, a);
}
