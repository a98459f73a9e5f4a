/* SPDX-License-Identifier: MIT */
/* The index of a channel's subdir; see channel_index.h. */
#include "exchange/channel_index.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "io/zst.h"
#include "model/pkg.h"
#include "model/pkg_json.h"

enum {
	INDEX_MAX = 1 << 30
};

static const char *const sections[] = {"packages", "packages.conda"};
static const char shard_suffix[] = ".msgpack.zst";

/* ---- the index as JSON ---- */

json_t *ce_channel_index_new(const char *subdir)
{
	return json_pack("{s:{s:s},s:{},s:{},s:[],s:i}", "info", "subdir", subdir, "packages",
		"packages.conda", "removed", "repodata_version", 1);
}

int ce_channel_index_read(const char *dir, json_t **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(dir, "repodata.json");
	CE_CLEANUP(ce_json_decrefp) json_t *index = NULL;
	int r;

	*ret = NULL;
	if (!ce_fs_exists(path))
		return 0;
	r = ce_json_read(path, INDEX_MAX, &index, err);
	if (r < 0)
		return r;
	if (!json_is_string(json_object_get(json_object_get(index, "info"), "subdir")))
		return ce_fail(err, CCENV_EDATA,
			"%s: it does not name its platform (\"info\": {\"subdir\": …})", path);
	for (size_t i = 0; i < CE_COUNT(sections); i++) {
		const char *fn;
		json_t *record;

		if (!json_is_object(json_object_get(index, sections[i])))
			return ce_fail(
				err, CCENV_EDATA, "%s: there is no \"%s\"", path, sections[i]);
		json_object_foreach (json_object_get(index, sections[i]), fn, record)
			if (!ce_path_is_safe_name(fn) || !json_is_object(record) ||
				!json_is_string(json_object_get(record, "name")))
				return ce_fail(err, CCENV_EDATA, "%s: malformed record", path);
	}
	*ret = CE_TAKE(index);
	return 0;
}

void ce_channel_index_add(json_t *index, const struct ce_pkg *p)
{
	json_t *record = ce_pkg_to_json(p);

	json_object_del(record, "url");
	/* conda's programs want the list, empty or not. */
	if (!json_object_get(record, "depends"))
		json_object_set_new(record, "depends", json_array());
	json_object_set_new(
		json_object_get(index, sections[ce_pkg_is_conda(p) ? 1 : 0]), p->fn, record);
}

/* ---- msgpack ---- */

static void put_be(struct ce_buf *b, unsigned char tag, uint64_t v, int bytes)
{
	ce_buf_addc(b, (char)tag);
	for (int i = bytes - 1; i >= 0; i--)
		ce_buf_addc(b, (char)(v >> (8 * i)));
}

static void put_uint(struct ce_buf *b, uint64_t v)
{
	if (v < 0x80)
		ce_buf_addc(b, (char)v);
	else
		put_be(b, 0xcf, v, 8);
}

static void put_map(struct ce_buf *b, size_t n)
{
	put_be(b, 0xdf, n, 4);
}

static void put_text(struct ce_buf *b, const char *s)
{
	const size_t n = strlen(s);

	put_be(b, 0xdb, n, 4);
	ce_buf_add(b, s, n);
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Hexadecimal digits as bytes: the form of digests in shards. */
static void put_hex(struct ce_buf *b, const char *hex)
{
	const size_t n = strlen(hex) / 2;

	put_be(b, 0xc4, n, 1);
	for (size_t i = 0; i < n; i++)
		ce_buf_addc(b, (char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1])));
}

static bool is_digest(const char *key, const json_t *v)
{
	const char *s = json_string_value(v);

	return s && (strcmp(key, "sha256") == 0 || strcmp(key, "md5") == 0) && strlen(s) <= 64 &&
	       strlen(s) % 2 == 0 && s[strspn(s, "0123456789abcdefABCDEF")] == '\0';
}

static void put_value(struct ce_buf *b, const json_t *v)
{
	const char *key;
	json_t *member;
	size_t i;

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		put_map(b, json_object_size(v));
		json_object_foreach ((json_t *)v, key, member) {
			put_text(b, key);
			if (is_digest(key, member))
				put_hex(b, json_string_value(member));
			else
				put_value(b, member);
		}
		break;
	case JSON_ARRAY:
		put_be(b, 0xdd, json_array_size(v), 4);
		json_array_foreach ((json_t *)v, i, member)
			put_value(b, member);
		break;
	case JSON_STRING:
		put_text(b, json_string_value(v));
		break;
	case JSON_INTEGER:
		if (json_integer_value(v) < 0)
			put_be(b, 0xd3, (uint64_t)json_integer_value(v), 8);
		else
			put_uint(b, (uint64_t)json_integer_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		ce_buf_addc(b, (char)(json_is_true(v) ? 0xc3 : 0xc2));
		break;
	default:
		ce_buf_addc(b, (char)0xc0);
	}
}

/* ---- writing ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A new object with the same members, sorted by key. */
static json_t *sorted(const json_t *o)
{
	CE_AUTOFREE const char **keys = ce_calloc(json_object_size(o) + 1, sizeof(*keys));
	json_t *out = json_object(), *v;
	const char *key;
	size_t n = 0;

	json_object_foreach ((json_t *)o, key, v)
		keys[n++] = key;
	if (n)
		qsort(keys, n, sizeof(*keys), by_text);
	for (size_t i = 0; i < n; i++)
		json_object_set(out, keys[i], json_object_get(o, keys[i]));
	return out;
}

static int write_file(
	const char *dir, const char *name, const struct ce_buf *b, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(dir, name);

	return ce_fs_replace(path, ce_buf_str(b), b->len, NULL, err);
}

/* The records by name: {"fmt": {"packages": {…}, "packages.conda": {…}, "removed": []}}. */
static json_t *by_name(const json_t *index)
{
	json_t *names = json_object(), *out, *record;
	const char *fn;

	for (size_t i = 0; i < CE_COUNT(sections); i++)
		json_object_foreach (json_object_get(index, sections[i]), fn, record) {
			const char *name = json_string_value(json_object_get(record, "name"));

			if (!json_object_get(names, name))
				json_object_set_new(names, name,
					json_pack("{s:{},s:{},s:[]}", sections[0], sections[1],
						"removed"));
			json_object_set(json_object_get(json_object_get(names, name), sections[i]),
				fn, record);
		}
	out = sorted(names);
	json_decref(names);
	return out;
}

static int write_shard(
	const char *dir, const json_t *shard, char hex[CE_SHA256_HEX + 1], struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf plain = {0}, packed = {0};
	CE_AUTOFREE char *name = NULL;

	put_value(&plain, shard);
	ce_zst_deflate(plain.data, plain.len, &packed);
	ce_sha256_bytes(packed.data, packed.len, hex);
	name = ce_asprintf("%s%s", hex, shard_suffix);
	return write_file(dir, name, &packed, err);
}

/* Removes shards that the new index does not name. */
static void remove_old(const char *dir, const json_t *kept)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		CE_AUTOFREE char *path = ce_path_join(dir, e->d_name);
		CE_AUTOFREE char *hex = ce_strndup(e->d_name, CE_SHA256_HEX);

		if (ce_sha256_is_hex(hex) && strcmp(e->d_name + CE_SHA256_HEX, shard_suffix) == 0 &&
			!json_object_get(kept, hex))
			ce_ignore(unlink(path)); /* nothing names it */
	}
	if (d)
		closedir(d);
}

static int write_shards(const char *dir, const json_t *index, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *names = by_name(index), *kept = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf plain = {0}, packed = {0};
	CE_AUTOFREE char *shards = ce_path_join(dir, "shards");
	const char *name;
	json_t *shard;
	int r = ce_fs_mkdirs(shards, err);

	if (r < 0)
		return r;
	put_map(&plain, 3);
	put_text(&plain, "version");
	put_uint(&plain, 1);
	put_text(&plain, "info");
	put_map(&plain, 3);
	put_text(&plain, "subdir");
	put_value(&plain, json_object_get(json_object_get(index, "info"), "subdir"));
	put_text(&plain, "base_url");
	put_text(&plain, "./");
	put_text(&plain, "shards_base_url");
	put_text(&plain, "./shards/");
	put_text(&plain, "shards");
	put_map(&plain, json_object_size(names));
	json_object_foreach (names, name, shard) {
		char hex[CE_SHA256_HEX + 1];

		r = write_shard(shards, shard, hex, err);
		if (r < 0)
			return r;
		json_object_set_new(kept, hex, json_true());
		put_text(&plain, name);
		put_hex(&plain, hex);
	}
	ce_zst_deflate(plain.data, plain.len, &packed);
	r = write_file(dir, "repodata_shards.msgpack.zst", &packed, err);
	if (r >= 0)
		remove_old(shards, kept);
	return r;
}

int ce_channel_index_write(const char *dir, const json_t *index, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *out = json_copy((json_t *)index);
	CE_CLEANUP(ce_buf_release) struct ce_buf plain = {0}, packed = {0};
	int r;

	for (size_t i = 0; i < CE_COUNT(sections); i++)
		json_object_set_new(out, sections[i], sorted(json_object_get(index, sections[i])));
	ce_json_format(out, &plain);
	ce_zst_deflate(plain.data, plain.len, &packed);
	r = write_shards(dir, out, err);
	if (r < 0)
		return r;
	r = write_file(dir, "repodata.json", &plain, err);
	return r < 0 ? r : write_file(dir, "repodata.json.zst", &packed, err);
}
