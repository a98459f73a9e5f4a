/* SPDX-License-Identifier: MIT */
/*
 * How conda's tools read versions, constraints and MatchSpecs: tests/conformance/. The expected
 * answer is `prefer` where there is one, else conda's. deviations.json lists, with reasons and our
 * answers, where ccenv decides otherwise; an entry there that has come to agree is a failure too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "model/pkg.h"
#include "spec/spec.h"

static json_t *deviations;
static size_t deviations_used;

static json_t *load(const char *file)
{
	struct ccenv_error err;
	char path[512];
	json_t *o = NULL;

	(void)snprintf(path, sizeof(path), TEST_DATA "/conformance/%s", file);
	if (ce_json_read(path, 1 << 20, &o, &err) < 0)
		fail_msg("%s", err.text);
	return o;
}

static int load_deviations(void **state)
{
	(void)state;
	deviations = load("deviations.json");
	return 0;
}

static int drop_deviations(void **state)
{
	(void)state;
	json_decref(deviations);
	return 0;
}

/* The deviation for a case: `id` is its number, or its text where it has no number. */
static const json_t *deviation(const char *file, const char *section, const json_t *id)
{
	const json_t *d;
	size_t i;

	json_array_foreach (deviations, i, d)
		if (strcmp(json_string_value(json_object_get(d, "file")), file) == 0 &&
			strcmp(json_string_value(json_object_get(d, "section")), section) == 0 &&
			json_equal(json_object_get(d, "id"), id))
			return d;
	return NULL;
}

/* Counts the cases that fail; says which. Both values are taken over. */
static size_t check(
	const char *file, const char *section, const json_t *id, json_t *expected, json_t *actual)
{
	const json_t *d = deviation(file, section, id);
	size_t failed = 0;

	deviations_used += d != NULL;
	if (d && json_equal(expected, actual)) {
		print_error("%s %s: %s agrees now: take it off the list of deviations\n", file,
			section, json_dumps(id, JSON_ENCODE_ANY));
		failed = 1;
	} else if (!json_equal(d ? json_object_get(d, "answer") : expected, actual)) {
		print_error("%s %s %s: expected %s, got %s\n", file, section,
			json_dumps(id, JSON_ENCODE_ANY),
			json_dumps(d ? json_object_get(d, "answer") : expected, JSON_ENCODE_ANY),
			json_dumps(actual, JSON_ENCODE_ANY));
		failed = 1;
	}
	json_decref(expected);
	json_decref(actual);
	return failed;
}

static const char *text_of(const json_t *c, const char *key)
{
	return json_string_value(json_object_get(c, key));
}

/* ---- versions.json */

static json_t *relation(const json_t *c)
{
	const struct ce_version *a, *b;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	json_t *actual;
	int r;

	if (ce_version_parse(text_of(c, "a"), &arena, &a, &err) < 0 ||
		ce_version_parse(text_of(c, "b"), &arena, &b, &err) < 0) {
		actual = json_string("error");
	} else {
		r = ce_version_compare(a, b);
		assert_int_equal(
			ce_version_compare(b, a) < 0, r > 0); /* the order is antisymmetric */
		actual = json_string(r < 0 ? "<" : r > 0 ? ">" : "==");
	}
	ce_arena_release(&arena);
	return actual;
}

static json_t *segments(const struct ce_version *v, bool local)
{
	json_t *all = json_array();

	/* The table leaves the epoch, which is segment 0, out. */
	for (size_t i = local ? 0 : 1;; i++) {
		json_t *one = json_array();
		unsigned long long n;
		const char *text;

		for (size_t k = 0; ce_version_element(v, local, i, k, &n, &text); k++) {
			if (text)
				json_array_append_new(one, strcmp(text, "DEV") == 0
								   ? json_string("dev")
								   : json_stringn(text, n));
			else
				json_array_append_new(one, n == UINT64_MAX
								   ? json_string("post")
								   : json_integer((json_int_t)n));
		}
		if (json_array_size(one) == 0) {
			json_decref(one);
			return all;
		}
		json_array_append_new(all, one);
	}
}

static json_t *parsed(const json_t *c)
{
	const struct ce_version *v;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	unsigned long long epoch = 0;
	const char *text;
	json_t *o;

	if (ce_version_parse(text_of(c, "version"), &arena, &v, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(ce_version_element(v, false, 0, 0, &epoch, &text));
	o = json_pack("{s:o, s:o, s:o}", "epoch", json_integer((json_int_t)epoch), "segments",
		segments(v, false), "local", segments(v, true));
	ce_arena_release(&arena);
	return o;
}

static bool version_is_valid(const char *text)
{
	const struct ce_version *v;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	int r = ce_version_parse(text, &arena, &v, &err);

	ce_arena_release(&arena);
	return r == 0;
}

static void test_versions(void **state)
{
	json_t *file = load("versions.json"), *c;
	size_t i, failed = 0, n = 0;

	(void)state;
	json_array_foreach (json_object_get(file, "pairs"), i, c) {
		failed += check("versions.json", "pairs", json_object_get(c, "id"),
			json_incref(json_object_get(c, "rel")), relation(c));
		n++;
	}
	json_array_foreach (json_object_get(file, "validity"), i, c) {
		failed += check("versions.json", "validity", json_object_get(c, "version"),
			json_incref(json_object_get(c, "valid")),
			json_boolean(version_is_valid(text_of(c, "version"))));
		n++;
	}
	json_array_foreach (json_object_get(file, "parsed"), i, c) {
		json_t *expected = json_pack("{s:O, s:O, s:O}", "epoch",
			json_object_get(c, "epoch"), "segments", json_object_get(c, "segments"),
			"local", json_object_get(c, "local"));

		failed += check("versions.json", "parsed", json_object_get(c, "version"), expected,
			parsed(c));
		n++;
	}
	json_decref(file);
	print_message("versions.json: %zu of %zu cases\n", n - failed, n);
	assert_int_equal(failed, 0);
}

/* ---- version_specs.json */

static json_t *admits(const json_t *c)
{
	const struct ce_version_spec *spec;
	const struct ce_version *v;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	json_t *actual;

	if (ce_version_parse(text_of(c, "version"), &arena, &v, &err) < 0)
		fail_msg("%s", err.text);
	if (ce_version_spec_parse(text_of(c, "spec"), CE_SPEC_LENIENT, &arena, &spec, &err) < 0)
		actual = json_string("error");
	else
		actual = json_boolean(ce_version_spec_matches(spec, v));
	ce_arena_release(&arena);
	return actual;
}

/* NULL when it does not parse; malloc'ed. */
static char *canonical(const char *text)
{
	const struct ce_version_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	char *s = NULL;

	if (ce_version_spec_parse(text, CE_SPEC_LENIENT, &arena, &spec, &err) == 0)
		s = strdup(ce_version_spec_text(spec, &arena));
	ce_arena_release(&arena);
	return s;
}

static json_t *expected_answer(const json_t *c, const char *plain)
{
	json_t *prefer = json_object_get(c, "prefer");

	return json_incref(prefer ? prefer : json_object_get(c, plain));
}

static json_t *take_string(char *s)
{
	json_t *o = s ? json_string(s) : json_string("error");

	free(s);
	return o;
}

static void test_version_specs(void **state)
{
	json_t *file = load("version_specs.json"), *c;
	size_t i, failed = 0, n = 0;

	(void)state;
	json_array_foreach (json_object_get(file, "cases"), i, c) {
		failed += check("version_specs.json", "cases", json_object_get(c, "id"),
			expected_answer(c, "match"), admits(c));
		n++;
	}
	json_array_foreach (json_object_get(file, "validity"), i, c) {
		char *text = canonical(text_of(c, "spec"));

		failed += check("version_specs.json", "validity", json_object_get(c, "spec"),
			expected_answer(c, "valid"), json_boolean(text));
		free(text);
		n++;
	}
	json_array_foreach (json_object_get(file, "canonical"), i, c) {
		json_t *expected = json_object_get(c, "rattler");

		failed += check("version_specs.json", "canonical", json_object_get(c, "spec"),
			json_incref(expected ? expected : json_object_get(c, "conda")),
			take_string(canonical(text_of(c, "spec"))));
		n++;
	}
	json_decref(file);
	print_message("version_specs.json: %zu of %zu cases\n", n - failed, n);
	assert_int_equal(failed, 0);
}

/* ---- matchspecs.json */

static void set(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

/* "a, b" as ["a", "b"] */
static void set_list(json_t *o, const char *key, const char *value)
{
	json_t *list = json_array();

	while (value && *value) {
		size_t n = strcspn(value, ", ");

		json_array_append_new(list, json_stringn(value, n));
		value += n + strspn(value + n, ", ");
	}
	if (json_array_size(list) > 0)
		json_object_set(o, key, list);
	json_decref(list);
}

static json_t *fields_of(const struct ce_spec *s)
{
	static const char *const ops[] = {"", "", "!=", "<", "<=", ">", ">="};
	json_t *o = json_object();
	char number[40];

	set(o, "channel", s->channel);
	set(o, "subdir", s->subdir);
	set(o, "name", s->name);
	set(o, "version", s->version_text);
	set(o, "build", s->build);
	if (s->build_number_op) {
		(void)snprintf(number, sizeof(number), "%s%llu", ops[s->build_number_op],
			(unsigned long long)s->build_number);
		set(o, "build_number", number);
	}
	set(o, "md5", s->md5);
	set(o, "sha256", s->sha256);
	set(o, "url", s->url);
	set(o, "fn", s->fn);
	set(o, "license", s->license);
	set(o, "license_family", s->license_family);
	set(o, "track_features", s->track_features);
	set(o, "when", s->when);
	set_list(o, "extras", s->extras);
	set_list(o, "flags", s->flags);
	return o;
}

/* The canonical text is a fixed point, in the mode that reads everything. */
static void check_text(const struct ce_spec *s, struct ce_arena *arena)
{
	const struct ce_spec *again;
	struct ccenv_error err;

	if (ce_spec_parse(s->text, CE_SPEC_LENIENT, arena, &again, &err) < 0)
		fail_msg("canonical text %s: %s", s->text, err.text);
	assert_string_equal(s->text, again->text);
}

static json_t *parse_fields(const char *text)
{
	struct ce_arena arena = {0};
	const struct ce_spec *spec;
	struct ccenv_error err;
	json_t *o;

	if (ce_spec_parse(text, CE_SPEC_LENIENT, &arena, &spec, &err) < 0) {
		assert_non_null(strrchr(err.text, '^')); /* every error has its caret */
		o = json_string("error");
	} else {
		o = fields_of(spec);
		check_text(spec, &arena);
	}
	ce_arena_release(&arena);
	return o;
}

/* The table keeps superfluous parentheses and stars in versions: both sides are compared in
 * canonical form. */
static json_t *expected_fields(const json_t *c)
{
	json_t *want = json_object_get(c, "prefer"), *copy, *version;

	if (!want && json_is_true(json_object_get(c, "error")))
		return json_string("error");
	copy = json_deep_copy(want ? want : json_object_get(c, "fields"));
	version = json_object_get(copy, "version");
	if (version) {
		char *text = canonical(json_string_value(version));

		assert_non_null(text);
		json_object_set_new(copy, "version", json_string(text));
		free(text);
	}
	return copy;
}

static const char *opt(const json_t *o, const char *key, const char *otherwise)
{
	const char *s = text_of(o, key);

	return s ? s : otherwise;
}

static json_t *spec_admits(const json_t *c, const json_t *records)
{
	struct ce_arena arena = {0};
	const struct ce_spec *spec;
	struct ccenv_error err;
	struct ce_pkg pkg = {0};
	const json_t *record = NULL;
	json_t *actual;
	size_t i;

	json_array_foreach (records, i, record)
		if (strcmp(text_of(record, "id"), text_of(c, "record")) == 0)
			break;
	assert_non_null(record);
	pkg.name = text_of(record, "name");
	pkg.version = text_of(record, "version");
	pkg.build = text_of(record, "build");
	pkg.build_number = (uint64_t)json_integer_value(json_object_get(record, "build_number"));
	pkg.subdir = opt(record, "subdir", "linux-64");
	pkg.channel = "https://conda.anaconda.org/conda-forge";
	pkg.fn = pkg.url = "";
	pkg.md5 = text_of(record, "md5");
	pkg.sha256 = text_of(record, "sha256");
	pkg.license = text_of(record, "license");
	pkg.license_family = text_of(record, "license_family");
	if (json_object_get(record, "track_features"))
		pkg.track_features = json_array_size(json_object_get(record, "track_features")) == 2
					     ? "test me"
					     : "test";
	ce_pkg_prepare(&pkg, &arena);
	if (ce_spec_parse(text_of(c, "spec"), CE_SPEC_LENIENT, &arena, &spec, &err) < 0)
		actual = json_string("error");
	else
		actual = json_boolean(ce_spec_matches(spec, &pkg));
	ce_arena_release(&arena);
	return actual;
}

static void test_matchspecs(void **state)
{
	json_t *file = load("matchspecs.json"), *c;
	size_t i, failed = 0, n = 0;

	(void)state;
	json_array_foreach (json_object_get(file, "parse"), i, c) {
		failed += check("matchspecs.json", "parse", json_object_get(c, "id"),
			expected_fields(c), parse_fields(text_of(c, "spec")));
		n++;
	}
	json_array_foreach (json_object_get(file, "match"), i, c) {
		failed += check("matchspecs.json", "match", json_object_get(c, "id"),
			expected_answer(c, "match"),
			spec_admits(c, json_object_get(file, "records")));
		n++;
	}
	json_decref(file);
	print_message("matchspecs.json: %zu of %zu cases\n", n - failed, n);
	assert_int_equal(failed, 0);
}

/* A deviation that no case is behind is a slip. Runs last. */
static void test_every_deviation_is_used(void **state)
{
	(void)state;
	assert_int_equal(deviations_used, json_array_size(deviations));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_version_specs),
		cmocka_unit_test(test_matchspecs),
		cmocka_unit_test(test_every_deviation_is_used),
	};

	return cmocka_run_group_tests(tests, load_deviations, drop_deviations);
}
