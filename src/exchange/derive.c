/* SPDX-License-Identifier: MIT */
/* A manifest for a lock that has none; see ce_import_derive(). */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "exchange/dependency.h"
#include "exchange/import_parts.h"
#include "io/host.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/request.h"
#include "spec/name.h"
#include "spec/spec.h"
#include "spec/version.h"

/* One platform of one environment of the lock. */
struct place {
	const json_t *platform; /* {"packages": […], "specs"?: […]} */
	const char *name;       /* of the platform */
	json_t *records;        /* of its packages, by name */
};

/* ---- what was asked for ---- */

/* The name that a dependency begins with, in lower case; malloc'ed, NULL when there is none. */
static char *name_of(const char *text)
{
	const char *at;
	size_t n = text ? ce_dependency_name(text, &at) : 0;
	char *name = n ? ce_strndup(at, n) : NULL;

	if (name)
		ce_name_to_lower(name);
	return name;
}

/* Marks what a package leads to. Without recursion: a chain may be as long as the list. */
static void reach(const struct place *p, const char *first, json_t *reached)
{
	CE_CLEANUP(ce_json_decrefp) json_t *todo = json_pack("[s]", first);

	while (json_array_size(todo) > 0) {
		size_t last = json_array_size(todo) - 1, i;
		CE_AUTOFREE char *name = ce_strdup(json_string_value(json_array_get(todo, last)));
		json_t *record = json_object_get(p->records, name), *d;

		json_array_remove(todo, last);
		if (!record || json_object_get(reached, name))
			continue;
		json_object_set_new(reached, name, json_true());
		json_array_foreach (json_object_get(record, "depends"), i, d) {
			CE_AUTOFREE char *to = name_of(json_string_value(d));

			if (to)
				json_array_append_new(todo, json_string(to));
		}
	}
}

/* The names that a record of the list depends on, other than itself. */
static json_t *needed_names(const struct place *p)
{
	json_t *needed = json_object(), *record, *d;
	const char *name;
	size_t i;

	json_object_foreach (p->records, name, record)
		json_array_foreach (json_object_get(record, "depends"), i, d) {
			CE_AUTOFREE char *to = name_of(json_string_value(d));

			if (to && strcmp(to, name) != 0)
				json_object_set_new(needed, to, json_true());
		}
	return needed;
}

/* Those that nobody needs; then, of those that need each other in a circle, the first. */
static int add_roots(const struct place *p, json_t *deps, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *needed = needed_names(p), *reached = json_object();

	for (int pass = 0; pass < 2; pass++) {
		const char *name;
		json_t *record;

		json_object_foreach (p->records, name, record) {
			const char *version = ce_tree_text(record, "version");
			CE_AUTOFREE char *spec = NULL;
			int r;

			if (json_object_get(reached, name) ||
				(pass == 0 && json_object_get(needed, name)) || !version)
				continue;
			reach(p, name, reached);
			spec = ce_asprintf("%s ==%s", name, version);
			r = ce_dependency_add(deps, spec, NULL, err);
			if (r < 0)
				return ce_context(err, r, "packages");
		}
	}
	return 0;
}

static int add_asked(const struct place *p, json_t *deps, struct ccenv_error *err)
{
	json_t *specs = json_object_get(p->platform, "specs"), *v;
	size_t i;

	if (!json_is_array(specs))
		return add_roots(p, deps, err);
	json_array_foreach (specs, i, v) {
		const char *text = json_string_value(v);
		int r = text ? ce_dependency_add(deps, text, NULL, err)
			     : ce_fail(err, CCENV_EDATA, "expected a list of strings");

		if (r < 0)
			return ce_context(err, r, "specs");
	}
	return 0;
}

/* ---- what the machine must have ---- */

static const char *const requirements[][2] = {{"__cuda", "cuda"}, {"__cuda_arch", "cuda-arch"},
	{"__glibc", "glibc"}, {"__linux", "linux"}, {"__osx", "osx"}, {"__win", "win"},
	{"__archspec", "archspec"}};

static const char *requirement_of(const char *virtual)
{
	for (size_t i = 0; i < CE_COUNT(requirements); i++)
		if (strcmp(requirements[i][0], virtual) == 0)
			return requirements[i][1];
	return NULL;
}

static const struct ce_virtual *find_virtual(
	const struct ce_virtual *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

/* "name=version=build" of a list that the file has, where it is not what the platform has anyway. */
static void add_declared(
	const json_t *list, const struct ce_virtual *defaults, size_t n, json_t *to)
{
	CE_CLEANUP(ce_json_decrefp) json_t *seen = json_object();
	json_t *v;
	size_t i;

	json_array_foreach ((json_t *)list, i, v) {
		CE_AUTOFREE char *name = ce_strdup(json_is_string(v) ? json_string_value(v) : "");
		char *version = strchr(name, '='),
		     *build = version ? strchr(version + 1, '=') : NULL;
		const struct ce_virtual *d;
		const char *value, *key;

		if (!build)
			continue;
		*version++ = '\0';
		*build++ = '\0';
		json_object_set_new(seen, name, json_true());
		key = requirement_of(name);
		d = find_virtual(defaults, n, name);
		value = strcmp(name, "__archspec") == 0 ? build : version;
		if (key && !(d && strcmp(d->version, version) == 0 && strcmp(d->build, build) == 0))
			json_object_set_new(to, key, json_string(value));
	}
	for (i = 0; i < n; i++) {
		const char *key = requirement_of(defaults[i].name);

		if (key && !json_object_get(seen, defaults[i].name))
			json_object_set_new(to, key, json_string(""));
	}
}

static bool is_newer(const char *version, const char *other, struct ce_arena *a)
{
	const struct ce_version *x, *y;
	struct ccenv_error ignored;

	return ce_version_parse(version, a, &x, &ignored) >= 0 &&
	       ce_version_parse(other, a, &y, &ignored) >= 0 && ce_version_compare(x, y) > 0;
}

/* A package needs `spec` of a virtual package: what is assumed must be raised to its lower bound. */
static void add_need(
	const struct ce_spec *spec, const struct ce_virtual *d, struct ce_arena *a, json_t *to)
{
	const char *key = requirement_of(spec->name), *text = spec->version_text, *old;
	struct ce_virtual v = {spec->name, NULL, "0"};
	struct ce_pkg have;
	size_t n;

	text += strspn(text, ">=");
	n = strspn(text, "0123456789.");
	while (n && text[n - 1] == '.')
		n--;
	if (n == 0)
		return;
	v.version = ce_arena_strndup(a, text, n);
	if (d) {
		ce_virtual_as_pkg(d, a, &have);
		if (ce_spec_matches(spec, &have))
			return;
	}
	old = ce_tree_text(to, key);
	if (old && is_newer(old, v.version, a))
		return;
	json_object_set_new(to, key, json_string(v.version));
}

/* Nothing was declared: the needs of the packages say it. */
static void add_needs(
	const struct place *p, const struct ce_virtual *defaults, size_t n, json_t *to)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const char *name;
	json_t *record, *d;
	size_t i;

	json_object_foreach (p->records, name, record)
		json_array_foreach (json_object_get(record, "depends"), i, d) {
			const char *text = json_string_value(d);
			const struct ce_spec *spec;
			struct ccenv_error ignored;

			if (!text || !ce_has_prefix(text, "__") ||
				ce_spec_parse(text, CE_SPEC_LENIENT, &a, &spec, &ignored) < 0 ||
				!spec->version_text || !requirement_of(spec->name))
				continue;
			add_need(spec, find_virtual(defaults, n, spec->name), &a, to);
		}
}

static void add_requirements(const struct place *p, json_t *to)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	json_t *list = json_object_get(p->platform, "virtual-packages");
	struct ce_virtual *defaults;
	size_t n;

	ce_host_defaults(p->name, &a, &defaults, &n);
	if (!list)
		list = json_object_get(p->platform, "assumed");
	if (list)
		add_declared(list, defaults, n, to);
	else
		add_needs(p, defaults, n, to);
}

/* ---- the manifest ---- */

static json_t *records_of(const json_t *by_url, const json_t *platform)
{
	json_t *records = json_object(), *v;
	size_t i;

	json_array_foreach (json_object_get(platform, "packages"), i, v) {
		json_t *record = json_object_get(by_url, json_string_value(v));
		const char *name = ce_tree_text(record, "name");
		CE_AUTOFREE char *lower = name ? ce_strdup(name) : NULL;

		if (!lower)
			continue;
		ce_name_to_lower(lower);
		json_object_set(records, lower, record);
	}
	return records;
}

static int add_platform(const struct place *p, bool only, json_t *section, struct ccenv_error *err)
{
	json_t *to = section, *needs = json_object();
	int r;

	if (!only)
		to = ce_tree_object(ce_tree_object(section, "target"), p->name);
	r = add_asked(p, ce_tree_object(to, "dependencies"), err);
	add_requirements(p, needs);
	if (json_object_size(needs))
		json_object_set(to, "system-requirements", needs);
	json_decref(needs);
	return r < 0 ? ce_context(err, r, "%s", p->name) : 0;
}

/* Moves the members of `table` that all targets have alike to that of the section itself. */
static void join_targets(json_t *section, const char *table)
{
	json_t *targets = json_object_get(section, "target"), *first = NULL, *t, *v;
	const char *platform, *name;
	void *tmp;

	json_object_foreach (targets, platform, t)
		first = first ? first : json_object_get(t, table);
	json_object_foreach_safe(first, tmp, name, v)
	{
		bool same = true;
		CE_CLEANUP(ce_json_decrefp) json_t *kept = json_incref(v);
		CE_AUTOFREE char *key = ce_strdup(name);

		json_object_foreach (targets, platform, t)
			same = same &&
			       json_equal(kept, json_object_get(json_object_get(t, table), key));
		if (!same)
			continue;
		json_object_set(ce_tree_object(section, table), key, kept);
		json_object_foreach (targets, platform, t)
			json_object_del(json_object_get(t, table), key);
	}
}

static void drop_empty_targets(json_t *section)
{
	static const char *const tables[] = {"dependencies", "system-requirements"};
	json_t *targets = json_object_get(section, "target"), *t;
	const char *platform;
	void *tmp;

	json_object_foreach_safe(targets, tmp, platform, t)
	{
		for (size_t i = 0; i < CE_COUNT(tables); i++)
			if (json_object_size(json_object_get(t, tables[i])) == 0)
				json_object_del(t, tables[i]);
		if (json_object_size(t) == 0)
			json_object_del(targets, platform);
	}
	if (targets && json_object_size(targets) == 0)
		json_object_del(section, "target");
}

/* An environment is a feature of its own; "default" is the top level. */
static int add_env(struct ce_import *im, const json_t *by_url, const char *name, const json_t *env,
	struct ccenv_error *err)
{
	json_t *platforms = json_object_get(env, "platforms"), *section = im->manifest, *v;
	const char *platform;
	size_t i;

	if (strcmp(name, "default") != 0) {
		section = ce_tree_object(ce_tree_object(im->manifest, "features"), name);
		json_object_set_new(ce_tree_object(im->manifest, "environments"), name,
			json_pack("{s:[s],s:b}", "features", name, "no-default-feature", 1));
	}
	json_array_foreach (json_object_get(env, "channels"), i, v)
		if (json_is_string(v))
			ce_tree_add_once(
				ce_tree_array(im->manifest, "channels"), json_string_value(v));
	json_object_foreach (platforms, platform, v) {
		CE_CLEANUP(ce_json_decrefp) json_t *records = records_of(by_url, v);
		const struct place p = {v, platform, records};
		int r = add_platform(&p, json_object_size(platforms) == 1, section, err);

		if (r < 0)
			return ce_context(err, r, "environment \"%s\"", name);
		ce_tree_add_once(ce_tree_array(section, "platforms"), platform);
	}
	join_targets(section, "system-requirements");
	join_targets(section, "dependencies");
	drop_empty_targets(section);
	return 0;
}

/* "channel-priority=flexible strategy=lowest exclude-newer=7d" as keys of the manifest. */
static void add_options(json_t *manifest, const char *text)
{
	static const char *const keys[] = {"channel-priority", "strategy", "exclude-newer"};

	while (text && *text) {
		size_t n = strcspn(text, " ");
		CE_AUTOFREE char *word = ce_strndup(text, n);
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		for (size_t i = 0; value && i < CE_COUNT(keys); i++)
			if (strcmp(word, keys[i]) == 0)
				json_object_set_new(manifest, word, json_string(value));
		text += n + (text[n] == ' ');
	}
}

int ce_import_derive(struct ce_import *im, const char *name, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *by_url = json_object();
	json_t *envs = json_object_get(im->lock, "environments"), *v, *feature, *platform;
	const char *env;
	size_t i;

	json_decref(im->manifest);
	im->manifest = json_object();
	if (name)
		json_object_set_new(im->manifest, "name", json_string(name));
	/* The usual order of the keys. */
	(void)ce_tree_array(im->manifest, "channels");
	(void)ce_tree_array(im->manifest, "platforms");
	json_array_foreach (json_object_get(im->lock, "packages"), i, v)
		if (ce_tree_text(v, "url"))
			json_object_set(by_url, ce_tree_text(v, "url"), v);
	json_object_foreach (envs, env, v) {
		int r = add_env(im, by_url, env, v, err);

		if (r < 0)
			return r;
		add_options(im->manifest, ce_tree_text(v, "options"));
	}
	/* The manifest's own are those of "default"; without one it needs some all the same. */
	v = json_object_get(im->manifest, "platforms");
	if (json_array_size(v) == 0)
		json_object_foreach (json_object_get(im->manifest, "features"), env, feature)
			json_array_foreach (json_object_get(feature, "platforms"), i, platform)
				ce_tree_add_once(v, json_string_value(platform));
	if (json_array_size(v) == 0)
		json_object_del(im->manifest, "platforms");
	return 0;
}
