/* SPDX-License-Identifier: MIT */
/* Index data from outside. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/json.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "io/download.h"
#include "model/pkg.h"
#include "model/pkg_json.h"
#include "model/pkg_read.h"
#include "repodata/record_scan.h"
#include "repodata/shards.h"
#include "repodata/state.h"

static const struct ce_pkg_origin liba = {.fn = "liba-1.0-0.conda",
	.fn_len = sizeof("liba-1.0-0.conda") - 1,
	.name = "liba",
	.subdir = "noarch",
	.channel = "c",
	.base_url = "https://h/c/noarch"};

static int on_record(void *user, enum ce_repo_scan_section section,
	const struct ce_repo_scan_record *rec, uint64_t at, struct ccenv_error *err)
{
	(void)err;
	ce_buf_addf(user, "%d %llu %zu %zu;", (int)section, (unsigned long long)at, rec->len,
		rec->fn_len);
	return 0;
}

static int on_removed(void *user, const char *fn, size_t len, struct ccenv_error *err)
{
	(void)err;
	ce_buf_addf(user, "removed %.*s;", (int)len, fn);
	return 0;
}

static int on_info(void *user, const char *text, size_t len, struct ccenv_error *err)
{
	(void)text;
	(void)err;
	ce_buf_addf(user, "info %zu;", len);
	return 0;
}

/* Scans the text in pieces of `step` bytes, each in memory of its own. */
static int scan(const char *text, size_t len, size_t step, struct ce_buf *seen)
{
	const struct ce_repo_scan_events ev = {
		.user = seen, .on_record = on_record, .on_removed = on_removed, .on_info = on_info};
	struct ce_repo_scan s;
	struct ccenv_error err;
	size_t from = 0, to = 0, taken;
	int r = 0;

	ce_repo_scan_init(&s, &ev);
	while (r >= 0 && to < len) {
		char *piece;

		to = len - to > step ? to + step : len;
		piece = ce_alloc(to - from + 1);
		memcpy(piece, text + from, to - from);
		r = ce_repo_scan_feed(&s, piece, to - from, &taken, &err);
		from += r >= 0 ? taken : 0;
		free(piece);
	}
	return r < 0 ? r : ce_repo_scan_end(&s, &err);
}

void fuzz_scan(const char *data, size_t size)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf whole = {0}, pieces = {0};
	int a = scan(data, size, size + 1, &whole), b = scan(data, size, 1 + size % 13, &pieces);

	fuzz_require((a < 0) == (b < 0), "pieces of a text are judged like the whole");
	fuzz_require(a < 0 || strcmp(ce_buf_str(&whole), ce_buf_str(&pieces)) == 0,
		"pieces of a text have the records of the whole");
}

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool same_texts(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
	for (size_t i = 0; n_a == n_b && i < n_a; i++)
		if (!same_text(a[i], b[i]))
			return false;
	return n_a == n_b;
}

static bool same_pkg(const struct ce_pkg *a, const struct ce_pkg *b)
{
	return same_text(a->name, b->name) && same_text(a->version, b->version) &&
	       same_text(a->build, b->build) && same_text(a->sha256, b->sha256) &&
	       same_text(a->md5, b->md5) && same_text(a->track_features, b->track_features) &&
	       same_text(a->license, b->license) && same_text(a->url, b->url) &&
	       a->size == b->size && a->build_number == b->build_number &&
	       a->timestamp == b->timestamp && a->noarch == b->noarch &&
	       same_texts(a->depends, a->n_depends, b->depends, b->n_depends) &&
	       same_texts(a->constrains, a->n_constrains, b->constrains, b->n_constrains);
}

static void put_big_endian(struct ce_buf *out, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		ce_buf_addc(out, (char)(value >> 8 * bytes));
}

static void put_head(struct ce_buf *out, int code, uint64_t value, int bytes)
{
	ce_buf_addc(out, (char)code);
	put_big_endian(out, value, bytes);
}

/* False for what has no equal in msgpack, or what a double cannot hold. */
static bool put_msgpack(struct ce_buf *out, const json_t *v)
{
	const char *key;
	json_t *item;
	uint64_t bits;
	size_t i;
	double d;

	switch (json_typeof(v)) {
	case JSON_NULL:
		ce_buf_addc(out, (char)0xc0);
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		ce_buf_addc(out, json_is_true(v) ? (char)0xc3 : (char)0xc2);
		return true;
	case JSON_INTEGER:
		put_head(out, 0xd3, (uint64_t)json_integer_value(v), 8);
		return true;
	case JSON_REAL:
		d = json_real_value(v);
		memcpy(&bits, &d, sizeof(bits));
		put_head(out, 0xcb, bits, 8);
		/* Whole numbers and halves: nothing that rounding could move. */
		return d > -4e15 && d < 4e15 && d * 2 == (double)(int64_t)(d * 2);
	case JSON_STRING:
		put_head(out, 0xdb, json_string_length(v), 4);
		ce_buf_add(out, json_string_value(v), json_string_length(v));
		return true;
	case JSON_ARRAY:
		put_head(out, 0xdd, json_array_size(v), 4);
		json_array_foreach ((json_t *)v, i, item)
			if (!put_msgpack(out, item))
				return false;
		return true;
	case JSON_OBJECT:
		put_head(out, 0xdf, json_object_size(v), 4);
		json_object_foreach ((json_t *)v, key, item) {
			put_head(out, 0xdb, strlen(key), 4);
			ce_buf_adds(out, key);
			if (!put_msgpack(out, item))
				return false;
		}
		return true;
	}
	return false;
}

/* The JSON as msgpack; false where JSON says more than jansson keeps of it, and where there is a
 * NUL, which jansson passes over behind a number. */
static bool to_msgpack(const char *text, size_t len, struct ce_buf *out)
{
	if (memchr(text, 0, len))
		return false;
	CE_CLEANUP(ce_json_decrefp)
	json_t *o = json_loadb(
		text, len, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	return o && put_msgpack(out, o);
}

static void check_written(const struct ce_pkg *pkg, struct ce_arena *arena)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = ce_pkg_to_json(pkg);
	CE_AUTOFREE char *text = json_dumps(o, JSON_COMPACT);
	struct ccenv_error err;
	struct ce_pkg again;
	struct ce_cursor c;

	fuzz_require(text != NULL, "a record can be written");
	ce_cursor_json(&c, text, strlen(text), arena);
	fuzz_require(ce_pkg_read(&c, &liba, &again, &err) >= 0 && same_pkg(pkg, &again),
		"a record that was written reads as the record");
}

void fuzz_record(const char *data, size_t size)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf packed = {0};
	struct ce_arena arena = {0};
	struct ce_pkg a, b;
	struct ce_cursor c;
	struct ccenv_error err;
	int json, msgpack;

	ce_cursor_json(&c, data, size, &arena);
	json = ce_pkg_read(&c, &liba, &a, &err);
	if (json >= 0)
		check_written(&a, &arena);
	if (to_msgpack(data, size, &packed)) {
		ce_cursor_msgpack(&c, packed.data, packed.len, &arena);
		msgpack = ce_pkg_read(&c, &liba, &b, &err);
		fuzz_require((json < 0) == (msgpack < 0),
			"a record is accepted in JSON and in msgpack, or refused in both");
		fuzz_require(json < 0 || same_pkg(&a, &b),
			"a record reads the same from JSON and from msgpack");
	}
	/* As a lock has it. */
	ce_cursor_json(&c, data, size, &arena);
	(void)!ce_pkg_read(&c, NULL, &b, &err);
	ce_arena_release(&arena);
}

static int each(
	void *user, struct ce_cursor *c, const struct ce_shard_file *file, struct ccenv_error *err)
{
	struct ce_pkg_origin origin = liba;
	struct ce_cursor at = *c;
	struct ce_pkg p;

	(void)user;
	origin.fn = file->fn;
	origin.fn_len = file->fn_len;
	origin.is_v3 = file->is_v3;
	if (ce_pkg_read(c, &origin, &p, err) >= 0)
		return 0;
	*c = at;
	return c->ops->skip(c) ? 0 : -1;
}

static void each_name(void *user, const char *name, size_t len)
{
	size_t *sum = user;

	for (size_t i = 0; i < len; i++)
		*sum += (unsigned char)name[i];
}

void fuzz_shards(const char *data, size_t size)
{
	size_t cap = ZSTD_compressBound(size), n, sum = 0;
	CE_AUTOFREE char *packed = ce_alloc(cap);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, garbage = {0};
	CE_CLEANUP(ce_shard_index_freep) struct ce_shard_index *index = NULL;
	struct ce_arena arena = {0};
	char hex[CE_SHA256_HEX + 1];
	struct ccenv_error err;

	n = ZSTD_compress(packed, cap, data, size, 1);
	if (ce_shard_inflate(packed, n, &text, &err) >= 0)
		(void)!ce_shard_each(&text, &arena, each, NULL, &err);
	(void)!ce_shard_inflate(data, size, &garbage, &err);
	if (ce_shard_index_parse(packed, n, &index, &err) >= 0) {
		(void)ce_shard_index_find(index, "liba", hex);
		ce_shard_index_each_name(index, each_name, &sum);
		(void)ce_shard_index_base_url(index);
		(void)ce_shard_index_shards_base_url(index);
	}
	ce_arena_release(&arena);
}

/* Lines, as headers of an answer. */
static void check_freshness(const char *data, size_t size)
{
	CE_AUTOFREE char *cache_control = fuzz_line(&data, &size),
			 *expires = fuzz_line(&data, &size);
	CE_AUTOFREE char *date = fuzz_line(&data, &size), *age = fuzz_line(&data, &size);
	CE_AUTOFREE char *last_modified = fuzz_line(&data, &size);
	const struct ce_download_result answer = {.status = 200,
		.cache_control = *cache_control ? cache_control : NULL,
		.expires = *expires ? expires : NULL,
		.date = *date ? date : NULL,
		.age = *age ? age : NULL,
		.last_modified = *last_modified ? last_modified : NULL};
	int64_t seconds = ce_state_freshness(&answer);

	fuzz_require(
		seconds >= 0 && seconds <= 24 * 60 * 60, "an answer is fresh for a day at most");
}

void fuzz_state(const char *data, size_t size)
{
	CE_AUTOFREE char *path = ce_asprintf("%s/state.json", fuzz_dir());
	const char *headers = memmem(data, size, "\n===\n", 5);
	size_t len = headers ? (size_t)(headers - data) : size;
	struct ce_state s = {0};

	fuzz_write(path, data, len);
	ce_state_read(&s, path);
	for (int f = 0; f < CE_FORM_COUNT; f++) {
		fuzz_require(ce_form_find(ce_form_name(f)) == f, "a form has a name");
		(void)ce_state_is_within(s.form[f].absent, s.form[f].max_age * 1000);
		ce_state_set_text(&s.form[f].etag, s.form[f].last_modified);
	}
	ce_state_write(&s, "https://h/c", path);
	ce_state_release(&s);
	if (headers)
		check_freshness(headers + 5, size - len - 5);
}
