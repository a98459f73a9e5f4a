/* SPDX-License-Identifier: MIT */
/* Records: reading them from JSON with every field checked, writing them back in a fixed order. */
#include "model/pkg.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "spec/name.h"
#include "spec/version.h"

/* Seconds up to the year 9999; a larger value can only be milliseconds. */
static const uint64_t seconds_max = 253402300799ULL;

enum {
	FIELD_MAX_LEN = 128
};

/* Version and build become parts of file names: no "-", no slash (CEP 26). */
static bool field_is_valid(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > FIELD_MAX_LEN)
		return false;
	return strspn(text,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+!=~") == n;
}

bool ce_pkg_is_conda(const struct ce_pkg *pkg)
{
	size_t n = strlen(pkg->fn);

	return n > 6 && strcmp(pkg->fn + n - 6, ".conda") == 0;
}

const char *ce_pkg_digest(const struct ce_pkg *pkg)
{
	return pkg->sha256 ? pkg->sha256 : pkg->md5;
}

/* <name>-<version>-<build>.conda or .tar.bz2 */
static bool fn_is_own(const struct ce_pkg *p)
{
	const char *const parts[] = {p->name, "-", p->version, "-", p->build};
	const char *fn = p->fn;

	for (size_t i = 0; i < CE_COUNT(parts); i++) {
		size_t n = strlen(parts[i]);

		if (strncmp(fn, parts[i], n) != 0)
			return false;
		fn += n;
	}
	return strcmp(fn, ".conda") == 0 || strcmp(fn, ".tar.bz2") == 0;
}

static bool md5_is_hex(const char *hex)
{
	return strlen(hex) == 32 && strspn(hex, "0123456789abcdef") == 32;
}

static int read_noarch(const json_t *record, enum ce_noarch *ret, struct ccenv_error *err)
{
	const json_t *v = json_object_get(record, "noarch");
	const char *s = json_string_value(v);

	if (!v || json_is_null(v) || json_is_false(v))
		*ret = CE_NOARCH_NONE;
	else if (json_is_true(v) || (s && strcmp(s, "generic") == 0))
		*ret = CE_NOARCH_GENERIC;
	else if (s && strcmp(s, "python") == 0)
		*ret = CE_NOARCH_PYTHON;
	else
		return ce_fail(err, CCENV_EDATA, "noarch: expected \"generic\" or \"python\"");
	return 0;
}

/* `key` is a text, or (old records) an array of texts; NULL when empty. */
static int read_words(const json_t *record, const char *key, struct ce_arena *a, const char **ret,
	struct ccenv_error *err)
{
	const json_t *v = json_object_get(record, key);
	const char *text = "";

	if (json_is_array(v)) {
		const json_t *e;
		size_t i;

		json_array_foreach ((json_t *)v, i, e)
			if (json_is_string(e))
				text = ce_arena_printf(
					a, "%s%s%s", text, *text ? " " : "", json_string_value(e));
	} else {
		int r = ce_json_string(record, key, a, &text, err);

		if (r < 0)
			return r;
	}
	*ret = *text ? text : NULL;
	return 0;
}

static int read_lists(
	const json_t *record, struct ce_arena *a, struct ce_pkg *p, struct ccenv_error *err)
{
	int r = ce_json_strings(record, "depends", a, &p->depends, &p->n_depends, err);

	if (r >= 0)
		r = ce_json_strings(record, "constrains", a, &p->constrains, &p->n_constrains, err);
	if (r >= 0)
		r = read_words(record, "track_features", a, &p->track_features, err);
	if (r >= 0)
		r = read_words(record, "features", a, &p->features, err);
	return r;
}

/* Licence texts are for people only: a record is not refused for an odd one. */
static void read_license(const json_t *record, struct ce_arena *a, struct ce_pkg *p)
{
	const json_t *license = json_object_get(record, "license");
	const json_t *family = json_object_get(record, "license_family");

	p->license = ce_arena_strdup(a, json_string_value(license));
	p->license_family = ce_arena_strdup(a, json_string_value(family));
}

int ce_pkg_check(const struct ce_pkg *p, struct ccenv_error *err)
{
	if (!ce_name_is_valid(p->name, strlen(p->name)))
		return ce_fail(err, CCENV_EDATA, "invalid package name \"%s\"", p->name);
	if (!field_is_valid(p->version))
		return ce_fail(err, CCENV_EDATA, "invalid version \"%s\"", p->version);
	if (!field_is_valid(p->build))
		return ce_fail(err, CCENV_EDATA, "invalid build string \"%s\"", p->build);
	if (!fn_is_own(p))
		return ce_fail(err, CCENV_EDATA,
			"the file's name is not that of its record (%s-%s-%s)", p->name, p->version,
			p->build);
	if (p->sha256 && !ce_sha256_is_hex(p->sha256))
		return ce_fail(err, CCENV_EDATA, "sha256: expected 64 hexadecimal digits");
	if (p->md5 && !md5_is_hex(p->md5))
		return ce_fail(err, CCENV_EDATA, "md5: expected 32 hexadecimal digits");
	if (p->python_site_packages_path && !ce_path_is_safe(p->python_site_packages_path))
		return ce_fail(err, CCENV_EDATA, "python_site_packages_path leaves the prefix");
	return 0;
}

uint64_t ce_pkg_timestamp_ms(uint64_t timestamp)
{
	return timestamp <= seconds_max ? timestamp * 1000 : timestamp;
}

int ce_pkg_from_json(const json_t *record, const char *fn, const char *subdir, const char *channel,
	const char *url, struct ce_arena *a, struct ce_pkg *ret_pkg, struct ccenv_error *err)
{
	struct ce_pkg p = {.name = "", .version = "", .build = "", .fn = fn, .subdir = subdir};
	int r;

	if (!json_is_object(record))
		return ce_fail(err, CCENV_EDATA, "%s: expected an object", fn);
	r = ce_json_string(record, "name", a, &p.name, err);
	if (r >= 0)
		r = ce_json_string(record, "version", a, &p.version, err);
	if (r >= 0)
		r = ce_json_string(record, "build", a, &p.build, err);
	if (r >= 0)
		r = ce_json_uint(record, "build_number", &p.build_number, err);
	if (r >= 0)
		r = ce_json_uint(record, "size", &p.size, err);
	if (r >= 0)
		r = ce_json_uint(record, "timestamp", &p.timestamp, err);
	if (r >= 0)
		r = ce_json_string(
			record, "python_site_packages_path", a, &p.python_site_packages_path, err);
	if (r >= 0)
		r = ce_json_string(record, "sha256", a, &p.sha256, err);
	if (r >= 0)
		r = ce_json_string(record, "md5", a, &p.md5, err);
	if (r >= 0)
		r = read_noarch(record, &p.noarch, err);
	if (r >= 0)
		r = read_lists(record, a, &p, err);
	if (r >= 0)
		r = ce_pkg_check(&p, err);
	if (r < 0)
		return ce_context(err, r, "%s", fn);
	read_license(record, a, &p);
	p.timestamp = ce_pkg_timestamp_ms(p.timestamp);
	p.fn = ce_arena_strdup(a, fn);
	p.subdir = subdir;
	p.channel = channel;
	p.url = ce_arena_strdup(a, url);
	*ret_pkg = p;
	return 0;
}

static void set_string(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static void set_strings(json_t *o, const char *key, const char *const *list, size_t n)
{
	json_t *array;

	if (n == 0)
		return;
	array = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(list[i]));
	json_object_set_new(o, key, array);
}

json_t *ce_pkg_to_json(const struct ce_pkg *p)
{
	static const char *const noarch[] = {NULL, "generic", "python"};
	json_t *o = json_object();

	set_string(o, "name", p->name);
	set_string(o, "version", p->version);
	set_string(o, "build", p->build);
	json_object_set_new(o, "build_number", json_integer((json_int_t)p->build_number));
	set_string(o, "subdir", p->subdir);
	set_string(o, "noarch", noarch[p->noarch]);
	set_string(o, "url", p->url);
	set_string(o, "sha256", p->sha256);
	set_string(o, "md5", p->md5);
	if (p->size)
		json_object_set_new(o, "size", json_integer((json_int_t)p->size));
	if (p->timestamp)
		json_object_set_new(o, "timestamp", json_integer((json_int_t)p->timestamp));
	set_strings(o, "depends", p->depends, p->n_depends);
	set_strings(o, "constrains", p->constrains, p->n_constrains);
	set_string(o, "track_features", p->track_features);
	set_string(o, "features", p->features);
	set_string(o, "license", p->license);
	set_string(o, "license_family", p->license_family);
	set_string(o, "python_site_packages_path", p->python_site_packages_path);
	return o;
}

void ce_pkg_prepare(struct ce_pkg *pkg, struct ce_arena *a)
{
	struct ccenv_error ignored;

	pkg->parsed_version = NULL;
	if (ce_version_parse(pkg->version, a, &pkg->parsed_version, &ignored) < 0)
		pkg->parsed_version = NULL;
}

static const char **copy_list(const char *const *list, size_t n, struct ce_arena *a)
{
	const char **copy = ce_arena_array(a, n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = ce_arena_strdup(a, list[i]);
	return copy;
}

void ce_pkg_copy(const struct ce_pkg *p, struct ce_arena *a, struct ce_pkg *ret_pkg)
{
	struct ce_pkg c = *p;

	c.name = ce_arena_strdup(a, p->name);
	c.version = ce_arena_strdup(a, p->version);
	c.build = ce_arena_strdup(a, p->build);
	c.subdir = ce_arena_strdup(a, p->subdir);
	c.fn = ce_arena_strdup(a, p->fn);
	c.channel = ce_arena_strdup(a, p->channel);
	c.url = ce_arena_strdup(a, p->url);
	c.sha256 = ce_arena_strdup(a, p->sha256);
	c.md5 = ce_arena_strdup(a, p->md5);
	c.depends = copy_list(p->depends, p->n_depends, a);
	c.constrains = copy_list(p->constrains, p->n_constrains, a);
	c.track_features = ce_arena_strdup(a, p->track_features);
	c.features = ce_arena_strdup(a, p->features);
	c.license = ce_arena_strdup(a, p->license);
	c.license_family = ce_arena_strdup(a, p->license_family);
	c.python_site_packages_path = ce_arena_strdup(a, p->python_site_packages_path);
	ce_pkg_prepare(&c, a);
	*ret_pkg = c;
}

static int compare_versions(const struct ce_pkg *a, const struct ce_pkg *b)
{
	int c = 0;

	if (a->parsed_version && b->parsed_version)
		c = ce_version_compare(a->parsed_version, b->parsed_version);
	return c ? c : strcmp(a->version, b->version);
}

int ce_pkg_compare(const struct ce_pkg *a, const struct ce_pkg *b)
{
	int c = strcmp(a->name, b->name);

	if (!c)
		c = compare_versions(a, b);
	if (!c)
		c = strcmp(a->build, b->build);
	if (!c)
		c = strcmp(a->subdir, b->subdir);
	if (!c)
		c = strcmp(a->channel, b->channel);
	return c ? c : strcmp(a->url, b->url);
}
