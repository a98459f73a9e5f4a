/* SPDX-License-Identifier: MIT */
/* The parts of ccenv.json that stand in several places; see manifest_parts.h. */
#include "manifest/manifest_parts.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/error.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "model/arch.h"
#include "model/manifest.h"
#include "spec/name.h"

/* For other programs and for people, as in Docker's compose files; it means nothing here. */
static bool is_of_others(const char *key)
{
	return ce_has_prefix(key, "x-");
}

int ce_manifest_check_keys(
	const json_t *o, const char *const *known, size_t n, struct ccenv_error *err)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)o, key, v) {
		const char *nearest = known[0];
		bool found = is_of_others(key);

		for (size_t i = 0; i < n; i++) {
			found = found || strcmp(known[i], key) == 0;
			if (ce_edit_distance(known[i], key) < ce_edit_distance(nearest, key))
				nearest = known[i];
		}
		if (found)
			continue;
		if (ce_edit_distance(nearest, key) <= 3)
			return ce_fail(err, CCENV_EDATA, "unknown key \"%s\"; did you mean \"%s\"?",
				key, nearest);
		return ce_fail(err, CCENV_EDATA, "unknown key \"%s\"", key);
	}
	return 0;
}

/* Adds key=[a, b] of a list of words, or of one. */
static int add_words(
	const char *key, const json_t *value, struct ce_buf *b, struct ccenv_error *err)
{
	size_t n = json_is_array(value) ? json_array_size(value) : 1;

	ce_buf_addf(b, "%s=[", key);
	for (size_t i = 0; i < n; i++) {
		const char *text =
			json_string_value(json_is_array(value) ? json_array_get(value, i) : value);

		if (!text || strpbrk(text, "'\"\\[],"))
			return ce_fail(err, CCENV_EDATA, "%s: expected a list of words", key);
		ce_buf_addf(b, "%s%s", i ? ", " : "", text);
	}
	ce_buf_addc(b, ']');
	return 0;
}

static int add_when(const json_t *value, struct ce_buf *b, struct ccenv_error *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return ce_fail(err, CCENV_EDATA, "when: expected a condition: \"python >=3.12\"");
	ce_buf_adds(b, "when=\"");
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			ce_buf_addc(b, '\\');
		ce_buf_addc(b, *p);
	}
	ce_buf_addc(b, '"');
	return 0;
}

/* Adds key='value' to a bracket; keys are written with "-" in the file and "_" in a MatchSpec. */
static int add_field(
	const char *key, const json_t *value, struct ce_buf *b, struct ccenv_error *err)
{
	const char *text = json_string_value(value);

	if (strcmp(key, "when") == 0)
		return add_when(value, b, err);
	if (strcmp(key, "extras") == 0 || strcmp(key, "flags") == 0)
		return add_words(key, value, b, err);
	if (!text || strpbrk(text, "'\"\\[]"))
		return ce_fail(
			err, CCENV_EDATA, "%s: expected a string without quotes or brackets", key);
	for (const char *k = key; *k; k++)
		ce_buf_addc(b, *k == '-' ? '_' : *k);
	ce_buf_addf(b, "='%s'", text);
	return 0;
}

/* {"version": …, "build": …, …} as the bracket of a MatchSpec. */
static int add_fields(const json_t *o, struct ce_buf *b, struct ccenv_error *err)
{
	static const char *const keys[] = {"version", "build", "build-number", "channel", "subdir",
		"md5", "sha256", "license", "track-features", "url", "when", "extras", "flags"};
	const char *key;
	char before = '[';
	json_t *field;
	int r;

	r = ce_manifest_check_keys(o, keys, CE_COUNT(keys), err);
	if (r < 0)
		return r;
	json_object_foreach ((json_t *)o, key, field) {
		if (is_of_others(key))
			continue;
		ce_buf_addc(b, before);
		before = ',';
		r = add_field(key, field, b, err);
		if (r < 0)
			return r;
	}
	if (before == ',')
		ce_buf_addc(b, ']');
	return 0;
}

/* The text of a dependency as a MatchSpec: "version build", or an object. */
static int add_constraint(const json_t *v, struct ce_buf *b, struct ccenv_error *err)
{
	if (json_is_object(v))
		return add_fields(v, b, err);
	if (!json_is_string(v))
		return ce_fail(err, CCENV_EDATA,
			"expected a version (\"13.0.*\", \"*\") or an object with \"version\", \"build\", \"channel\"");
	if (json_string_length(v) > 0 && strcmp(json_string_value(v), "*") != 0)
		ce_buf_addf(b, " %s", json_string_value(v));
	return 0;
}

int ce_manifest_parse_dep(const char *name, const json_t *v, struct ce_arena *a,
	const struct ce_spec **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *lower = ce_strdup(name);
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r;

	ce_name_to_lower(lower);
	if (!ce_name_is_valid(lower, strlen(lower)))
		return ce_fail(err, CCENV_EDATA, "invalid package name \"%s\"", name);
	ce_buf_adds(&b, lower);
	r = add_constraint(v, &b, err);
	if (r < 0)
		return ce_context(err, r, "%s", name);
	r = ce_spec_parse(ce_buf_str(&b), CE_SPEC_STRICT, a, ret, err);
	return r < 0 ? ce_context(err, r, "%s", name) : 0;
}

int ce_manifest_check_name(const json_t *table, const char *name, struct ccenv_error *err)
{
	const char *other;
	json_t *v;

	json_object_foreach ((json_t *)table, other, v)
		if (strcasecmp(name, other) == 0 && strcmp(name, other) != 0)
			return ce_fail(err, CCENV_EDATA,
				"\"%s\" and \"%s\" are the same package: keep one of them", name,
				other);
	return 0;
}

int ce_manifest_parse_deps(const struct ce_manifest_place *at, struct ce_manifest *m,
	struct ce_feature *f, struct ccenv_error *err)
{
	const char *key = at->dependencies ? at->dependencies : "dependencies";
	struct ce_dependency *deps;
	const char *name;
	json_t *table, *v;
	int r = ce_json_object(at->object, key, &table, err);

	if (r < 0 || !table)
		return r;
	deps = ce_arena_array(&m->arena, f->n_deps + json_object_size(table) + 1, sizeof(*deps));
	if (f->n_deps)
		memcpy(deps, f->deps, f->n_deps * sizeof(*deps));
	f->deps = deps;
	json_object_foreach (table, name, v) {
		r = ce_manifest_check_name(table, name, err);
		if (r < 0)
			return ce_context(err, r, "%s", key);
		r = ce_manifest_parse_dep(name, v, &m->arena, &deps[f->n_deps].spec, err);
		if (r < 0)
			return ce_context(err, r, "%s", key);
		deps[f->n_deps++].platform = at->platform;
	}
	return 0;
}

int ce_manifest_parse_sysreqs(const struct ce_manifest_place *at, struct ce_manifest *m,
	struct ce_feature *f, struct ccenv_error *err)
{
	struct ce_system_requirement *list;
	const char *name;
	json_t *table, *v;
	int r = ce_json_object(at->object, "system-requirements", &table, err);

	if (r < 0 || !table)
		return r;
	list = ce_arena_array(&m->arena, f->n_sysreqs + json_object_size(table) + 1, sizeof(*list));
	if (f->n_sysreqs)
		memcpy(list, f->sysreqs, f->n_sysreqs * sizeof(*list));
	f->sysreqs = list;
	json_object_foreach (table, name, v) {
		struct ce_virtual checked;

		if (!json_is_string(v))
			return ce_fail(err, CCENV_EDATA,
				"system-requirements: %s: expected a string, \"13.0\" or \"\"",
				name);
		r = ce_system_requirement_virtual(
			name, json_string_value(v), &m->arena, &checked, err);
		if (r < 0)
			return ce_context(err, r, "system-requirements");
		list[f->n_sysreqs++] = (struct ce_system_requirement){at->platform,
			ce_arena_strdup(&m->arena, name),
			ce_arena_strdup(&m->arena, json_string_value(v))};
	}
	return 0;
}

int ce_manifest_parse_archs(
	const json_t *o, struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err)
{
	int r = ce_json_strings(o, "archs", &m->arena, &f->archs, &f->n_archs, err);

	/* Their form only: which release it will be is known when it is locked. */
	for (size_t i = 0; r >= 0 && i < f->n_archs; i++)
		r = ce_arch_check(f->archs[i], NULL, err);
	return r;
}
