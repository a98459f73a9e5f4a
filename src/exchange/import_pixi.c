/* SPDX-License-Identifier: MIT */
/* pixi.toml, and [tool.pixi] of a pyproject.toml, as a ccenv.json. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "exchange/dependency.h"
#include "exchange/import_parts.h"
#include "model/platform.h"

enum {
	FEATURES_MAX = 256,
};

struct reader {
	struct ce_import *im;
	json_t *manifest;
	struct ccenv_error *err;
};

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

/* Notes the members of a table that are not among those known; `where` stands before the name. */
static void leave_out_others(
	struct reader *r, const json_t *table, const char *where, const char *const *known)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)table, key, v) {
		CE_AUTOFREE char *what = ce_asprintf("%s%s", where, key);

		if (!is_one_of(key, known))
			ce_import_leave_out(r->im, what, v);
	}
}

/* ---- dependencies ---- */

/* {version = …, build = …} as the object of a ccenv.json; false for one that is built from source. */
static bool copy_table(const json_t *from, json_t *to)
{
	static const char *const sources[] = {"git", "path", "workspace"};
	static const char *const keys[][2] = {{"version", "version"}, {"build", "build"},
		{"build-number", "build-number"}, {"channel", "channel"}, {"subdir", "subdir"},
		{"md5", "md5"}, {"sha256", "sha256"}, {"license", "license"}, {"url", "url"},
		{"track-features", "track-features"}, {"when", "when"}, {"extras", "extras"},
		{"flags", "flags"}};

	for (size_t i = 0; i < CE_COUNT(sources); i++)
		if (json_object_get(from, sources[i]))
			return false;
	for (size_t i = 0; i < CE_COUNT(keys); i++)
		ce_tree_copy(to, keys[i][1], from, keys[i][0]);
	return true;
}

static int add_dependency(struct reader *r, json_t *deps, const char *name, const json_t *value)
{
	const char *version = json_string_value(value);
	CE_AUTOFREE char *spec = NULL;
	json_t *o;
	int e;

	if (version) {
		spec = ce_asprintf("%s %s", name, *version ? version : "*");
		e = ce_dependency_add(deps, spec, NULL, r->err);
		return e < 0 ? ce_context(r->err, e, "%s", name) : 0;
	}
	if (!json_is_object(value))
		return ce_fail(r->err, CCENV_EDATA, "%s: expected a text or a table", name);
	o = json_object();
	if (copy_table(value, o))
		json_object_set_new(deps, name, o);
	else {
		CE_CLEANUP(ce_json_decrefp) json_t *names = json_pack("[s]", name);

		json_decref(o);
		ce_import_leave_out(r->im, "dependencies that are built from source", names);
	}
	return 0;
}

/* The three tables of conda packages: what a build needs is installed like the rest. */
static int add_dependencies(struct reader *r, json_t *to, const json_t *section)
{
	static const char *const tables[] = {
		"dependencies", "host-dependencies", "build-dependencies"};

	for (size_t i = 0; i < CE_COUNT(tables); i++) {
		json_t *table, *v;
		const char *name;
		int e = ce_json_object(section, tables[i], &table, r->err);

		if (e < 0)
			return e;
		json_object_foreach (table, name, v) {
			e = add_dependency(r, ce_tree_object(to, "dependencies"), name, v);
			if (e < 0)
				return ce_context(r->err, e, "%s", tables[i]);
		}
	}
	return 0;
}

/* ---- system requirements ---- */

/* Sets one; a number of TOML becomes its text. */
static void set_requirement(json_t *to, const char *name, const json_t *value)
{
	if (json_is_string(value))
		json_object_set(to, name, (json_t *)value);
	else if (json_is_integer(value))
		json_object_set_new(
			to, name, json_sprintf("%lld", (long long)json_integer_value(value)));
}

/* "cuda": "12", {"driver": "12", "arch": "8.0"}; "libc": "2.28", {"family": "glibc", "version": …}. */
static void add_requirement(struct reader *r, json_t *to, const char *name, const json_t *value)
{
	static const char *const known[] = {"cuda", "glibc", "libc", "linux", "macos", "osx",
		"windows", "win", "archspec", NULL};
	const char *family = ce_tree_text(value, "family");

	if (!is_one_of(name, known) || (family && strcmp(family, "glibc") != 0)) {
		CE_AUTOFREE char *what = ce_asprintf("system-requirements: %s", name);

		ce_import_leave_out(r->im, what, NULL);
	} else if (strcmp(name, "cuda") == 0 && json_is_object(value)) {
		set_requirement(to, "cuda", json_object_get(value, "driver"));
		set_requirement(to, "cuda-arch", json_object_get(value, "arch"));
	} else if (json_is_object(value)) {
		set_requirement(to, name, json_object_get(value, "version"));
	} else {
		set_requirement(to, name, value);
	}
}

static void add_requirements(struct reader *r, json_t *to, const json_t *section)
{
	json_t *table = json_object_get(section, "system-requirements"), *v;
	const char *name;

	json_object_foreach (table, name, v)
		add_requirement(r, ce_tree_object(to, "system-requirements"), name, v);
}

/* ---- sections ---- */

/* Does pixi's selector ("linux-64", "linux", "unix") mean this platform? */
static bool selects(const char *selector, const char *platform)
{
	if (strcmp(selector, "linux") == 0)
		return ce_platform_is_linux(platform);
	if (strcmp(selector, "osx") == 0)
		return ce_platform_is_osx(platform);
	if (strcmp(selector, "win") == 0)
		return ce_platform_is_win(platform);
	if (strcmp(selector, "unix") == 0)
		return !ce_platform_is_win(platform);
	return strcmp(selector, platform) == 0;
}

static int add_target(struct reader *r, json_t *to, const char *selector, const json_t *target)
{
	static const char *const known[] = {"dependencies", "host-dependencies",
		"build-dependencies", "system-requirements", NULL};
	json_t *platforms = json_object_get(r->manifest, "platforms"), *p;
	size_t i;

	leave_out_others(r, target, "", known);
	json_array_foreach (platforms, i, p) {
		const char *platform = json_string_value(p);
		json_t *o;
		int e;

		if (!platform || !selects(selector, platform))
			continue;
		o = ce_tree_object(ce_tree_object(to, "target"), platform);
		e = add_dependencies(r, o, target);
		if (e < 0)
			return e;
		add_requirements(r, o, target);
	}
	return 0;
}

/* What the top level and a feature share. */
static int add_section(struct reader *r, json_t *to, const json_t *section)
{
	json_t *targets, *v;
	const char *selector;
	int e = add_dependencies(r, to, section);

	if (e < 0)
		return e;
	add_requirements(r, to, section);
	e = ce_json_object(section, "target", &targets, r->err);
	if (e < 0)
		return e;
	json_object_foreach (targets, selector, v) {
		e = add_target(r, to, selector, v);
		if (e < 0)
			return ce_context(r->err, e, "target: %.64s", selector);
	}
	return 0;
}

/* Channels are texts, or {channel = …, priority = …}. */
static void add_channels(struct reader *r, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *)list, i, item) {
		const char *channel = json_is_string(item) ? json_string_value(item)
							   : ce_tree_text(item, "channel");

		if (channel)
			ce_tree_add_once(ce_tree_array(r->manifest, "channels"), channel);
		if (json_object_get(item, "priority"))
			ce_import_leave_out(r->im, "priorities of channels", NULL);
	}
}

/* A platform with what its machines have: {platform = "linux-64", cuda = "12"}. */
static void add_rich_platform(struct reader *r, const json_t *o)
{
	static const char *const own[] = {"name", "platform", NULL};
	const char *platform = ce_tree_text(o, "platform"), *key;
	json_t *v;

	if (!platform)
		platform = ce_tree_text(o, "name");
	if (!platform)
		return;
	ce_tree_add_once(ce_tree_array(r->manifest, "platforms"), platform);
	json_object_foreach ((json_t *)o, key, v)
		if (!is_one_of(key, own))
			add_requirement(r,
				ce_tree_object(ce_tree_object(ce_tree_object(r->manifest, "target"),
						       platform),
					"system-requirements"),
				key, v);
}

static void add_platforms(struct reader *r, json_t *to, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *)list, i, item) {
		if (json_is_string(item))
			ce_tree_add_once(ce_tree_array(to, "platforms"), json_string_value(item));
		else
			add_rich_platform(r, item);
	}
}

static void add_workspace(struct reader *r, const json_t *w)
{
	/* What people read is no loss. */
	static const char *const known[] = {"name", "channels", "platforms", "channel-priority",
		"solve-strategy", "exclude-newer", "authors", "description", "version", "license",
		"license-file", "readme", "homepage", "repository", "documentation", NULL};

	ce_tree_copy(r->manifest, "name", w, "name");
	add_channels(r, json_object_get(w, "channels"));
	add_platforms(r, r->manifest, json_object_get(w, "platforms"));
	ce_tree_copy(r->manifest, "channel-priority", w, "channel-priority");
	ce_tree_copy(r->manifest, "strategy", w, "solve-strategy");
	ce_tree_copy(r->manifest, "exclude-newer", w, "exclude-newer");
	leave_out_others(r, w, "workspace: ", known);
}

static int add_features(struct reader *r, const json_t *root)
{
	static const char *const known[] = {"dependencies", "host-dependencies",
		"build-dependencies", "system-requirements", "target", "platforms", "channels",
		NULL};
	json_t *features, *f;
	const char *name;
	int e = ce_json_object(root, "feature", &features, r->err);

	if (e < 0)
		return e;
	if (json_object_size(features) > FEATURES_MAX)
		return ce_fail(r->err, CCENV_EDATA, "feature: more than %d", FEATURES_MAX);
	json_object_foreach (features, name, f) {
		json_t *to = ce_tree_object(ce_tree_object(r->manifest, "features"), name);

		e = add_section(r, to, f);
		if (e < 0)
			return ce_context(r->err, e, "feature: %.64s", name);
		add_platforms(r, to, json_object_get(f, "platforms"));
		add_channels(r, json_object_get(f, "channels"));
		leave_out_others(r, f, "feature: ", known);
	}
	return 0;
}

static void add_environments(struct reader *r, const json_t *root)
{
	json_t *envs = json_object_get(root, "environments"), *v;
	const char *name;

	json_object_foreach (envs, name, v) {
		json_t *to = ce_tree_object(r->manifest, "environments"), *o;

		if (json_is_array(v)) {
			json_object_set(to, name, v);
			continue;
		}
		o = json_object();
		json_object_set_new(to, name, o);
		ce_tree_copy(o, "features", v, "features");
		ce_tree_copy(o, "no-default-feature", v, "no-default-feature");
		if (json_object_get(v, "solve-group"))
			ce_import_leave_out(r->im, "solve groups of environments", NULL);
	}
}

static int read_manifest(struct reader *r, const json_t *root)
{
	static const char *const known[] = {"workspace", "project", "dependencies",
		"host-dependencies", "build-dependencies", "system-requirements", "target",
		"feature", "environments", "$schema", NULL};
	json_t *w, *project;
	int e = ce_json_object(root, "workspace", &w, r->err);

	if (e < 0)
		return e;
	e = ce_json_object(root, "project", &project, r->err);
	if (e < 0)
		return e;
	add_workspace(r, w ? w : project);
	e = add_section(r, r->manifest, root);
	if (e < 0)
		return e;
	e = add_features(r, root);
	if (e < 0)
		return e;
	add_environments(r, root);
	leave_out_others(r, root, "", known);
	return 0;
}

int ce_import_pixi_manifest(const json_t *root, struct ce_import *im, struct ccenv_error *err)
{
	json_t *pixi = json_object_get(json_object_get(root, "tool"), "pixi");
	const json_t *project = json_object_get(root, "project");
	struct reader r = {im, json_object(), err};

	json_decref(im->manifest);
	im->manifest = r.manifest;
	if (!json_object_get(root, "tool"))
		return read_manifest(&r, root);
	if (!json_is_object(pixi))
		return ce_fail(err, CCENV_EDATA, "there is no [tool.pixi] in this pyproject.toml");
	ce_tree_copy(r.manifest, "name", project, "name");
	if (json_object_get(project, "dependencies"))
		ce_import_leave_out(im, "dependencies of the Python project", NULL);
	return read_manifest(&r, pixi);
}
