/* SPDX-License-Identifier: MIT */
/* base/: buffers, maps, arenas, paths, files, locks, hashes, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/strs.h"
#include "base/utf8.h"
#include "ccenv/ccenv.h"

static char scratch[] = "/tmp/ccenv-test-base-XXXXXX";

static int make_scratch(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int drop_scratch(void **state)
{
	struct ccenv_error err;

	(void)state;
	return ce_fs_remove_tree(scratch, &err);
}

static char *in_scratch(const char *name)
{
	return ce_path_join(scratch, name);
}

static void test_text(void **state)
{
	const char *items[] = {"nvcc", "cudart"};
	const struct ce_strs list = {items, 2};

	(void)state;
	assert_true(ce_has_prefix("linux-64", "linux-"));
	assert_false(ce_has_prefix("lin", "linux-"));
	assert_true(ce_has_suffix("a.conda", ".conda"));
	assert_false(ce_has_suffix("conda", ".conda"));
	assert_true(ce_strs_has(list, "cudart"));
	assert_false(ce_strs_has(list, "cuda"));
}

static void test_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t n; /* of the first character; 0: malformed */
		uint32_t want;
	} rows[] = {
		{"a", 1, 'a'},
		{"\xc2\xa9", 2, 0xa9},
		{"\xe2\x82\xacx", 3, 0x20ac},
		{"\xf0\x9f\x98\x80", 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\x80", 0, 0},
		{"\xc0\xaf", 0, 0},         /* overlong */
		{"\xe0\x80\xaf", 0, 0},     /* overlong */
		{"\xf0\x80\x80\xaf", 0, 0}, /* overlong */
		{"\xed\xa0\x80", 0, 0},     /* a surrogate */
		{"\xf4\x90\x80\x80", 0, 0}, /* beyond Unicode */
		{"\xff", 0, 0},
		{"\xe2\x82", 0, 0}, /* cut short */
		{"", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		uint32_t c = 0;

		assert_int_equal(
			ce_utf8_decode(rows[i].bytes, strlen(rows[i].bytes), &c), rows[i].n);
		if (rows[i].n)
			assert_int_equal(c, rows[i].want);
	}
}

static void test_digest_running(void **state)
{
	char hex[CE_DIGEST_HEX_MAX + 1];
	struct ce_digest *d = ce_digest_new(CE_DIGEST_MD5);

	(void)state;
	ce_digest_update(d, "ab", 2);
	ce_digest_update(d, "c", 1);
	ce_digest_final(d, hex);
	assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72"); /* RFC 1321 */
	d = ce_digest_new(CE_DIGEST_SHA256);
	ce_digest_update(d, "abc", 3);
	ce_digest_final(d, hex);
	assert_string_equal(hex, /* FIPS 180-2 */
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_buf_limit(void **state)
{
	struct ce_buf b;

	(void)state;
	ce_buf_init(&b, 10);
	ce_buf_adds(&b, "12345");
	ce_buf_adds(&b, "67890");
	assert_false(b.overflow);
	ce_buf_addc(&b, 'x');
	assert_true(b.overflow);
	assert_string_equal(ce_buf_str(&b), "1234567890");
	ce_buf_release(&b);
	assert_string_equal(ce_buf_str(&b), "");
}

static void test_map(void **state)
{
	struct ce_map m = {0};
	char key[32];
	int values[1000];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		assert_null(ce_map_set(&m, key, &values[i]));
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		assert_ptr_equal(ce_map_get(&m, key), &values[i]);
		assert_string_equal(m.entries[i].key, key);
	}
	assert_ptr_equal(ce_map_set(&m, "key-7", &values[0]), &values[7]);
	assert_false(ce_map_has(&m, "key-1000"));
	assert_false(ce_map_insert(&m, "key-7"));
	assert_true(ce_map_insert(&m, "key-1000"));
	ce_map_release(&m);
}

static void test_arena(void **state)
{
	struct ce_arena a = {0};
	char *first = ce_arena_strdup(&a, "first");

	(void)state;
	for (size_t i = 1; i < 200000; i *= 3) {
		unsigned char *p = ce_arena_alloc(&a, i);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xff, i);
	}
	assert_string_equal(first, "first");
	assert_string_equal(ce_arena_printf(&a, "%d-%s", 4, "x"), "4-x");
	ce_arena_release(&a);
}

static void test_path(void **state)
{
	static const struct {
		const char *in, *out;
	} absolute[] = {
		{"/a/./b//c/../d/", "/a/b/d"},
		{"/..", "/"},
		{"/", "/"},
		{"/a/../../b", "/b"},
	};
	static const char *const unsafe[] = {
		"", "/etc", "a/../b", "..", "a//b", "a/", "./a", "a/\n", "a\x7f"};
	static const char *const safe[] = {"a", "a/b c/ü", "...", "a/..b", ".hidden"};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(absolute); i++) {
		CE_AUTOFREE char *p = ce_path_absolute(absolute[i].in);

		assert_string_equal(p, absolute[i].out);
	}
	for (size_t i = 0; i < CE_COUNT(unsafe); i++)
		assert_false(ce_path_is_safe(unsafe[i]));
	for (size_t i = 0; i < CE_COUNT(safe); i++)
		assert_true(ce_path_is_safe(safe[i]));
	assert_false(ce_path_is_safe_name("a/b"));
}

static void test_replace_only_when_different(void **state)
{
	CE_AUTOFREE char *path = in_scratch("file");
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;
	struct stat before, after;
	bool changed;

	(void)state;
	assert_int_equal(ce_fs_replace(path, "one", 3, &changed, &err), 0);
	assert_true(changed);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(ce_fs_replace(path, "one", 3, &changed, &err), 0);
	assert_false(changed);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(ce_fs_replace(path, "two", 3, &changed, &err), 0);
	assert_true(changed);
	assert_int_equal(ce_fs_read(path, 3, &b, &err), 0);
	assert_string_equal(ce_buf_str(&b), "two");
}

static void test_replace_keeps_private(void **state)
{
	CE_AUTOFREE char *path = in_scratch("private");
	struct ccenv_error err;
	struct stat st;
	mode_t old = umask(022);

	(void)state;
	assert_int_equal(ce_fs_replace(path, "one", 3, NULL, &err), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(ce_fs_replace(path, "two", 3, NULL, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* But never more than the umask allows, and always the owner's. */
	assert_int_equal(chmod(path, 0066), 0);
	assert_int_equal(ce_fs_replace(path, "three", 5, NULL, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	umask(old);
}

static void test_read_errors(void **state)
{
	CE_AUTOFREE char *path = in_scratch("large");
	CE_AUTOFREE char *absent = in_scratch("absent");
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_replace(path, "12345", 5, NULL, &err), 0);
	assert_int_equal(ce_fs_read(path, 4, &b, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(ce_fs_read(absent, 4, &b, &err), CCENV_ENOTFOUND);
	assert_non_null(strstr(err.text, absent));
}

static void test_remove_tree(void **state)
{
	CE_AUTOFREE char *deep = in_scratch("tree/a/b/c");
	CE_AUTOFREE char *tree = in_scratch("tree");
	CE_AUTOFREE char *link = in_scratch("tree/a/link");
	CE_AUTOFREE char *kept_dir = in_scratch("kept");
	CE_AUTOFREE char *kept = in_scratch("kept/file");
	struct ccenv_error err;
	int r;

	(void)state;
	assert_int_equal(ce_fs_mkdirs(deep, &err), 0);
	assert_int_equal(ce_fs_mkdirs(deep, &err), 0);
	assert_int_equal(ce_fs_mkdirs(kept_dir, &err), 0);
	assert_int_equal(ce_fs_replace(kept, "x", 1, NULL, &err), 0);
	assert_int_equal(symlink(kept_dir, link), 0);
	assert_int_equal(chmod(deep, 0500), 0);
	/* The reason is that of mkdir(), not that the directory is not there. */
	assert_int_equal(mkdir("/sys/ccenv", 0777), -1);
	r = errno;
	assert_true(ce_fs_mkdirs("/sys/ccenv/a", &err) < 0);
	assert_non_null(strstr(err.text, strerror(r)));
	assert_int_equal(ce_fs_remove_tree(tree, &err), 0);
	assert_false(ce_fs_exists(tree));
	assert_true(ce_fs_exists(kept));
	assert_int_equal(ce_fs_remove_tree(tree, &err), 0);
}

static void count_waits(void *user, const char *holder)
{
	assert_non_null(strstr(holder, "process "));
	++*(int *)user;
}

static void test_lock(void **state)
{
	CE_AUTOFREE char *path = in_scratch("lock");
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *lock = NULL;
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *second = NULL;
	struct ccenv_error err;
	int waits = 0;

	(void)state;
	assert_int_equal(ce_fs_lock(path, 0, NULL, NULL, &lock, &err), 0);
	assert_int_equal(ce_fs_lock(path, 0, count_waits, &waits, &second, &err), CCENV_EBUSY);
	assert_int_equal(waits, 1);
	assert_non_null(strstr(err.text, path));
	ce_fs_unlock(CE_TAKE(lock));
	assert_int_equal(ce_fs_lock(path, 0, count_waits, &waits, &second, &err), 0);
}

/* Several processes that take turns: what one writes into the file is never strange to the next. */
static void test_lock_in_turns(void **state)
{
	CE_AUTOFREE char *path = in_scratch("turns");
	pid_t children[4];
	int status;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] > 0)
			continue;
		for (int turn = 0; turn < 3000; turn++) {
			struct ce_fs_lock *lock = NULL;
			struct ccenv_error err;
			int r = ce_fs_lock(path, 0, NULL, NULL, &lock, &err);

			if (r < 0 && r != CCENV_EBUSY)
				_exit(1);
			ce_fs_unlock(lock);
		}
		_exit(0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
}

/* What a terminal gets of any single byte and any character. */
static void test_printable_text(void **state)
{
	char *text;

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char in[] = {'a', (char)c, 'b', '\0'};

		text = ce_printable(in, false);
		if (c >= 0x20 && c < 0x7f)
			assert_string_equal(text, in);
		else
			assert_int_equal(strlen(text), 6); /* a\x1bb */
		for (const char *p = text; *p; p++)
			assert_true(*p >= 0x20 && *p < 0x7f);
		free(text);
	}
	text = ce_printable("one\ntwo\033[2J\r", true);
	assert_string_equal(text, "one\ntwo\\x1b[2J\\x0d");
	free(text);
	/* A C1 control, a reversed word, a line separator; letters and a cut-off one. */
	text = ce_printable("\xc2\x9b \xe2\x80\xae \xe2\x80\xa8 \xc3\xa4\xe2\x94\x94 \xc3", true);
	assert_string_equal(text, "\\u009b \\u202e \\u2028 \xc3\xa4\xe2\x94\x94 \\xc3");
	free(text);
}

static void test_digest(void **state)
{
	static const char abc[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	CE_AUTOFREE char *path = in_scratch("abc");
	struct ccenv_error err;
	char hex[CE_SHA256_HEX + 1];

	(void)state;
	ce_sha256_bytes("abc", 3, hex);
	assert_string_equal(hex, abc);
	assert_int_equal(ce_fs_replace(path, "abc", 3, NULL, &err), 0);
	assert_int_equal(ce_sha256_file(path, hex, &err), 0);
	assert_string_equal(hex, abc);
	assert_true(ce_sha256_is_hex(abc));
	assert_false(ce_sha256_is_hex("BA7816"));
}

static void test_error_context_keeps_the_cause(void **state)
{
	struct ccenv_error err;
	char *longer = ce_calloc(1, 2 * sizeof(err.text));

	(void)state;
	assert_int_equal(ce_fail(&err, CCENV_EDATA, "expected %s", "a string"), CCENV_EDATA);
	assert_int_equal(ce_context(&err, CCENV_EDATA, "%s", "file"), CCENV_EDATA);
	assert_string_equal(err.text, "file: expected a string");
	memset(longer, 'x', 2 * sizeof(err.text) - 1);
	ce_context(&err, CCENV_EDATA, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_non_null(strstr(err.text, ": file: expected a string"));
	free(longer);
}

static void test_json_errors_name_the_key(void **state)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ce_arena a = {0};
	struct ccenv_error err;
	const char *text = "default", **list = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(ce_json_parse("{\"a\": 1,}", 9, &o, &err), CCENV_EDATA);
	assert_non_null(strstr(err.text, "line 1"));
	assert_int_equal(ce_json_parse("{\"a\": 1, \"a\": 2}", 16, &o, &err), CCENV_EDATA);
	assert_int_equal(ce_json_parse("{\"a\": 1, \"l\": [\"x\", \"y\"]}", 25, &o, &err), 0);
	assert_int_equal(ce_json_string(o, "a", &a, &text, &err), CCENV_EDATA);
	assert_string_equal(err.text, "a: expected a string, found a number");
	assert_int_equal(ce_json_string(o, "absent", &a, &text, &err), 0);
	assert_string_equal(text, "default");
	assert_int_equal(ce_json_strings(o, "l", &a, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[1], "y");
	assert_null(list[2]);
	ce_arena_release(&a);
}

/* Control characters and damaged UTF-8 are found wherever they stand. */
static void test_clean_text(void **state)
{
	static const unsigned char bad[] = {0, 0x1f, 0x7f, 0x80, 0xc1, 0xff};
	char text[24];

	(void)state;
	memset(text, '~', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++)
		assert_true(ce_cursor_text_is_clean(text, len));
	memset(text, ' ', sizeof(text));
	assert_true(ce_cursor_text_is_clean(text, sizeof(text)));
	for (size_t i = 0; i < sizeof(text) * sizeof(bad); i++) {
		size_t at = i / sizeof(bad);
		text[at] = (char)bad[i % sizeof(bad)];
		assert_false(ce_cursor_text_is_clean(text, sizeof(text)));
		assert_true(ce_cursor_text_is_clean(text, at));
		text[at] = ' ';
	}
	assert_true(ce_cursor_text_is_clean("1234567\xc3\xa4 1234567", 17));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean_text),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_digest_running),
		cmocka_unit_test(test_buf_limit),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_replace_only_when_different),
		cmocka_unit_test(test_replace_keeps_private),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_remove_tree),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_lock_in_turns),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_printable_text),
		cmocka_unit_test(test_error_context_keeps_the_cause),
		cmocka_unit_test(test_json_errors_name_the_key),
	};

	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
