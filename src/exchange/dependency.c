/* SPDX-License-Identifier: MIT */
/* MatchSpecs as dependencies of a manifest; see dependency.h. */
#include "exchange/dependency.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "spec/spec.h"

static void set(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static json_t *as_object(const struct ce_spec *s)
{
	json_t *o = json_object();

	set(o, "version", s->version_text);
	set(o, "build", s->build);
	set(o, "channel", s->channel);
	set(o, "subdir", s->subdir);
	set(o, "md5", s->md5);
	set(o, "sha256", s->sha256);
	set(o, "license", s->license);
	set(o, "track-features", s->track_features);
	set(o, "url", s->url);
	set(o, "when", s->when);
	if (s->extras)
		json_object_set_new(o, "extras", ce_json_of_words(s->extras));
	if (s->flags)
		json_object_set_new(o, "flags", ce_json_of_words(s->flags));
	if (s->build_number_op != CE_COMPARE_ANY) {
		static const char *const ops[] = {"", "==", "!=", "<", "<=", ">", ">="};

		json_object_set_new(o, "build-number",
			json_sprintf("%s%llu", ops[s->build_number_op],
				(unsigned long long)s->build_number));
	}
	return o;
}

static json_t *as_value(const struct ce_spec *s)
{
	const char *version = s->version_text ? s->version_text : "*";
	json_t *o = as_object(s);
	size_t plain = json_object_get(o, "version") ? 1 : 0;

	if (json_object_size(o) > plain)
		return o;
	json_decref(o);
	return json_string(version);
}

/* Both constraints on one name; false where they cannot be joined. */
static bool join(json_t *deps, const char *name, const struct ce_spec *s)
{
	const char *old = json_string_value(json_object_get(deps, name));
	json_t *value = as_value(s);
	const char *more = json_string_value(value);
	bool fits = old && more && !strchr(old, ' ') && !strchr(old, '|') && !strchr(more, '|');

	if (fits && strcmp(more, "*") != 0 && strcmp(old, more) != 0)
		json_object_set_new(deps, name,
			strcmp(old, "*") == 0 ? json_string(more)
					      : json_sprintf("%s,%s", old, more));
	json_decref(value);
	return fits;
}

int ce_dependency_add(json_t *deps, const char *text, bool *ret_virtual, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_spec *s;
	int r = ce_spec_parse(text, CE_SPEC_LENIENT, &a, &s, err);

	if (r < 0)
		return r;
	if (ret_virtual)
		*ret_virtual = ce_has_prefix(s->name, "__");
	if (ce_has_prefix(s->name, "__"))
		return 0;
	if (strpbrk(s->name, "*^"))
		return ce_fail(err, CCENV_EDATA, "\"%s\" names more than one package", s->name);
	if (!json_object_get(deps, s->name)) {
		json_object_set_new(deps, s->name, as_value(s));
		return 0;
	}
	if (!join(deps, s->name, s))
		return ce_fail(err, CCENV_EDATA,
			"%s is given twice, with constraints that cannot be joined", s->name);
	return 0;
}
