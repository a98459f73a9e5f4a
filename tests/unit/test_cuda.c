/* SPDX-License-Identifier: MIT */
/* The "cuda" section: which releases a version admits, and which packages the components then are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "model/component.h"
#include "model/cuda_release.h"

static struct ccenv_error err;

/* What is asked for, one line per spec, or the error. */
static void ask(const char *version, struct ce_strs components, const char *platform,
	const char *driver, struct ce_buf *out)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_component_request q = {.version = version,
		.components = components,
		.platform = platform,
		.driver = driver};
	struct ce_strs specs;

	err = (struct ccenv_error){0};
	ce_buf_clear(out);
	if (ce_component_specs(&q, &a, &specs, &err) < 0) {
		ce_buf_adds(out, err.text);
		return;
	}
	for (size_t i = 0; i < specs.n; i++)
		ce_buf_addf(out, "%s\n", specs.items[i]);
}

static void test_components_are_expanded(void **state)
{
	static const char *names[] = {"nvcc", "cublasLt", "CUDART", "cublas"};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	ask("13.0", (struct ce_strs){names, CE_COUNT(names)}, "linux-aarch64", NULL, &b);
	assert_string_equal(ce_buf_str(&b), "arm-variant * sbsa\n"
					    "cuda-crt-dev_linux-aarch64\n"
					    "cuda-cudart-dev\n"
					    "cuda-cudart-static\n"
					    "cuda-driver-dev_linux-aarch64\n"
					    "cuda-nvcc-impl\n"
					    "cuda-version 13.0.*\n"
					    "gcc_impl_linux-aarch64\n"
					    "gxx_impl_linux-aarch64\n"
					    "libcublas-dev\n");
}

static void test_unknown_component_lists_the_known(void **state)
{
	static const char *wrong = "plugh", *near = "cublass", *package = "cuda-nvcc",
			  *nccl = "nccl";
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	ask("13.0", (struct ce_strs){&wrong, 1}, "linux-64", NULL, &b);
	assert_non_null(strstr(ce_buf_str(&b), "cublas, "));
	ask("13.0", (struct ce_strs){&near, 1}, "linux-64", NULL, &b);
	assert_non_null(strstr(ce_buf_str(&b), "did you mean \"cublas\"?"));
	ask("13.0", (struct ce_strs){&package, 1}, "linux-64", NULL, &b);
	assert_non_null(strstr(ce_buf_str(&b), "did you mean \"nvcc\"?"));
	ask("13.0", (struct ce_strs){&nccl, 1}, "win-64", NULL, &b);
	assert_non_null(strstr(ce_buf_str(&b), "does not exist for win-64"));
}

/* Each line is one set of releases: its spec of cuda-version, then the texts that mean it. */
static const char *const same[][40] = {
	{"12.0.*", "12.0", "12.0.*", "=12.0", "=12.0.*", "==12.0", "12.0*", ">=12.0,<12.1",
		">=12.0, <12.1", " 12.0 ", ">=12,<12.1", "12.*,<12.1", "(12.0)", "12.0|12.0",
		">11.19,<=12.0", "12.0.0", "12.0.0.0", "=12.0.0", "==12.0.0", "12.0.0.*", "12.00",
		"012.0", "= 12.0", "== 12.0", "~=12.0.0", "12.0, 12.0", ">=12.0,<12.1.0a0",
		">=12.0.0,<12.1.0", "12.0,<13", "12.0|12.0.0"},
	{">=12.0,<12.2", ">=12.0,<12.2", "12.0|12.1", "12.0.*|12.1.*", ">=12.0,<=12.1",
		"==12.0|==12.1", "12.1|12.0", "=12.0|=12.1", ">=12,<12.2", "12,<12.2",
		"12.0 | 12.1"},
	{"12.*", "12", "12.*", "=12", ">=12,<13", ">=12.0,<13.0", "~=12.0", ">=12,<13.0a0", "12*",
		">11.19,<13", " 12", "12|12.0", ">=12.0.0,<13.0.0"},
	{">=12.8,<13", ">=12.8,<13", "~=12.8", ">=12.8,12.*", ">=12.8,12", "12.*,>=12.8",
		">=12.8,<13.0.0"},
	{">=12.8", ">=12.8", ">12.7", ">=12.8.0", ">12.7.5"},
	{">=12.0,<13.1", "12|13.0", ">=12,<13.1", "12.*|13.0", "12,<13|13.0.*"},
	{"<12", "<12", "<12.0", "<=11.19"},
	{"12.4.*|12.6.*", "12.4|12.6", "12.6|12.4", ">=12.4,!=12.5,<12.7"},
};

static void test_same_releases_same_specs(void **state)
{
	static const char *names[] = {"cublas_static", "cudart", "nccl"};
	const struct ce_strs components = {names, CE_COUNT(names)};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(same); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf first = {0};
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
		CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
		struct ce_cuda_releases r;

		ask(same[i][1], components, "linux-64", NULL, &first);
		for (size_t k = 1; k < CE_COUNT(same[i]) && same[i][k]; k++) {
			if (ce_cuda_releases_parse(same[i][k], &r, &err) < 0)
				fail_msg("%s", err.text);
			if (strcmp(ce_cuda_releases_text(&r, &a), same[i][0]) != 0)
				fail_msg("%s gives %s", same[i][k], ce_cuda_releases_text(&r, &a));
			n++;
			ask(same[i][k], components, "linux-64", NULL, &b);
			if (err.code) /* which names the version as it is written */
				continue;
			assert_string_equal(ce_buf_str(&b), ce_buf_str(&first));
		}
		/* The text of a set means that set. */
		if (ce_cuda_releases_parse(same[i][0], &r, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(ce_cuda_releases_text(&r, &a), same[i][0]);
	}
	print_message("releases taken: %zu of %zu spellings\n", n, n);
}

/* Until 12.1 the headers that cudart's own include came with nvcc; libculibos.a came with cudart until
 * 12.9. What is asked for exists in each release that is possible. */
static void test_packages_of_releases(void **state)
{
	static const struct {
		const char *version, *driver, *crt, *culibos;
	} cases[] = {
		{"12.0", NULL, "cuda-nvcc-dev_linux-64", NULL},
		{">=12.0,<12.2", NULL, "cuda-nvcc-dev_linux-64", NULL},
		{"12.2", NULL, "cuda-crt-dev_linux-64", NULL},
		{">=12.2,<13", NULL, "cuda-crt-dev_linux-64", NULL},
		{"12", NULL, "cuda-nvcc-dev_linux-64", NULL},
		{">=12.1", NULL, "cuda-nvcc-dev_linux-64", "cuda-culibos-static"},
		{"13", NULL, "cuda-crt-dev_linux-64", "cuda-culibos-static"},
		{">=12.8", "13.0", "cuda-crt-dev_linux-64", "cuda-culibos-static"},
		{">=12.8", "12.9", "cuda-crt-dev_linux-64", NULL},
		{"13.0", "12.9", "cuda-crt-dev_linux-64", "cuda-culibos-static"},
	};
	static const char *names[] = {"cudart", "cublas_static"};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
		bool has_culibos;

		ask(cases[i].version, (struct ce_strs){names, 2}, "linux-64", cases[i].driver, &b);
		if (!strstr(ce_buf_str(&b), cases[i].crt))
			fail_msg("%s: %s", cases[i].version, ce_buf_str(&b));
		has_culibos = strstr(ce_buf_str(&b), "culibos") != NULL;
		if (has_culibos != (cases[i].culibos != NULL))
			fail_msg("%s: %s", cases[i].version, ce_buf_str(&b));
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", " ", "13.", "cuda", ".13", "13..0", "13 0",
		">=", ">=13,", "|13", "13||14", "(13", "13)", "==12.0.1", "<9", ">13,<12", "12.25",
		">=12.0 <13", "13.0.2", "12.0.1", ">=12|13.0.2", "!=12.*,12.0", "1!13", "13.0.2.*",
		"=13.0.2", "== 13.0.2", ">=13.0.2,<13.1", "===13.0", "\t13.0", "13.0\n", "13.0=h1",
		"13.0 h1", "13.0+1", "13.0.post1", "13.0a0", "latest"};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(bad); i++) {
		struct ce_cuda_releases r;

		err = (struct ccenv_error){0};
		if (ce_cuda_releases_parse(bad[i], &r, &err) != CCENV_EDATA)
			fail_msg("\"%s\" was not refused", bad[i]);
		assert_non_null(strstr(err.text, "CUDA version \""));
	}
	assert_int_equal(
		ce_cuda_releases_parse("12.0.1", &(struct ce_cuda_releases){0}, &err), CCENV_EDATA);
	assert_string_equal(err.text,
		"CUDA version \"12.0.1\" has a patch level, but conda-forge selects releases by X.Y only; ask for \"12.0\" and let the lock file hold the patch level");
	print_message("releases refused: %zu of %zu spellings\n", CE_COUNT(bad), CE_COUNT(bad));
}

/* Spellings of other tools: refused, as conda's tools do, with the release that was meant. */
static void test_likely_releases(void **state)
{
	static const struct {
		const char *text, *meant;
	} cases[] = {
		{"v13.0", "13.0"},
		{"V13.0", "13.0"},
		{"13.x", "13"},
		{"13.X", "13"},
		{"13.0.x", "13.0"},
		{"13,0", "13.0"},
		{"13-0", "13.0"},
		{"13_0", "13.0"},
		{"cuda13", "13"},
		{"CUDA 13.0", "13.0"},
		{"cuda-13.0", "13.0"},
		{"cuda-version 13.0", "13.0"},
		{"cuda-version=13.0", "13.0"},
		{"cu13", "13"},
		{"cu126", "12.6"},
		{"130", "13.0"},
		{"12060", "12.6"},
		{"13000", "13.0"},
		{"^13.0", "13.0"},
		{"13.0a0", "13.0"},
		{"13.0+cu1", "13.0"},
		{"latest", NULL},
		{"12.25", NULL},
		{"99.9", NULL},
		{"7.5", NULL},
		{"1.3", NULL},
		{">13,<12", NULL},
		{"99999999999999999999", NULL},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf end = {0};
		struct ce_cuda_releases r;

		err = (struct ccenv_error){0};
		assert_int_equal(ce_cuda_releases_parse(cases[i].text, &r, &err), CCENV_EDATA);
		if (cases[i].meant)
			ce_buf_addf(&end, "; did you mean \"%s\"?", cases[i].meant);
		if (cases[i].meant ? !strstr(err.text, ce_buf_str(&end))
				   : strstr(err.text, "did you mean") != NULL)
			fail_msg("\"%s\": %s", cases[i].text, err.text);
		/* What is proposed is taken. */
		if (cases[i].meant &&
			ce_cuda_releases_parse(cases[i].meant, &r, &(struct ccenv_error){0}) < 0)
			fail_msg("%s proposes what is refused", cases[i].text);
	}
	print_message(
		"releases proposed: %zu of %zu spellings\n", CE_COUNT(cases), CE_COUNT(cases));
}

static void test_before_the_toolkit(void **state)
{
	static const char *nvcc = "NVCC", *nccl = "nccl";
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	(void)state;
	ask("11.8", (struct ce_strs){&nvcc, 1}, "linux-64", NULL, &b);
	assert_string_equal(ce_buf_str(&b),
		"CUDA \"11.8\" has no \"nvcc\": 12.0 is the oldest release that conda-forge has as packages of the toolkit. For older ones there are only the runtime libraries (\"cudatoolkit\" under \"dependencies\"), which need an nvcc that is installed on the machine");
	ask(">=11.2,<12", (struct ce_strs){&nvcc, 1}, "linux-64", NULL, &b);
	assert_non_null(strstr(ce_buf_str(&b), "12.0 is the oldest"));
	ask(">=11.2,<12.1", (struct ce_strs){&nvcc, 1}, "linux-64", NULL, &b);
	assert_non_null(strstr(ce_buf_str(&b), "cuda-nvcc-impl\n"));
	ask("11.8", (struct ce_strs){&nccl, 1}, "linux-64", NULL, &b);
	assert_string_equal(ce_buf_str(&b), "cuda-version 11.8.*\nnccl\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_components_are_expanded),
		cmocka_unit_test(test_unknown_component_lists_the_known),
		cmocka_unit_test(test_same_releases_same_specs),
		cmocka_unit_test(test_packages_of_releases),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_likely_releases),
		cmocka_unit_test(test_before_the_toolkit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
