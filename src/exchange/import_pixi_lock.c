/* SPDX-License-Identifier: MIT */
/* pixi.lock, versions 5 to 7. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "exchange/import_parts.h"
#include "exchange/note.h"
#include "spec/subdir.h"

enum {
	VERSION_FIRST = 5,
	VERSION_LAST = 7,
};

/* A file in the making. */
struct reader {
	struct ce_import *im;
	json_t *records;   /* by URL */
	json_t *platforms; /* of version 7: name -> its object */
	struct ccenv_error *err;
};

/* The URL of an item of a list of packages; NULL when it is no conda package, which is noted. */
static const char *conda_url(struct reader *r, const json_t *item)
{
	const char *conda = ce_tree_text(item, "conda"), *kind = ce_tree_text(item, "kind");
	const char *url = conda;

	if (!url && kind && strcmp(kind, "conda") == 0)
		url = ce_tree_text(item, "url");
	if (url && strstr(url, "://"))
		return url;
	if (json_object_get(item, "pypi") || (kind && strcmp(kind, "pypi") == 0))
		ce_import_leave_out(r->im, "packages of PyPI", NULL);
	else
		ce_import_leave_out(r->im, "packages that are built from source", NULL);
	return NULL;
}

/* As ccenv.lock has it; what follows from the URL is filled in later. */
static json_t *record_of(const json_t *item, const char *url)
{
	static const char *const keys[] = {"name", "version", "build", "build_number", "subdir",
		"noarch", "sha256", "md5", "depends", "constrains", "extra_depends", "channel",
		"features", "flags", "track_features", "license", "license_family", "size",
		"timestamp", "python_site_packages_path"};
	json_t *o = json_object();

	for (size_t i = 0; i < CE_COUNT(keys); i++)
		ce_tree_copy(o, keys[i], item, keys[i]);
	json_object_set_new(o, "url", json_string(url));
	return o;
}

static int read_records(struct reader *r, const json_t *root)
{
	json_t *list, *item;
	size_t i;
	int e = ce_json_array(root, "packages", &list, r->err);

	if (e < 0)
		return e;
	json_array_foreach (list, i, item) {
		const char *url = conda_url(r, item);

		if (!url)
			continue;
		if (json_object_get(r->records, url))
			return ce_fail(r->err, CCENV_EDATA, "packages[%zu]: %.300s is given twice",
				i, url);
		json_object_set_new(r->records, url, record_of(item, url));
	}
	return 0;
}

/* Virtual packages of version 7, "__linux=4.18" and "__archspec=0=x86_64", as the lock has them. */
static void set_virtuals(json_t *platform, const json_t *declared)
{
	json_t *list = json_object_get(declared, "virtual-packages"), *item;
	json_t *out;
	size_t i;

	if (!json_is_array(list))
		return;
	out = ce_tree_array(platform, "assumed");
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);
		const char *first = text ? strchr(text, '=') : NULL;

		if (!first || !ce_has_prefix(text, "__"))
			continue;
		json_array_append_new(out,
			strchr(first + 1, '=') ? json_string(text) : json_sprintf("%s=0", text));
	}
}

/* The subdir of a platform, which in version 7 may have a name of its own. */
static const char *subdir_of(const struct reader *r, const char *platform)
{
	const char *subdir = ce_tree_text(json_object_get(r->platforms, platform), "subdir");

	return subdir ? subdir : platform;
}

static int read_platform(
	struct reader *r, const char *env, const char *platform, const json_t *packages)
{
	const char *subdir = subdir_of(r, platform);
	json_t *item, *to;
	size_t i;

	if (!ce_subdir_is_known(subdir, strlen(subdir)))
		return ce_fail(r->err, CCENV_EDATA, "unknown platform \"%.64s\"", subdir);
	if (json_object_get(json_object_get(ce_lock_tree_env(r->im, env), "platforms"), subdir)) {
		ce_import_leave_out(r->im, "a second platform of the same subdir", NULL);
		return 0;
	}
	to = ce_lock_tree_platform(r->im, env, subdir);
	set_virtuals(to, json_object_get(r->platforms, platform));
	json_array_foreach ((json_t *)packages, i, item) {
		const char *url = conda_url(r, item);
		json_t *record = url ? json_object_get(r->records, url) : NULL;
		int e;

		if (!url)
			continue;
		if (!record)
			return ce_fail(
				r->err, CCENV_EDATA, "%.300s is not in the list of packages", url);
		e = ce_lock_tree_add(r->im, env, subdir, json_incref(record), r->err);
		if (e < 0)
			return e;
	}
	return 0;
}

static int read_env(struct reader *r, const char *name, const json_t *env)
{
	json_t *channels, *platforms, *v;
	const char *platform;
	size_t i;
	int e = ce_json_array(env, "channels", &channels, r->err);

	if (e < 0)
		return e;
	e = ce_json_object(env, "packages", &platforms, r->err);
	if (e < 0)
		return e;
	(void)ce_lock_tree_env(r->im, name);
	json_array_foreach (channels, i, v) {
		const char *url = json_is_string(v) ? json_string_value(v) : ce_tree_text(v, "url");

		if (!url)
			return ce_fail(
				r->err, CCENV_EDATA, "channels: expected objects with \"url\"");
		e = ce_lock_tree_channel(r->im, name, url, r->err);
		if (e < 0)
			return e;
	}
	json_object_foreach (platforms, platform, v) {
		e = read_platform(r, name, platform, v);
		if (e < 0)
			return ce_context(r->err, e, "%.64s", platform);
	}
	return 0;
}

/* A list of {name, subdir, virtual-packages} as an object. */
static void read_platforms(struct reader *r, const json_t *root)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(root, "platforms"), i, item) {
		const char *name = ce_tree_text(item, "name");

		if (name)
			json_object_set(r->platforms, name, item);
	}
}

static int check_version(const json_t *root, struct ccenv_error *err)
{
	uint64_t version = 0;
	int r = ce_json_uint(root, "version", &version, err);

	if (r < 0)
		return r;
	if (version < VERSION_FIRST)
		return ce_fail(err, CCENV_EDATA,
			"pixi.lock of version %llu, which ccenv does not read; let a newer pixi write it again (`pixi lock`)",
			(unsigned long long)version);
	if (version > VERSION_LAST)
		return ce_fail(err, CCENV_EDATA,
			"pixi.lock of version %llu, this ccenv knows %d to %d; use a newer ccenv",
			(unsigned long long)version, VERSION_FIRST, VERSION_LAST);
	return 0;
}

/* The note of an exported lock stands in its first line. One that is damaged is only a comment. */
static void apply_note(struct ce_import *im, const char *text, size_t len)
{
	static const char prefix[] = CE_NOTE_COMMENT;
	const size_t n = sizeof(prefix) - 1;
	CE_CLEANUP(ce_json_decrefp) json_t *note = NULL;
	struct ccenv_error ignored;
	const char *end;

	if (len <= n || memcmp(text, prefix, n) != 0)
		return;
	end = memchr(text, '\n', len);
	if (end && ce_json_parse(text + n, (size_t)(end - text) - n, &note, &ignored) >= 0)
		ce_lock_tree_apply_note(im, note);
}

static int read_all(struct reader *r, const json_t *root)
{
	json_t *envs, *env;
	const char *name;
	int e = ce_json_object(root, "environments", &envs, r->err);

	if (e < 0)
		return e;
	read_platforms(r, root);
	e = read_records(r, root);
	if (e < 0)
		return e;
	json_object_foreach (envs, name, env) {
		e = read_env(r, name, env);
		if (e < 0)
			return ce_context(r->err, e, "environments: %.64s", name);
	}
	return 0;
}

int ce_import_pixi_lock(const json_t *root, const char *text, size_t len, struct ce_import *im,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *records = json_object(), *platforms = json_object();
	struct reader r = {im, records, platforms, err};
	int e = check_version(root, err);

	if (e < 0)
		return e;
	e = read_all(&r, root);
	if (e < 0)
		return e;
	(void)ce_lock_tree(im);
	apply_note(im, text, len);
	return 0;
}
