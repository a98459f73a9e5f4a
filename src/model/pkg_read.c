/* SPDX-License-Identifier: MIT */
/* Fields of a record, each checked as it is read. */
#include "model/pkg_read.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"
#include "spec/name.h"
#include "spec/scan.h"
#include "spec/subdir.h"
#include "spec/version.h"

enum {
	SHOWN_MAX = 128, /* of a file name, in messages */
	FIELD_MAX_LEN = 128,
	LIST_MAX = 4096,
	GROUPS_MAX = 256,
	GROUP_MAX_LEN = 64,
};

/* Seconds up to the year 9999; a larger value can only be milliseconds. */
static const uint64_t seconds_max = 253402300799ULL;

enum field {
	NAME,
	VERSION,
	BUILD,
	BUILD_NUMBER,
	SIZE,
	TIMESTAMP,
	INDEXED,
	SHA256,
	MD5,
	DEPENDS,
	CONSTRAINS,
	EXTRAS,
	FLAGS,
	TRACK_FEATURES,
	FEATURES,
	LICENSE,
	LICENSE_FAMILY,
	SITE_PACKAGES,
	NOARCH,
	/* Only of records without an origin. */
	URL,
	SUBDIR,
	CHANNEL,
	OTHER,
};

static const char *const keys[] = {
	[NAME] = "name",
	[VERSION] = "version",
	[BUILD] = "build",
	[BUILD_NUMBER] = "build_number",
	[SIZE] = "size",
	[TIMESTAMP] = "timestamp",
	[INDEXED] = "indexed_timestamp",
	[SHA256] = "sha256",
	[MD5] = "md5",
	[DEPENDS] = "depends",
	[CONSTRAINS] = "constrains",
	[EXTRAS] = "extra_depends",
	[FLAGS] = "flags",
	[TRACK_FEATURES] = "track_features",
	[FEATURES] = "features",
	[LICENSE] = "license",
	[LICENSE_FAMILY] = "license_family",
	[SITE_PACKAGES] = "python_site_packages_path",
	[NOARCH] = "noarch",
	[URL] = "url",
	[SUBDIR] = "subdir",
	[CHANNEL] = "channel",
};

struct reader {
	struct ce_cursor *c;
	struct ce_pkg pkg;
	const char *written_name; /* with its capitals, as the file is called */
	enum field at;            /* what is being read */
	unsigned seen;            /* one bit per field */
	struct ccenv_error *err;
};

/* "depends: expected a list of strings, found a string" */
static int fail_kind(const struct reader *r, const char *expected, enum ce_kind found)
{
	return ce_fail(r->err, CCENV_EDATA, "%s: expected %s, found %s", keys[r->at], expected,
		ce_kind_name(found));
}

static int fail_value(const struct reader *r, const char *expected)
{
	return ce_fail(r->err, CCENV_EDATA, "%s: expected %s", keys[r->at], expected);
}

static enum field find_field(const char *key, size_t len, enum field end)
{
	for (enum field f = 0; f < end; f++) {
		if (keys[f][0] == (len ? key[0] : '\0') && strlen(keys[f]) == len &&
			memcmp(keys[f], key, len) == 0)
			return f;
	}
	return OTHER;
}

static int read_string(struct reader *r, const char **ret)
{
	enum ce_kind kind = r->c->ops->peek(r->c);

	if (!ce_kind_is_text(kind))
		return fail_kind(r, "a string", kind);
	if (!r->c->ops->string(r->c, ret))
		return fail_value(r, "UTF-8 without control characters");
	return 0;
}

static int read_strings(struct reader *r, const char ***ret, size_t *ret_n)
{
	enum ce_kind found = r->c->ops->peek(r->c);
	struct ce_strs list;

	if (found != CE_KIND_LIST)
		return fail_kind(r, "a list of strings", found);
	if (ce_cursor_strings(r->c, LIST_MAX, &list, &found)) {
		*ret = list.items;
		*ret_n = list.n;
		return 0;
	}
	if (found == CE_KIND_LIST)
		return ce_fail(
			r->err, CCENV_EDATA, "%s: more than %d entries", keys[r->at], LIST_MAX);
	if (ce_kind_is_text(found))
		return fail_value(r, "strings of UTF-8 without control characters");
	return fail_kind(r, "a list of strings", found);
}

/* CEP 44: {"group": ["spec", …], …}; of a group that is there twice the last counts, as in rattler. */
static int read_extras(struct reader *r, struct ce_pkg_extra **ret, size_t *ret_n)
{
	static const char expected[] = "an object of lists of strings";
	static const char group_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789_.+-";
	struct ce_cursor *c = r->c;
	enum ce_kind kind = c->ops->peek(c);
	struct ce_pkg_extra *list, group;
	const char *key;
	size_t len, at, n = 0;
	int more, e;

	if (kind != CE_KIND_MAP || !c->ops->enter(c))
		return fail_kind(r, expected, kind);
	list = ce_arena_array(c->arena, GROUPS_MAX, sizeof(*list));
	while ((more = c->ops->next_key(c, &key, &len)) > 0) {
		if (n == GROUPS_MAX)
			return ce_fail(r->err, CCENV_EDATA, "%s: more than %d groups", keys[r->at],
				GROUPS_MAX);
		group.group = ce_arena_strndup(c->arena, key, len);
		e = read_strings(r, &group.depends, &group.n_depends);
		if (e < 0)
			return e;
		/* Nobody can ask for a group of another name. */
		if (len == 0 || len > GROUP_MAX_LEN ||
			group.group[strspn(group.group, group_chars)])
			continue;
		for (at = 0; at < n && strcmp(list[at].group, group.group) != 0; at++)
			;
		list[at] = group;
		n += at == n;
	}
	if (more < 0)
		return fail_value(r, expected);
	*ret = list;
	*ret_n = n;
	return 0;
}

/* A string, or (old records) a list of strings; NULL when empty. */
static int read_words(struct reader *r, const char **ret)
{
	const char **list, *text = "";
	size_t n;
	int e;

	if (r->c->ops->peek(r->c) != CE_KIND_LIST) {
		e = read_string(r, &text);
		if (e < 0)
			return e;
	} else {
		e = read_strings(r, &list, &n);
		if (e < 0)
			return e;
		for (size_t i = 0; i < n; i++)
			text = ce_arena_printf(
				r->c->arena, "%s%s%s", text, *text ? " " : "", list[i]);
	}
	*ret = *text ? text : NULL;
	return 0;
}

static int read_number(struct reader *r, struct ce_number *ret)
{
	enum ce_kind kind = r->c->ops->peek(r->c);

	if (kind != CE_KIND_NUMBER || !r->c->ops->number(r->c, ret))
		return fail_kind(r, "a number", kind == CE_KIND_NUMBER ? CE_KIND_END : kind);
	return 0;
}

static int read_count(struct reader *r, uint64_t *ret)
{
	struct ce_number n;
	int e = read_number(r, &n);

	if (e < 0)
		return e;
	if (n.negative || n.fraction || n.whole > INT64_MAX)
		return fail_value(r, "a whole number from 0 to 2^63-1");
	*ret = n.whole;
	return 0;
}

/*
 * A number that can be seconds is taken for seconds. What is then still a date before 1978, in
 * milliseconds, would be taken for seconds the next time; no package is that old, so that the first
 * millisecond that cannot be seconds stands for it.
 */
static int read_timestamp(struct reader *r, uint64_t *ret)
{
	struct ce_number n;
	int e = read_number(r, &n);

	if (e < 0)
		return e;
	if (n.whole / 1000 > seconds_max)
		return fail_value(r, "seconds or milliseconds since 1970");
	if (n.whole > seconds_max && !n.negative)
		*ret = n.whole;
	else if (!n.whole || n.negative || n.whole * 1000 <= seconds_max)
		*ret = n.whole ? seconds_max + 1 : 0;
	else
		*ret = n.whole * 1000;
	return 0;
}

static int read_hash(struct reader *r, size_t digits, const char **ret)
{
	enum ce_kind kind = r->c->ops->peek(r->c);
	const char *text = NULL;
	char *hex;

	bool read = r->c->ops->digest(r->c, &text);

	if (!ce_kind_is_text(kind) && !read)
		return fail_kind(r, "hexadecimal digits", kind);
	if (!read || strlen(text) != digits || strspn(text, "0123456789abcdefABCDEF") != digits)
		return fail_value(
			r, digits == 64 ? "64 hexadecimal digits" : "32 hexadecimal digits");
	*ret = text;
	if (strspn(text, "0123456789abcdef") == digits)
		return 0; /* as good as always: no copy */
	hex = ce_arena_strdup(r->c->arena, text);
	for (char *p = hex; *p; p++)
		*p = ce_to_lower(*p);
	*ret = hex;
	return 0;
}

static int read_noarch(struct reader *r, enum ce_noarch *ret)
{
	static const char expected[] = "\"generic\" or \"python\"";
	enum ce_kind kind = r->c->ops->peek(r->c);
	const char *text = "";
	bool yes = false;
	int e;

	if (kind == CE_KIND_BOOL) {
		if (!r->c->ops->boolean(r->c, &yes))
			return fail_kind(r, expected, CE_KIND_END);
		*ret = yes ? CE_NOARCH_GENERIC : CE_NOARCH_NONE;
		return 0;
	}
	if (!ce_kind_is_text(kind))
		return fail_kind(r, expected, kind);
	e = read_string(r, &text);
	if (e < 0)
		return e;
	if (strcmp(text, "python") == 0)
		*ret = CE_NOARCH_PYTHON;
	else if (strcmp(text, "generic") == 0)
		*ret = CE_NOARCH_GENERIC;
	else if (!*text)
		*ret = CE_NOARCH_NONE;
	else
		return fail_value(r, expected);
	return 0;
}

static int skip_value(struct reader *r)
{
	if (r->c->ops->skip(r->c))
		return 0;
	return ce_fail(r->err, CCENV_EDATA, "%s: malformed data",
		r->at == OTHER ? "an unknown field" : keys[r->at]);
}

/* For people only: an odd one is dropped, the record is not. */
static int read_license(struct reader *r, const char **ret)
{
	struct ce_cursor at = *r->c;

	if (ce_kind_is_text(r->c->ops->peek(r->c)) && r->c->ops->string(r->c, ret)) {
		if (!**ret)
			*ret = NULL;
		return 0;
	}
	*ret = NULL;
	*r->c = at;
	return skip_value(r);
}

static int read_field(struct reader *r)
{
	struct ce_pkg *p = &r->pkg;

	switch (r->at) {
	case NAME:
		return read_string(r, &p->name);
	case VERSION:
		return read_string(r, &p->version);
	case BUILD:
		return read_string(r, &p->build);
	case BUILD_NUMBER:
		return read_count(r, &p->build_number);
	case SIZE:
		return read_count(r, &p->size);
	case TIMESTAMP:
		return read_timestamp(r, &p->timestamp);
	case INDEXED:
		return read_timestamp(r, &p->indexed_timestamp);
	case SHA256:
		return read_hash(r, 64, &p->sha256);
	case MD5:
		return read_hash(r, 32, &p->md5);
	case DEPENDS:
		return read_strings(r, &p->depends, &p->n_depends);
	case CONSTRAINS:
		return read_strings(r, &p->constrains, &p->n_constrains);
	case EXTRAS:
		return read_extras(r, &p->extras, &p->n_extras);
	case FLAGS:
		return read_strings(r, &p->flags, &p->n_flags);
	case TRACK_FEATURES:
		return read_words(r, &p->track_features);
	case FEATURES:
		return read_words(r, &p->features);
	case LICENSE:
		return read_license(r, &p->license);
	case LICENSE_FAMILY:
		return read_license(r, &p->license_family);
	case SITE_PACKAGES:
		return read_string(r, &p->python_site_packages_path);
	case NOARCH:
		return read_noarch(r, &p->noarch);
	case URL:
		return read_string(r, &p->url);
	case SUBDIR:
		return read_string(r, &p->subdir);
	case CHANNEL:
		return read_string(r, &p->channel);
	case OTHER:
		break;
	}
	return skip_value(r);
}

static int read_fields(struct reader *r, enum field end)
{
	struct ce_cursor *c = r->c;
	const char *key;
	size_t len;
	int more;

	if (c->ops->peek(c) != CE_KIND_MAP || !c->ops->enter(c))
		return ce_fail(r->err, CCENV_EDATA, "expected an object, found %s",
			ce_kind_name(c->ops->peek(c)));
	while ((more = c->ops->next_key(c, &key, &len)) > 0) {
		int e;

		r->at = find_field(key, len, end);
		/* Given twice, two readers would see two different records. */
		if (r->at != OTHER && r->seen & 1U << r->at)
			return ce_fail(r->err, CCENV_EDATA, "%s is given twice", keys[r->at]);
		r->seen |= 1U << r->at;
		e = c->ops->peek(c) == CE_KIND_NULL ? skip_value(r) : read_field(r);
		if (e < 0)
			return e;
	}
	return more < 0 ? ce_fail(r->err, CCENV_EDATA, "malformed record") : 0;
}

static int check_required(const struct reader *r)
{
	const struct ce_pkg *p = &r->pkg;
	const char *missing = NULL;

	if (!p->name)
		missing = keys[NAME];
	else if (!p->version)
		missing = keys[VERSION];
	else if (!p->build)
		missing = keys[BUILD];
	else if (!p->url)
		missing = keys[URL];
	else if (!p->subdir)
		missing = keys[SUBDIR];
	return missing ? ce_fail(r->err, CCENV_EDATA, "%s is missing", missing) : 0;
}

static void set_origin(struct reader *r, const struct ce_pkg_origin *o)
{
	struct ce_pkg *p = &r->pkg;
	size_t n = strlen(o->base_url);
	char *url = ce_arena_alloc(r->c->arena, n + 1 + o->fn_len + 1);

	memcpy(url, o->base_url, n);
	url[n] = '/';
	memcpy(url + n + 1, o->fn, o->fn_len);
	p->url = url;
	p->fn = url + n + 1;
	p->subdir = o->subdir;
	p->channel = o->channel;
	p->channel_rank = o->channel_rank;
	p->is_v3 = o->is_v3;
}

/* The channel is the URL without subdir and file name, unless the record names another (CEP 15). */
static int set_own_origin(struct reader *r)
{
	struct ce_pkg *p = &r->pkg;
	assert(p->url && p->subdir); /* check_required() */
	size_t tail, n = strlen(p->url);

	if (!ce_subdir_is_known(p->subdir, strlen(p->subdir)))
		return ce_fail(r->err, CCENV_EDATA, "unknown subdir \"%s\"", p->subdir);
	p->fn = ce_path_base(p->url);
	tail = strlen(p->subdir) + 1 + strlen(p->fn) + 1;
	if (!p->channel)
		p->channel = ce_arena_strndup(r->c->arena, p->url, n > tail ? n - tail : 0);
	return 0;
}

/* Names are lower case, files are called as the record writes the name. */
static int set_name(struct reader *r, const struct ce_pkg_origin *o)
{
	char *name = ce_arena_strdup(r->c->arena, r->pkg.name);

	r->written_name = r->pkg.name;
	ce_name_to_lower(name);
	r->pkg.name = name;
	if (!o || !o->name)
		return 0;
	if (strcmp(name, o->name) != 0)
		return ce_fail(r->err, CCENV_EDATA, "the record's name is \"%s\"", name);
	r->pkg.name = o->name;
	return 0;
}

/* Version and build become parts of file names: no "-", no slash (CEP 26). */
static bool field_is_valid(const char *text)
{
	assert(text); /* check_required() */
	size_t n = strlen(text);

	if (n == 0 || n > FIELD_MAX_LEN)
		return false;
	return strspn(text,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+!=~") == n;
}

/* Whatever becomes a path, or part of a file name. */
static int check_fields(const struct reader *r)
{
	const struct ce_pkg *p = &r->pkg;

	if (!ce_name_is_valid(p->name, strlen(p->name)))
		return ce_fail(r->err, CCENV_EDATA, "invalid package name \"%s\"", p->name);
	if (!field_is_valid(p->version))
		return ce_fail(r->err, CCENV_EDATA, "invalid version \"%s\"", p->version);
	if (!field_is_valid(p->build))
		return ce_fail(r->err, CCENV_EDATA, "invalid build string \"%s\"", p->build);
	if (p->python_site_packages_path && !ce_path_is_safe(p->python_site_packages_path))
		return ce_fail(r->err, CCENV_EDATA, "%s leaves the prefix", keys[SITE_PACKAGES]);
	return 0;
}

/* <name>-<version>-<build>.conda or .tar.bz2 */
static int check_file_name(const struct reader *r)
{
	const char *const parts[] = {r->written_name, "-", r->pkg.version, "-", r->pkg.build};
	const char *fn = r->pkg.fn;

	for (size_t i = 0; i < CE_COUNT(parts); i++) {
		size_t n = strlen(parts[i]);

		if (strncmp(fn, parts[i], n) != 0)
			fn = "";
		else
			fn += n;
	}
	if (strcmp(fn, ".conda") == 0 || strcmp(fn, ".tar.bz2") == 0)
		return 0;
	return ce_fail(r->err, CCENV_EDATA, "the file's name is not that of its record (%s-%s-%s)",
		r->written_name, r->pkg.version, r->pkg.build);
}

/* The parser points at the character in further lines, which have no place here. */
static int parse_version(struct reader *r)
{
	struct ccenv_error why = {0};

	if (ce_version_parse(r->pkg.version, r->c->arena, &r->pkg.parsed_version, &why) >= 0)
		return 0;
	return ce_fail(r->err, CCENV_EDATA, "invalid version \"%s\": %.*s", r->pkg.version,
		(int)strcspn(why.text, "\n"), why.text);
}

static int read_record(struct reader *r, const struct ce_pkg_origin *origin)
{
	int e = read_fields(r, origin ? URL : OTHER);

	if (e < 0)
		return e;
	if (origin)
		set_origin(r, origin);
	e = check_required(r);
	if (e < 0)
		return e;
	if (!origin) {
		e = set_own_origin(r);
		if (e < 0)
			return e;
	}
	if (r->pkg.python_site_packages_path && !*r->pkg.python_site_packages_path)
		r->pkg.python_site_packages_path = NULL;
	e = set_name(r, origin);
	if (e < 0)
		return e;
	e = check_fields(r);
	if (e < 0)
		return e;
	e = check_file_name(r);
	if (e < 0)
		return e;
	return parse_version(r);
}

int ce_pkg_read(struct ce_cursor *c, const struct ce_pkg_origin *origin, struct ce_pkg *ret_pkg,
	struct ccenv_error *err)
{
	struct reader r = {.c = c, .at = OTHER, .err = err};
	const char *fn;
	size_t n;
	int e = read_record(&r, origin);

	if (e >= 0) {
		*ret_pkg = r.pkg;
		return 0;
	}
	if (!origin && !r.pkg.url)
		return e;
	fn = origin ? origin->fn : ce_path_base(r.pkg.url);
	n = origin ? origin->fn_len : strlen(fn);
	return ce_context(err, e, "%.*s", (int)(n > SHOWN_MAX ? SHOWN_MAX : n), fn);
}
