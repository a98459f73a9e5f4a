/* SPDX-License-Identifier: MIT */
/* conda-lock.yml (CEP 37), @EXPLICIT (CEP 23) and environment.yml (CEP 24). */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "exchange/dependency.h"
#include "exchange/import_parts.h"
#include "exchange/parts.h"
#include "model/platform.h"
#include "spec/subdir.h"

enum {
	LINES_MAX = 100000,
};

/* Not a channel, but conda's word for these. */
static const char *const defaults[] = {
	"https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"};

/* ---- conda-lock.yml ---- */

/* {"name": "spec"} as the list of a record. */
static json_t *depends_of(const json_t *o)
{
	json_t *list = json_array(), *v;
	const char *name;

	json_object_foreach (json_object_get(o, "dependencies"), name, v) {
		const char *spec = json_string_value(v);

		json_array_append_new(list, spec && *spec && strcmp(spec, "*") != 0
						    ? json_sprintf("%s %s", name, spec)
						    : json_string(name));
	}
	return list;
}

static json_t *record_of(const json_t *o)
{
	const json_t *hash = json_object_get(o, "hash");
	json_t *record = json_object();

	ce_tree_copy(record, "name", o, "name");
	ce_tree_copy(record, "url", o, "url");
	ce_tree_copy(record, "sha256", hash, "sha256");
	ce_tree_copy(record, "md5", hash, "md5");
	json_object_set_new(record, "depends", depends_of(o));
	return record;
}

/* A category's environment: "main" is what every one has. */
static const char *env_of(const char *category)
{
	return strcmp(category, "main") == 0 ? "default" : category;
}

/* Adds a package to the environment of its category; those of "main" to all. */
static int add_locked(
	struct ce_import *im, const json_t *o, const json_t *categories, struct ccenv_error *err)
{
	const char *own = ce_tree_text(o, "category"), *category;
	const char *platform = ce_tree_text(o, "platform");
	json_t *v;
	int r;

	if (!platform || !ce_subdir_is_known(platform, strlen(platform)))
		return ce_fail(
			err, CCENV_EDATA, "unknown platform \"%.64s\"", platform ? platform : "");
	json_object_foreach ((json_t *)categories, category, v) {
		if (own && strcmp(own, "main") != 0 && strcmp(own, category) != 0)
			continue;
		r = ce_lock_tree_add(im, env_of(category), platform, record_of(o), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The categories that packages have, "main" among them; in the order of the file. */
static json_t *categories_of(const json_t *list)
{
	json_t *found = json_pack("{s:b}", "main", 1), *o;
	size_t i;

	json_array_foreach ((json_t *)list, i, o) {
		const char *category = ce_tree_text(o, "category");

		if (category && json_object_size(found) < 64)
			json_object_set_new(found, category, json_true());
	}
	return found;
}

static int add_channels(
	struct ce_import *im, const json_t *list, const json_t *categories, struct ccenv_error *err)
{
	const char *category;
	json_t *item, *v;
	size_t i;

	json_array_foreach ((json_t *)list, i, item) {
		const char *url =
			json_is_string(item) ? json_string_value(item) : ce_tree_text(item, "url");

		if (!url || strcmp(url, "defaults") == 0)
			continue;
		json_object_foreach ((json_t *)categories, category, v) {
			int r = ce_lock_tree_channel(im, env_of(category), url, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void apply_note(struct ce_import *im, const json_t *metadata)
{
	const char *text = ce_tree_text(json_object_get(metadata, "custom_metadata"), "ccenv");
	CE_CLEANUP(ce_json_decrefp) json_t *note = NULL;
	struct ccenv_error ignored;

	if (text && ce_json_parse(text, strlen(text), &note, &ignored) >= 0) {
		ce_lock_tree_apply_note(im, note);
		im->sparse = false;
	}
}

static int add_all_locked(
	struct ce_import *im, const json_t *list, const json_t *categories, struct ccenv_error *err)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *)list, i, item) {
		const char *manager = ce_tree_text(item, "manager");
		const char *name = ce_tree_text(item, "name");
		int r;

		if (manager && strcmp(manager, "conda") != 0) {
			ce_import_leave_out(im, "packages of PyPI", NULL);
			continue;
		}
		/* Old files list what they assumed of the machine among the packages. */
		if (name && ce_has_prefix(name, "__"))
			continue;
		r = add_locked(im, item, categories, err);
		if (r < 0)
			return ce_context(err, r, "package[%zu]", i);
	}
	return 0;
}

int ce_import_conda_lock(const json_t *root, struct ce_import *im, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *categories = NULL;
	json_t *metadata, *list;
	uint64_t version = 1;
	int r = ce_json_uint(root, "version", &version, err);

	if (r < 0)
		return r;
	if (version != 1)
		return ce_fail(err, CCENV_EDATA,
			"conda-lock.yml of version %llu, this ccenv knows 1; use a newer ccenv",
			(unsigned long long)version);
	r = ce_json_object(root, "metadata", &metadata, err);
	if (r < 0)
		return r;
	r = ce_json_array(root, "package", &list, err);
	if (r < 0)
		return r;
	categories = categories_of(list);
	im->sparse = true;
	(void)ce_lock_tree_env(im, "default");
	r = add_channels(im, json_object_get(metadata, "channels"), categories, err);
	if (r < 0)
		return ce_context(err, r, "metadata");
	r = add_all_locked(im, list, categories, err);
	if (r < 0)
		return r;
	apply_note(im, metadata);
	return 0;
}

/* ---- @EXPLICIT ---- */

/* The text behind "#": "<md5>", "<sha256>" or "sha256:<sha256>". */
static int set_hash(json_t *record, const char *hash, struct ccenv_error *err)
{
	static const char prefix[] = "sha256:";
	const char *hex = ce_has_prefix(hash, prefix) ? hash + sizeof(prefix) - 1 : hash;
	const size_t n = strlen(hex);

	if (n != 64 && (n != 32 || hex != hash))
		return ce_fail(
			err, CCENV_EDATA, "\"%.100s\" is neither an MD5 nor a SHA-256", hash);
	json_object_set_new(record, n == 64 ? "sha256" : "md5", json_string(hex));
	return 0;
}

/* A line with a URL, or a path from the root, into `record`. */
static int read_location(const char *line, json_t *record, struct ccenv_error *err)
{
	const char *hash = strchr(line, '#');
	CE_AUTOFREE char *where = ce_strndup(line, hash ? (size_t)(hash - line) : strlen(line));
	size_t n = strlen(where);

	while (n && where[n - 1] == ' ')
		where[--n] = '\0';
	if (where[0] == '$' || where[0] == '~')
		return ce_fail(err, CCENV_EDATA,
			"\"%.300s\": variables and ~ are not replaced; write the URL", where);
	json_object_set_new(record, "url",
		where[0] == '/' ? json_sprintf("file://%s", where) : json_string(where));
	return hash ? set_hash(record, hash + 1, err) : 0;
}

/* The lines: records into `list`, the platform of a comment into *platform. */
static int read_lines(const char *text, json_t *list, char **platform, struct ccenv_error *err)
{
	static const char comment[] = "# platform: ";
	bool marked = false;

	for (size_t line = 1; *text; line++) {
		size_t n = strcspn(text, "\r\n");
		CE_AUTOFREE char *s = ce_strndup(text, n);
		json_t *record;
		int r;

		text += n;
		text += *text == '\r';
		text += *text == '\n';
		if (ce_has_prefix(s, comment) && !*platform)
			*platform = ce_strdup(s + sizeof(comment) - 1);
		marked = marked || strcmp(s, "@EXPLICIT") == 0;
		if (s[0] == '#' || s[0] == '@' || !s[strspn(s, " \t")])
			continue;
		if (line > LINES_MAX)
			return ce_fail(err, CCENV_EDATA, "more than %d lines", LINES_MAX);
		record = json_object();
		json_array_append_new(list, record);
		r = read_location(s, record, err);
		if (r < 0)
			return ce_context(err, r, "line %zu", line);
	}
	return marked ? 0 : ce_fail(err, CCENV_EDATA, "there is no line \"@EXPLICIT\"");
}

/* The one platform that the URLs are of; this machine's when they are all noarch. */
static int find_platform(const json_t *list, char **platform, struct ccenv_error *err)
{
	json_t *record;
	size_t i;

	json_array_foreach ((json_t *)list, i, record) {
		const char *url = ce_tree_text(record, "url");
		struct ce_url_parts parts = {0};
		bool other = false;

		if (url && ce_url_parts_read(url, &parts) && strcmp(parts.subdir, "noarch") != 0) {
			other = *platform && strcmp(*platform, parts.subdir) != 0;
			if (!*platform)
				*platform = ce_strdup(parts.subdir);
		}
		ce_url_parts_release(&parts);
		if (other)
			return ce_fail(err, CCENV_EDATA, "%.300s is not for %s", url, *platform);
	}
	if (!*platform)
		*platform = ce_strdup(ce_platform_host());
	if (!ce_subdir_is_known(*platform, strlen(*platform)) || strcmp(*platform, "noarch") == 0)
		return ce_fail(err, CCENV_EDATA, "unknown platform \"%.64s\"", *platform);
	return 0;
}

int ce_import_explicit(const char *text, size_t len, struct ce_import *im, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *list = json_array();
	CE_AUTOFREE char *platform = NULL, *ended = NULL;
	json_t *record;
	size_t i;
	int r;

	if (memchr(text, '\0', len))
		return ce_fail(err, CCENV_EDATA, "NUL in the text");
	ended = ce_strndup(text, len);
	r = read_lines(ended, list, &platform, err);
	if (r < 0)
		return r;
	r = find_platform(list, &platform, err);
	if (r < 0)
		return r;
	im->sparse = true;
	(void)ce_lock_tree_platform(im, "default", platform);
	json_array_foreach (list, i, record) {
		r = ce_lock_tree_add(im, "default", platform, json_incref(record), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- environment.yml ---- */

static int add_dependency(
	struct ce_import *im, json_t *deps, const json_t *item, struct ccenv_error *err)
{
	const char *text = json_string_value(item);
	bool is_virtual;
	int r;

	if (json_object_get(item, "pip")) {
		ce_import_leave_out(im, "packages of PyPI", json_object_get(item, "pip"));
		return 0;
	}
	if (!text)
		return ce_fail(err, CCENV_EDATA, "expected a text such as \"python=3.12\"");
	r = ce_dependency_add(deps, text, &is_virtual, err);
	if (r >= 0 && is_virtual)
		ce_import_leave_out(im, "dependencies on virtual packages", NULL);
	return r;
}

static void add_manifest_channels(json_t *manifest, const json_t *list)
{
	json_t *out = ce_tree_array(manifest, "channels"), *item;
	size_t i;

	json_array_foreach ((json_t *)list, i, item) {
		const char *channel = json_string_value(item);

		if (channel && strcmp(channel, "defaults") == 0)
			for (size_t k = 0; k < CE_COUNT(defaults); k++)
				ce_tree_add_once(out, defaults[k]);
		else if (channel && strcmp(channel, "nodefaults") != 0)
			ce_tree_add_once(out, channel);
	}
	if (json_array_size(out) == 0)
		json_object_del(manifest, "channels");
}

int ce_import_environment(const json_t *root, struct ce_import *im, struct ccenv_error *err)
{
	static const char *const known[] = {
		"name", "channels", "dependencies", "platforms", "category"};
	json_t *manifest = json_object(), *deps, *list, *item;
	const char *key;
	size_t i;
	int r;

	json_decref(im->manifest);
	im->manifest = manifest;
	ce_tree_copy(manifest, "name", root, "name");
	add_manifest_channels(manifest, json_object_get(root, "channels"));
	ce_tree_copy(manifest, "platforms", root, "platforms");
	deps = ce_tree_object(manifest, "dependencies");
	r = ce_json_array(root, "dependencies", &list, err);
	if (r < 0)
		return r;
	json_array_foreach (list, i, item) {
		r = add_dependency(im, deps, item, err);
		if (r < 0)
			return ce_context(err, r, "dependencies[%zu]", i);
	}
	json_object_foreach ((json_t *)root, key, item) {
		bool found = false;

		for (i = 0; i < CE_COUNT(known); i++)
			found = found || strcmp(key, known[i]) == 0;
		if (!found)
			ce_import_leave_out(im, key, item);
	}
	return 0;
}
