/* SPDX-License-Identifier: MIT */
/* io/credentials: what is sent where, and that nothing of it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "io/credentials.h"

static char scratch[] = "/tmp/ccenv-test-XXXXXX";
static char log_text[8192];

static const char *test_getenv(const char *name)
{
	return strcmp(name, "HOME") == 0 ? scratch : NULL;
}

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	size_t n = strlen(log_text);

	(void)user;
	(void)level;
	snprintf(log_text + n, sizeof(log_text) - n, "%s\n", text);
}

static const struct ccenv_events events = {.log = on_log};

static void put(const char *name, const char *text)
{
	CE_AUTOFREE char *path = ce_path_join(scratch, name);
	CE_AUTOFREE char *dir = ce_path_dir(path);
	struct ccenv_error err;

	assert_int_equal(ce_fs_mkdirs(dir, &err), 0);
	assert_int_equal(ce_fs_replace(path, text, strlen(text), NULL, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
	struct ccenv_error err;

	(void)state;
	return ce_fs_remove_tree(scratch, &err);
}

static struct ce_credentials *load(const char *const *channels, size_t n)
{
	struct ce_credentials *c = ce_credentials_new(test_getenv, &events, channels, n);

	log_text[0] = '\0';
	ce_credentials_load(c);
	return c;
}

/* What is sent, as one text: "url", "url user:password", "url bearer", "url netrc". */
static void assert_sent(const struct ce_credentials *c, const char *url, const char *want)
{
	struct ce_credential found;

	ce_credentials_find(c, url, &found);
	CE_AUTOFREE char *text = ce_asprintf("%s%s%s%s%s%s%s%s", found.url, found.user ? " " : "",
		found.user ? found.user : "", found.user ? ":" : "",
		found.password ? found.password : "", found.bearer ? " " : "",
		found.bearer ? found.bearer : "", found.netrc ? " netrc" : "");
	ce_credential_release(&found);
	assert_string_equal(text, want);
}

/* Stored credentials: https only, and the host and port that they are for. */
static void test_where(void **state)
{
	static const char hosts[] =
		"{\"basic.org\": {\"BasicHTTP\": {\"username\": \"u\", \"password\": \"p/#?\"}},"
		"\"bearer.org\": {\"BearerToken\": \"tk\"},"
		"\"*.conda.org\": {\"CondaToken\": \"tk-1\"},"
		"\"port.org:8443\": {\"BearerToken\": \"tk-port\"},"
		"\"127.0.0.1:81\": {\"BearerToken\": \"tk-81\"},"
		"\"localhost\": {\"BearerToken\": \"tk-local\"}}";
	static const struct {
		const char *url, *sent;
	} rows[] = {
		{"https://basic.org/x", "https://basic.org/x u:p/#?"},
		{"https://BASIC.org:443/x", "https://BASIC.org:443/x u:p/#?"},
		{"http://basic.org/x", "http://basic.org/x"},
		{"http://basic.org:443/x", "http://basic.org:443/x"},
		{"https://basic.org:8443/x", "https://basic.org:8443/x"},
		{"https://basic.org.evil/x", "https://basic.org.evil/x netrc"},
		{"https://xbasic.org/x", "https://xbasic.org/x netrc"},
		{"https://me:mine@basic.org/x", "https://me:mine@basic.org/x"},
		{"https://bearer.org/x", "https://bearer.org/x tk"},
		{"https://a.conda.org/x?y", "https://a.conda.org/t/tk-1/x?y"},
		{"https://a.conda.org/t/own/x", "https://a.conda.org/t/own/x"},
		{"http://a.conda.org/x", "http://a.conda.org/x"},
		{"https://aconda.org/x", "https://aconda.org/x netrc"},
		{"https://port.org:8443/x", "https://port.org:8443/x tk-port"},
		{"https://port.org/x", "https://port.org/x netrc"},
		{"https://port.org:8444/x", "https://port.org:8444/x"},
		{"http://127.0.0.1:81/x", "http://127.0.0.1:81/x tk-81"},
		{"http://127.0.0.1:82/x", "http://127.0.0.1:82/x netrc"},
		{"http://localhost:5000/x", "http://localhost:5000/x tk-local"},
		{"http://localhost.evil:5000/x", "http://localhost.evil:5000/x"},
		{"http://127.0.0.1.evil/x", "http://127.0.0.1.evil/x"},
		/* Tokens of `anaconda login`: below their URL, as it was stored. */
		{"https://conda.an.org/x", "https://conda.an.org/t/tk-an/x netrc"},
		{"https://api.an.org/x", "https://api.an.org/t/tk-an/x netrc"},
		{"http://conda.an.org/x", "http://conda.an.org/x"},
		{"https://conda.an.org:444/x", "https://conda.an.org:444/x"},
		{"http://plain.org/x", "http://plain.org/t/tk-plain/x"},
		{"https://bad.org/x", "https://bad.org/x netrc"},
	};

	(void)state;
	put(".rattler/credentials.json", hosts);
	put(".netrc", "machine any login u password p\n");
	put(".config/binstar/https%3A%2F%2Fapi.an.org.token", "tk-an\n");
	put(".config/binstar/http%3A%2F%2Fplain.org.token", "tk-plain");
	put(".config/binstar/https%3A%2F%2Fbad.org.token", "tk\x01/../evil");
	struct ce_credentials *c = load(NULL, 0);
	assert_string_equal(log_text, "");
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		assert_sent(c, rows[i].url, rows[i].sent);
	}
	ce_credentials_free(c);
}

/* Those in a channel's URL: what lies below it, and nothing else. */
static void test_channels(void **state)
{
	static const char *const channels[] = {"https://u:p@a.org/c/", "https://b.org/t/tk/c",
		"https://q.org/c?token=s", "http://u:p@plain.org/c", "file:///t/c"};

	(void)state;
	put(".rattler/credentials.json", "{}");
	struct ce_credentials *c = load(channels, CE_COUNT(channels));
	assert_sent(c, "https://a.org/c/linux-64/x", "https://u:p@a.org/c/linux-64/x");
	assert_sent(c, "https://a.org/cc/x", "https://a.org/cc/x netrc");
	assert_sent(c, "http://a.org/c/x", "http://a.org/c/x");
	assert_sent(c, "https://a.org:444/c/x", "https://a.org:444/c/x");
	assert_sent(c, "https://b.org/c/x", "https://b.org/t/tk/c/x");
	assert_sent(c, "https://q.org/c/x", "https://q.org/c/x?token=s");
	assert_sent(c, "http://plain.org/c/x", "http://u:p@plain.org/c/x");
	assert_sent(c, "file:///t/c/x", "file:///t/c/x");
	ce_credentials_free(c);
}

/* Whatever is in the file, no word of it is in a message. */
static void test_not_shown(void **state)
{
	static const char *const bad[] = {
		"{\"h.org\": {\"BearerToken\": \"S3CRET\" \"S3CRET\"}}",
		"{\"h.org\": {\"BearerToken\": \"S3CRET",
		"S3CRET",
		"[\"S3CRET\"]",
		"{\"h.org\": {\"BearerToken\": \"S3CRET\\u000d\\u000aX: y\"}}",
		"{\"h.org\": {\"CondaToken\": \"S3CRET/../x\"}}",
		"{\"h.org\": {\"BasicHTTP\": {\"username\": \"u\", \"password\": \"S3CRET\\u0007\"}}}",
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(bad); i++) {
		put(".rattler/credentials.json", bad[i]);
		struct ce_credentials *c = load(NULL, 0);
		assert_non_null(strstr(log_text, "not used"));
		assert_null(strstr(log_text, "S3CRET"));
		assert_sent(c, "https://h.org/x", "https://h.org/x netrc");
		ce_credentials_free(c);
	}
	put(".rattler/credentials.json", "{\n\n  \"h\": oops}");
	ce_credentials_free(load(NULL, 0));
	assert_non_null(strstr(log_text, "credentials.json: line 3, column "));
}

static void test_no_core(void **state)
{
	struct rlimit before = {.rlim_cur = 4096, .rlim_max = 4096}, during, after;

	(void)state;
	put(".rattler/credentials.json", "{\"h\": {\"BearerToken\": \"x\"}}");
	assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
	struct ce_credentials *c = load(NULL, 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &during), 0);
	assert_int_equal(during.rlim_cur, 0);
	ce_credentials_free(c);
	assert_int_equal(getrlimit(RLIMIT_CORE, &after), 0);
	assert_int_equal(after.rlim_cur, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_not_shown),
		cmocka_unit_test(test_no_core),
	};

	return cmocka_run_group_tests_name("credentials", tests, setup, teardown);
}
