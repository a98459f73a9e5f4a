/* SPDX-License-Identifier: MIT */
/* model/arch: which GPU architectures a CUDA release takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "model/arch.h"

static struct ccenv_error err;

static void test_forms(void **state)
{
	static const char *const good[] = {
		"75", "90a", "100f", "90-real", "120a-virtual", "all", "all-major", "native"};
	static const char *const bad[] = {
		"", "9", "9.0", "sm_90", "90b", "90-", "90-ptx", "1000", "90 ", "90a-", "a"};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(good); i++)
		assert_int_equal(ce_arch_check(good[i], NULL, &err), 0);
	for (size_t i = 0; i < CE_COUNT(bad); i++)
		assert_int_equal(ce_arch_check(bad[i], NULL, &err), CCENV_EDATA);
}

static void test_releases(void **state)
{
	static const struct {
		const char *arch, *cuda, *says; /* NULL: it is taken */
	} cases[] = {
		{"70", "12.9", NULL},
		{"70", "13.0", "CUDA 12.9 was the last one"},
		{"101", "13.0", "CUDA 12.9 was the last one"},
		{"110", "12.9", "CUDA 13.0 is the first one"},
		{"110", "13.0", NULL},
		{"100", "12.6", "CUDA 12.8 is the first one"},
		{"100f", "12.8", "supported are 50"},
		{"100f-real", "12.9", NULL},
		{"90a", "12.0", NULL},
		{"89a", "13.0", "supported are 75"},
		{"95", "13.0", "is not supported by nvcc of CUDA 13.0"},
		{"121", "14.2", NULL}, /* later than what is known: as the latest */
		{"130", "14.2", NULL}, /* and the GPU may be as new */
		{"70", "14.2", "CUDA 12.9 was the last one"},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		int r = ce_arch_check(cases[i].arch, cases[i].cuda, &err);

		assert_int_equal(r, cases[i].says ? CCENV_EDATA : 0);
		if (cases[i].says && !strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].arch, err.text);
	}
}

static void assert_expands(const char *arch, const char *cuda, const char *native, const char *want)
{
	struct ce_arena a = {0};
	struct ce_buf b = {0};
	struct ce_strs list;

	assert_int_equal(
		ce_arch_expand((struct ce_strs){&arch, 1}, cuda, native, &a, &list, &err), 0);
	for (size_t i = 0; i < list.n; i++)
		ce_buf_addf(&b, "%s%s", i ? " " : "", list.items[i]);
	assert_string_equal(ce_buf_str(&b), want);
	ce_buf_release(&b);
	ce_arena_release(&a);
}

static void test_words_become_lists(void **state)
{
	struct ce_arena a = {0};
	const char *native = "native";
	struct ce_strs list;

	(void)state;
	assert_expands("all-major", "13.0", NULL,
		"75-real 80-real 90-real 100-real 110-real 120-real 120-virtual");
	assert_expands(
		"all-major", "12.6", NULL, "50-real 60-real 70-real 80-real 90-real 90-virtual");
	assert_expands("all", "12.6", NULL,
		"50-real 52-real 53-real 60-real 61-real 62-real 70-real 72-real 75-real 80-real "
		"86-real 87-real 89-real 90-real 90-virtual");
	assert_expands("native", "13.0", "90", "90-real");
	assert_expands("90a-real", "13.0", NULL, "90a-real");
	assert_int_equal(
		ce_arch_expand((struct ce_strs){&native, 1}, "13.0", NULL, &a, &list, &err),
		CCENV_EHOST);
	assert_non_null(strstr(err.text, "CUDAARCHS"));
	ce_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_words_become_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
