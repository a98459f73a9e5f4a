/* SPDX-License-Identifier: MIT */
/* base/url: parts, references, and what is left of a URL for files and for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/url.h"

/* What is left for files, and what may be shown. */
static const struct {
	const char *url, *stripped, *shown;
} credentials[] = {
	{"conda-forge", "conda-forge", "conda-forge"},
	{"https://h/a/b?c", "https://h/a/b?c", "https://h/a/b?c"},
	{"https://user:pa@ss@h:1/a", "https://h:1/a", "https://h:1/a"},
	{"https://h/t/tk-123/chan/linux-64", "https://h/chan/linux-64", "https://h/chan/linux-64"},
	{"https://h/t/tk-123", "https://h", "https://h"},
	{"https://u@h/x/t/secret/t/again/y", "https://h/x/y", "https://h/x/y"},
	{"HTTPS://h/t/tk/c", "HTTPS://h/c", "HTTPS://h/c"},
	/* A directory is no token. */
	{"file:///x/t/chan", "file:///x/t/chan", "file:///x/t/chan"},
	{"file:///t/chan/linux-64", "file:///t/chan/linux-64", "file:///t/chan/linux-64"},
	{"/x/t/chan", "/x/t/chan", "/x/t/chan"},
	/* Keys in a query. */
	{"https://h/c?token=s3cret", "https://h/c", "https://h/c"},
	{"https://h/c?a=1&TOKEN=s3cret&b=2#f", "https://h/c?a=1&b=2#f", "https://h/c?a=***&b=***"},
	{"https://h/c?X-Amz-Signature=s3cret&raw=1", "https://h/c?raw=1", "https://h/c?raw=***"},
	{"https://h/c?tokens=1", "https://h/c?tokens=1", "https://h/c?tokens=***"},
	/* What nobody can read as a URL is still not shown. */
	{"https://me:s3/cret@h/c", NULL, "https://h/c"},
	{"https://me:s3#cret@h/c", NULL, "https://h/c"},
	{"https://me:s3?cret@h/c", NULL, "https://h/c"},
	/* Typing errors in the scheme. */
	{"https//me:s3cret@h/c", NULL, "***@h/c"},
	{"http:/me:s3cret@h/t/s3cret/c?a=s3cret#s3cret", NULL, "***@h/c?a=***"},
	{"htps://me:s3cret@h/t/s3cret/c", NULL, "***@h/c"},
	{"https:///me:s3cret@h/c", NULL, "***@h/c"},
	{"http://https://me:s3cret@h/c", NULL, "***@h/c"},
	{"//me:s3cret@h/c", NULL, "***@h/c"},
	{"me:s3@cret@h/c", NULL, "***@h/c"},
	{"htps://h/c", NULL, "htps://h/c"},
	/* Paths are what they are. */
	{"/home/me@work:1/c", "/home/me@work:1/c", "/home/me@work:1/c"},
	{"file:///home/me@work/c", "file:///home/me@work/c", "file:///home/me@work/c"},
	/* What would move the cursor of a terminal. */
	{"https://h/a\033[2Jb\n\xc2\x9b", NULL, "https://h/a?[2Jb???"},
};

static void test_credentials(void **state)
{
	(void)state;
	for (size_t i = 0; i < CE_COUNT(credentials); i++) {
		CE_AUTOFREE char *stripped = ce_url_strip_credentials(credentials[i].url);
		CE_AUTOFREE char *shown = ce_url_redact(credentials[i].url);

		if (credentials[i].stripped)
			assert_string_equal(stripped, credentials[i].stripped);
		assert_string_equal(shown, credentials[i].shown);
		assert_null(strstr(shown, "cret"));
	}
	assert_true(ce_url_is_torn("https://me:s3/cret@h/c"));
	assert_false(ce_url_is_torn("https://me:s3%2Fcret@h/c"));
	assert_false(ce_url_is_torn("https://h:8443/c/@x"));
}

/* RFC 3986, 5.4, and what servers write. */
static const struct {
	const char *ref, *url;
} joined[] = {
	{"g", "http://a/b/c/g"},
	{"./g", "http://a/b/c/g"},
	{"g/", "http://a/b/c/g/"},
	{"/g", "http://a/g"},
	{"//g", "http://g"},
	{"//g/x/", "http://g/x/"},
	{"?y", "http://a/b/c/d;p?y"},
	{"g?y", "http://a/b/c/g?y"},
	{"#s", "http://a/b/c/d;p?q"},
	{"", "http://a/b/c/d;p?q"},
	{"g#s", "http://a/b/c/g"},
	{".", "http://a/b/c/"},
	{"..", "http://a/b/"},
	{"../g", "http://a/b/g"},
	{"../../g", "http://a/g"},
	{"../../../g", "http://a/g"},
	{"/./g", "http://a/g"},
	{"g?y/../x", "http://a/b/c/g?y/../x"},
	{"https://h/x?y#z", "https://h/x?y"},
	{"file:/etc/passwd", "file:/etc/passwd"},
	{"mailto:x", "mailto:x"},
	{"/a b\xc3\xa4", "http://a/a%20b%C3%A4"},
};

static void test_join(void **state)
{
	(void)state;
	for (size_t i = 0; i < CE_COUNT(joined); i++) {
		CE_AUTOFREE char *url = ce_url_join("http://a/b/c/d;p?q", joined[i].ref);
		assert_string_equal(url, joined[i].url);
	}
}

static struct ce_url split(const char *text)
{
	struct ce_url u;

	assert_true(ce_url_split(text, &u));
	return u;
}

static void test_origin(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"https://h/x", "https://h:443/y", true},
		{"https://h", "https://H:/", true},
		{"http://h:80", "http://u:p@h", true},
		{"http://h", "https://h", false},
		{"https://h:8443", "https://h", false},
		{"https://[::1]:1", "https://[::1]:2", false},
		{"https://h.org", "https://h.or", false},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		struct ce_url a = split(rows[i].a), b = split(rows[i].b);
		assert_int_equal(ce_url_same_origin(&a, &b), rows[i].same);
	}
	struct ce_url u = split("https://h:x/");
	assert_int_equal(ce_url_port(&u), -1);
	u = split("https://h:65536/");
	assert_int_equal(ce_url_port(&u), -1);
}

static void test_loopback(void **state)
{
	static const char *const yes[] = {"http://localhost/x", "http://a.localhost:1/",
		"http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:3/"};
	static const char *const no[] = {"http://localhost.example.org", "http://127.0.0.1.nip.io",
		"http://notlocalhost", "http://128.0.0.1", "http://h/localhost", "http://[::2]"};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(yes); i++) {
		struct ce_url u = split(yes[i]);
		assert_true(ce_url_is_loopback(&u));
	}
	for (size_t i = 0; i < CE_COUNT(no); i++) {
		struct ce_url u = split(no[i]);
		assert_false(ce_url_is_loopback(&u));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
