/* SPDX-License-Identifier: MIT */
/* The index of shards and shards, field by field and type by type; the answers are rattler's, except where it says otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef skip /* the cursor has one, too */
#include <zstd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"
#include "model/pkg_read.h"
#include "repodata/shards.h"

#define HASH "0123456789abcdef0123456789abcdef"
#define HEX  "3031323334353637383961626364656630313233343536373839616263646566"
#define INFO                                                                                       \
	"\xa4info\x83\xa6subdir\xa6noarch\xa8"                                                     \
	"base_url\xa0\xaf"                                                                         \
	"shards_base_url\xa2./"
#define REC                                                                                        \
	"\xa4name\xa3top\xa7version\xa1"                                                           \
	"1\xa5"                                                                                    \
	"build\xa1"                                                                                \
	"0\xac"                                                                                    \
	"build_number\x00\xa7"                                                                     \
	"depends\x90"

struct row {
	const char *what, *bytes;
	size_t len;
	const char *
		want; /* of an index: the base URL of shards; of a shard: names of its records; NULL: refused */
};
#define ROW(what, bytes, want)                                                                     \
	{                                                                                          \
		what, bytes, sizeof(bytes) - 1, want                                               \
	}

static unsigned held, rows_done;

static void check_row(const struct row *row, const char *got, const char *why)
{
	bool good = row->want ? got && strcmp(got, row->want) == 0 : !got;

	rows_done++;
	held += good;
	if (!good)
		print_error("%s: %s%s\n", row->what, got ? got : "refused: ", got ? "" : why);
}

static void test_index(void **state)
{
	static const struct row rows[] = {
		ROW("as CEP 16 has it",
			"\x83" INFO "\xa7version\x01\xa6shards\x81\xa3top\xc4\x20" HASH, "./"),
		ROW("no version", "\x82" INFO "\xa6shards\x81\xa3top\xc4\x20" HASH, "./"),
		ROW("shards first", "\x82\xa6shards\x81\xa3top\xc4\x20" HASH INFO, "./"),
		ROW("keys as bytes", "\x82" INFO "\xc4\x06shards\x81\xc4\x03top\xc4\x20" HASH,
			"./"),
		ROW("a wide key", "\x82" INFO "\xd9\x06shards\x81\xa3top\xc4\x20" HASH, "./"),
		ROW("a URL as bytes",
			"\x82\xa4info\x81\xaf"
			"shards_base_url\xc4\x02./\xa6shards\x81\xa3top\xc4\x20" HASH,
			"./"),
		ROW("a hash as text", "\x82" INFO "\xa6shards\x81\xa3top\xd9\x40" HEX, "./"),
		ROW("a hash as a list", "\x82" INFO "\xa6shards\x81\xa3top\xdc\x00\x20" HASH, "./"),
		ROW("an extension",
			"\x83" INFO "\xa1x\xc7\x03\x05"
			"abc\xa6shards\x81\xa3top\xc4\x20" HASH,
			"./"),
		ROW("short extensions",
			"\x83" INFO "\xa1x\x93\xd4\x05"
			"a\xd6\xff"
			"abcd\xd8\x01"
			"0123456789abcdef\xa6shards\x81\xa3top\xc4\x20" HASH,
			"./"),
		ROW("a time stamp",
			"\x83" INFO "\xa1x\xd7\xff"
			"abcdefgh\xa6shards\x81\xa3top\xc4\x20" HASH,
			"./"),
		ROW("a number as key", "\x83" INFO "\x07\x01\xa6shards\x81\xa3top\xc4\x20" HASH,
			"./"),
		ROW("a list as key",
			"\x83" INFO "\x92\x01\x02\x01\xa6shards\x81\xa3top\xc4\x20" HASH, "./"),
		ROW("more behind it", "\x82" INFO "\xa6shards\x81\xa3top\xc4\x20" HASH "\x00\x01",
			"./"),
		ROW("no info (rattler refuses it)", "\x81\xa6shards\x81\xa3top\xc4\x20" HASH, ""),
		ROW("no shards", "\x81" INFO, NULL),
		ROW("shards: null", "\x82" INFO "\xa6shards\xc0", NULL),
		ROW("shards: a list", "\x82" INFO "\xa6shards\x92\xa3top\xc4\x20" HASH, NULL),
		ROW("info: null", "\x82\xa4info\xc0\xa6shards\x81\xa3top\xc4\x20" HASH, NULL),
		ROW("info: a list", "\x82\xa4info\x90\xa6shards\x81\xa3top\xc4\x20" HASH, NULL),
		ROW("a short hash", "\x82" INFO "\xa6shards\x81\xa3top\xc4\x1f" HASH, NULL),
		ROW("a long hash", "\x82" INFO "\xa6shards\x81\xa3top\xc4\x21" HASH "0", NULL),
		ROW("a short text", "\x82" INFO "\xa6shards\x81\xa3top\xd9\x3f" HEX, NULL),
		ROW("a text of no digits", "\x82" INFO "\xa6shards\x81\xa3top\xd9\x20" HASH, NULL),
		ROW("a short list", "\x82" INFO "\xa6shards\x81\xa3top\xdc\x00\x1f" HASH, NULL),
		ROW("a list of large numbers", "\x82" INFO "\xa6shards\x81\xa3top\x91\xcd\x01\x00",
			NULL),
		ROW("a hash: null", "\x82" INFO "\xa6shards\x81\xa3top\xc0", NULL),
		ROW("a hash: a number", "\x82" INFO "\xa6shards\x81\xa3top\x05", NULL),
		ROW("a hash: an extension",
			"\x82" INFO "\xa6shards\x81\xa3top\xd8\x01"
			"0123456789abcdef",
			NULL),
		ROW("cut off in a hash",
			"\x82" INFO "\xa6shards\x81\xa3top\xc4\x20"
			"0123",
			NULL),
		ROW("cut off in an extension",
			"\x83" INFO "\xa1x\xc7\x30\x05"
			"abc",
			NULL),
		ROW("a list", "\x91\x82" INFO "\xa6shards\x81\xa3top\xc4\x20" HASH, NULL),
		ROW("null", "\xc0", NULL),
		ROW("nothing", "", NULL),
		ROW("more members than bytes",
			"\xdf\xff\xff\xff\xff\xa6shards\x81\xa3top\xc4\x20" HASH, NULL),
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_CLEANUP(ce_shard_index_freep) struct ce_shard_index *index = NULL;
		char packed[512], hex[CE_SHA256_HEX + 1] = "";
		size_t n = ZSTD_compress(packed, sizeof(packed), rows[i].bytes, rows[i].len, 1);
		struct ccenv_error err = {0};
		bool good = ce_shard_index_parse(packed, n, &index, &err) >= 0;

		if (good && (!ce_shard_index_find(index, "top", hex) || strcmp(hex, HEX) != 0))
			fail_msg("%s: the hash is %s", rows[i].what, hex);
		check_row(&rows[i], good ? ce_shard_index_shards_base_url(index) : NULL, err.text);
	}
}

static int each(
	void *user, struct ce_cursor *c, const struct ce_shard_file *file, struct ccenv_error *err)
{
	struct ce_buf *names = user;

	(void)err;
	ce_buf_addf(names, "%.*s ", (int)file->fn_len, file->fn);
	return c->ops->skip(c) ? 0 : CCENV_EDATA;
}

static void test_shard(void **state)
{
	static const struct row rows[] = {
		ROW("as CEP 16 has it",
			"\x83\xa8packages\x80\xae"
			"packages.conda\x81\xa1"
			"a\x80\xa7removed\x90",
			"a "),
		ROW("packages alone",
			"\x81\xa8packages\x81\xa1"
			"a\x80",
			"a "),
		ROW("packages.conda alone",
			"\x81\xae"
			"packages.conda\x81\xa1"
			"a\x80",
			"a "),
		ROW("both empty",
			"\x82\xa8packages\x80\xae"
			"packages.conda\x80",
			""),
		ROW("more fields",
			"\x84\xa2v3\x81\xa1x\x90\x05\x01\xa1x\xc7\x01\x05"
			"a\xa8packages\x81\xa1"
			"a\x80",
			"a "),
		ROW("an extension in a record",
			"\x81\xa8packages\x81\xa1"
			"a\x81\xa1x\xd5\x01"
			"ab",
			"a "),
		ROW("a number as key of a record",
			"\x81\xa8packages\x81\xa1"
			"a\x81\x05\x01",
			"a "),
		ROW("removed",
			"\x82\xa8packages\x82\xa1"
			"a\x80\xa1"
			"b\x80\xa7removed\x91\xa1"
			"a",
			"b "),
		ROW("removed, as bytes",
			"\x82\xa8packages\x82\xa1"
			"a\x80\xa1"
			"b\x80\xa7removed\x91\xc4\x01"
			"a",
			"b "),
		ROW("nothing in it", "\x80", NULL),
		ROW("packages: null", "\x81\xa8packages\xc0", NULL),
		ROW("a list", "\x90", NULL),
		ROW("null", "\xc0", NULL),
		ROW("a number", "\x05", NULL),
		ROW("nothing", "", NULL),
		ROW("cut off",
			"\x82\xa8packages\x81\xa1"
			"a\x80",
			NULL),
		ROW("a byte of no meaning",
			"\x82\xa8packages\x81\xa1"
			"a\x80\xc1\x01",
			NULL),
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_CLEANUP(ce_arena_release) struct ce_arena arena = {0};
		CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, names = {0};
		struct ccenv_error err = {0};

		ce_buf_add(&text, rows[i].bytes, rows[i].len);
		bool good = ce_shard_each(&text, &arena, each, &names, &err) >= 0;
		check_row(&rows[i], good ? ce_buf_str(&names) : NULL, err.text);
	}
}

/* What msgpack can say and JSON cannot; test_records.c has the rest. */
static void test_record(void **state)
{
	static const struct row rows[] = {
		ROW("strings", "\x85" REC, "top"),
		ROW("a name as bytes",
			"\x85\xa4name\xc4\x03top\xa7version\xa1"
			"1\xa5"
			"build\xa1"
			"0\xac"
			"build_number\x00\xa7"
			"depends\x90",
			"top"),
		ROW("all as bytes",
			"\x85\xc4\x04name\xc4\x03top\xa7version\xc4\x01"
			"1\xa5"
			"build\xc4\x01"
			"0\xac"
			"build_number\x00\xa7"
			"depends\x91\xc4\x01"
			"a",
			"top"),
		ROW("a name as bytes of no text",
			"\x85\xa4name\xc4\x03t\xffp\xa7version\xa1"
			"1\xa5"
			"build\xa1"
			"0\xac"
			"build_number\x00\xa7"
			"depends\x90",
			NULL),
		ROW("noarch as bytes", "\x86" REC "\xa6noarch\xc4\x07generic", "top"),
		ROW("sha256 as bytes", "\x86" REC "\xa6sha256\xc4\x20" HASH, "top"),
		ROW("sha256 as text", "\x86" REC "\xa6sha256\xd9\x40" HEX, "top"),
		ROW("sha256 as a list", "\x86" REC "\xa6sha256\xdc\x00\x20" HASH, "top"),
		ROW("md5 as a list",
			"\x86" REC "\xa3md5\xdc\x00\x10"
			"0123456789abcdef",
			"top"),
		ROW("sha256 as a short list", "\x86" REC "\xa6sha256\x91\x05", NULL),
		ROW("sha256 as short bytes", "\x86" REC "\xa6sha256\xc4\x1f" HASH, NULL),
		ROW("a time stamp of msgpack",
			"\x86" REC "\xa9timestamp\xd6\xff"
			"abcd",
			NULL),
		ROW("an unknown extension",
			"\x86" REC "\xa1x\xd6\xff"
			"abcd",
			"top"),
		ROW("a number as key", "\x86" REC "\x05\x01", "top"),
	};

	static const struct ce_pkg_origin origin = {.fn = "top-1-0.conda",
		.fn_len = sizeof("top-1-0.conda") - 1,
		.name = "top",
		.subdir = "noarch",
		.channel = "https://c.example/c",
		.base_url = "https://c.example/c/noarch"};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_CLEANUP(ce_arena_release) struct ce_arena arena = {0};
		struct ccenv_error err = {0};
		struct ce_pkg pkg = {0};
		struct ce_cursor c;

		ce_cursor_msgpack(&c, rows[i].bytes, rows[i].len, &arena);
		bool good = ce_pkg_read(&c, &origin, &pkg, &err) >= 0;
		if (good && pkg.sha256 && strcmp(pkg.sha256, HEX) != 0)
			fail_msg("%s: the hash is %s", rows[i].what, pkg.sha256);
		check_row(&rows[i], good ? pkg.name : NULL, err.text);
	}
}

static void test_all_hold(void **state)
{
	(void)state;
	printf("shards: %u of %u rows hold\n", held, rows_done);
	assert_int_equal(held, rows_done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_shard),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_all_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
