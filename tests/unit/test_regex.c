/* SPDX-License-Identifier: MIT */
/* Regular expressions of builds: what they match, compared with the C library's, and what they cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "ccenv/ccenv.h"
#include "spec/regex.h"
#include "spec/scan.h"

static int check(const char *pattern, struct ccenv_error *err)
{
	const struct ce_scan s = {.text = pattern, .len = strlen(pattern), .err = err};

	return ce_regex_check(&s, 0, s.len);
}

static void test_matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool found;
	} cases[] = {
		{"^py3[0-9]+_.*$", "py312_0", true},
		{"^py3[0-9]+_.*$", "py3_0", false},
		{"^.*(accelerate|mkl)$", "11_h3_mkl", true},
		{"^.*(accelerate|mkl)$", "11_h3_openblas", false},
		{"^h[0-9a-f]{7}_0$", "h4a8c5d6_0", true},
		{"^h[0-9a-f]{7}_0$", "h4a8c5d_0", false},
		{"^(ab){2,3}$", "abab", true},
		{"^(ab){2,3}$", "abababab", false},
		{"^(ab){2,}$", "ababababab", true},
		{"^a{0}b$", "b", true},
		{"^(?:a|b)+?$", "abba", true},
		{"^\\d+\\.\\w+\\s\\S$", "12.a_1 x", true},
		{"^[^_]+$", "a_b", false},
		{"^[]a]+$", "]a]", true},
		{"^[a-]+$", "a-a", true},
		{"^a|b$", "axx", true},
		{"^a|b$", "xxb", true},
		{"^a|b$", "xax", false},
		{"^$", "", true},
		{"^(a*)*$", "aaa", true},
		{"^()$", "", true},
		{"^cuda_?12.*$", "CUDA12", false},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(cases); i++) {
		struct ccenv_error err = {0};

		if (check(cases[i].pattern, &err) < 0)
			fail_msg("%s", err.text);
		if (ce_regex_matches(cases[i].pattern, cases[i].text) != cases[i].found)
			fail_msg("%s and %s", cases[i].pattern, cases[i].text);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"(a", "a)", "*a", "a**b(", "[a", "[z-a]", "\\", "\\1",
		"\\bx", "(?=a)", "a{", "a{2", "a{3,2}", "a{256}", "((a{200}){200}){200}",
		"(((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))"};
	char longest[140];

	(void)state;
	for (size_t i = 0; i < CE_COUNT(bad); i++) {
		struct ccenv_error err = {0};

		if (check(bad[i], &err) != CCENV_EDATA)
			fail_msg("%s was not refused", bad[i]);
		assert_non_null(strstr(err.text, "regular expression: "));
		assert_false(ce_regex_matches(bad[i], "a"));
	}
	memset(longest, 'a', 129);
	longest[129] = '\0';
	assert_int_equal(check(longest, &(struct ccenv_error){0}), CCENV_EDATA);
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void add_pattern(struct ce_buf *b, uint64_t *seed, int depth)
{
	static const char *const atoms[] = {"a", "b", ".", "[ab]", "[^a]", "^", "$"};
	static const char *const repeats[] = {"", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"};
	size_t n = 1 + next(seed) % 3;

	for (size_t i = 0; i < n; i++) {
		bool group = depth < 3 && next(seed) % 3 == 0;
		/* Of a "^" or "$" that is repeated the C library has its own idea. */
		const char *atom = atoms[next(seed) % (depth ? 5 : CE_COUNT(atoms))];

		if (i && next(seed) % 4 == 0)
			ce_buf_addc(b, '|');
		if (group) {
			ce_buf_addc(b, '(');
			add_pattern(b, seed, depth + 1);
			ce_buf_addc(b, ')');
		} else {
			ce_buf_adds(b, atom);
		}
		if (group || (*atom != '^' && *atom != '$'))
			ce_buf_adds(b, repeats[next(seed) % CE_COUNT(repeats)]);
	}
}

/* Any expression finds in any short text what the C library finds. */
static void test_like_the_c_library(void **state)
{
	uint64_t seed = 42;
	size_t compared = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
		regex_t compiled;

		add_pattern(&b, &seed, 0);
		if (check(b.data, &(struct ccenv_error){0}) < 0 ||
			regcomp(&compiled, b.data, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		for (unsigned t = 0; t < 31; t++) {
			char text[6] = {0};
			size_t n = 0;

			for (unsigned bits = t + 1; bits > 1; bits /= 2)
				text[n++] = bits % 2 ? 'a' : 'b';
			if (ce_regex_matches(b.data, text) !=
				(regexec(&compiled, text, 0, NULL, 0) == 0))
				fail_msg("%s and \"%s\"", b.data, text);
			compared++;
		}
		regfree(&compiled);
	}
	assert_true(compared > 50000);
}

/* Expressions that take a backtracking matcher years. */
static void test_cost(void **state)
{
	static const char *const bombs[] = {
		"^(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*b$",
		"^(((((((((a*)*)*)*)*)*)*)*)*)*b$", "^(a|aa)+(a|aa)+(a|aa)+(a|aa)+b$",
		"^(a?){60}(a){60}b$", "^(.*)*(.*)*(.*)*(.*)*(.*)*(.*)*b$", "^(a|a|a|a|a|a|a|a)*b$"};
	int64_t begin = ce_now_ms(CE_CLOCK_MONOTONIC);
	char text[129];

	(void)state;
	memset(text, 'a', 128);
	text[128] = '\0';
	for (size_t i = 0; i < CE_COUNT(bombs); i++) {
		struct ccenv_error err = {0};

		if (check(bombs[i], &err) < 0)
			fail_msg("%s", err.text);
		for (int k = 0; k < 10; k++)
			assert_false(ce_regex_matches(bombs[i], text));
	}
	/* 60 comparisons; a slow machine under a sanitizer has a hundred times what they take. */
	assert_true(ce_now_ms(CE_CLOCK_MONOTONIC) - begin < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_like_the_c_library),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
