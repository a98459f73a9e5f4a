/* SPDX-License-Identifier: MIT */
/*
 * Each component of the table, on real records of conda-forge: for which CUDA releases its packages
 * resolve. tests/data/components/expected.txt says what must come out; the records are those of
 * tests/parity and, next to that file, those that no request there reaches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "corpus.h"
#include "expected.h"
#include "model/component.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/solve.h"

static const char *const platforms[] = {"linux-64", "linux-aarch64"};
static const char *const releases[] = {"13.3", "13.0", "12.9", "12.6"};

/* A machine that can run what is solved for. */
static json_t *virtuals(const char *platform)
{
	json_t *v = json_pack("[[sss] [sss] [sss] [sss]]", "__unix", "0", "0", "__linux", "6.8",
		"0", "__glibc", "2.39", "0", "__cuda", "13.3", "0");

	json_array_append_new(
		v, json_pack("[sss]", "__archspec", "1",
			   strcmp(platform, "linux-64") == 0 ? "x86_64_v3" : "aarch64"));
	return v;
}

static bool resolves(const struct ce_repodata *records, const char *component, const char *release,
	const char *platform)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *q = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *s = NULL;
	struct ce_arena a = {0};
	struct ccenv_error err = {0};
	json_t *specs = json_array();
	json_t *o;
	const struct ce_component_request request = {
		.version = release, .components = {&component, 1}, .platform = platform};
	struct ce_strs list = {0};
	int r;

	r = ce_component_specs(&request, &a, &list, &err);
	for (size_t i = 0; r == 0 && i < list.n; i++)
		json_array_append_new(specs, json_string(list.items[i]));
	o = json_pack(
		"{ss so so}", "platform", platform, "specs", specs, "virtuals", virtuals(platform));
	if (r == 0)
		r = corpus_request(o, &q, &err);
	if (r == 0)
		r = ce_solve(q, records, &s, NULL, &err);
	json_decref(o);
	ce_arena_release(&a);
	return r == 0;
}

/* A line: platform, component, and the releases for which it resolves, or "nowhere". */
static void describe(struct ce_buf *out, const struct ce_component *c, const char *platform,
	const struct ce_repodata *records)
{
	bool any = false;

	ce_buf_addf(out, "%s %s:", platform, c->name);
	for (size_t i = 0; i < CE_COUNT(releases); i++)
		if (resolves(records, c->name, releases[i], platform)) {
			ce_buf_addf(out, " %s", releases[i]);
			any = true;
		}
	ce_buf_adds(out, any ? "\n" : " nowhere\n");
}

static struct ce_repodata *load(const char *platform)
{
	static const char channel[] = "https://conda.anaconda.org/conda-forge";
	CE_AUTOFREE char *own =
		ce_asprintf(TEST_DATA "/parity/conda-forge/%s/repodata.json.zst", platform);
	CE_AUTOFREE char *more = ce_asprintf(TEST_DATA "/data/components/%s.json", platform);
	const char *paths[] = {own, more, TEST_DATA "/parity/conda-forge/noarch/repodata.json.zst"};
	const char *channels[] = {channel, channel, channel};
	const char *subdirs[] = {platform, platform, "noarch"};

	return corpus_load(paths, channels, subdirs, 3);
}

static void describe_all(struct ce_buf *out)
{
	for (size_t i = 0; i < CE_COUNT(platforms); i++) {
		CE_CLEANUP(ce_repodata_freep) struct ce_repodata *records = load(platforms[i]);

		for (const struct ce_component *c = ce_component_list(); c->name; c++)
			describe(out, c, platforms[i], records);
	}
}

/* Comments of the file say why "nowhere". */
static void test_components_resolve(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};

	(void)state;
	describe_all(&out);
	expected_check_lines(TEST_DATA "/data/components/expected.txt", ce_buf_str(&out));
}

/* Ranges over the releases in which packages changed their names, too. */
static void test_ranges_resolve(void **state)
{
	static const char *const ranges[] = {"12.0", "12.0.*", ">=12.0,<12.2", "12.0|12.1",
		">=12.1,<12.3", "12", "~=12.0", ">=12.8,<13", ">=12.0", "13"};
	static const char *const components[] = {"nvcc", "cudart"};
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *records = load("linux-64");

	(void)state;
	for (size_t i = 0; i < CE_COUNT(ranges); i++)
		for (size_t k = 0; k < CE_COUNT(components); k++)
			if (!resolves(records, components[k], ranges[i], "linux-64"))
				fail_msg(
					"%s of CUDA %s does not resolve", components[k], ranges[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_components_resolve),
		cmocka_unit_test(test_ranges_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
