/* SPDX-License-Identifier: MIT */
/* ccenv.json: what it means, and what is said of a bad one (tests/bad/manifest). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "expected.h"
#include "manifest/manifest_edit.h"
#include "manifest/manifest_file.h"
#include "model/manifest.h"

static struct ce_manifest *parse(const char *text)
{
	struct ce_manifest *m = NULL;
	struct ccenv_error err = {0};

	if (ce_manifest_parse(text, strlen(text), "/project/ccenv.json", &m, &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

static struct ce_request *request(
	const struct ce_manifest *m, const char *env, const char *platform)
{
	static const struct ce_virtual defaults[] = {
		{"__glibc", "2.28", "0"}, {"__unix", "0", "0"}};
	const struct ce_request_target target = {.platform = platform,
		.defaults = defaults,
		.n_defaults = 2,
		.now = 10ULL * 24 * 3600 * 1000};
	struct ce_request *r = NULL;
	struct ccenv_error err = {0};

	if (ce_manifest_request(m, ce_manifest_environment(m, env), &target, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

/* The specs of a request, one a line. */
static void assert_specs(const struct ce_request *r, const char *expected)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < r->n_specs; i++)
		ce_buf_addf(&b, "%s\n", r->specs[i]->text);
	assert_string_equal(ce_buf_str(&b), expected);
}

static void assert_virtuals(const struct ce_request *r, const char *expected)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < r->n_virtuals; i++)
		ce_buf_addf(&b, "%s=%s=%s\n", r->virtuals[i].name, r->virtuals[i].version,
			r->virtuals[i].build);
	assert_string_equal(ce_buf_str(&b), expected);
}

static void test_defaults(void **state)
{
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = parse("{}");
	CE_CLEANUP(ce_request_freep) struct ce_request *r = request(m, "default", "linux-64");

	(void)state;
	assert_int_equal(m->n_platforms, 1);
	assert_int_equal(r->n_channels, 1);
	assert_string_equal(r->channels[0], "https://conda.anaconda.org/conda-forge");
	assert_specs(r, "");
	assert_virtuals(r, "__glibc=2.28=0\n__unix=0=0\n");
}

static void test_features_and_targets(void **state)
{
	CE_CLEANUP(ce_manifest_freep)
	struct ce_manifest *m =
		parse("{\"$schema\": \"x\", \"channels\": [\"./local\", \"https://h/c/\"],"
		      " \"platforms\": [\"linux-64\", \"win-64\"],"
		      " \"system-requirements\": {\"glibc\": \"2.17\"},"
		      " \"dependencies\": {\"zlib\": \"*\", \"fmt\": \">=10,<11\"},"
		      " \"target\": {\"linux-64\": {\"dependencies\": {\"patchelf\": \"0.18.*\"}}},"
		      " \"features\": {\"gpu\": {\"platforms\": [\"linux-64\"],"
		      "   \"system-requirements\": {\"cuda\": \"12.4\", \"glibc\": \"\"},"
		      "   \"dependencies\": {\"cuda-cudart-dev\": {\"version\": \"12.*\", "
		      "\"build\": \"h1_0\"}}}},"
		      " \"environments\": {\"gpu\": [\"gpu\"],"
		      "   \"bare\": {\"features\": [\"gpu\"], \"no-default-feature\": true}}}");
	CE_CLEANUP(ce_request_freep) struct ce_request *d = request(m, "default", "linux-64");
	CE_CLEANUP(ce_request_freep) struct ce_request *win = request(m, "default", "win-64");
	CE_CLEANUP(ce_request_freep) struct ce_request *gpu = request(m, "gpu", "linux-64");
	CE_CLEANUP(ce_request_freep) struct ce_request *bare = request(m, "bare", "linux-64");
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_strs platforms;

	(void)state;
	assert_string_equal(d->channels[0], "file:///project/local");
	assert_string_equal(d->channels[1], "https://h/c");
	assert_int_equal(d->n_specs, 3);
	assert_int_equal(win->n_specs, 2);
	assert_int_equal(gpu->n_specs, 4);
	assert_int_equal(bare->n_specs, 1);
	assert_string_equal(bare->specs[0]->name, "cuda-cudart-dev");
	assert_string_equal(bare->specs[0]->build, "h1_0");
	assert_virtuals(d, "__glibc=2.17=0\n__unix=0=0\n");
	/* The feature that an environment names goes before the default one. */
	assert_virtuals(gpu, "__cuda=12.4=0\n__unix=0=0\n");
	platforms = ce_manifest_platforms(m, ce_manifest_environment(m, "gpu"), &a);
	assert_int_equal(platforms.n, 1);
	assert_string_equal(platforms.items[0], "linux-64");
}

static bool has_spec(const struct ce_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_specs; i++)
		if (strcmp(r->specs[i]->name, name) == 0)
			return true;
	return false;
}

/* "cuDNN" is cudnn wherever a package is named. */
static void test_capitals(void **state)
{
	CE_CLEANUP(ce_manifest_freep)
	struct ce_manifest *m =
		parse("{\"dependencies\": {\"cuDNN\": \"8.8.*\", \"PyYAML\": {\"build\": \"py*\"}},"
		      " \"pins\": {\"Python\": \"3.12.*\"},"
		      " \"exclude-newer\": {\"packages\": {\"NCCL\": false}}}");
	CE_CLEANUP(ce_request_freep) struct ce_request *r = request(m, "default", "linux-64");

	(void)state;
	assert_specs(r, "cudnn 8.8.*\npyyaml * py*\n");
	assert_string_equal(r->pins[0]->name, "python");
	assert_string_equal(r->date_exceptions[0].name, "nccl");
}

static void test_cuda_section(void **state)
{
	CE_CLEANUP(ce_manifest_freep)
	struct ce_manifest *m =
		parse("{\"platforms\": [\"linux-64\", \"linux-aarch64\"],"
		      " \"cuda\": {\"version\": \"13.0\", \"components\": [\"nvcc\", \"nvrtc\"]}}");
	CE_CLEANUP(ce_request_freep) struct ce_request *x = request(m, "default", "linux-64");
	CE_CLEANUP(ce_request_freep)
	struct ce_request *arm = request(m, "default", "linux-aarch64");

	(void)state;
	assert_true(has_spec(x, "cuda-version"));
	assert_true(has_spec(x, "gxx_impl_linux-64"));
	assert_true(has_spec(x, "cuda-nvrtc-dev"));
	assert_false(has_spec(x, "arm-variant"));
	assert_true(has_spec(arm, "gxx_impl_linux-aarch64"));
	assert_true(has_spec(arm, "arm-variant"));
}

static void test_exclude_newer(void **state)
{
	CE_CLEANUP(ce_manifest_freep)
	struct ce_manifest *m =
		parse("{\"exclude-newer\": {\"default\": \"7d\", \"packages\": {\"a\": false, "
		      "\"b\": \"1970-01-02\"}}}");
	CE_CLEANUP(ce_request_freep) struct ce_request *r = request(m, "default", "linux-64");
	const uint64_t day = 24ULL * 3600 * 1000;

	(void)state;
	assert_int_equal(r->exclude_newer, 3 * day);
	assert_int_equal(r->n_date_exceptions, 2);
	assert_int_equal(r->date_exceptions[0].newer_than, 0);
	/* A date lets its whole day in. */
	assert_int_equal(r->date_exceptions[1].newer_than, 2 * day);
	assert_string_equal(ce_manifest_options(m, &m->arena),
		"exclude-newer=7d exclude-newer[a]= exclude-newer[b]=1970-01-02");
}

static void test_init_text_is_a_manifest(void **state)
{
	static const char *const channels[] = {"conda-forge"}, *const platforms[] = {"linux-64"},
				 *const components[] = {"nvcc", "cublas"};
	const struct ce_manifest_new_options o = {
		"app", channels, 1, platforms, 1, "12.9", components, 2};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	ce_manifest_render(&o, &b);
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = parse(ce_buf_str(&b));
	assert_string_equal(m->name, "app");
	assert_string_equal(m->features[0].cuda_version, "12.9");
	assert_int_equal(m->features[0].n_components, 2);
}

/* Each tests/bad/manifest/X.json must fail with exactly the text of X.err. */
static void test_bad(void **state)
{
	static const char dir_path[] = TEST_DATA "/bad/manifest";
	DIR *dir = opendir(dir_path);
	struct dirent *e;
	int n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		CE_AUTOFREE char *path = ce_path_join(dir_path, e->d_name);
		CE_CLEANUP(ce_buf_release) struct ce_buf input = {0}, got = {0};
		CE_CLEANUP(ce_manifest_freep) struct ce_manifest *m = NULL;
		char *dot = strrchr(path, '.');
		struct ccenv_error err;

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		assert_int_equal(ce_fs_read(path, 1 << 20, &input, &err), 0);
		memcpy(dot, ".err", 5); /* same length, less one */
		err.text[0] = '\0';
		if (ce_manifest_parse(input.data, input.len, "ccenv.json", &m, &err) == 0)
			fail_msg("%s was accepted", e->d_name);
		ce_buf_addf(&got, "%s\n", err.text);
		expected_check(path, ce_buf_str(&got));
		n++;
	}
	closedir(dir);
	print_message("bad/manifest: %d of %d manifests, each with its message\n", n, n);
	assert_true(n >= 12);
}

/* path "a/b" -> {"a", "b"}; value NULL removes. */
static void check_edit(
	const char *before, const char *path, const char *key, const char *value, const char *after)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *copy = ce_strdup(path);
	const char *items[8];
	struct ce_strs names = {items, 0};
	char *rest = NULL;

	for (char *p = strtok_r(copy, "/", &rest); p; p = strtok_r(NULL, "/", &rest))
		items[names.n++] = p;
	ce_buf_adds(&b, before);
	if (value)
		ce_manifest_edit_set(&b, names, key, value);
	else
		assert_true(ce_manifest_edit_remove(&b, names, key));
	assert_string_equal(ce_buf_str(&b), after);
}

static void check_open(const char *before, const char *name, const char *after)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_buf_adds(&b, before);
	ce_manifest_edit_open_target(&b, name);
	assert_string_equal(ce_buf_str(&b), after);
}

static void test_edit_opens_targets(void **state)
{
	(void)state;
	check_open(
		"{\n  \"targets\": [\"linux-aarch64\", {\"host\": \"linux-64\", \"build\": \"linux-aarch64\"}]\n}",
		"linux-64",
		"{\n  \"targets\": {\n    \"linux-aarch64\": {\"host\": \"linux-aarch64\"},\n    \"linux-64\": {\"host\": \"linux-64\", \"build\": \"linux-aarch64\"}\n  }\n}");
	check_open("{\"targets\": {\"a\": \"linux-aarch64\",  \"b\": \"linux-aarch64\"}}", "b",
		"{\"targets\": {\"a\": \"linux-aarch64\",  \"b\": {\"host\": \"linux-aarch64\"}}}");
	check_open("{\"targets\": {\"a\": {  \"host\": \"linux-aarch64\"}}}", "a",
		"{\"targets\": {\"a\": {  \"host\": \"linux-aarch64\"}}}");
}

static void test_edit_keeps_the_rest(void **state)
{
	(void)state;
	/* a line per member */
	check_edit("{\n  \"d\": {\n    \"a\": \"1\"\n  },\n  \"x\": [1,  2]\n}\n", "d", "b", ">=2",
		"{\n  \"d\": {\n    \"a\": \"1\",\n    \"b\": \">=2\"\n  },\n  \"x\": [1,  2]\n}\n");
	/* tabs, in one line within lines, and an object made */
	check_edit("{\n\t\"d\": { \"a\": \"1\" }\n}", "d", "b", "2",
		"{\n\t\"d\": { \"a\": \"1\", \"b\": \"2\" }\n}");
	check_edit("{\n\t\"d\": {}\n}", "d", "b", "2", "{\n\t\"d\": {\n\t\t\"b\": \"2\"\n\t}\n}");
	check_edit("{\n    \"x\": 1\n}\n", "t/p/d", "b", "2",
		"{\n    \"x\": 1,\n    \"t\": {\n        \"p\": {\n            \"d\": {\n                \"b\": \"2\"\n            }\n        }\n    }\n}\n");
	/* all in one line */
	check_edit("{\"d\": {}, \"x\": 1}", "d", "b", "2", "{\"d\": {\"b\": \"2\"}, \"x\": 1}");
	check_edit("{\"x\": 1}", "d", "b", "2", "{\"x\": 1, \"d\": {\"b\": \"2\"}}");
	/* the line ends of the file */
	check_edit("{\r\n  \"d\": {\r\n  }\r\n}\r\n", "d", "b", "2",
		"{\r\n  \"d\": {\r\n    \"b\": \"2\"\r\n  }\r\n}\r\n");
	/* another value, of any kind; quotes, brackets and escapes in strings around it */
	check_edit(
		"{ \"}\": \"\\\"{\", \"d\" : { \"a\" : { \"version\": \"}\" } , \"c\": \"]\" } }",
		"d", "a", "2", "{ \"}\": \"\\\"{\", \"d\" : { \"a\" : \"2\" , \"c\": \"]\" } }");
	check_edit("{\"\\u0064\": {\"cuDNN\": \"1\"}}", "d", "cudnn", "2",
		"{\"\\u0064\": {\"cuDNN\": \"2\"}}");
	check_edit("{\"d\": {}}", "d", "b", "[build='a\"b']",
		"{\"d\": {\"b\": \"[build='a\\\"b']\"}}");
}

static void check_list(const char *before, const char *value, bool first, const char *after)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_buf_adds(&b, before);
	ce_manifest_edit_list_add(&b, (struct ce_strs){0}, "l", value, first);
	assert_string_equal(ce_buf_str(&b), after);
}

static void check_list_without(const char *before, size_t index, const char *after)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_buf_adds(&b, before);
	assert_true(ce_manifest_edit_list_remove(&b, (struct ce_strs){0}, "l", index));
	assert_string_equal(ce_buf_str(&b), after);
}

static void test_edit_lists(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	check_list("{\n  \"l\": [\n    \"a\",\n    \"b\"\n  ]\n}\n", "c", false,
		"{\n  \"l\": [\n    \"a\",\n    \"b\",\n    \"c\"\n  ]\n}\n");
	check_list("{\n  \"l\": [\n    \"a\"\n  ]\n}\n", "c", true,
		"{\n  \"l\": [\n    \"c\",\n    \"a\"\n  ]\n}\n");
	check_list("{\"l\": [ \"a]\" ]}", "c", false, "{\"l\": [ \"a]\", \"c\" ]}");
	check_list("{\"l\": [ \"a\" ]}", "c", true, "{\"l\": [ \"c\", \"a\" ]}");
	check_list("{\"l\": []}", "c\"", false, "{\"l\": [\"c\\\"\"]}");
	check_list("{\"x\": 1}", "c", false, "{\"x\": 1, \"l\": [\"c\"]}");
	check_list_without("{\"l\": [\"a\", \"b\", \"c\"]}", 0, "{\"l\": [\"b\", \"c\"]}");
	check_list_without("{\"l\": [\"a\", \"b\", \"c\"]}", 2, "{\"l\": [\"a\", \"b\"]}");
	check_list_without("{\n\t\"l\": [\n\t\t\"a\",\n\t\t\"b\"\n\t]\n}", 1,
		"{\n\t\"l\": [\n\t\t\"a\"\n\t]\n}");
	check_list_without("{\"l\": [ \"a\" ]}", 0, "{\"l\": []}");
	ce_buf_adds(&b, "{\"l\": [\"a\"]}");
	assert_false(ce_manifest_edit_list_remove(&b, (struct ce_strs){0}, "l", 1));
	assert_false(ce_manifest_edit_list_remove(&b, (struct ce_strs){0}, "x", 0));
	assert_true(ce_manifest_edit_list_has(&b, (struct ce_strs){0}, "l"));
	assert_false(ce_manifest_edit_list_has(&b, (struct ce_strs){0}, "x"));
}

static void test_edit_removes(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	const char *d = "d";

	(void)state;
	check_edit(
		"{\n  \"d\": {\n    \"a\": \"1\",\n    \"b\": \"2\",\n    \"c\": \"3\"\n  }\n}\n",
		"d", "a", NULL, "{\n  \"d\": {\n    \"b\": \"2\",\n    \"c\": \"3\"\n  }\n}\n");
	check_edit(
		"{\n  \"d\": {\n    \"a\": \"1\",\n    \"b\": \"2\",\n    \"c\": \"3\"\n  }\n}\n",
		"d", "b", NULL, "{\n  \"d\": {\n    \"a\": \"1\",\n    \"c\": \"3\"\n  }\n}\n");
	check_edit("{\n  \"d\": {\n    \"a\": \"1\",\n    \"b\": \"2\"\n  }\n}\n", "d", "b", NULL,
		"{\n  \"d\": {\n    \"a\": \"1\"\n  }\n}\n");
	check_edit("{\n  \"d\": {\n    \"a\": {\"version\": \"1\"}\n  }\n}\n", "d", "A", NULL,
		"{\n  \"d\": {}\n}\n");
	check_edit(
		"{\"d\": {\"a\": \"1\", \"b\": \"2\"}}", "d", "a", NULL, "{\"d\": {\"b\": \"2\"}}");
	ce_buf_adds(&b, "{\"d\": {\"a\": \"1\"}}");
	assert_false(ce_manifest_edit_remove(&b, (struct ce_strs){&d, 1}, "x"));
	assert_false(ce_manifest_edit_remove(&b, (struct ce_strs){0}, "a"));
	assert_string_equal(ce_buf_str(&b), "{\"d\": {\"a\": \"1\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_features_and_targets),
		cmocka_unit_test(test_capitals),
		cmocka_unit_test(test_cuda_section),
		cmocka_unit_test(test_exclude_newer),
		cmocka_unit_test(test_init_text_is_a_manifest),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_edit_keeps_the_rest),
		cmocka_unit_test(test_edit_opens_targets),
		cmocka_unit_test(test_edit_lists),
		cmocka_unit_test(test_edit_removes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
