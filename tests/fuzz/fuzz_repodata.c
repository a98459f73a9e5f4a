/* SPDX-License-Identifier: MIT */
/*
 * Index data from outside: the scanner, the cursors and the records, over mutated real ones.
 *
 * With -fsanitize=fuzzer (and FUZZER defined) this is a libFuzzer target. Without, main() makes a
 * fixed number of mutations, the same on each run: fuzz_repodata [COUNT].
 *
 * Checked besides memory: a text scanned in one piece and in small ones gives the same records; a
 * record that is accepted is the same after it was written and read again.
 */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"
#include "model/pkg_json.h"
#include "model/pkg_read.h"
#include "repodata/record_scan.h"
#include "repodata/shards.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static int on_record(void *user, enum ce_repo_scan_section section,
	const struct ce_repo_scan_record *rec, uint64_t at, struct ccenv_error *err)
{
	(void)err;
	ce_buf_addf(user, "%d %llu %zu %zu;", (int)section, (unsigned long long)at, rec->len,
		rec->fn_len);
	return 0;
}

static int scan(const char *text, size_t len, size_t step, struct ce_buf *seen)
{
	const struct ce_repo_scan_events ev = {.user = seen, .on_record = on_record};
	struct ce_repo_scan s;
	struct ccenv_error err;
	size_t from = 0, to = 0, taken;
	int r = 0;

	ce_repo_scan_init(&s, &ev);
	while (r >= 0 && to < len) {
		to = len - to > step ? to + step : len;
		char *piece = malloc(to - from + 1);
		memcpy(piece, text + from, to - from);
		r = ce_repo_scan_feed(&s, piece, to - from, &taken, &err);
		if (r >= 0)
			from += taken;
		free(piece);
	}
	return r < 0 ? r : ce_repo_scan_end(&s, &err);
}

static void fuzz_scan(const char *text, size_t len)
{
	struct ce_buf whole = {0}, pieces = {0};
	int a = scan(text, len, len + 1, &whole), b = scan(text, len, 1 + len % 13, &pieces);

	require((a < 0) == (b < 0), "the pieces of a text are judged otherwise than the whole");
	if (a >= 0)
		require(strcmp(ce_buf_str(&whole), ce_buf_str(&pieces)) == 0,
			"the pieces of a text have other records than the whole");
	ce_buf_release(&whole);
	ce_buf_release(&pieces);
}

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void compare(const struct ce_pkg *a, const struct ce_pkg *b)
{
	require(same_text(a->name, b->name) && same_text(a->version, b->version) &&
			same_text(a->build, b->build) && same_text(a->sha256, b->sha256) &&
			same_text(a->md5, b->md5) &&
			same_text(a->track_features, b->track_features),
		"two readers, two texts");
	require(a->size == b->size && a->build_number == b->build_number &&
			a->timestamp == b->timestamp && a->noarch == b->noarch &&
			a->n_depends == b->n_depends && a->n_constrains == b->n_constrains,
		"two readers, two numbers");
	for (size_t i = 0; i < a->n_depends; i++)
		require(same_text(a->depends[i], b->depends[i]), "two readers, two dependencies");
}

static void fuzz_record(const char *text, size_t len)
{
	static const char fn[] = "liba-1.0-0.conda";
	struct ce_arena arena = {0};
	const struct ce_pkg_origin origin = {.fn = fn,
		.fn_len = strlen(fn),
		.name = "liba",
		.subdir = "noarch",
		.channel = "c",
		.base_url = "u"};
	struct ce_pkg first, again;
	struct ce_cursor c;
	struct ccenv_error err;

	ce_cursor_json(&c, text, len, &arena);
	if (ce_pkg_read(&c, &origin, &first, &err) >= 0) {
		/* What a lock would hold of it reads as the same record. */
		json_t *o = ce_pkg_to_json(&first);
		char *written = json_dumps(o, JSON_COMPACT);

		require(written != NULL, "a record that cannot be written");
		ce_cursor_json(&c, written, strlen(written), &arena);
		require(ce_pkg_read(&c, &origin, &again, &err) >= 0, err.text);
		compare(&first, &again);
		free(written);
		json_decref(o);
	}
	ce_arena_release(&arena);
}

static int each(
	void *user, struct ce_cursor *c, const char *fn, size_t fn_len, struct ccenv_error *err)
{
	struct ce_pkg_origin origin = {.name = "liba",
		.subdir = "noarch",
		.channel = "c",
		.base_url = "u",
		.fn = fn,
		.fn_len = fn_len};
	struct ce_cursor at = *c;
	struct ce_pkg p;

	(void)user;
	if (ce_pkg_read(c, &origin, &p, err) >= 0)
		return 0;
	*c = at;
	return c->ops->skip(c) ? 0 : -1;
}

static void fuzz_msgpack(const char *data, size_t len)
{
	struct ce_arena arena = {0};
	size_t cap = ZSTD_compressBound(len);
	char *packed = malloc(cap), hex[CE_SHA256_HEX + 1];
	size_t n = ZSTD_compress(packed, cap, data, len, 1);
	struct ce_shard_index *index = NULL;
	struct ccenv_error err;

	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, garbage = {0};
	if (ce_shard_inflate(packed, n, &text, &err) >= 0)
		(void)!ce_shard_each(&text, &arena, each, NULL, &err);
	(void)!ce_shard_inflate(data, len, &garbage, &err);
	if (ce_shard_index_parse(packed, n, &index, &err) >= 0)
		(void)ce_shard_index_find(index, "liba", hex);
	ce_shard_index_free(index);
	ce_arena_release(&arena);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		fuzz_scan(text, size - 1);
	else if (data[0] % 3 == 1)
		fuzz_record(text, size - 1);
	else
		fuzz_msgpack(text, size - 1);
	return 0;
}

#ifndef FUZZER
/* The first byte says for whom it is. */
static const char *const seeds[] = {
	"\x03{\"info\":{\"subdir\":\"x\"},\"packages\":{\"a-1-0.tar.bz2\":{\"s\":\"}\\\"{\",\"l\":["
	"[],[1]]}},"
	"\"packages.conda\":{\"liba-1.0-0.conda\":{},\"b-2-0.conda\":{\"name\":\"b\"}},\"removed\":"
	"[\"c\"]}",
	"\x01{\"name\":\"liba\",\"version\":\"1.0\",\"build\":\"0\",\"build_number\":0,\"depends\":"
	"[\"b >=1\","
	"\"c "
	"\\u00e4\\ud83d\\ude00\"],\"constrains\":[],\"size\":12,\"timestamp\":1600000000,"
	"\"noarch\":\"python\","
	"\"track_features\":[\"a\",\"b\"],\"license\":null,\"x\":{\"y\":[true,false,null,-1.5e3]}}",
	"\x02\x83\xa8packages\x80\xaepackages.conda\x81\xb0liba-1.0-0."
	"conda\x85\xa4name\xa4liba\xa7version"
	"\xa3"
	"1.0\xa5"
	"build\xa1"
	"0\xa7"
	"depends\x91\xa1"
	"b\xa4size\xcd\x01\x02\xa7removed\x90",
	"\x02\x82\xa4info\x81\xa8"
	"base_url\xa2./\xa6shards\x81\xa4liba\xc4\x20"
	"0123456789abcdef0123456789abcdef",
};

static uint64_t state = 88172645463325252ULL;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t mutate(uint8_t *p, size_t n, size_t cap)
{
	static const char *const words[] = {
		"\"", "\\", "{", "}", "[", "]", ",", "null", "\\u0041", "\xdf\xff\xff\xff\xff"};
	size_t at = 1 + next() % n, len;

	switch (next() % 5) {
	case 0:
		p[at % n] ^= (uint8_t)(1 << next() % 8);
		return n;
	case 1:
		return 1 + next() % n;
	case 2:
		len = 1 + next() % 8;
		if (at + len >= n)
			return n;
		memmove(p + at, p + at + len, n - at - len);
		return n - len;
	case 3:
		p[at % n] = (uint8_t)next();
		return n;
	default:;
		const char *word = words[next() % (sizeof(words) / sizeof(words[0]))];
		len = strlen(word);
		if (n + len > cap || at > n)
			return n;
		memmove(p + at + len, p + at, n - at);
		memcpy(p + at, word, len);
		return n + len;
	}
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 40000;
	uint8_t text[4096];

	for (unsigned long i = 0; i < count; i++) {
		const char *seed = seeds[i % (sizeof(seeds) / sizeof(seeds[0]))];
		size_t n = strlen(seed);
		memcpy(text, seed, n);
		uint8_t kind = text[0];
		for (uint64_t m = next() % 6; m; m--)
			n = mutate(text, n, sizeof(text));
		text[0] = kind;
		uint8_t *copy = malloc(n);
		memcpy(copy, text, n);
		LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	printf("%lu mutations\n", count);
	return 0;
}
#endif
