/* SPDX-License-Identifier: MIT */
/* Versions: limits, messages, and that the order is one. The tables of cases are in
 * test_conformance.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "ccenv/ccenv.h"
#include "spec/pinning.h"
#include "spec/version.h"
#include "spec/version_spec.h"

static const struct ce_version *version(const char *text, struct ce_arena *a)
{
	const struct ce_version *v;
	struct ccenv_error err;

	if (ce_version_parse(text, a, &v, &err) < 0)
		fail_msg("%s", err.text);
	return v;
}

static void expect_error(const char *text, const char *message)
{
	const struct ce_version *v = (const void *)text;
	struct ce_arena arena = {0};
	struct ccenv_error err;

	assert_int_equal(ce_version_parse(text, &arena, &v, &err), CCENV_EDATA);
	assert_string_equal(err.text, message);
	assert_ptr_equal(v, text); /* untouched */
	ce_arena_release(&arena);
}

static void test_messages(void **state)
{
	(void)state;
	expect_error("12.4@1", "this character cannot stand in a version\n"
			       "    12.4@1\n"
			       "        ^");
	expect_error("1..2", "a version must not have an empty part\n"
			     "    1..2\n"
			     "      ^");
	expect_error("", "expected a version\n"
			 "    \n"
			 "    ^");
	expect_error("1!2!3", "a version has at most one '!'\n"
			      "    1!2!3\n"
			      "       ^");
	expect_error("1_2-3", "'-' and '_' exclude each other in a version\n"
			      "    1_2-3\n"
			      "       ^");
	/* What would move a terminal's cursor is not shown. */
	expect_error("1.\x1b[2J", "this character cannot stand in a version\n"
				  "    1.?[2J\n"
				  "      ^");
}

static void test_limits(void **state)
{
	struct ce_arena arena = {0};
	const struct ce_version *v;
	struct ccenv_error err;
	char text[80];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[64] = '\0';
	assert_int_equal(ce_version_parse(text, &arena, &v, &err), 0);
	text[64] = 'a';
	text[65] = '\0';
	assert_int_equal(ce_version_parse(text, &arena, &v, &err), CCENV_EDATA);
	/* As many runs as fit. */
	for (int i = 0; i < 64; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[63] = '\0';
	assert_int_equal(ce_version_segments(version(text, &arena)), 32);
	for (int i = 0; i < 64; i++)
		text[i] = i % 2 ? '1' : 'a';
	text[64] = '\0';
	assert_true(ce_version_compare(version(text, &arena), version("0", &arena)) < 0);
	/* Dates with seconds are published; longer numbers are refused, never cut. */
	assert_true(ce_version_compare(version("20210324121314", &arena),
			    version("20210324121313", &arena)) > 0);
	assert_int_equal(ce_version_parse("999999999999999999", &arena, &v, &err), 0);
	assert_int_equal(ce_version_parse("1234567890123456789", &arena, &v, &err), CCENV_EDATA);
	assert_int_equal(ce_version_compare(
				 version("000000000000000000000001", &arena), version("1", &arena)),
		0);
	ce_arena_release(&arena);
}

/* The table of conda-formats 2.3 and more, lowest first; each compared with each. */
static void test_total_order(void **state)
{
	static const char *const ascending[] = {"v1.0", "0.4", "0.4.1.rc", "0.4.1", "0.5*", "0.5a1",
		"0.5b3", "0.5C1", "0.5z", "0.5za", "0.5", "0.5_5", "0.9.6", "0.960923", "1.0dev",
		"1.0_", "1.0a", "1.0rc1", "1.0rc2", "1.0", "1.0+1", "1.0.4a3", "1.0.4b1", "1.0.4",
		"1.1dev1", "1.1_", "1.1a1", "1.1.dev1", "1.1.a1", "1.1", "1.1.post1", "1.1.1dev1",
		"1.1.1rc1", "1.1.1", "1.1.1post1", "1.1post1", "2g6", "2.0b1pr0", "2.2be.ta29",
		"2.2be5ta29", "2.2beta29", "2.2.0.1", "12.9", "12.9.99", "12.10", "13.0a0", "13.0",
		"1!0.1", "1!3.1.1.6", "2!0"};
	const struct ce_version *v[CE_COUNT(ascending)];
	struct ce_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(ascending); i++)
		v[i] = version(ascending[i], &arena);
	for (size_t i = 0; i < CE_COUNT(ascending); i++) {
		for (size_t k = 0; k < CE_COUNT(ascending); k++) {
			int c = ce_version_compare(v[i], v[k]);
			int want = (i > k) - (i < k);

			if ((c > 0) - (c < 0) != want)
				fail_msg("%s against %s gives %d", ascending[i], ascending[k], c);
		}
	}
	ce_arena_release(&arena);
}

static void test_text_is_kept(void **state)
{
	struct ce_arena arena = {0};

	(void)state;
	assert_string_equal(ce_version_text(version("  1.0RC1 ", &arena)), "1.0RC1");
	assert_int_equal(
		ce_version_compare(version("1.0RC1", &arena), version("1.0rc1", &arena)), 0);
	ce_arena_release(&arena);
}

static void expect_constraint_error(const char *text, enum ce_spec_mode mode, const char *message)
{
	const struct ce_version_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;

	assert_int_equal(ce_version_spec_parse(text, mode, &arena, &spec, &err), CCENV_EDATA);
	assert_string_equal(err.text, message);
	ce_arena_release(&arena);
}

static void test_constraint_messages(void **state)
{
	(void)state;
	expect_constraint_error(">=3.8<3.9", CE_SPEC_LENIENT,
		"expected ',' or '|' between two constraints\n"
		"    >=3.8<3.9\n"
		"         ^");
	expect_constraint_error(">=1, ", CE_SPEC_LENIENT,
		"expected a version or an operator such as >=\n"
		"    >=1, \n"
		"         ^");
	expect_constraint_error("12 | =>13", CE_SPEC_LENIENT,
		"unknown operator '=>': expected one of == != <= >= < > = ~=\n"
		"    12 | =>13\n"
		"         ^");
	expect_constraint_error(">=1,<2@", CE_SPEC_LENIENT,
		"this character cannot stand in a version\n"
		"    >=1,<2@\n"
		"          ^");
	expect_constraint_error("^12.*$", CE_SPEC_LENIENT,
		"a version cannot be a regular expression: write a range or 1.2.*\n"
		"    ^12.*$\n"
		"    ^");
	expect_constraint_error("(>=1,(<2)", CE_SPEC_LENIENT,
		"expected ',', '|' or the ')' of '(' at column 1\n"
		"    (>=1,(<2)\n"
		"             ^");
}

/* What strict mode refuses, lenient mode reads as conda and rattler do. */
static void test_strict(void **state)
{
	static const char *const lenient_only[] = {"==1.2.*", ">=1.2.*", ">1.2.*", "<1.2*", "1.*.3",
		"*.3", "*.*", "1.2.*.*", "0.2.18.*.", ">=*", "=*.3"};
	static const char *const both[] = {"12.4", "12.4.*", "12.4*", "=12.4", "=12.4.*",
		"!=12.4.*", "~=12.4", "~=1", "*", ">=12,<13|14.*", "(>=1|<0.5),!=0.3",
		">= 12.4 , < 13", ""};
	const struct ce_version_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(lenient_only); i++) {
		if (ce_version_spec_parse(lenient_only[i], CE_SPEC_STRICT, &arena, &spec, &err) ==
			0)
			fail_msg("%s is read in strict mode", lenient_only[i]);
		assert_int_equal(ce_version_spec_parse(
					 lenient_only[i], CE_SPEC_LENIENT, &arena, &spec, &err),
			0);
	}
	for (size_t i = 0; i < CE_COUNT(both); i++)
		if (ce_version_spec_parse(both[i], CE_SPEC_STRICT, &arena, &spec, &err) < 0)
			fail_msg("%s: %s", both[i], err.text);
	expect_constraint_error("==12.4.*", CE_SPEC_STRICT,
		"'==' is exact and takes no '*': write 12.4.* or ==12.4\n"
		"    ==12.4.*\n"
		"          ^");
	ce_arena_release(&arena);
}

static void test_depth(void **state)
{
	const struct ce_version_spec *spec;
	struct ce_arena arena = {0};
	struct ccenv_error err;
	char text[4200];

	(void)state;
	for (int depth = 32; depth <= 33; depth++) {
		memset(text, '(', (size_t)depth);
		text[depth] = '1';
		memset(text + depth + 1, ')', (size_t)depth);
		text[2 * depth + 1] = '\0';
		assert_int_equal(ce_version_spec_parse(text, CE_SPEC_LENIENT, &arena, &spec, &err),
			depth == 32 ? 0 : CCENV_EDATA);
	}
	memset(text, '(', sizeof(text));
	text[4096] = '\0';
	assert_int_equal(
		ce_version_spec_parse(text, CE_SPEC_LENIENT, &arena, &spec, &err), CCENV_EDATA);
	text[4096] = '(';
	text[4097] = '\0';
	assert_int_equal(
		ce_version_spec_parse(text, CE_SPEC_LENIENT, &arena, &spec, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, "at most 4096"));
	ce_arena_release(&arena);
}

/* The bound that `ccenv add` writes: pixi's rule. */
static void test_pinning(void **state)
{
	static const struct {
		const char *name, *lowest, *highest, *constraint;
	} rows[] = {
		{"pytorch-gpu", "2.8.0", "2.8.0", ">=2.8.0,<3"},
		{"fmt", "9.1.0", "11.0.2", ">=9.1.0,<12"},
		{"tzdata", "2025b", "2025b", ">=2025b"},
		{"ripgrep", "0.3.1", "0.3.1", ">=0.3.1,<0.4"},
		{"tiny", "0.0.3", "0.0.3", ">=0.0.3,<0.0.4"},
		{"nothing", "0.0", "0.0", ">=0.0,<0.1"},
		{"one", "7", "7", ">=7,<8"},
		{"python", "3.13.9", "3.13.9", ">=3.13.9,<3.14"},
		{"gcc", "14.3.0", "14.3.0", ">=14.3.0,<14.4"},
		{"rust", "1.0", "1.0", ">=1.0,<1.1"},
		{"pytz", "1!2.0", "1!2.0", ">=1!2.0"},
		{"dated", "1.2rc1", "1.2rc1", ">=1.2rc1,<2"},
		{"odd", "r1", "r1", ">=r1"},
	};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++)
		assert_string_equal(ce_pinning(rows[i].name, rows[i].lowest, rows[i].highest, &a),
			rows[i].constraint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pinning),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_total_order),
		cmocka_unit_test(test_text_is_kept),
		cmocka_unit_test(test_constraint_messages),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
