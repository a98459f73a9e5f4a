/* SPDX-License-Identifier: MIT */
/* The formats of conda and conda-lock: @EXPLICIT (CEP 23), environment.yml (CEP 24), conda-lock.yml (CEP
 * 37). */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/url.h"
#include "exchange/export.h"
#include "exchange/note.h"
#include "io/yaml.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "spec/channel.h"
#include "spec/name.h"

void ce_export_explicit(const struct ce_export *e, struct ce_buf *out)
{
	ce_buf_addf(out, "# platform: %s\n@EXPLICIT\n", e->platform->platform);
	for (size_t i = 0; i < e->platform->n_pkgs; i++) {
		CE_AUTOFREE char *url = ce_url_strip_credentials(e->ordered[i]->url);

		ce_buf_addf(out, "%s#sha256:%s\n", url, e->ordered[i]->sha256);
	}
}

/* A channel as people write it: conda's own by its name. */
static json_t *channel(const char *url)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(url);

	return json_string(ce_channel_without_alias(plain));
}

void ce_export_environment(const struct ce_export *e, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object();
	json_t *channels = json_array(), *deps = json_array();

	for (size_t i = 0; i < e->env->n_channels; i++)
		json_array_append_new(channels, channel(e->env->channels[i]));
	json_array_append_new(channels, json_string("nodefaults"));
	for (size_t i = 0; i < e->platform->n_pkgs; i++) {
		const struct ce_pkg *p = e->platform->pkgs[i];

		json_array_append_new(
			deps, json_sprintf("%s=%s=%s", p->name, p->version, p->build));
	}
	json_object_set_new(root, "name", json_string(e->project));
	json_object_set_new(root, "channels", channels);
	json_object_set_new(root, "dependencies", deps);
	json_object_set_new(root, "platforms", json_pack("[s]", e->platform->platform));
	ce_yaml_format(root, out);
}

/* ---- conda-lock.yml ---- */

/* The dependencies by name, as the format wants them. *ret_lossy: they cannot be read back as the list
 * that they are made from (one name twice, capitals, a channel in front). */
static json_t *dependencies(const struct ce_pkg *p, bool *ret_lossy)
{
	json_t *o = json_object();

	*ret_lossy = false;
	for (size_t i = 0; i < p->n_depends; i++) {
		const char *name, *rest;
		size_t n = ce_dependency_name(p->depends[i], &name);
		CE_AUTOFREE char *key = ce_strndup(name, n);

		rest = n ? name + n : "";
		*ret_lossy |= n == 0 || name != p->depends[i] || json_object_get(o, key) ||
			      (*rest != ' ' && *rest != '\0') || strcmp(rest, " ") == 0 ||
			      strcmp(rest, " *") == 0;
		if (n)
			json_object_set_new(
				o, key, json_string(*rest ? rest + (*rest == ' ') : "*"));
	}
	return o;
}

static json_t *package(const struct ce_pkg *p, const char *platform, json_t *notes)
{
	/* In the entry itself, or to be seen from its URL. */
	static const char *const kept[] = {
		"name", "version", "build", "subdir", "url", "sha256", "md5", "depends", NULL};
	json_t *o = json_object(), *hash = json_object(), *url = ce_note_url(p->url), *note;
	bool lossy;

	if (p->md5)
		json_object_set_new(hash, "md5", json_string(p->md5));
	json_object_set_new(hash, "sha256", json_string(p->sha256));
	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "version", json_string(p->version));
	json_object_set_new(o, "manager", json_string("conda"));
	json_object_set_new(o, "platform", json_string(platform));
	json_object_set_new(o, "dependencies", dependencies(p, &lossy));
	json_object_set_new(o, "url", url);
	json_object_set_new(o, "hash", hash);
	json_object_set_new(o, "category", json_string("main"));
	json_object_set_new(o, "optional", json_false());
	note = ce_note_package(p, kept);
	if (lossy && note)
		json_object_set_new(note, "depends", ce_json_of_strings(p->depends, p->n_depends));
	if (note)
		json_object_set_new(notes, json_string_value(url), note);
	return o;
}

/* conda-lock compares this with what it makes of its own sources; here it says which request the
 * platform's packages answer. */
static json_t *content_hash(const struct ce_lockfile_platform *p)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	char hex[CE_SHA256_HEX + 1];

	for (size_t i = 0; i < p->n_specs; i++)
		ce_buf_addf(&b, "%s\n", p->specs[i]);
	for (size_t i = 0; i < p->n_virtuals; i++)
		ce_buf_addf(&b, "%s=%s=%s\n", p->virtuals[i].name, p->virtuals[i].version,
			p->virtuals[i].build);
	ce_sha256_bytes(ce_buf_str(&b), b.len, hex);
	return json_string(hex);
}

bool ce_export_has(const struct ce_export *e, const struct ce_lockfile_env *env, size_t i)
{
	return e->platform ? ce_lockfile_set_at(env, i) == e->platform : i < env->n_platforms;
}

static json_t *metadata(const struct ce_export *e, json_t *note)
{
	CE_AUTOFREE char *text = json_dumps(note, JSON_COMPACT);
	json_t *o = json_object(), *hashes = json_object(), *channels = json_array(),
	       *platforms = json_array();

	for (size_t i = 0; i < ce_lockfile_sets(e->env); i++) {
		const struct ce_lockfile_platform *p = ce_lockfile_set_at(e->env, i);

		if (!ce_export_has(e, e->env, i))
			continue;
		json_object_set_new(hashes, p->platform, content_hash(p));
		json_array_append_new(platforms, json_string(p->platform));
	}
	for (size_t i = 0; i < e->env->n_channels; i++)
		json_array_append_new(
			channels, json_pack("{s:o,s:[]}", "url", channel(e->env->channels[i]),
					  "used_env_vars"));
	json_object_set_new(o, "content_hash", hashes);
	json_object_set_new(o, "channels", channels);
	json_object_set_new(o, "platforms", platforms);
	json_object_set_new(o, "sources", json_pack("[s]", "ccenv.json"));
	json_object_set_new(o, "custom_metadata", json_pack("{s:s}", "ccenv", text));
	return o;
}

struct row {
	const struct ce_pkg *pkg;
	const char *platform;
};

static int by_row(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->pkg->name, y->pkg->name);

	return c ? c : strcmp(x->platform, y->platform);
}

void ce_export_conda_lock(const struct ce_export *e, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object(), *note = ce_note_new(e);
	json_t *pkgs = json_array(), *notes = json_object();
	CE_AUTOFREE struct row *rows = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < ce_lockfile_sets(e->env); i++) {
		const struct ce_lockfile_platform *p = ce_lockfile_set_at(e->env, i);

		for (size_t k = 0; ce_export_has(e, e->env, i) && k < p->n_pkgs; k++) {
			CE_GROW(rows, n, cap);
			rows[n++] = (struct row){p->pkgs[k], p->platform};
		}
	}
	if (n)
		qsort(rows, n, sizeof(*rows), by_row);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(pkgs, package(rows[i].pkg, rows[i].platform, notes));
	json_object_set_new(note, "packages", notes);
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "metadata", metadata(e, note));
	json_object_set_new(root, "package", pkgs);
	ce_yaml_format(root, out);
}
