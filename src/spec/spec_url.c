/* SPDX-License-Identifier: MIT */
/* MatchSpec, the form that names one package file: its URL or absolute path. */
#include <string.h>

#include "base/arena.h"
#include "base/path.h"
#include "spec/name.h"
#include "spec/spec_parse.h"

static size_t extension(const char *text, size_t len)
{
	if (len > 6 && memcmp(text + len - 6, ".conda", 6) == 0)
		return 6;
	if (len > 8 && memcmp(text + len - 8, ".tar.bz2", 8) == 0)
		return 8;
	return 0;
}

static size_t without_fragment(const char *text, size_t len)
{
	const char *hash = memchr(text, '#', len);

	return hash ? (size_t)(hash - text) : len;
}

bool ce_spec_is_url(const char *text, size_t len)
{
	size_t n = without_fragment(text, len);

	return extension(text, n) && !memchr(text, '[', n) && !memchr(text, ' ', n) &&
	       !memmem(text, n, "::", 2);
}

static int hex_value(char c)
{
	c = ce_to_lower(c);
	if (ce_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes %21 and its like in place. What comes out is checked as a file name afterwards. */
static void decode(char *p)
{
	char *out = p;

	for (; *p; p++) {
		int hi = *p == '%' ? hex_value(p[1]) : -1;
		int lo = hi >= 0 ? hex_value(p[2]) : -1;

		if (lo > 0 || (lo == 0 && hi > 0)) {
			*out++ = (char)(hi * 16 + lo);
			p += 2;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

/* "#<md5>", "#<sha256>" or "#sha256:<sha256>". */
static int read_fragment(struct ce_spec_reader *r, size_t begin, size_t end)
{
	static const char tag[] = "sha256:";
	const struct ce_scan *s = &r->s;
	size_t tag_len = sizeof(tag) - 1, n;
	char *hex;

	if (end - begin > tag_len && memcmp(s->text + begin, tag, tag_len) == 0)
		begin += tag_len;
	n = end - begin;
	hex = ce_arena_strndup(r->a, s->text + begin, n);
	for (char *p = hex; *p; p++)
		*p = ce_to_lower(*p);
	if ((n != 32 && n != 64) || strspn(hex, "0123456789abcdef") != n)
		return ce_scan_fail(s, begin, "expected the file's md5 or sha256 behind '#'");
	if (n == 32)
		r->spec.md5 = hex;
	else
		r->spec.sha256 = hex;
	return 0;
}

/* name-version-build: neither version nor build has a "-" (CEP 26). */
static int read_stem(struct ce_spec_reader *r, size_t begin)
{
	const struct ce_scan *s = &r->s;
	char *stem = ce_arena_strndup(
		r->a, r->spec.fn, strlen(r->spec.fn) - extension(r->spec.fn, strlen(r->spec.fn)));
	char *build = strrchr(stem, '-'), *version = NULL;
	const struct ce_version *v;
	struct ce_scan sub;
	int e;

	if (build) {
		*build++ = '\0';
		version = strrchr(stem, '-');
	}
	if (!version || !*build)
		return ce_scan_fail(s, begin, "a package file is called name-version-build");
	*version++ = '\0';
	if (!ce_name_is_valid(stem, strlen(stem)))
		return ce_scan_fail(s, begin, "invalid package name '%s'", stem);
	sub = (struct ce_scan){.text = version, .len = strlen(version), .err = s->err};
	e = ce_version_parse_slice(&sub, 0, sub.len, r->a, &v);
	if (e < 0)
		return e;
	if (strspn(build, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+") !=
		strlen(build))
		return ce_scan_fail(s, begin, "invalid build '%s'", build);
	r->spec.name = stem;
	r->spec.version = ce_version_spec_equal(v, r->a);
	r->spec.build = build;
	return 0;
}

int ce_spec_read_url(struct ce_spec_reader *r, size_t begin, size_t end)
{
	struct ce_scan *s = &r->s;
	size_t stop = begin + without_fragment(s->text + begin, end - begin), name = stop;
	bool is_path = s->text[begin] == '/';
	char *fn;
	int e = 0;

	while (name > begin && s->text[name - 1] != '/')
		name--;
	if (!is_path && !memmem(s->text + begin, name - begin, "://", 3))
		return ce_scan_fail(s, begin,
			"a package file needs its URL or absolute path: https://…, file:///… or /…");
	fn = ce_arena_strndup(r->a, s->text + name, stop - name);
	decode(fn);
	if (!ce_path_is_safe_name(fn))
		return ce_scan_fail(s, name, "no file name");
	r->spec.fn = fn;
	e = read_stem(r, name);
	if (e >= 0 && stop < end)
		e = read_fragment(r, stop + 1, end);
	if (e >= 0 && name > begin + 1)
		e = ce_spec_read_channel(r, begin, name - 1);
	if (e < 0)
		return e;
	if (is_path && r->spec.channel)
		r->spec.channel = ce_arena_printf(r->a, "file://%s", r->spec.channel);
	r->spec.url = ce_arena_printf(
		r->a, "%s%.*s", is_path ? "file://" : "", (int)(stop - begin), s->text + begin);
	r->spec.url = ce_spec_without_credentials((char *)r->spec.url);
	r->spec.text = r->spec.url;
	if (r->spec.md5)
		r->spec.text = ce_arena_printf(r->a, "%s#%s", r->spec.url, r->spec.md5);
	if (r->spec.sha256)
		r->spec.text = ce_arena_printf(r->a, "%s#sha256:%s", r->spec.url, r->spec.sha256);
	return 0;
}
