/* SPDX-License-Identifier: MIT */
/* Reads ccenv.json key by key; each error says where. */
#include "manifest/manifest_file.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "manifest/manifest_parts.h"
#include "manifest/manifest_spelling.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/platform.h"
#include "spec/name.h"
#include "spec/subdir.h"

enum {
	MANIFEST_MAX = 1 << 20,
	FEATURES_MAX = 256
};

static int unknown_platform(const char *name, struct ccenv_error *err)
{
	const char *near = ce_subdir_near(name);

	if (near && strcmp(near, "noarch") != 0)
		return ce_fail(
			err, CCENV_EDATA, "unknown platform \"%s\"; did you mean %s?", name, near);
	return ce_fail(err, CCENV_EDATA,
		"unknown platform \"%s\"; expected linux-64, linux-aarch64, win-64, osx-arm64 or another subdir of conda",
		name);
}

static int check_platforms(const char *const *list, size_t n, struct ccenv_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!ce_subdir_is_known(list[i], strlen(list[i])) || strcmp(list[i], "noarch") == 0)
			return unknown_platform(list[i], err);
	return 0;
}

static int read_cuda(
	const json_t *cuda, struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err)
{
	static const char *const keys[] = {"version", "components", "archs"};
	static const char *const defaults[] = {"nvcc", "cudart"};
	int r;

	r = ce_manifest_check_keys(cuda, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	if (json_is_number(json_object_get(cuda, "version")))
		return ce_fail(err, CCENV_EDATA,
			"version: expected a string, found a number; write it in quotes, as in \"13.0\" (as a number 12.10 would be 12.1)");
	r = ce_json_string(cuda, "version", &m->arena, &f->cuda_version, err);
	if (r < 0)
		return r;
	r = ce_json_strings(cuda, "components", &m->arena, &f->components, &f->n_components, err);
	if (r < 0)
		return r;
	r = ce_manifest_parse_archs(cuda, m, f, err);
	if (r < 0)
		return r;
	if (!f->cuda_version)
		return ce_fail(err, CCENV_EDATA, "\"version\" is missing, e.g. \"13.0\"");
	if (f->n_components == 0) {
		f->components = (const char **)defaults;
		f->n_components = CE_COUNT(defaults);
	}
	return 0;
}

static int parse_cuda(
	const json_t *o, struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err)
{
	json_t *cuda;
	int r = ce_json_object(o, "cuda", &cuda, err);

	if (r < 0 || !cuda)
		return r;
	r = read_cuda(cuda, m, f, err);
	return r < 0 ? ce_context(err, r, "cuda") : 0;
}

static int parse_target(const char *platform, const json_t *t, struct ce_manifest *m,
	struct ce_feature *f, struct ccenv_error *err)
{
	static const char *const keys[] = {"dependencies", "system-requirements"};
	const struct ce_manifest_place at = {.object = t, .platform = platform};
	int r = check_platforms(&platform, 1, err);

	if (r < 0)
		return r;
	if (!json_is_object(t))
		return ce_fail(err, CCENV_EDATA, "expected an object");
	r = ce_manifest_check_keys(t, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	r = ce_manifest_parse_deps(&at, m, f, err);
	if (r < 0)
		return r;
	return ce_manifest_parse_sysreqs(&at, m, f, err);
}

/* What may stand in a feature and at the top level. */
static int parse_feature(
	const json_t *o, struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err)
{
	const struct ce_manifest_place at = {.object = o};
	const char *platform;
	json_t *targets, *t;
	int r;

	r = ce_manifest_parse_deps(&at, m, f, err);
	if (r < 0)
		return r;
	r = ce_manifest_parse_sysreqs(&at, m, f, err);
	if (r < 0)
		return r;
	r = parse_cuda(o, m, f, err);
	if (r < 0)
		return r;
	r = ce_json_object(o, "target", &targets, err);
	if (r < 0)
		return r;
	json_object_foreach (targets, platform, t) {
		r = parse_target(ce_arena_strdup(&m->arena, platform), t, m, f, err);
		if (r < 0)
			return ce_context(err, r, "target: %s", platform);
	}
	return 0;
}

static int read_named_feature(
	const json_t *v, struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err)
{
	static const char *const keys[] = {
		"dependencies", "system-requirements", "cuda", "target", "platforms"};
	int r;

	if (!json_is_object(v))
		return ce_fail(err, CCENV_EDATA, "expected an object");
	r = ce_manifest_check_keys(v, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	r = parse_feature(v, m, f, err);
	if (r < 0)
		return r;
	r = ce_json_strings(v, "platforms", &m->arena, &f->platforms, &f->n_platforms, err);
	if (r < 0)
		return r;
	return check_platforms(f->platforms, f->n_platforms, err);
}

static int parse_named_feature(const char *name, const json_t *v, struct ce_manifest *m,
	struct ce_feature *f, struct ccenv_error *err)
{
	int r;

	f->name = ce_arena_strdup(&m->arena, name);
	if (!ce_name_is_valid(name, strlen(name)) || strcmp(name, "default") == 0)
		return ce_fail(err, CCENV_EDATA, "invalid feature name \"%s\"", name);
	r = read_named_feature(v, m, f, err);
	return r < 0 ? ce_context(err, r, "%s", name) : 0;
}

static int parse_features(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	const char *name;
	json_t *table, *v;
	int r = ce_json_object(root, "features", &table, err);

	if (r < 0)
		return r;
	if (json_object_size(table) > FEATURES_MAX)
		return ce_fail(err, CCENV_EDATA, "features: more than %d", FEATURES_MAX);
	m->features = ce_arena_array(&m->arena, json_object_size(table) + 1, sizeof(*m->features));
	m->features[m->n_features++].name = "default";
	r = parse_feature(root, m, &m->features[0], err);
	if (r < 0)
		return r;
	json_object_foreach (table, name, v) {
		r = parse_named_feature(name, v, m, &m->features[m->n_features++], err);
		if (r < 0)
			return ce_context(err, r, "features");
	}
	return 0;
}

static const struct ce_feature *feature_find(const struct ce_manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n_features; i++)
		if (strcmp(m->features[i].name, name) == 0)
			return &m->features[i];
	return NULL;
}

/* "gpu": ["cuda"], or "bare": {"features": ["cuda"], "no-default-feature": true}. */
static int parse_environment(
	const json_t *v, struct ce_manifest *m, struct ce_environment *env, struct ccenv_error *err)
{
	static const char *const keys[] = {"features", "no-default-feature"};
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	const char **names = NULL;
	bool no_default = false;
	size_t n = 0;
	int r;

	o = json_is_array(v) ? json_pack("{s:O}", "features", v) : json_incref((json_t *)v);
	if (!json_is_object(o))
		return ce_fail(err, CCENV_EDATA, "expected an array of feature names");
	r = ce_manifest_check_keys(o, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	r = ce_json_strings(o, "features", &m->arena, &names, &n, err);
	if (r < 0)
		return r;
	r = ce_json_bool(o, "no-default-feature", &no_default, err);
	if (r < 0)
		return r;
	env->features = ce_arena_array(&m->arena, n + 2, sizeof(*env->features));
	for (size_t i = 0; i < n; i++) {
		const struct ce_feature *f = feature_find(m, names[i]);

		if (!f)
			return ce_fail(err, CCENV_EDATA, "unknown feature \"%s\"", names[i]);
		if (f != &m->features[0])
			env->features[env->n_features++] = f;
	}
	if (!no_default)
		env->features[env->n_features++] = &m->features[0];
	return 0;
}

static int parse_environments(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	const char *name;
	json_t *table, *v;
	int r = ce_json_object(root, "environments", &table, err);

	if (r < 0)
		return r;
	if (json_object_size(table) > FEATURES_MAX)
		return ce_fail(err, CCENV_EDATA, "environments: more than %d", FEATURES_MAX);
	m->environments =
		ce_arena_array(&m->arena, json_object_size(table) + 1, sizeof(*m->environments));
	if (!json_object_get(table, "default")) {
		struct ce_environment *env = &m->environments[m->n_environments++];

		env->name = "default";
		env->features = ce_arena_array(&m->arena, 2, sizeof(*env->features));
		env->features[env->n_features++] = &m->features[0];
	}
	json_object_foreach (table, name, v) {
		struct ce_environment *env = &m->environments[m->n_environments++];

		env->name = ce_arena_strdup(&m->arena, name);
		if (!ce_name_is_valid(name, strlen(name)))
			return ce_fail(err, CCENV_EDATA,
				"environments: invalid environment name \"%s\"", name);
		r = parse_environment(v, m, env, err);
		if (r < 0)
			return ce_context(err, r, "environments: %s", name);
	}
	return 0;
}

/* The index of the text at `key` in three words. */
static int parse_choice(const json_t *o, const char *key, const char *const words[3], int *ret,
	struct ccenv_error *err)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (!json_object_get(o, key))
		return 0;
	for (int i = 0; text && i < 3; i++)
		if (strcmp(words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	return ce_fail(err, CCENV_EDATA, "%s: expected \"%s\", \"%s\" or \"%s\"", key, words[0],
		words[1], words[2]);
}

/* One package's own limit: a date, a duration, or false for none. */
static int parse_date_exception(
	const char *name, const json_t *date, struct ce_manifest *m, struct ccenv_error *err)
{
	struct ce_manifest_date *x = &m->date_exceptions[m->n_date_exceptions++];
	char *lower = ce_arena_strdup(&m->arena, name);
	uint64_t checked;

	ce_name_to_lower(lower);
	if (!ce_name_is_valid(lower, strlen(lower)))
		return ce_fail(err, CCENV_EDATA, "packages: invalid package name \"%s\"", name);
	x->name = lower;
	if (json_is_false(date))
		return 0;
	if (!json_is_string(date))
		return ce_fail(err, CCENV_EDATA, "packages: %s: expected a date or false", name);
	x->text = ce_arena_strdup(&m->arena, json_string_value(date));
	return ce_exclude_newer_parse(x->text, 1, &checked, err);
}

static int read_exclude_newer(const json_t *v, struct ce_manifest *m, struct ccenv_error *err)
{
	static const char *const keys[] = {"default", "packages"};
	json_t *packages = NULL, *date;
	const char *name;
	int r;

	r = ce_manifest_check_keys(v, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	r = ce_json_string(v, "default", &m->arena, &m->exclude_newer, err);
	if (r < 0)
		return r;
	r = ce_json_object(v, "packages", &packages, err);
	if (r < 0)
		return r;
	m->date_exceptions = ce_arena_array(
		&m->arena, json_object_size(packages) + 1, sizeof(*m->date_exceptions));
	json_object_foreach (packages, name, date) {
		r = ce_manifest_check_name(packages, name, err);
		if (r < 0)
			return r;
		r = parse_date_exception(name, date, m, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "exclude-newer": "2025-10-25", or {"default": "7d", "packages": {"cuda-nvcc": false}}. */
static int parse_exclude_newer(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	json_t *v = json_object_get(root, "exclude-newer");
	uint64_t checked;
	int r = 0;

	if (!v)
		return 0;
	if (json_is_string(v))
		m->exclude_newer = ce_arena_strdup(&m->arena, json_string_value(v));
	else if (json_is_object(v))
		r = read_exclude_newer(v, m, err);
	else
		r = ce_fail(err, CCENV_EDATA, "expected a date or an object");
	if (r < 0)
		return ce_context(err, r, "exclude-newer");
	return m->exclude_newer ? ce_exclude_newer_parse(m->exclude_newer, 1, &checked, err) : 0;
}

static int parse_pins(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	const char *name;
	json_t *table, *v;
	int r = ce_json_object(root, "pins", &table, err);

	if (r < 0 || !table)
		return r;
	m->pins = ce_arena_array(&m->arena, json_object_size(table) + 1, sizeof(*m->pins));
	json_object_foreach (table, name, v) {
		r = ce_manifest_check_name(table, name, err);
		if (r < 0)
			return ce_context(err, r, "pins");
		r = ce_manifest_parse_dep(name, v, &m->arena, &m->pins[m->n_pins++], err);
		if (r < 0)
			return ce_context(err, r, "pins");
	}
	return 0;
}

static int parse_reproducible(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	const json_t *v = json_object_get(root, "reproducible");

	if (!v)
		return 0;
	if (json_is_boolean(v))
		m->reproducible = json_is_true(v) ? CE_REPRODUCIBLE_PATHS : CE_REPRODUCIBLE_OFF;
	else if (json_is_string(v) && strcmp(json_string_value(v), "strict") == 0)
		m->reproducible = CE_REPRODUCIBLE_STRICT;
	else
		return ce_fail(
			err, CCENV_EDATA, "reproducible: expected true, false or \"strict\"");
	return 0;
}

static int parse_options(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	static const char *const priorities[] = {"strict", "flexible", "disabled"};
	static const char *const strategies[] = {"highest", "lowest", "lowest-direct"};
	int priority = 0, strategy = 0;
	int r;

	r = parse_choice(root, "channel-priority", priorities, &priority, err);
	if (r < 0)
		return r;
	m->priority = (enum ce_channel_priority)priority;
	r = parse_choice(root, "strategy", strategies, &strategy, err);
	if (r < 0)
		return r;
	m->strategy = (enum ce_strategy)strategy;
	r = parse_reproducible(root, m, err);
	if (r < 0)
		return r;
	r = parse_exclude_newer(root, m, err);
	if (r < 0)
		return r;
	return parse_pins(root, m, err);
}

static void add_defaults(const json_t *root, struct ce_manifest *m)
{
	static const char *const conda_forge[] = {"conda-forge"};

	if (m->n_channels == 0) {
		m->channels = (const char **)conda_forge;
		m->n_channels = 1;
	}
	/* An empty list with targets means what it says: nothing is built for the machine itself. */
	if (m->n_platforms == 0 && !(m->n_targets && json_object_get(root, "platforms"))) {
		m->platforms = ce_arena_array(&m->arena, 2, sizeof(*m->platforms));
		m->platforms[m->n_platforms++] = ce_platform_host();
	}
}

static int parse_top(const json_t *root, struct ce_manifest *m, struct ccenv_error *err)
{
	static const char *const keys[] = {"$schema", "name", "channels", "platforms",
		"system-requirements", "cuda", "dependencies", "target", "targets", "features",
		"environments", "channel-priority", "strategy", "exclude-newer", "pins",
		"reproducible"};
	int r;

	if (!json_is_object(root))
		return ce_fail(err, CCENV_EDATA, "expected an object");
	r = ce_manifest_check_keys(root, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	r = ce_json_string(root, "name", &m->arena, &m->name, err);
	if (r < 0)
		return r;
	r = ce_json_strings(root, "channels", &m->arena, &m->channels, &m->n_channels, err);
	if (r < 0)
		return r;
	r = ce_json_strings(root, "platforms", &m->arena, &m->platforms, &m->n_platforms, err);
	if (r < 0)
		return r;
	r = check_platforms(m->platforms, m->n_platforms, err);
	if (r < 0)
		return r;
	r = ce_manifest_parse_targets(root, m, err);
	if (r < 0)
		return r;
	r = parse_options(root, m, err);
	if (r < 0)
		return r;
	r = parse_features(root, m, err);
	if (r < 0)
		return r;
	r = parse_environments(root, m, err);
	if (r < 0)
		return r;
	add_defaults(root, m);
	return 0;
}

static int parse_text(const char *text, size_t len, struct ce_manifest *m, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = NULL;
	int r = ce_json_parse(text, len, &root, err);

	if (r < 0)
		return r;
	r = ce_json_check_texts(root, err);
	if (r < 0)
		return r;
	r = parse_top(root, m, err);
	return r < 0 ? r : ce_manifest_check_spelling(root, err);
}

int ce_manifest_parse(const char *text, size_t len, const char *path,
	struct ce_manifest **ret_manifest, struct ccenv_error *err)
{
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = ce_manifest_new();
	CE_AUTOFREE char *abs = ce_path_absolute(path);
	CE_AUTOFREE char *dir = ce_path_dir(abs);
	int r;

	m->path = ce_arena_strdup(&m->arena, path);
	m->dir = ce_arena_strdup(&m->arena, dir);
	r = parse_text(text, len, m, err);
	if (r < 0)
		return ce_context(err, r, "%s", path);
	*ret_manifest = CE_TAKE(m);
	return 0;
}

int ce_manifest_read(const char *path, struct ce_buf *text, struct ce_manifest **ret_manifest,
	struct ccenv_error *err)
{
	size_t at = text->len;
	int r = ce_fs_read(path, MANIFEST_MAX, text, err);

	if (r < 0)
		return r;
	return ce_manifest_parse(ce_buf_str(text) + at, text->len - at, path, ret_manifest, err);
}
