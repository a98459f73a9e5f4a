/* SPDX-License-Identifier: MIT */
/*
 * Texts of dependencies, as records and as people write them: which are taken, and what they admit.
 * The answers are rattler's (tests/conformance/dependencies.json, made by
 * tests/oracle/make_dependencies.py); where ccenv differs, dependency_deviations.json has the reason,
 * and an entry there that is not needed is a failure too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "model/pkg.h"
#include "spec/name.h"
#include "spec/spec.h"

enum {
	PKGS_MAX = 256
};

struct table {
	struct ce_arena arena;
	struct ce_pkg pkgs[PKGS_MAX]; /* each version with each build */
	size_t n;
	json_t *root, *deviations;
};

static json_t *load(const char *path)
{
	struct ccenv_error err;
	json_t *o = NULL;

	if (ce_json_read(path, 4 << 20, &o, &err) < 0)
		fail_msg("%s", err.text);
	return o;
}

static void load_table(struct table *t)
{
	json_t *v, *b;
	size_t i, k;

	t->root = load(TEST_DATA "/conformance/dependencies.json");
	t->deviations = load(TEST_DATA "/conformance/dependency_deviations.json");
	json_array_foreach (json_object_get(t->root, "versions"), i, v)
		json_array_foreach (json_object_get(t->root, "builds"), k, b) {
			const char *build = json_string_value(b);
			struct ce_pkg *p = &t->pkgs[t->n++];

			assert_true(t->n < PKGS_MAX);
			*p = (struct ce_pkg){.name = "p",
				.version = json_string_value(v),
				.build = build,
				.build_number = (uint64_t)(build[strlen(build) - 1] - '0'),
				.subdir = "linux-64",
				.channel = "https://conda.anaconda.org/conda-forge",
				.fn = "",
				.url = ""};
			ce_pkg_prepare(p, &t->arena);
		}
}

static void free_table(struct table *t)
{
	json_decref(t->root);
	json_decref(t->deviations);
	ce_arena_release(&t->arena);
}

/* Whoever walks the graph of names finds the name that the parser finds. */
static void check_name(const struct ce_spec *spec, const char *text)
{
	const char *at = "";
	size_t n = ce_dependency_name(text, &at);

	if (!spec->url && (n != strlen(spec->name) || strncasecmp(at, spec->name, n) != 0))
		fail_msg("\"%s\" is on %s, and walked to \"%.*s\"", text, spec->name, (int)n, at);
}

/* What the text admits, "1" or "0" for each package; "" when only its being taken counts. NULL: it is
 * refused. */
static const char *ask(struct table *t, const char *text, enum ce_spec_mode mode, bool only_taken)
{
	const struct ce_spec *spec;
	struct ccenv_error err;
	char *answer;

	if (ce_spec_parse(text, mode, &t->arena, &spec, &err) < 0 || strchr(spec->name, '*'))
		return NULL;
	check_name(spec, text);
	if (only_taken)
		return "";
	answer = ce_arena_alloc(&t->arena, t->n + 1);
	for (size_t i = 0; i < t->n; i++)
		answer[i] = ce_spec_matches(spec, &t->pkgs[i]) ? '1' : '0';
	return answer;
}

static bool same(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

/* Marks the entry for this text and mode as used, if there is one with this answer. */
static bool is_deviation(struct table *t, const char *text, size_t mode, const char *answer)
{
	static const char *const modes[] = {"lenient", "strict"};
	json_t *group, *entry;
	size_t i, k;

	json_array_foreach (t->deviations, i, group) {
		json_array_foreach (json_object_get(group, modes[mode]), k, entry) {
			const json_t *wanted = json_array_get(entry, 1);

			if (strcmp(json_string_value(json_array_get(entry, 0)), text) != 0 ||
				!same(json_string_value(wanted), answer))
				continue;
			json_array_append_new(entry, json_true());
			return true;
		}
	}
	return false;
}

static size_t count_unused(const struct table *t)
{
	static const char *const modes[] = {"lenient", "strict"};
	json_t *group, *entry;
	size_t i, k, n = 0;

	json_array_foreach (t->deviations, i, group)
		for (size_t m = 0; m < 2; m++)
			json_array_foreach (json_object_get(group, modes[m]), k, entry)
				if (!json_is_true(
					    json_array_get(entry, json_array_size(entry) - 1))) {
					print_error("\"%s\" is no deviation\n",
						json_string_value(json_array_get(entry, 0)));
					n++;
				}
	return n;
}

static void test_table(void **state)
{
	static const enum ce_spec_mode modes[] = {CE_SPEC_LENIENT, CE_SPEC_STRICT};
	struct table t = {0};
	size_t i, differ = 0, texts = 0;
	json_t *row;

	(void)state;
	load_table(&t);
	json_array_foreach (json_object_get(t.root, "rows"), i, row) {
		const char *text = json_string_value(json_array_get(row, 0));

		for (size_t m = 0; m < 2; m++) {
			const char *wanted = json_string_value(json_array_get(row, 1 + m));
			const char *got = ask(&t, text, modes[m], wanted && !*wanted);

			texts++;
			if (same(got, wanted) || is_deviation(&t, text, m, got))
				continue;
			differ++;
			fprintf(stderr, "%s\t%s\t%s\t%s\n", m ? "strict" : "lenient", text,
				got ? got : "refused", wanted ? wanted : "refused");
		}
	}
	print_message("dependencies.json: %zu of %zu readings\n", texts - differ, texts);
	assert_true(i > 700);
	assert_int_equal(differ + count_unused(&t), 0);
	free_table(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
