/* SPDX-License-Identifier: MIT */
/* A small channel with one of everything, written in all three forms. */
#include "channel.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "repodata/name_index.h"

static _Noreturn void die(const char *path)
{
	perror(path);
	abort();
}

static const char linux_json[] =
	"{\"info\":{\"subdir\":\"linux-64\"},\"packages\":{"
	"\"top-1.0-0.tar.bz2\":{\"name\":\"top\",\"version\":\"1.0\",\"build\":\"0\",\"build_"
	"number\":0,"
	"\"depends\":[\"old\"],\"md5\":\"00000000000000000000000000000001\",\"size\":1},"
	"\"top-1.1-0.tar.bz2\":{\"name\":\"top\",\"version\":\"1.1\",\"build\":\"0\",\"build_"
	"number\":0,"
	"\"depends\":[\"old\"],\"md5\":\"00000000000000000000000000000002\",\"size\":2,"
	"\"timestamp\":1600000000,\"track_features\":\"a "
	"b\",\"license\":\"\\u00e4\\ud83d\\ude00\"}},"
	"\"packages.conda\":{"
	"\"liba-1.0-0.conda\":{\"name\":\"liba\",\"version\":\"1.0\",\"build\":\"0\",\"build_"
	"number\":0,"
	"\"depends\":[\"__glibc >=2.17\",\"Mixed-Name\"],\"constrains\":[\"never\"],"
	"\"sha256\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":"
	"3},"
	"\"gone-1.0-0.conda\":{\"name\":\"gone\",\"version\":\"1.0\",\"build\":\"0\",\"build_"
	"number\":0},"
	"\"never-1.0-0.conda\":{\"name\":\"never\",\"version\":\"1.0\",\"build\":\"0\",\"build_"
	"number\":0},"
	"\"odd-1.0-0.conda\":{\"name\":\"other\",\"version\":\"1.0\",\"build\":\"0\",\"build_"
	"number\":0},"
	"\"top-1.0-0.conda\":{\"name\":\"top\",\"version\":\"1.0\",\"build\":\"0\",\"build_"
	"number\":7,"
	"\"depends\":[\"liba >=1\",\"gone\",\"odd\",\"python_thing "
	"1.*\"],\"noarch\":null,\"size\":5}},"
	"\"removed\":[\"gone-1.0-0.conda\"],\"repodata_version\":1}";

static const char noarch_json[] =
	"{\"info\":{\"subdir\":\"noarch\"},\"packages\":{},\"packages.conda\":{"
	"\"mixed-name-2-0.conda\":{\"name\":\"mixed-name\",\"version\":\"2\",\"build\":\"0\","
	"\"build_number\":0,\"noarch\":\"generic\",\"depends\":[]},"
	"\"python_thing-1.5-py_0.conda\":{\"name\":\"python_thing\",\"version\":\"1.5\",\"build\":"
	"\"py_0\","
	"\"build_number\":0,\"noarch\":\"python\",\"depends\":[\"top\"],\"run_exports\":{\"weak\":["
	"\"x\"]}}}}";

const char test_channel_records[] = "liba-1.0-0.conda linux-64 3 dep=2\n"
				    "mixed-name-2-0.conda noarch 0 dep=0\n"
				    "python_thing-1.5-py_0.conda noarch 0 dep=1\n"
				    "top-1.0-0.conda linux-64 5 dep=4\n"
				    "top-1.1-0.tar.bz2 linux-64 2 dep=1\n";

void test_write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w"); /* no fsync(): there are hundreds */

	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		die(path);
}

static void write_bytes(const char *dir, const char *name, const void *data, size_t len)
{
	CE_AUTOFREE char *path = ce_path_join(dir, name);
	struct ccenv_error err;

	if (ce_fs_mkdirs(dir, &err) < 0)
		die(dir);
	test_write_file(path, data, len);
}

static void write_zst(const char *dir, const char *name, const void *data, size_t len, char *hex)
{
	size_t cap = ZSTD_compressBound(len);
	char *out = malloc(cap);
	size_t n = ZSTD_compress(out, cap, data, len, 3);

	write_bytes(dir, name, out, n);
	if (hex)
		ce_sha256_bytes(out, n, hex);
	free(out);
}

/* A few heads of msgpack are enough for a test's writer. */
static void pack_head(struct ce_buf *b, unsigned char head, size_t n, int width)
{
	ce_buf_addc(b, (char)head);
	for (int i = width - 1; i >= 0; i--)
		ce_buf_addc(b, (char)(n >> 8 * i));
}

static void pack_text(struct ce_buf *b, const char *s)
{
	pack_head(b, 0xda, strlen(s), 2);
	ce_buf_adds(b, s);
}

static void pack_hex(struct ce_buf *b, const char *hex)
{
	pack_head(b, 0xc4, strlen(hex) / 2, 1);
	for (; *hex; hex += 2) {
		char two[3] = {hex[0], hex[1], 0};
		ce_buf_addc(b, (char)strtol(two, NULL, 16));
	}
}

static void pack_json(struct ce_buf *b, json_t *v, const char *key)
{
	json_t *e;
	size_t i;
	const char *k;

	if (json_is_object(v)) {
		pack_head(b, 0xde, json_object_size(v), 2);
		json_object_foreach (v, k, e) {
			pack_text(b, k);
			pack_json(b, e, k);
		}
	} else if (json_is_array(v)) {
		pack_head(b, 0xdc, json_array_size(v), 2);
		json_array_foreach (v, i, e)
			pack_json(b, e, "");
	} else if (json_is_string(v) && (strcmp(key, "sha256") == 0 || strcmp(key, "md5") == 0)) {
		pack_hex(b, json_string_value(v));
	} else if (json_is_string(v)) {
		pack_text(b, json_string_value(v));
	} else if (json_is_integer(v)) {
		pack_head(b, 0xcf, (size_t)json_integer_value(v), 8);
	} else {
		ce_buf_addc(b, (char)0xc0);
	}
}

/* Shards of the index in `text`, one for each name that a file name begins with. */
static void write_shards(const char *dir, const char *text)
{
	json_t *root = json_loads(text, 0, NULL), *shards = json_object(), *rec;
	const char *sections[] = {"packages", "packages.conda"}, *fn, *name;
	CE_CLEANUP(ce_buf_release) struct ce_buf index = {0};

	for (int s = 0; s < 2; s++) {
		json_object_foreach (json_object_get(root, sections[s]), fn, rec) {
			CE_AUTOFREE char *n = ce_strndup(fn, ce_name_index_fn_name(fn, strlen(fn)));
			json_t *shard = json_object_get(shards, n);
			if (!shard) {
				shard = json_pack("{s{}s{}}", sections[0], sections[1]);
				json_object_set_new(shards, n, shard);
				json_object_set(shard, "removed", json_object_get(root, "removed"));
			}
			json_object_set(json_object_get(shard, sections[s]), fn, rec);
		}
	}
	pack_head(&index, 0x82, 0, 0);
	pack_text(&index, "info");
	pack_head(&index, 0x82, 0, 0);
	pack_text(&index, "base_url");
	pack_text(&index, "");
	pack_text(&index, "shards_base_url");
	pack_text(&index, "./shards/");
	pack_text(&index, "shards");
	pack_head(&index, 0xde, json_object_size(shards), 2);
	CE_AUTOFREE char *sub = ce_path_join(dir, "shards");
	json_object_foreach (shards, name, rec) {
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
		char hex[CE_SHA256_HEX + 1];
		pack_json(&b, rec, "");
		write_zst(sub, "tmp", b.data, b.len, hex);
		CE_AUTOFREE char *from = ce_path_join(sub, "tmp");
		CE_AUTOFREE char *to = ce_asprintf("%s/%s.msgpack.zst", sub, hex);
		if (rename(from, to) != 0)
			die(to);
		pack_text(&index, name);
		pack_hex(&index, hex);
	}
	write_zst(dir, "repodata_shards.msgpack.zst", index.data, index.len, NULL);
	json_decref(shards);
	json_decref(root);
}

void test_channel_write(const char *chan)
{
	CE_AUTOFREE char *arch = ce_path_join(chan, "linux-64");
	CE_AUTOFREE char *noarch = ce_path_join(chan, "noarch");

	write_bytes(arch, "repodata.json", linux_json, strlen(linux_json));
	write_bytes(noarch, "repodata.json", noarch_json, strlen(noarch_json));
	write_zst(arch, "repodata.json.zst", linux_json, strlen(linux_json), NULL);
	write_zst(noarch, "repodata.json.zst", noarch_json, strlen(noarch_json), NULL);
	write_shards(arch, linux_json);
	write_shards(noarch, noarch_json);
}
