/* SPDX-License-Identifier: MIT */
/* pixi.lock, version 6: what pixi 0.39 to now and every rattler of these years read. */
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/url.h"
#include "exchange/export.h"
#include "exchange/note.h"
#include "exchange/parts.h"
#include "io/yaml.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_json.h"

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

/* rattler takes a file:// URL for a path, from which it derives nothing but the file name. */
static bool is_file(const char *url)
{
	return ce_url_has_scheme(url, "file");
}

/* The fields that follow from the URL are left out; those that seem to, and do not, are written. */
static void set_derived(json_t *o, const struct ce_pkg *p)
{
	struct ce_url_parts parts = {0};
	bool read = ce_url_parts_read(p->url, &parts);
	uint64_t number = 0;

	if (!read || strcmp(parts.name, p->name) != 0)
		set_text(o, "name", p->name);
	if (!read || strcmp(parts.version, p->version) != 0)
		set_text(o, "version", p->version);
	if (!read || strcmp(parts.build, p->build) != 0)
		set_text(o, "build", p->build);
	(void)ce_build_number_of(p->build, &number); /* without digits it is 0 */
	if (number != p->build_number)
		json_object_set_new(o, "build_number", json_integer((json_int_t)p->build_number));
	if (!read || is_file(p->url) || strcmp(parts.subdir, p->subdir) != 0)
		set_text(o, "subdir", p->subdir);
	ce_url_parts_release(&parts);
}

static void set_channel(json_t *o, const struct ce_pkg *p)
{
	struct ce_url_parts parts = {0};

	if (!ce_url_parts_read(p->url, &parts) || is_file(p->url) ||
		strcmp(parts.channel, p->channel) != 0)
		json_object_set_new(o, "channel", ce_note_url(p->channel));
	ce_url_parts_release(&parts);
}

/* "a b" as [a, b]. */
static json_t *split_words(const char *text)
{
	json_t *array = json_array();

	while (*text) {
		size_t n = strcspn(text, " ");

		if (n)
			json_array_append_new(array, json_stringn(text, n));
		text += n + (text[n] == ' ');
	}
	return array;
}

static json_t *package(const struct ce_pkg *p)
{
	static const char *const noarch[] = {NULL, "generic", "python"};
	json_t *o = json_object();

	json_object_set_new(o, "conda", ce_note_url(p->url));
	set_derived(o, p);
	set_text(o, "noarch", noarch[p->noarch]);
	set_text(o, "sha256", p->sha256);
	set_text(o, "md5", p->md5);
	json_object_set_new(o, "depends", ce_json_of_strings(p->depends, p->n_depends));
	if (p->n_constrains)
		json_object_set_new(
			o, "constrains", ce_json_of_strings(p->constrains, p->n_constrains));
	if (p->n_extras)
		json_object_set_new(o, "extra_depends", ce_pkg_extras_to_json(p));
	set_channel(o, p);
	set_text(o, "features", p->features);
	if (p->n_flags)
		json_object_set_new(o, "flags", ce_json_of_strings(p->flags, p->n_flags));
	if (p->track_features)
		json_object_set_new(o, "track_features", split_words(p->track_features));
	set_text(o, "license", p->license);
	set_text(o, "license_family", p->license_family);
	if (p->size)
		json_object_set_new(o, "size", json_integer((json_int_t)p->size));
	if (p->timestamp)
		json_object_set_new(o, "timestamp", json_integer((json_int_t)p->timestamp));
	set_text(o, "python_site_packages_path", p->python_site_packages_path);
	return o;
}

static json_t *channels(const struct ce_lockfile_env *env)
{
	json_t *array = json_array();

	for (size_t i = 0; i < env->n_channels; i++) {
		CE_CLEANUP(ce_json_decrefp) json_t *url = ce_note_url(env->channels[i]);

		json_array_append_new(array,
			json_pack("{s:o}", "url", json_sprintf("%s/", json_string_value(url))));
	}
	return array;
}

/* One environment; the packages that it names are noted in `used`. */
static json_t *environment(
	const struct ce_export *e, const struct ce_lockfile_env *env, struct ce_map *used)
{
	json_t *o = json_object(), *platforms = json_object();

	json_object_set_new(o, "channels", channels(env));
	for (size_t i = 0; i < ce_lockfile_sets(env); i++) {
		const struct ce_lockfile_platform *p = ce_lockfile_set_at(env, i);
		json_t *list;

		if (!ce_export_has(e, env, i))
			continue;
		list = json_array();
		for (size_t k = 0; k < p->n_pkgs; k++) {
			ce_map_set(used, p->pkgs[k]->url, (void *)p->pkgs[k]);
			json_array_append_new(
				list, json_pack("{s:o}", "conda", ce_note_url(p->pkgs[k]->url)));
		}
		json_object_set_new(platforms, p->platform, list);
	}
	json_object_set_new(o, "packages", platforms);
	return o;
}

void ce_export_pixi(const struct ce_export *e, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object(), *note = ce_note_new(e);
	CE_CLEANUP(ce_map_release) struct ce_map used = {0};
	CE_AUTOFREE char *line = json_dumps(note, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_t *envs = json_object(), *pkgs = json_array();

	for (size_t i = 0; i < e->lock->n_envs; i++)
		if (!e->env || &e->lock->envs[i] == e->env)
			json_object_set_new(envs, e->lock->envs[i].name,
				environment(e, &e->lock->envs[i], &used));
	for (size_t i = 0; i < e->lock->n_pkgs; i++)
		if (ce_map_get(&used, e->lock->pkgs[i].url))
			json_array_append_new(pkgs, package(&e->lock->pkgs[i]));
	json_object_set_new(root, "version", json_integer(6));
	json_object_set_new(root, "environments", envs);
	json_object_set_new(root, "packages", pkgs);
	ce_buf_addf(out, CE_NOTE_COMMENT "%s\n", line);
	ce_yaml_format(root, out);
}
