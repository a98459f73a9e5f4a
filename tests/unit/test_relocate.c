/* SPDX-License-Identifier: MIT */
/* install/relocate: what becomes of placeholders, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "install/relocate.h"

static void check_text(
	const char *placeholder, const char *prefix, const char *in, const char *expected)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ce_relocate how = {.placeholder = placeholder, .prefix = prefix};

	ce_relocate_text(&how, in, strlen(in), &out);
	assert_string_equal(ce_buf_str(&out), expected);
}

static void test_text(void **state)
{
	(void)state;
	check_text("/ph", "/opt/env", "a=/ph/bin:/ph\nb=/p/ph",
		"a=/opt/env/bin:/opt/env\nb=/p/opt/env");
	check_text("/ph", "/e", "", "");
	check_text("/ph", "/e", "nothing", "nothing");
	/* What the replacement brings is not replaced again. */
	check_text("/ph", "/ph/ph", "/ph", "/ph/ph");
}

static void test_shebang_short(void **state)
{
	(void)state;
	check_text("/ph", "/e", "#!/ph/bin/sh -e\n/ph\n", "#!/e/bin/sh -e\n/e\n");
	/* No newline: all is the first line. */
	check_text("/ph", "/e", "#!/ph/bin/sh", "#!/e/bin/sh");
}

/* A prefix that makes "#!<prefix>/bin/perl" one line of exactly n bytes. */
static char *prefix_for(size_t n)
{
	size_t len = n - strlen("#!/bin/perl");
	char *prefix = ce_alloc(len + 1);

	memset(prefix, 'p', len);
	prefix[0] = '/';
	prefix[len] = '\0';
	return prefix;
}

static void test_shebang_limit(void **state)
{
	CE_AUTOFREE char *fits = prefix_for(127);
	CE_AUTOFREE char *long_one = prefix_for(128);
	CE_AUTOFREE char *kept = ce_asprintf("#!%s/bin/perl\nx\n", fits);
	CE_AUTOFREE char *python = ce_asprintf(
		"#!/bin/sh\n'''exec' \"%s/bin/python3.12\" -E \"$0\" \"$@\" #'''\nx\n", long_one);

	(void)state;
	check_text("/ph", fits, "#!/ph/bin/perl\nx\n", kept);
	check_text("/ph", long_one, "#!/ph/bin/perl\nx\n", "#!/usr/bin/env perl\nx\n");
	check_text("/ph", long_one, "#!/ph/bin/perl -w\nx\n", "#!/usr/bin/env perl -w\nx\n");
	check_text("/ph", long_one, "#!/ph/bin/python3.12 -E\nx\n", python);
}

static void test_shebang_space(void **state)
{
	(void)state;
	check_text("/ph", "/my env", "#!/ph/bin/perl -w\n/ph", "#!/usr/bin/env perl -w\n/my env");
	check_text("/ph", "/my env", "#!/bin/sh\n/ph", "#!/bin/sh\n/my env");
	check_text("/ph", "/my env", "#!/ph/bin/python\n",
		"#!/bin/sh\n'''exec' \"/my env/bin/python\" \"$0\" \"$@\" #'''\n");
	/* Not an interpreter's name that ends like one. */
	check_text(
		"/ph", "/my env", "#!/ph/bin/python3-config\n", "#!/usr/bin/env python3-config\n");
}

static int binary(const char *placeholder, const char *prefix, const char *in, size_t len,
	struct ce_buf *out, struct ccenv_error *err)
{
	struct ce_relocate how = {.placeholder = placeholder, .prefix = prefix};

	return ce_relocate_binary(&how, in, len, out, err);
}

static void check_binary(const char *prefix, const char *in, const char *expected, size_t len)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ccenv_error err = {0};

	assert_int_equal(binary("/placeholder", prefix, in, len, &out, &err), 0);
	assert_int_equal(out.len, len);
	assert_memory_equal(out.data, expected, len);
}

#define BINARY(prefix, in, expected)                                                               \
	do {                                                                                       \
		_Static_assert(sizeof(in) == sizeof(expected), "a binary keeps its size");         \
		check_binary(prefix, in, expected, sizeof(in) - 1);                                \
	} while (0)

static void test_binary(void **state)
{
	(void)state;
	BINARY("/e", "x\0/placeholder/lib\0y", "x\0/e/lib\0\0\0\0\0\0\0\0\0\0\0y");
	/* Twice in one string, and strings beside it stay where they are. */
	BINARY("/opt/e", "/placeholder:/placeholder\0z/placeholder/q\0\x7f",
		"/opt/e:/opt/e\0\0\0\0\0\0\0\0\0\0\0\0\0z/opt/e/q\0\0\0\0\0\0\0\x7f");
	/* The last string may have no end. */
	BINARY("/e", "a/placeholder", "a/e\0\0\0\0\0\0\0\0\0\0");
	BINARY("/longenough!", "\0/placeholder\0", "\0/longenough!\0");
	BINARY("/e", "none", "none");
}

static void test_binary_too_long(void **state)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ccenv_error err = {0};

	(void)state;
	assert_int_equal(binary("/ph", "/longer", "/ph", 3, &out, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, "7 characters, but at most 3"));
	/* A file that does not use it is fine. */
	assert_int_equal(binary("/ph", "/longer", "no", 2, &out, &err), 0);
}

/* text as UTF-16, little endian, at out. */
static void widen(const char *text, char *out)
{
	for (size_t i = 0; text[i]; i++) {
		out[2 * i] = text[i];
		out[2 * i + 1] = '\0';
	}
}

/* Wide strings are replaced in their own encoding and padded at their own end, wherever they begin.
 */
static void test_wide(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		char in[64] = {0}, expected[64] = {0};

		widen("/placeholder!", in + shift);
		widen("/e!", expected + shift);
		in[60] = expected[60] = 'z';
		check_binary("/e", in, expected, sizeof(in));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_shebang_short),
		cmocka_unit_test(test_shebang_limit),
		cmocka_unit_test(test_shebang_space),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_binary_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
