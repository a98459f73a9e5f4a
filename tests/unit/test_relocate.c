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

static int add_to_buf(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	(void)err;
	ce_buf_add(user, data, len);
	return 0;
}

static void check_text(
	const char *placeholder, const char *prefix, const char *in, const char *expected)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ce_relocate how = {.placeholder = placeholder, .prefix = prefix};
	const struct ce_relocate_out to = {.add = add_to_buf, .user = &out};
	struct ccenv_error err;

	assert_int_equal(ce_relocate_text(&how, in, strlen(in), &to, &err), 0);
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
	const struct ce_relocate_out to = {.add = add_to_buf, .user = out};

	return ce_relocate_binary(&how, in, len, &to, err);
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

/* What the shell reads in the path of a prefix stays text. */
static void test_shebang_quotes(void **state)
{
	(void)state;
	check_text("/ph", "/my $(touch x) `id`", "#!/ph/bin/python\n",
		"#!/bin/sh\n'''exec' '/my $(touch x) `id`/bin/python' \"$0\" \"$@\" #'''\n");
	check_text("/ph", "/it's \"e\"", "#!/ph/bin/python -E\n",
		"#!/bin/sh\n'''exec' '/it'\"'\"'s \"e\"/bin/python' -E \"$0\" \"$@\" #'''\n");
}

/* A small file must not become a large one. */
static void test_growth(void **state)
{
	enum {
		N = 20000
	};
	CE_CLEANUP(ce_buf_release) struct ce_buf in = {0}, out = {0};
	CE_AUTOFREE char *prefix = prefix_for(400);
	struct ce_relocate how = {.placeholder = "/placeho", .prefix = prefix};
	const struct ce_relocate_out to = {.add = add_to_buf, .user = &out};
	struct ccenv_error err;

	(void)state;
	for (int i = 0; i < N; i++)
		ce_buf_adds(&in, "/placeho");
	assert_int_equal(ce_relocate_text(&how, in.data, in.len, &to, &err), CCENV_EDATA);
	assert_true(out.len < 10 * in.len);
	in.len = 8L * 100;
	assert_int_equal(ce_relocate_text(&how, in.data, in.len, &to, &err), 0);
}

/* Strings of two encodings by turns, as they made the time quadratic: 0.1 s, not minutes. */
static void test_many_strings(void **state)
{
	enum {
		N = 400000,
		WIDE = 18 /* bytes of "/placeho" and its end in UTF-16 */
	};
	CE_CLEANUP(ce_buf_release) struct ce_buf in = {0}, out = {0};
	struct ccenv_error err;
	char wide[64] = {0};

	(void)state;
	widen("/placeho", wide);
	for (int i = 0; i < N; i++) {
		ce_buf_add(&in, "/placeho\0", 10);
		ce_buf_add(&in, wide, WIDE);
	}
	assert_int_equal(binary("/placeho", "/e", in.data, in.len, &out, &err), 0);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, "/e\0\0\0\0\0\0\0\0/\0e\0\0\0", 16);
	assert_memory_equal(out.data + 28L * (N - 1) + 10, "/\0e\0\0\0", 6);
	for (int i = 0; i < 2 * N; i++)
		ce_buf_add(&in, "/placeho", 9);
	assert_int_equal(binary("/placeho", "/e", in.data, in.len, &out, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, "more than 1000000 strings"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_shebang_short),
		cmocka_unit_test(test_shebang_limit),
		cmocka_unit_test(test_shebang_space),
		cmocka_unit_test(test_shebang_quotes),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_many_strings),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_binary_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
