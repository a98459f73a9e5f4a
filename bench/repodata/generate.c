/* SPDX-License-Identifier: MIT */
/*
 * Makes a channel of conda-forge's size out of real records, in all three forms. The same bytes on
 * each run.
 *
 *     bench_generate METADATA_DIR OUT_DIR [SCALE_PERCENT]
 *
 * METADATA_DIR/<subdir>/repodata.json holds the real records (13,408 for linux-64, 5,797 for
 * noarch). Each is there as it is, and again under further versions (1.2.dev1, which sorts
 * before 1.2, so that solutions stay the real ones) and further names (x3-numpy). The factors give
 * about 600,000 and 300,000 records, and as many names and records per name as conda-forge has.
 * Hashes are of the file's name: as incompressible as real ones. `arch` and `platform`, which the
 * channel's records have, are put back.
 */
#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"

enum {
	LEVEL = 16 /* as conda-index has it */
};

static const struct {
	const char *subdir;
	unsigned names, versions; /* how often each is multiplied */
} plan[] = {{"linux-64", 9, 5}, {"noarch", 13, 4}};

/* One record to be: a real one under a name and version of its own. */
struct item {
	char *fn;
	json_t *real;
	unsigned name, version;
	bool conda;
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void sha256(const void *data, size_t len, unsigned char out[32])
{
	unsigned n = 32;

	if (!EVP_Digest(data, len, out, &n, EVP_sha256(), NULL))
		die("sha256");
}

static void hex(const unsigned char *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static char *name_of(const struct item *i)
{
	return i->name ? ce_asprintf("x%u-%s", i->name, text_of(i->real, "name"))
		       : ce_strdup(text_of(i->real, "name"));
}

static char *version_of(const struct item *i)
{
	return i->version ? ce_asprintf("%s.dev%u", text_of(i->real, "version"), i->version)
			  : ce_strdup(text_of(i->real, "version"));
}

static json_t *record_of(const struct item *i)
{
	json_t *o = json_copy(i->real);
	CE_AUTOFREE char *name = name_of(i);
	CE_AUTOFREE char *version = version_of(i);
	unsigned char sum[32];
	char text[65];
	bool noarch = json_object_get(o, "noarch") != NULL;

	json_object_set_new(o, "arch", noarch ? json_null() : json_string("x86_64"));
	json_object_set_new(o, "platform", noarch ? json_null() : json_string("linux"));
	if (!i->name && !i->version)
		return o;
	sha256(i->fn, strlen(i->fn), sum);
	hex(sum, 32, text);
	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "version", json_string(version));
	json_object_set_new(o, "sha256", json_string(text));
	hex(sum + 8, 16, text);
	json_object_set_new(o, "md5", json_string(text));
	json_int_t size = json_integer_value(json_object_get(o, "size"));
	json_object_set_new(o, "size", json_integer(size + sum[0]));
	json_int_t time = json_integer_value(json_object_get(o, "timestamp"));
	if (time)
		json_object_set_new(o, "timestamp", json_integer(time - 1000 * (sum[1] + 1)));
	return o;
}

static int by_fn(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->fn, ((const struct item *)b)->fn);
}

/* All items of a subdir, sorted as the index will be. */
static struct item *make_items(
	const json_t *index, unsigned names, unsigned versions, size_t *ret_n)
{
	static const char *const sections[] = {"packages", "packages.conda"};
	struct item *items = NULL;
	size_t n = 0, cap = 0;
	const char *fn;
	json_t *real;

	for (int s = 0; s < 2; s++) {
		json_object_foreach (json_object_get(index, sections[s]), fn, real) {
			for (unsigned k = 0; k < names * versions; k++) {
				struct item i = {.real = real,
					.name = k % names,
					.version = k / names,
					.conda = s == 1};
				CE_AUTOFREE char *name = name_of(&i);
				CE_AUTOFREE char *version = version_of(&i);
				i.fn = ce_asprintf("%s-%s-%s%s", name, version,
					text_of(real, "build"), s ? ".conda" : ".tar.bz2");
				CE_GROW(items, n, cap);
				items[n++] = i;
			}
		}
	}
	qsort(items, n, sizeof(*items), by_fn);
	*ret_n = n;
	return items;
}

/* Plain and compressed text, written side by side. */
struct output {
	FILE *plain, *packed;
	ZSTD_CCtx *zstd;
	struct ce_buf b;
};

static void flush(struct output *o, bool end)
{
	static char out[1 << 20];
	ZSTD_inBuffer in = {o->b.data, o->b.len, 0};
	size_t left;

	if (fwrite(o->b.data, 1, o->b.len, o->plain) != o->b.len)
		die("write");
	do {
		ZSTD_outBuffer to = {out, sizeof(out), 0};
		left = ZSTD_compressStream2(o->zstd, &to, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left) || fwrite(out, 1, to.pos, o->packed) != to.pos)
			die("compress");
	} while (end ? left : in.pos < in.size);
	ce_buf_clear(&o->b);
}

static void add_record(struct output *o, const struct item *i, bool first)
{
	json_t *rec = record_of(i);
	CE_AUTOFREE char *text = json_dumps(rec, JSON_COMPACT | JSON_SORT_KEYS);

	ce_buf_addf(&o->b, "%s\"%s\":", first ? "" : ",", i->fn);
	ce_buf_adds(&o->b, text);
	if (o->b.len > 4 << 20)
		flush(o, false);
	json_decref(rec);
}

static FILE *create(const char *dir, const char *name)
{
	CE_AUTOFREE char *path = ce_asprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (!f)
		die(path);
	return f;
}

static void close_file(FILE *f)
{
	if (fclose(f) != 0)
		die("close");
}

static void write_json(const char *dir, const char *subdir, const struct item *items, size_t n)
{
	struct output o = {create(dir, "repodata.json"), create(dir, "repodata.json.zst"),
		ZSTD_createCCtx(), {0}};

	ZSTD_CCtx_setParameter(o.zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(o.zstd, ZSTD_c_nbWorkers, 2);
	ce_buf_addf(&o.b, "{\"info\":{\"subdir\":\"%s\"}", subdir);
	for (int s = 0; s < 2; s++) {
		bool first = true;
		ce_buf_adds(&o.b, s ? "},\"packages.conda\":{" : ",\"packages\":{");
		for (size_t i = 0; i < n; i++) {
			if (items[i].conda != (s == 1))
				continue;
			add_record(&o, &items[i], first);
			first = false;
		}
	}
	ce_buf_adds(&o.b, "},\"removed\":[],\"repodata_version\":1}");
	flush(&o, true);
	close_file(o.plain);
	close_file(o.packed);
	ZSTD_freeCCtx(o.zstd);
	ce_buf_release(&o.b);
}

/* ---- shards ---- */

static void pack_head(struct ce_buf *b, unsigned char head, uint64_t n, int width)
{
	ce_buf_addc(b, (char)head);
	for (int i = width - 1; i >= 0; i--)
		ce_buf_addc(b, (char)(n >> 8 * i));
}

static void pack_text(struct ce_buf *b, const char *s)
{
	size_t n = strlen(s);

	if (n < 32)
		pack_head(b, (unsigned char)(0xa0 | n), 0, 0);
	else if (n < 256)
		pack_head(b, 0xd9, n, 1);
	else
		pack_head(b, 0xda, n, 2);
	ce_buf_add(b, s, n);
}

static void pack_bytes(struct ce_buf *b, const void *data, size_t n)
{
	pack_head(b, 0xc4, n, 1);
	ce_buf_add(b, data, n);
}

static void pack_hex(struct ce_buf *b, const char *s)
{
	unsigned char bytes[32];
	size_t n = strlen(s) / 2;

	for (size_t i = 0; i < n && i < 32; i++) {
		char two[3] = {s[2 * i], s[2 * i + 1], 0};
		bytes[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	pack_bytes(b, bytes, n);
}

static void pack(struct ce_buf *b, const char *key, json_t *v)
{
	json_t *e;
	const char *k;
	size_t i;

	if (json_is_object(v)) {
		pack_head(b, 0xde, json_object_size(v), 2);
		json_object_foreach (v, k, e) {
			pack_text(b, k);
			pack(b, k, e);
		}
	} else if (json_is_array(v)) {
		pack_head(b, 0xdc, json_array_size(v), 2);
		json_array_foreach (v, i, e)
			pack(b, "", e);
	} else if (json_is_string(v)) {
		bool sum = strcmp(key, "sha256") == 0 || strcmp(key, "md5") == 0;
		(sum ? pack_hex : pack_text)(b, json_string_value(v));
	} else if (json_is_integer(v) && json_integer_value(v) < 128) {
		pack_head(b, (unsigned char)json_integer_value(v), 0, 0);
	} else if (json_is_integer(v)) {
		pack_head(b, 0xcf, (uint64_t)json_integer_value(v), 8);
	} else {
		ce_buf_addc(b, (char)(json_is_true(v) ? 0xc3 : json_is_false(v) ? 0xc2 : 0xc0));
	}
}

static void write_packed(const char *dir, const char *name, const struct ce_buf *b, ZSTD_CCtx *z,
	unsigned char sum[32])
{
	size_t cap = ZSTD_compressBound(b->len);
	CE_AUTOFREE char *out = ce_alloc(cap);
	size_t n = ZSTD_compress2(z, out, cap, b->data, b->len);
	char text[80];

	sha256(out, n, sum);
	hex(sum, 32, text);
	memcpy(text + 64, ".msgpack.zst", 13);
	FILE *f = create(dir, name ? name : text);
	if (fwrite(out, 1, n, f) != n)
		die("write");
	close_file(f);
}

static int by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = strcmp(text_of(x->real, "name"), text_of(y->real, "name"));

	if (!c)
		c = (int)x->name - (int)y->name;
	return c ? c : strcmp(x->fn, y->fn);
}

static void pack_shard(struct ce_buf *b, const struct item *items, size_t n)
{
	size_t n_conda = 0;

	for (size_t i = 0; i < n; i++)
		n_conda += items[i].conda;
	pack_head(b, 0x83, 0, 0);
	for (int s = 0; s < 2; s++) {
		pack_text(b, s ? "packages.conda" : "packages");
		pack_head(b, 0xde, s ? n_conda : n - n_conda, 2);
		for (size_t i = 0; i < n; i++) {
			if (items[i].conda != (s == 1))
				continue;
			json_t *rec = record_of(&items[i]);
			pack_text(b, items[i].fn);
			pack(b, "", rec);
			json_decref(rec);
		}
	}
	pack_text(b, "removed");
	pack_head(b, 0x90, 0, 0);
}

static void write_shards(const char *dir, const char *subdir, struct item *items, size_t n)
{
	CE_AUTOFREE char *sub = ce_asprintf("%s/shards", dir);
	CE_CLEANUP(ce_buf_release) struct ce_buf index = {0}, body = {0};
	ZSTD_CCtx *z = ZSTD_createCCtx();
	unsigned char sum[32];
	size_t names = 0, end;

	mkdir(sub, 0777);
	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
	qsort(items, n, sizeof(*items), by_name);
	for (size_t i = 0; i < n; i = end, names++) {
		CE_AUTOFREE char *name = name_of(&items[i]);
		CE_CLEANUP(ce_buf_release) struct ce_buf shard = {0};
		for (end = i + 1; end < n; end++) {
			if (items[end].name != items[i].name ||
				strcmp(text_of(items[end].real, "name"),
					text_of(items[i].real, "name")) != 0)
				break;
		}
		pack_shard(&shard, items + i, end - i);
		write_packed(sub, NULL, &shard, z, sum);
		pack_text(&body, name);
		pack_bytes(&body, sum, 32);
	}
	pack_head(&index, 0x83, 0, 0);
	pack_text(&index, "version");
	pack_head(&index, 1, 0, 0);
	pack_text(&index, "info");
	pack_head(&index, 0x83, 0, 0);
	pack_text(&index, "subdir");
	pack_text(&index, subdir);
	pack_text(&index, "base_url");
	pack_text(&index, "./");
	pack_text(&index, "shards_base_url");
	pack_text(&index, "./shards/");
	pack_text(&index, "shards");
	pack_head(&index, 0xdf, names, 4);
	ce_buf_add(&index, body.data, body.len);
	write_packed(dir, "repodata_shards.msgpack.zst", &index, z, sum);
	ZSTD_freeCCtx(z);
	printf("%s: %zu records, %zu names\n", subdir, n, names);
}

int main(int argc, char **argv)
{
	unsigned scale = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_generate METADATA_DIR OUT_DIR [SCALE_PERCENT]\n");
		return 2;
	}
	mkdir(argv[2], 0777);
	for (size_t p = 0; p < CE_COUNT(plan); p++) {
		CE_AUTOFREE char *in = ce_asprintf("%s/%s/repodata.json", argv[1], plan[p].subdir);
		CE_AUTOFREE char *dir = ce_asprintf("%s/%s", argv[2], plan[p].subdir);
		unsigned names = plan[p].names * scale / 100;
		json_error_t e;
		size_t n;
		json_t *index = json_load_file(in, 0, &e);
		if (!index) {
			fprintf(stderr, "%s: %s\n", in, e.text);
			return 1;
		}
		mkdir(dir, 0777);
		struct item *items = make_items(index, names ? names : 1, plan[p].versions, &n);
		write_json(dir, plan[p].subdir, items, n);
		write_shards(dir, plan[p].subdir, items, n);
		for (size_t i = 0; i < n; i++)
			free(items[i].fn);
		free(items);
		json_decref(index);
	}
	return 0;
}
