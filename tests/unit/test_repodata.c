/* SPDX-License-Identifier: MIT */
/* Indexes: every form gives the same records; freshness; damage on the server and in the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "io/download.h"
#include "model/repodata.h"
#include "repodata/hint.h"
#include "repodata/name_index.h"
#include "repodata/record_scan.h"
#include "repodata/repodata_sync.h"
#include "repodata/shards.h"
#include "repodata/state.h"

#include "faults/channel.h"
#include "faults/server.h"

/* ---- the scanner ---- */

struct seen {
	struct ce_buf text;
	const char *whole;
};

static int on_record(void *user, enum ce_repo_scan_section section,
	const struct ce_repo_scan_record *rec, uint64_t at, struct ccenv_error *err)
{
	struct seen *s = user;

	(void)err;
	/* The slice is what stands at that place of the whole. */
	assert_memory_equal(s->whole + at, rec->text, rec->len);
	assert_int_equal(rec->text[rec->len - 1], '}');
	ce_buf_addf(&s->text, "%d%.*s=%.*s;", (int)section, (int)rec->fn_len, rec->fn,
		(int)rec->object_len, rec->object);
	return 0;
}

static int on_removed(void *user, const char *fn, size_t len, struct ccenv_error *err)
{
	(void)err;
	ce_buf_addf(&((struct seen *)user)->text, "-%.*s;", (int)len, fn);
	return 0;
}

static int on_info(void *user, const char *text, size_t len, struct ccenv_error *err)
{
	(void)err;
	ce_buf_addf(&((struct seen *)user)->text, "i%.*s;", (int)len, text);
	return 0;
}

/* Feeds the text in pieces of `step` bytes, each from memory of its own, so that reading beyond is
 * seen. */
static int scan(const char *text, size_t step, struct seen *s, struct ccenv_error *err)
{
	const struct ce_repo_scan_events ev = {s, on_record, on_removed, on_info};
	struct ce_repo_scan scan;
	size_t len = strlen(text), from = 0, to = 0, taken;
	int r = 0;

	s->whole = text;
	ce_buf_clear(&s->text);
	ce_repo_scan_init(&scan, &ev);
	while (r >= 0 && to < len) {
		to = to + step < len ? to + step : len;
		char *piece = malloc(to - from);
		memcpy(piece, text + from, to - from);
		/* Slices point into the piece; on_record compares them with the whole. */
		r = ce_repo_scan_feed(&scan, piece, to - from, &taken, err);
		from += taken;
		free(piece);
	}
	return r < 0 ? r : ce_repo_scan_end(&scan, err);
}

static const char sample[] =
	"{\"info\" : {\"subdir\":\"x\",\"base_url\":\"..\"},\n \"signatures\": "
	"{\"a\":[{},{\"}\":\"]\"}]},"
	"\"packages\":{\"a-1-0.tar.bz2\": {\"s\":\"}\\\"{\\\\\",\"l\":[[],[1,{}]]}},"
	" \"n\":null, \"x\":-1.5e3, \"s\":\"a\\\"\","
	"\"packages.conda\" : { \"a-1-0.conda\":{} ,\n\"b-2-0.conda\":{\"name\":\"b\",\"text\":\""
	"long enough to go beyond one block of sixty-four bytes, with \\\\\\\\ and \\\\\\\" in it "
	"{[\"}},"
	"\"removed\":[\"c-1-0.conda\", \"d\"],\"infos\":{},\"repodata_version\":1} \n";

static void test_scan(void **state)
{
	struct seen s = {0};
	struct ccenv_error err = {0};
	static const char want[] = "i{\"subdir\":\"x\",\"base_url\":\"..\"};"
				   "0a-1-0.tar.bz2={\"s\":\"}\\\"{\\\\\",\"l\":[[],[1,{}]]};"
				   "1a-1-0.conda={};"
				   "1b-2-0.conda={\"name\":\"b\",\"text\":\""
				   "long enough to go beyond one block of sixty-four bytes, with "
				   "\\\\\\\\ and \\\\\\\" in it {[\"};"
				   "-c-1-0.conda;-d;";

	(void)state;
	for (size_t step = 1; step < sizeof(sample) + 1; step++) {
		assert_int_equal(scan(sample, step, &s, &err), 0);
		assert_string_equal(ce_buf_str(&s.text), want);
	}
	ce_buf_release(&s.text);
}

/* Records of CEP 48, between those of before; what is not for us is passed over. */
static void test_scan_v3(void **state)
{
	static const char text[] =
		"{\"packages\":{\"a-1-0.tar.bz2\":{}},\"v3\": {\"rpm\":[{}], \"n\" : 1 ,\"conda\" : "
		"{\"a-1-0\":{\"x\":{}}, \"b-1-0\":{}},\"whl\":{\"w\":{\"conda\":{}}},\"tar.bz2\":{\"c-1-0\":{}}"
		",\"later\":{}},\"packages.conda\":{\"d-1-0.conda\":{}},\"v5\":{},\"v4\":{\"conda\":{}}}";
	struct seen s = {0};
	struct ccenv_error err = {0};

	(void)state;
	for (size_t step = 1; step < sizeof(text) + 1; step++) {
		assert_int_equal(scan(text, step, &s, &err), 0);
		assert_string_equal(ce_buf_str(&s.text),
			"0a-1-0.tar.bz2={};3a-1-0={\"x\":{}};3b-1-0={};2c-1-0={};1d-1-0.conda={};");
	}
	for (size_t n = 1; n < sizeof(text) - 1; n++) {
		char *cut = ce_strndup(text, n);
		assert_int_equal(scan(cut, 7, &s, &err), CCENV_EDATA);
		free(cut);
	}
	ce_buf_release(&s.text);
}

static void test_scan_bad(void **state)
{
	static const char *const bad[] = {
		"{\"v3\":null}",
		"{\"v3\":3}",
		"{\"v3\":{\"conda\":null}}",
		"{\"v3\":{\"conda\":[]}}",
		"{\"v3\":{\"whl\":[]}}",
		"{\"v3\":{\"tar.bz2\":{\"a\":x}}}",
		"{\"packages\":{},\"packages\":{}}",
		"{\"v3\":{},\"x\":1,\"v3\":{}}",
		"{\"info\":{},\"info\":null}",
		"{\"packages\":null}",
		"{\"packages\":[]}",
		"{\"packages\":1}",
		"{\"packages.conda\":\"x\"}",
		"{\"removed\":{}}",
		"{\"removed\":null}",
		"{\"info\":[]}",
		"{\"info\":\"x\"}",
		"{\"v3\":{\"conda\":{} \"x\":1}}",
		"{\"v3\":{\"x\":{} \"conda\":{}}}",
		"x",
		"[]",
		"{\"packages\"}",
		"{\"packages\":{\"a\":x}}",
		"{\"packages\":{\"a\":}}",
		"{\"packages\":{} \"x\":1}",
		"{} {}",
		"{\"packages\":{a:{}}}",
		"{\"removed\":[1]}",
		"<html>404</html>",
	};
	struct seen s = {0};
	struct ccenv_error err = {0};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(bad); i++)
		assert_int_equal(scan(bad[i], 3, &s, &err), CCENV_EDATA);
	/* Every cut of a good text is noticed. */
	for (size_t n = 1; n < sizeof(sample) - 3; n++) {
		char *cut = ce_strndup(sample, n);
		assert_int_equal(scan(cut, 7, &s, &err), CCENV_EDATA);
		free(cut);
	}
	assert_int_equal(scan("", 1, &s, &err), 0); /* CEP 36: an empty file is an empty object */
	ce_buf_release(&s.text);
}

static void test_fn_name(void **state)
{
	(void)state;
	assert_int_equal(ce_name_index_fn_name("a-b-1.0-0.conda", 15), 3);
	assert_int_equal(ce_name_index_fn_name("a-1.0-0.tar.bz2", 15), 1);
	assert_int_equal(ce_name_index_fn_name("a-1.0.conda", 11), 0);
	assert_int_equal(ce_name_index_fn_name("-1-0.conda", 10), 0);
	assert_int_equal(ce_name_index_fn_name("a-1-0.whl", 9), 0);
}

/* RFC 9111, 4.2: what the server says, else a tenth of the age; never more than a day or an hour. */
static void test_freshness(void **state)
{
	static const char date[] = "Tue, 15 Nov 1994 12:00:00 GMT";
	static const struct {
		struct ce_download_result answer;
		int seconds;
	} rows[] = {
		{{.cache_control = "public, max-age=1200"}, 1200},
		{{.cache_control = "max-age=60, no-cache"}, 0},
		{{.cache_control = "no-store"}, 0},
		{{.cache_control = "max-age=99999999999"}, 86400},
		{{.cache_control = "max-age=1200", .age = "200"}, 1000},
		{{.cache_control = "max-age=1200", .age = "2000"}, 0},
		{{.cache_control = "max-age=-5"}, 0},
		{{.date = date, .expires = "Tue, 15 Nov 1994 12:10:00 GMT"}, 600},
		{{.date = date, .expires = "0", .last_modified = "Tue, 15 Nov 1994 11:00:00 GMT"},
			0},
		{{.date = date,
			 .cache_control = "max-age=5",
			 .expires = "Tue, 15 Nov 1994 12:10:00 GMT"},
			5},
		{{.date = date, .last_modified = "Tue, 15 Nov 1994 11:00:00 GMT"}, 360},
		{{.date = date, .last_modified = "Tue, 15 Nov 1993 11:00:00 GMT"}, 3600},
		{{.date = date, .last_modified = "Wed, 16 Nov 1994 11:00:00 GMT"}, 0},
		{{.last_modified = "Tue, 15 Nov 1993 11:00:00 GMT"}, 0},
		{{.etag = "\"x\""}, 0},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++)
		assert_int_equal(ce_state_freshness(&rows[i].answer), rows[i].seconds);
}

/* ---- a channel, in all three forms ---- */

static char scratch[] = "/tmp/ccenv-test-XXXXXX";
static char *chan, *cache;

static int setup(void **state)
{
	struct ccenv_error err;

	(void)state;
	if (strstr(scratch, "XXXXXX") && !mkdtemp(scratch))
		return -1;
	chan = ce_path_join(scratch, "chan");
	cache = ce_path_join(scratch, "cache");
	if (ce_fs_remove_tree(chan, &err) < 0 || ce_fs_remove_tree(cache, &err) < 0)
		return -1;
	test_channel_write(chan);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(chan);
	free(cache);
	return 0;
}

static int group_teardown(void **state)
{
	struct ccenv_error err;

	(void)state;
	return ce_fs_remove_tree(scratch, &err);
}

static const char *mirrors; /* CCENV_MIRRORS */

static const char *test_getenv(const char *name)
{
	if (strcmp(name, "CCENV_MIRRORS") == 0)
		return mirrors;
	return strcmp(name, "CCENV_NET_RETRIES") == 0 ? "0" : NULL;
}

static const char *const *likely; /* of the next load */
static size_t n_likely;
static bool revalidate;
static char warnings[4096]; /* the last one */
static unsigned n_warnings;

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	(void)user;
	if (level == CCENV_LOG_WARNING)
		n_warnings += snprintf(warnings, sizeof(warnings), "%s", text) > 0;
}

static struct ce_repodata *load(
	const char *url, const char *form, bool offline, struct ccenv_error *err)
{
	static const struct ccenv_events events = {.log = on_log};
	const char *platform = "linux-64", *name = "top";
	struct ce_repodata_query q = {
		.channels = &url,
		.n_channels = 1,
		.platforms = &platform,
		.n_platforms = 1,
		.names = &name,
		.n_names = 1,
		.likely = likely,
		.n_likely = n_likely,
		.cache_dir = cache,
		.offline = offline,
		.revalidate = revalidate,
		.getenv_fn = test_getenv,
		.events = &events,
		.form = form,
	};
	struct ce_repodata *r = NULL;

	warnings[0] = '\0';
	n_warnings = 0;
	*err = (struct ccenv_error){0};
	if (ce_repodata_sync(&q, &r, err) < 0)
		assert_null(r);
	return r;
}

static char *describe(const struct ce_repodata *r)
{
	struct ce_buf b = {0};

	for (size_t i = 0; i < r->n; i++)
		ce_buf_addf(&b, "%s %s %llu dep=%zu\n", r->pkgs[i].fn, r->pkgs[i].subdir,
			(unsigned long long)r->pkgs[i].size, r->pkgs[i].n_depends);
	return ce_buf_steal(&b);
}

static void assert_loads(const char *url, const char *form, bool offline)
{
	struct ccenv_error err;
	struct ce_repodata *r = load(url, form, offline, &err);

	if (!r)
		fail_msg("%s", err.text);
	CE_AUTOFREE char *text = describe(r);
	assert_string_equal(text, test_channel_records);
	ce_repodata_free(r);
}

static void assert_fails(
	const char *url, const char *form, bool offline, int code, const char *with)
{
	struct ccenv_error err;

	assert_null(load(url, form, offline, &err));
	assert_int_equal(err.code, code);
	if (!strstr(err.text, with))
		fail_msg("\"%s\" is not in: %s", with, err.text);
}

static void test_forms(void **state)
{
	CE_AUTOFREE char *url = ce_asprintf("file://%s", chan);
	struct ccenv_error err;

	(void)state;
	for (int form = 0; form < CE_FORM_COUNT; form++) {
		assert_loads(url, ce_form_name(form), false);
		assert_loads(url, ce_form_name(form), false);
	}
	struct ce_repodata *r = load(url, NULL, false, &err);
	const struct ce_pkg *p = &r->pkgs[4];
	assert_string_equal(p->version, "1.1");
	assert_int_equal(p->timestamp, 1600000000000); /* seconds became milliseconds */
	assert_string_equal(p->track_features, "a b");
	assert_string_equal(p->license, "\xc3\xa4\xf0\x9f\x98\x80");
	assert_string_equal(p->md5, "00000000000000000000000000000002");
	assert_null(p->sha256);
	assert_string_equal(p->channel, url);
	CE_AUTOFREE char *want = ce_asprintf("%s/linux-64/top-1.1-0.tar.bz2", url);
	assert_string_equal(p->url, want);
	assert_string_equal(r->pkgs[0].constrains[0], "never");
	assert_int_equal(r->pkgs[1].noarch, CE_NOARCH_GENERIC);
	assert_int_equal(r->pkgs[2].noarch, CE_NOARCH_PYTHON);
	ce_repodata_free(r);
	assert_fails("file:///nowhere/at/all", NULL, false, CCENV_ENOTFOUND, "linux-64 nor noarch");
}

/* conda's tokens stand in http(s) URLs as /t/<token>/; a directory may be named "t" as well. */
static void test_directory_named_t(void **state)
{
	CE_AUTOFREE char *dir = ce_path_join(scratch, "t/chan");
	CE_AUTOFREE char *url = ce_asprintf("file://%s", dir);
	CE_AUTOFREE char *want = ce_asprintf("%s/linux-64/top-1.1-0.tar.bz2", url);
	struct ccenv_error err;

	(void)state;
	test_channel_write(dir);
	struct ce_repodata *r = load(url, NULL, false, &err);
	assert_non_null(r);
	assert_string_equal(r->pkgs[4].channel, url);
	assert_string_equal(r->pkgs[4].url, want);
	ce_repodata_free(r);
}

/* ---- over HTTP ---- */

#define DATE "Date: Tue, 15 Nov 1994 12:00:00 GMT\r\n"

struct site {
	bool no_shards, no_zst, nothing;
	bool forbidding;    /* says 403 for what it does not have */
	const char *damage; /* the end of a path whose body is damaged, or NULL */
	enum {
		FLIP,
		TRUNCATE,
		EMPTY_PAGE,
		ZEROS,
	} how;
	const char *headers;
	bool terse;                                   /* a 304 repeats nothing but the date */
	_Atomic unsigned full, not_modified, missing; /* answers; each has a thread */
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static void damage(struct ce_buf *b, int how)
{
	if (how == FLIP) {
		b->data[b->len / 2] ^= 0x10;
	} else if (how == TRUNCATE) {
		b->len /= 2;
	} else if (how == EMPTY_PAGE) {
		ce_buf_clear(b);
		ce_buf_adds(b, "<html>Welcome to the hotel's network</html>");
	} else if (how == ZEROS) {
		size_t n = 300 << 20, cap = ZSTD_compressBound(n);
		char *zeros = calloc(1, n);
		ce_buf_clear(b);
		ce_buf_reserve(b, cap);
		b->len = ZSTD_compress(b->data, cap, zeros, n, 1);
		free(zeros);
	}
}

static bool serve_file(int fd, const struct test_request *req, void *user)
{
	struct site *site = user;
	CE_AUTOFREE char *path = ce_asprintf("%s%s", chan, req->path);
	CE_AUTOFREE char *match = test_request_header(req, "If-None-Match");
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	char hex[CE_SHA256_HEX + 1], head[256];
	struct ccenv_error err;

	bool hidden = (site->no_shards && strstr(req->path, "shards")) ||
		      (site->no_zst && ends_with(req->path, ".json.zst"));
	if (site->nothing || hidden || ce_fs_read(path, 1 << 20, &b, &err) < 0) {
		site->missing++;
		return test_respond(fd, site->forbidding ? 403 : 404, NULL, "no", 2);
	}
	bool bad = site->damage &&
		   (ends_with(req->path, site->damage) ||
			   (strcmp(site->damage, "SHARD") == 0 && strstr(req->path, "/shards/")));
	if (bad)
		damage(&b, site->how);
	ce_sha256_bytes(ce_buf_str(&b), b.len, hex);
	snprintf(head, sizeof(head), "ETag: \"%.8s\"\r\n%s", hex,
		site->headers ? site->headers : "");
	if (match && strncmp(match + 1, hex, 8) == 0) {
		site->not_modified++;
		return test_respond(fd, 304, site->terse ? DATE : head, NULL, 0);
	}
	site->full++;
	return test_respond(fd, 200, head, ce_buf_str(&b), b.len);
}

static void clear_cache(void)
{
	struct ccenv_error err;

	assert_int_equal(ce_fs_remove_tree(cache, &err), 0);
}

static void test_http_forms(void **state)
{
	struct site site = {0};
	struct test_server *s = test_server_start(serve_file, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));

	(void)state;
	assert_loads(url, NULL, false);
	assert_int_equal(
		site.full, 2 + 6); /* two indexes; top, liba, odd, gone; python_thing, mixed-name */
	assert_loads(url, NULL, false);
	assert_int_equal(site.not_modified, 2); /* shards are kept for ever */
	assert_loads(url, NULL, true);
	clear_cache();
	assert_fails(url, NULL, true, CCENV_EOFFLINE, "--offline");

	site = (struct site){.no_shards = true};
	assert_loads(url, NULL, false);
	assert_int_equal(site.missing, 2);
	assert_loads(url, NULL, false);
	assert_int_equal(site.missing, 2); /* remembered */
	assert_int_equal(site.full, 2);
	assert_int_equal(site.not_modified, 2);
	assert_loads(url, NULL, true);

	clear_cache();
	site = (struct site){
		.no_shards = true, .no_zst = true, .headers = "Cache-Control: max-age=60\r\n"};
	assert_loads(url, NULL, false);
	assert_loads(url, NULL, false);
	assert_int_equal(site.full, 2);
	assert_int_equal(site.not_modified, 0); /* fresh: not even asked */

	/* Nothing is said of freshness: a tenth of the age, as of the copy when a 304 is terse. */
	clear_cache();
	site = (struct site){
		.headers = DATE "Last-Modified: Tue, 15 Nov 1994 02:00:00 GMT\r\n", .terse = true};
	assert_loads(url, NULL, false);
	assert_loads(url, NULL, false);
	assert_int_equal(site.not_modified, 0);
	revalidate = true;
	assert_loads(url, NULL, false);
	assert_int_equal(site.not_modified, 2); /* asked for in any case */
	revalidate = false;
	assert_loads(url, NULL, false);
	assert_int_equal(site.not_modified, 2);

	clear_cache();
	site = (struct site){.no_shards = true, .forbidding = true};
	assert_loads(url, NULL, false);
	assert_loads(url, NULL, false);
	assert_int_equal(site.missing, 2); /* remembered as well */
	assert_loads(url, NULL, true);
	test_server_stop(s);
}

static char *records(const char *url)
{
	struct ccenv_error err;
	struct ce_repodata *r = load(url, NULL, false, &err);

	if (!r)
		fail_msg("%s", err.text);
	char *text = describe(r);
	ce_repodata_free(r);
	return text;
}

/* What is read of a cached index while the server is asked about it is as if it had not been, where
 * the server has another. */
static void test_index_changes(void **state)
{
	struct site site = {0};
	struct test_server *s = test_server_start(serve_file, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));
	CE_AUTOFREE char *path = ce_path_join(chan, "linux-64/repodata_shards.msgpack.zst");
	CE_AUTOFREE char *other = ce_path_join(chan, "noarch/repodata_shards.msgpack.zst");
	CE_CLEANUP(ce_buf_release) struct ce_buf full = {0}, small = {0};
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_read(path, 1 << 20, &full, &err), 0);
	assert_int_equal(ce_fs_read(other, 1 << 20, &small, &err), 0);
	CE_AUTOFREE char *before = records(url);
	assert_string_equal(before, test_channel_records);
	/* linux-64 has no "top" any more, so that nothing is reached. */
	test_write_file(path, ce_buf_str(&small), small.len);
	CE_AUTOFREE char *cached = records(url);
	clear_cache();
	CE_AUTOFREE char *cold = records(url);
	assert_null(strstr(cached, "top-"));
	assert_null(strstr(cold, "top-"));
	/* And has it again; one shard of the cache is damaged meanwhile, or lost. */
	test_write_file(path, ce_buf_str(&full), full.len);
	assert_loads(url, NULL, false);
	CE_AUTOFREE char *shards = ce_path_join(cache, "repodata/shards");
	assert_int_equal(ce_fs_remove_tree(shards, &err), 0);
	assert_loads(url, NULL, false);
	assert_loads(url, NULL, false);
	test_server_stop(s);
}

/* The first mirror of two has a damaged file, lacks a form or lacks all: the second one is asked.
 */
static void test_mirrors(void **state)
{
	static const char *const damaged[] = {"repodata_shards.msgpack.zst", ".msgpack.zst",
		"repodata.json.zst", "repodata.json"};
	static const char *const forms[] = {"shards", "shards", "zst", "json"};
	const char *channel = "http://127.0.0.1:2/c"; /* nobody listens there */
	struct site site[2] = {0};
	struct test_server *first = test_server_start(serve_file, &site[0]);
	struct test_server *second = test_server_start(serve_file, &site[1]);
	CE_AUTOFREE char *both =
		ce_asprintf("%s=http://127.0.0.1:1,http://127.0.0.1:%d,http://127.0.0.1:%d",
			channel, test_server_port(first), test_server_port(second));

	(void)state;
	mirrors = both;
	for (size_t i = 0; i < CE_COUNT(damaged); i++) {
		for (int how = FLIP; how <= EMPTY_PAGE; how++) {
			/* An index has no check sum, only its shards have. */
			if (how == FLIP && i != 2)
				continue;
			clear_cache();
			site[0] = (struct site){.damage = damaged[i], .how = how};
			assert_loads(channel, forms[i], false);
			assert_non_null(strstr(warnings, "trying the next mirror"));
			assert_null(strstr(warnings, channel)); /* but whose copy it is */
		}
	}
	clear_cache();
	site[0] = (struct site){.nothing = true};
	assert_loads(channel, NULL, false);
	site[1] = (struct site){0};
	assert_loads(channel, NULL, false);
	assert_int_equal(site[1].not_modified, 2);
	assert_loads(channel, NULL, true);

	/* A form that the first one lacks is not looked for elsewhere. */
	clear_cache();
	site[0] = (struct site){.no_shards = true};
	site[1] = (struct site){0};
	assert_loads(channel, NULL, false);
	assert_int_equal(site[1].full, 0);

	/* The channel itself cannot be reached: the mirrors' word counts. */
	clear_cache();
	site[0] = site[1] = (struct site){.nothing = true};
	assert_fails(channel, NULL, false, CCENV_ENOTFOUND, "no channel at");
	mirrors = NULL;
	test_server_stop(first);
	test_server_stop(second);
}

static void assert_resolves(const char *ref, const char *want)
{
	CE_AUTOFREE char *url = ce_url_resolve("https://h/chan/linux-64/", ref);

	assert_string_equal(url, want);
}

static void test_resolve(void **state)
{
	(void)state;
	assert_resolves("", "https://h/chan/linux-64");
	assert_resolves("./", "https://h/chan/linux-64");
	assert_resolves("./shards/", "https://h/chan/linux-64/shards");
	assert_resolves("../x//y", "https://h/chan/x/y");
	assert_resolves("../../../..", "https://h");
	assert_resolves("/abs", "https://h/abs");
	assert_resolves("https://other/p/./q/../r/", "https://other/p/r");
	assert_resolves("https://other", "https://other");
}

/* base_url (CEP 15): where the files are; never a place that a server has no say over. */
static void test_base_url(void **state)
{
	static const char with[] =
		"{\"info\":{\"base_url\":\"%s\"},\"packages.conda\":{\"top-1-0.conda\":"
		"{\"name\":\"top\",\"version\":\"1\",\"build\":\"0\"}}}";
	struct site site = {0};
	struct test_server *s = test_server_start(serve_file, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://me:secret@127.0.0.1:%d", test_server_port(s));
	CE_AUTOFREE char *path = ce_asprintf("%s/linux-64/repodata.json", chan);
	CE_AUTOFREE char *abs = ce_asprintf(with, "https://u:p@files.example/x/");
	CE_AUTOFREE char *relative = ce_asprintf(with, "../files");
	CE_AUTOFREE char *hostile = ce_asprintf(with, "file:///etc");
	CE_AUTOFREE char *want =
		ce_asprintf("http://127.0.0.1:%d/files/top-1-0.conda", test_server_port(s));
	struct ccenv_error err;

	(void)state;
	test_write_file(path, abs, strlen(abs));
	struct ce_repodata *r = load(url, "json", false, &err);
	assert_int_equal(r->n, 1);
	assert_string_equal(r->pkgs[0].url, "https://files.example/x/top-1-0.conda");
	assert_null(strstr(r->pkgs[0].channel, "secret"));
	ce_repodata_free(r);
	test_write_file(path, relative, strlen(relative));
	r = load(url, "json", false, &err);
	assert_string_equal(r->pkgs[0].url, want);
	ce_repodata_free(r);
	test_write_file(path, hostile, strlen(hostile));
	assert_fails(url, "json", false, CCENV_EDATA, "file:///etc");

	/* http never follows from https. A mirror serves it, the channel's URL counts. */
	const char *channel = "https://channel.invalid/c";
	CE_AUTOFREE char *mirror =
		ce_asprintf("%s=http://127.0.0.1:%d", channel, test_server_port(s));
	CE_AUTOFREE char *plain = ce_asprintf(with, "http://files.example/x");
	mirrors = mirror;
	test_write_file(path, plain, strlen(plain));
	/* The mirror's copy is no good, and the channel cannot be reached. */
	assert_fails(channel, "json", false, CCENV_ENET, "channel.invalid");
	assert_non_null(strstr(warnings, "must not lead to plain http"));
	test_write_file(path, relative, strlen(relative));
	r = load(channel, "json", false, &err);
	assert_string_equal(r->pkgs[0].url, "https://channel.invalid/c/files/top-1-0.conda");
	ce_repodata_free(r);
	mirrors = NULL;

	/* Text of an index is shown: no escape sequences, and no password torn by a slash. */
	static const char *const malformed[] = {
		"https://h/\\u001b]0;x\\u0007", "https://me:s3/cret@h/x"};
	for (size_t i = 0; i < CE_COUNT(malformed); i++) {
		CE_AUTOFREE char *text = ce_asprintf(with, malformed[i]);
		test_write_file(path, text, strlen(text));
		assert_fails(url, "json", false, CCENV_EDATA, "malformed base_url");
	}
	test_server_stop(s);
}

/* What is known of an index and has another type than it should, as in rattler. */
static void test_bad_info(void **state)
{
	static const char *const infos[] = {"{\"subdir\":1}", "{\"base_url\":1}",
		"{\"base_url\":[]}", "{\"channel_relations\":1}", "{\"channel_relations\":\"x\"}",
		"{\"channel_relations\":{\"base\":1}}",
		"{\"channel_relations\":{\"base\":[\"../b\"]}}",
		"{\"channel_relations\":{\"overrides\":{}}}", "{\"repodata_revisions\":null}",
		"{\"repodata_revisions\":[]}", "{\"repodata_revisions\":3}"};
	CE_AUTOFREE char *url = ce_asprintf("file://%s", chan);
	CE_AUTOFREE char *path = ce_asprintf("%s/linux-64/repodata.json", chan);

	(void)state;
	for (size_t i = 0; i < CE_COUNT(infos); i++) {
		CE_AUTOFREE char *text = ce_asprintf("{\"info\":%s}", infos[i]);

		clear_cache();
		test_write_file(path, text, strlen(text));
		assert_fails(url, "json", false, CCENV_EDATA, "damaged index: info: ");
	}
}

/* What an index says and ccenv does not follow: a warning, also from the cached copy. */
static void test_declared(void **state)
{
	static const struct {
		const char *what, *info, *more, *want, *want_not;
	} rows[] = {
		{"nothing", "{}", "", NULL, "which ccenv does not"},
		{"no info", "", "", NULL, "which ccenv does not"},
		{"base", "{\"channel_relations\":{\"base\":\"../b\"}}", "",
			"(channel relations, base ../b), which ccenv does not follow", "overrides"},
		{"overrides", "{\"channel_relations\":{\"overrides\":\"../o\"}}", "",
			"(channel relations, overrides ../o), which", "base"},
		{"both, and a base_url",
			"{\"channel_relations\":{\"overrides\":\"../o\",\"base\":\"../b\"},\"base_url\":\"../f\"}",
			"", "(channel relations, base ../b, overrides ../o), which", "v3"},
		{"escapes", "{\"channel_relations\":{\"base\":\"a\\n\\u001b]0;x\"}}", "",
			"base a??]0;x", NULL},
		{"no relations", "{\"channel_relations\":{}}", "", NULL, "which ccenv does not"},
		{"null", "{\"channel_relations\":null}", "", NULL, "which ccenv does not"},
		{"v3", "{\"repodata_revisions\":{\"v3\":{}}}",
			",\"v3\":{\"conda\":{\"new-1-0\":{\"name\":\"new\"}}}", NULL,
			"which ccenv does not"},
		{"an empty v3", "", ",\"v3\" : { }", NULL, "which ccenv does not"},
		{"v3 that is no object", "", ",\"v3\":[{}]", NULL, "which ccenv does not"},
		{"a later revision", "{\"repodata_revisions\":{\"v4\":{}}}", "",
			"a later revision (repodata v4), which ccenv does not read", "relations"},
		{"no wheels", "", ",\"v3\":{\"whl\":{ }}", NULL, "which ccenv does not"},
		{"both kinds", "{\"channel_relations\":{\"base\":\"../b\"}}",
			",\"v3\":{\"whl\":{\"w-1-0\":{}}}", "the index lists wheels (repodata v3)",
			NULL},
	};
	struct site site = {0};
	struct test_server *s = test_server_start(serve_file, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));
	CE_AUTOFREE char *path = ce_asprintf("%s/linux-64/repodata.json", chan);

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_AUTOFREE char *text = ce_asprintf(
			"{%s%s%s\"packages.conda\":{\"top-1-0.conda\":{\"name\":\"top\",\"version\":\"1\",\"build\":\"0\"}}%s}",
			*rows[i].info ? "\"info\":" : "", rows[i].info, *rows[i].info ? "," : "",
			rows[i].more);

		clear_cache();
		test_write_file(path, text, strlen(text));
		for (int again = 0; again < 2; again++) {
			struct ccenv_error err;
			struct ce_repodata *r;

			warnings[0] = '\0';
			r = load(url, "json", false, &err);
			assert_int_equal(r->n, 1);
			ce_repodata_free(r);
			if ((rows[i].want && !strstr(warnings, rows[i].want)) ||
				(rows[i].want_not && strstr(warnings, rows[i].want_not)))
				fail_msg("%s (%d): %s", rows[i].what, again, warnings);
		}
	}
	test_server_stop(s);
}

/* Which of the records that an index has of "top" counts, as in rattler. */
static void test_v3(void **state)
{
#define TOP(fn, depends)                                                                           \
	"\"top-1-0" fn                                                                             \
	"\":{\"name\":\"top\",\"version\":\"1\",\"build\":\"0\",\"depends\":[" depends "]}"
	static const struct {
		const char *what, *text, *fn;
		size_t n_depends;
	} rows[] = {
		{"conda", "\"v3\":{\"conda\":{" TOP("", "") "}}", "top-1-0.conda", 0},
		{"tar.bz2", "\"v3\":{\"tar.bz2\":{" TOP("", "") "}}", "top-1-0.tar.bz2", 0},
		{"both kinds", "\"v3\":{\"tar.bz2\":{" TOP("", "") "},\"conda\":{" TOP("", "") "}}",
			"top-1-0.conda", 0},
		{"v3 before the rest",
			"\"packages.conda\":{" TOP(".conda", "") "},\"v3\":{\"conda\":{" TOP(
				"", "\"b\"") "}}",
			"top-1-0.conda", 1},
		{"in any order",
			"\"v3\":{\"conda\":{" TOP("", "\"b\"") "}},\"packages.conda\":{" TOP(
				".conda", "") "}",
			"top-1-0.conda", 1},
		{"conda before v3",
			"\"packages.conda\":{" TOP(".conda", "") "},\"v3\":{\"tar.bz2\":{" TOP(
				"", "\"b\"") "}}",
			"top-1-0.conda", 0},
		{"and the reverse",
			"\"packages\":{" TOP(".tar.bz2", "") "},\"v3\":{\"conda\":{" TOP(
				"", "\"b\"") "}}",
			"top-1-0.conda", 1},
		{"removed", "\"removed\":[\"top-1-0.conda\"],\"v3\":{\"conda\":{" TOP("", "") "}}",
			NULL, 0},
		{"removed in the other form",
			"\"removed\":[\"top-1-0.tar.bz2\",\"top-1-0\"],\"v3\":{\"conda\":{" TOP(
				"", "") "}}",
			"top-1-0.conda", 0},
		{"values that are no records",
			"\"packages\":{\"top-0-0.tar.bz2\":null,\"b-1-0.tar.bz2\":[{}]},\"v3\":{\"conda\":{\"a-1-0\":\"}\",\"top-2-0\":7,"
			"\"top-3-0\":true," TOP("", "") "}}",
			"top-1-0.conda", 0},
		{"a wheel", "\"v3\":{\"whl\":{" TOP("", "") "}}", NULL, 0},
		{"another kind", "\"v3\":{\"zip\":{" TOP("", "") "}}", NULL, 0},
		{"v4", "\"v4\":{\"conda\":{" TOP("", "") "}}", NULL, 0},
	};
#undef TOP
	CE_AUTOFREE char *url = ce_asprintf("file://%s", chan);
	CE_AUTOFREE char *path = ce_asprintf("%s/linux-64/repodata.json", chan);
	struct ccenv_error err;
	struct ce_repodata *r;

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_AUTOFREE char *text = ce_asprintf("{%s}", rows[i].text);

		clear_cache();
		test_write_file(path, text, strlen(text));
		r = load(url, "json", false, &err);
		if (!r || r->n != (rows[i].fn ? 1 : 0) ||
			(rows[i].fn && (strcmp(r->pkgs[0].fn, rows[i].fn) != 0 ||
					       r->pkgs[0].n_depends != rows[i].n_depends)))
			fail_msg("%s: %zu %s", rows[i].what, r ? r->n : 0,
				r && r->n ? r->pkgs[0].fn : err.text);
		ce_repodata_free(r);
	}
}

static int note_file(
	void *user, struct ce_cursor *c, const struct ce_shard_file *file, struct ccenv_error *err)
{
	(void)err;
	ce_buf_addf(user, "%.*s %d;", (int)file->fn_len, file->fn, file->is_v3);
	return (c->ops->skip)(c) ? 0 : CCENV_EDATA;
}

/* The same in a shard. */
static void test_v3_in_shard(void **state)
{
	static const char bytes[] = "\x84\xa8packages\x81\xad"
				    "a-1-0.tar.bz2\x80\xaepackages.conda\x80"
				    "\xa2v3\x83\xa3whl\x81\xa5w-1-0\x80\xa5"
				    "conda\x82\xa5"
				    "b-1-0\x80\xa5"
				    "c-1-0\x80"
				    "\xa7tar.bz2\x81\xa5"
				    "d-1-0\x80\xa7removed\x91\xab"
				    "c-1-0.conda";
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, seen = {0};
	CE_CLEANUP(ce_arena_release) struct ce_arena arena = {0};
	struct ccenv_error err;

	(void)state;
	ce_buf_add(&text, bytes, sizeof(bytes) - 1);
	assert_int_equal(ce_shard_each(&text, &arena, note_file, &seen, &err), 0);
	assert_string_equal(ce_buf_str(&seen), "a-1-0.tar.bz2 0;b-1-0.conda 1;d-1-0.tar.bz2 1;");
}

static void test_declared_in_shards(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *want;
	} rows[] = {
#define ROW(bytes, want) {bytes, sizeof(bytes) - 1, want}
		ROW("\x82\xa4info\x80\xa6shards\x80", ""),
		ROW("\x82\xa4info\x81\xb1"
		    "channel_relations\x81\xa4"
		    "base\xa4../b\xa6shards\x80",
			"(channel relations, base ../b)"),
		ROW("\x82\xa4info\x82\xb1"
		    "channel_relations\x80\xb2repodata_revisions\x81\xa2v3\x80\xa6shards\x80",
			""),
		ROW("\x82\xa4info\x81\xb2repodata_revisions\x82\xa2v3\x80\xa2v4\xc0\xa6shards\x80",
			"(repodata v4)"),
		ROW("\x82\xa4info\x82\xb1"
		    "channel_relations\xc0\xb2repodata_revisions\x80\xa6shards\x80",
			""),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_CLEANUP(ce_shard_index_freep) struct ce_shard_index *index = NULL;
		char packed[512];
		size_t n = ZSTD_compress(packed, sizeof(packed), rows[i].bytes, rows[i].len, 1);
		struct ccenv_error err;

		if (ce_shard_index_parse(packed, n, &index, &err) < 0)
			fail_msg("%zu: %s", i, err.text);
		if (!strstr(ce_shard_index_declared(index), rows[i].want) ||
			(!*rows[i].want && *ce_shard_index_declared(index)))
			fail_msg("%zu: %s", i, ce_shard_index_declared(index));
	}
}

/* ---- names that will probably be reached ---- */

static void read_index(struct ce_buf *text);
static char *hash_of(struct ce_buf *index, const char *name);

/* Holds shards back until `together` of them have been asked for; the one of `never` for ever. */
struct flight {
	struct site site;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	unsigned asked, together;
	bool failed;
	char never[CE_SHA256_HEX + 1];
	_Atomic bool over;
};

static void wait_for_others(struct flight *f)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	pthread_mutex_lock(&f->lock);
	f->asked++;
	pthread_cond_broadcast(&f->arrived);
	while (f->asked < f->together && !f->failed) {
		if (pthread_cond_timedwait(&f->arrived, &f->lock, &until) != 0)
			f->failed = true;
	}
	pthread_mutex_unlock(&f->lock);
}

static bool serve_flight(int fd, const struct test_request *req, void *user)
{
	struct flight *f = user;

	if (*f->never && strstr(req->path, f->never)) {
		while (!f->over)
			usleep(1000);
		return false;
	}
	if (strstr(req->path, "/shards/"))
		wait_for_others(f);
	return serve_file(fd, req, &f->site);
}

static void forget_shards(void)
{
	CE_AUTOFREE char *shards = ce_path_join(cache, "repodata/shards");
	struct ccenv_error err;

	assert_int_equal(ce_fs_remove_tree(shards, &err), 0);
}

static void test_hints(void **state)
{
	struct flight f = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
	struct test_server *s = test_server_start(serve_flight, &f);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));
	static const char *const all[] = {"liba", "odd", "gone", "python_thing", "mixed-name"};
	static const char *const more[] = {"never", "no-such-name", "../evil"};
	CE_CLEANUP(ce_buf_release) struct ce_buf index = {0};

	(void)state;
	/* What the same request reached last time is asked for in one flight. */
	assert_loads(url, NULL, false);
	assert_int_equal(f.asked, 6);
	forget_shards();
	f.asked = 0;
	f.together = 6;
	assert_loads(url, NULL, false);
	assert_false(f.failed);
	assert_int_equal(f.asked, 6);

	/* So is what the caller knows; */
	clear_cache();
	f.asked = 0;
	likely = all;
	n_likely = CE_COUNT(all);
	assert_loads(url, NULL, false);
	assert_false(f.failed);

	/* what is not needed in the end changes nothing, and is not waited for. */
	clear_cache();
	read_index(&index);
	ce_hex((unsigned char *)hash_of(&index, "never"), 32, f.never);
	likely = more;
	n_likely = CE_COUNT(more);
	f.together = 0;
	time_t begin = time(NULL);
	assert_loads(url, NULL, false);
	assert_true(time(NULL) - begin < 10);
	likely = NULL;
	n_likely = 0;
	f.over = true;
	test_server_stop(s);
}

/* The table: what a CUDA toolchain reaches, of the right platform. */
static void test_hint_table(void **state)
{
	static const char *const platforms[] = {"linux-64"};
	CE_CLEANUP(ce_map_release) struct ce_map names = {0};

	(void)state;
	for (size_t i = 1; i < ce_n_hints; i++)
		assert_true(strcmp(ce_hints[i - 1].name, ce_hints[i].name) < 0);
	ce_map_insert(&names, "cuda-nvcc");
	ce_hint_expand(&names, platforms, 1);
	assert_true(ce_map_has(&names, "cuda-nvcc_linux-64"));
	assert_true(ce_map_has(&names, "cuda-nvvm-impl"));
	assert_true(ce_map_has(&names, "sysroot_linux-64"));
	assert_true(ce_map_has(&names, "_sysroot_linux-64_curr_repodata_hack"));
	assert_false(ce_map_has(&names, "cuda-nvcc_linux-aarch64"));
	assert_false(ce_map_has(&names, "python"));
	assert_in_range(names.n, 20, 100);
}

/* Two channels: records of both, each with its rank; one with noarch only is a channel too. */
static void test_channels(void **state)
{
	CE_AUTOFREE char *first = ce_asprintf("file://%s", chan);
	CE_AUTOFREE char *second = ce_asprintf("file://%s/second", scratch);
	CE_AUTOFREE char *dir = ce_asprintf("%s/second/noarch", scratch);
	CE_AUTOFREE char *file = ce_path_join(dir, "repodata.json");
	static const char json[] = "{\"packages.conda\":{\"gone-2-0.conda\":{\"name\":\"gone\","
				   "\"version\":\"2\",\"build\":\"0\"}}}";
	const char *channels[] = {second, first}, *platform = "linux-64", *names[] = {"top"};
	struct ce_repodata_query q = {
		.channels = channels,
		.n_channels = 2,
		.platforms = &platform,
		.n_platforms = 1,
		.names = names,
		.n_names = 1,
		.cache_dir = cache,
		.getenv_fn = test_getenv,
	};
	struct ce_repodata *r = NULL;
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_fs_mkdirs(dir, &err), 0);
	test_write_file(file, json, strlen(json));
	assert_int_equal(ce_repodata_sync(&q, &r, &err), 0);
	assert_int_equal(r->n, 6); /* "gone" is wanted by "top" of the other channel */
	for (size_t i = 0; i < r->n; i++)
		assert_int_equal(
			r->pkgs[i].channel_rank, strcmp(r->pkgs[i].name, "gone") == 0 ? 0 : 1);
	ce_repodata_free(r);
}

/* A server's copy is damaged: without another form an error that names it, with one a warning. */
static void test_server_damage(void **state)
{
	struct site site = {0};
	struct test_server *s = test_server_start(serve_file, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));

	(void)state;
	for (int how = TRUNCATE; how <= ZEROS; how++) {
		site = (struct site){.damage = "linux-64/repodata_shards.msgpack.zst", .how = how};
		clear_cache();
		assert_loads(url, NULL, false);
		assert_non_null(strstr(warnings, "linux-64/repodata_shards.msgpack.zst"));
		site.damage = "linux-64/repodata.json.zst";
		assert_fails(url, "zst", false, CCENV_EDATA, "linux-64/repodata.json.zst");
		clear_cache();
		site.no_shards = true;
		assert_loads(url, NULL, false);
		assert_non_null(strstr(warnings, "trying repodata.json"));
	}
	clear_cache();
	site = (struct site){.damage = "linux-64/repodata.json", .how = TRUNCATE};
	assert_fails(url, "json", false, CCENV_EDATA, "ends too early");
	site.how = EMPTY_PAGE;
	assert_fails(url, "json", false, CCENV_EDATA, "expected '{'");
	site.damage = ".msgpack.zst";
	clear_cache();
	assert_fails(url, "shards", false, CCENV_EDATA, "zstd");
	/* The server is whole again: the next run succeeds. */
	site = (struct site){0};
	assert_loads(url, "json", false);
	assert_loads(url, "shards", false);
	test_server_stop(s);
}

/* ---- shards are an optimization: nothing that is wrong with one ends the job ---- */

/* A channel whose shard of "liba" is wrong in one way; all else is right. */
struct bad_shard {
	const char *kind;
	int status;
	const char *headers;
	/* The body; NULL is the right one. With right_hash the index names the hash of this one. */
	const char *body;
	size_t len;
	bool right_hash;
	bool torn; /* the connection breaks in the middle */
	bool huge; /* larger than any shard may be */
	/* ---- */
	const char *wrong_name; /* the shard of this package instead, by its right hash */
	char hex[CE_SHA256_HEX + 1];
	_Atomic unsigned asked;
};

/* Where the hash of a name's shard stands in an inflated index. */
static char *hash_of(struct ce_buf *index, const char *name)
{
	char *at = memmem(index->data, index->len, name, strlen(name));

	assert_non_null(at);
	at += strlen(name);
	assert_memory_equal(at, "\xc4\x20", 2);
	return at + 2;
}

static void hex_to_bytes(const char *hex, char *out)
{
	for (size_t i = 0; i < 32; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
		out[i] = (char)strtol(two, NULL, 16);
	}
}

static void read_index(struct ce_buf *text)
{
	CE_AUTOFREE char *path = ce_path_join(chan, "linux-64/repodata_shards.msgpack.zst");
	CE_CLEANUP(ce_buf_release) struct ce_buf packed = {0};
	struct ccenv_error err;

	assert_int_equal(ce_fs_read(path, 1 << 20, &packed, &err), 0);
	ce_buf_reserve(text, 1 << 20);
	text->len = ZSTD_decompress(text->data, 1 << 20, packed.data, packed.len);
	assert_false(ZSTD_isError(text->len));
}

/* The index, whose hash of "liba" is that of the bad shard. */
static bool serve_index(int fd, const struct bad_shard *bad)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	char packed[64 << 10];

	read_index(&text);
	hex_to_bytes(bad->hex, hash_of(&text, "liba"));
	size_t n = ZSTD_compress(packed, sizeof(packed), text.data, text.len, 1);
	return test_respond(fd, 200, NULL, packed, n);
}

static bool serve_bad_shard(int fd, const struct test_request *req, void *user)
{
	struct bad_shard *bad = user;
	struct site site = {0};

	if (ends_with(req->path, "linux-64/repodata_shards.msgpack.zst"))
		return serve_index(fd, bad);
	if (!strstr(req->path, bad->hex) || bad->wrong_name)
		return serve_file(fd, req, &site);
	bad->asked++;
	if (bad->torn) {
		test_writes(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
		return false;
	}
	if (bad->huge) {
		test_writes(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
		return false;
	}
	return test_respond(fd, bad->status, bad->headers, bad->body, bad->len);
}

static void prepare_bad_shard(struct bad_shard *bad)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	read_index(&text);
	if (bad->right_hash)
		ce_sha256_bytes(bad->body, bad->len, bad->hex);
	else
		ce_hex((unsigned char *)hash_of(&text, bad->wrong_name ? bad->wrong_name : "liba"),
			32, bad->hex);
}

#define BODY(text) .body = (text), .len = sizeof(text) - 1

static void test_bad_shards(void **state)
{
	char zst[3][256];
	size_t n[3] = {
		ZSTD_compress(zst[0], sizeof(zst[0]), "\xc1\xc1", 2, 1), /* no msgpack */
		ZSTD_compress(zst[1], sizeof(zst[1]), "\x81\xa8packages\x81", 11, 1), /* cut off */
		ZSTD_compress(zst[2], sizeof(zst[2]), "\x93\x01\x02\x03", 4, 1),      /* a list */
	};
	struct bad_shard rows[] = {
		{.kind = "404", .status = 404, BODY("no")},
		{.kind = "410", .status = 410, BODY("no")},
		{.kind = "403", .status = 403, BODY("no")},
		{.kind = "401", .status = 401, BODY("no")},
		{.kind = "400", .status = 400, BODY("no")},
		{.kind = "429", .status = 429, BODY("slower")},
		{.kind = "500", .status = 500, BODY("oops")},
		{.kind = "503", .status = 503, BODY("busy")},
		{.kind = "empty", .status = 200},
		{.kind = "an error page", .status = 200, BODY("<html>Please log in</html>")},
		{.kind = "torn", .torn = true},
		{.kind = "too large", .huge = true},
		{.kind = "redirect to a file",
			.status = 302,
			.headers = "Location: file:///etc/passwd\r\n"},
		{.kind = "redirect to itself", .status = 302, .headers = "Location: ?\r\n"},
		{.kind = "no zstd", .status = 200, BODY("garbage"), .right_hash = true},
		{.kind = "no msgpack",
			.status = 200,
			.body = zst[0],
			.len = n[0],
			.right_hash = true},
		{.kind = "msgpack cut off",
			.status = 200,
			.body = zst[1],
			.len = n[1],
			.right_hash = true},
		{.kind = "a list", .status = 200, .body = zst[2], .len = n[2], .right_hash = true},
		{.kind = "zstd cut off",
			.status = 200,
			.body = zst[2],
			.len = n[2] - 2,
			.right_hash = true},
		{.kind = "another package's", .wrong_name = "never"},
	};

	(void)state;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		struct bad_shard *bad = &rows[i];
		struct test_server *s = test_server_start(serve_bad_shard, bad);
		CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));
		struct ccenv_error err;

		prepare_bad_shard(bad);
		clear_cache();
		assert_loads(url, NULL, false);
		if (!strstr(warnings, "using ") || !strstr(warnings, "repodata.json.zst instead"))
			fail_msg("%s: the warning is: %s", bad->kind, warnings);
		assert_int_equal(n_warnings, 1);
		/* It is remembered, and what is cached then is what counts without a network. */
		unsigned asked = bad->asked;
		assert_loads(url, NULL, false);
		assert_int_equal(bad->asked, asked);
		assert_int_equal(n_warnings, 0);
		assert_loads(url, NULL, true);
		/* Nothing but shards: an error that names the shard. */
		clear_cache();
		assert_null(load(url, "shards", false, &err));
		assert_true(strstr(err.text, bad->hex) || strstr(err.text, "shard of liba"));
		test_server_stop(s);
	}
}

/* The first mirror's shard is bad, the second one's is good: one warning, and shards all the same. */
static void test_bad_shard_of_a_mirror(void **state)
{
	struct bad_shard bad = {.status = 200, BODY("<html>Please log in</html>")};
	struct site site = {0};
	struct test_server *first = test_server_start(serve_bad_shard, &bad);
	struct test_server *second = test_server_start(serve_file, &site);
	const char *channel = "http://127.0.0.1:2/c";
	CE_AUTOFREE char *both = ce_asprintf("%s=http://127.0.0.1:%d,http://127.0.0.1:%d", channel,
		test_server_port(first), test_server_port(second));

	(void)state;
	mirrors = both;
	prepare_bad_shard(&bad);
	assert_loads(channel, NULL, false);
	assert_int_equal(n_warnings, 1);
	assert_non_null(strstr(warnings, "trying the next mirror"));
	assert_int_equal(site.full, 1); /* that shard, and nothing else */
	mirrors = NULL;
	test_server_stop(first);
	test_server_stop(second);
}

/* Whatever happens to a file of the cache, the records are right or the error says what to do. */
static void test_cache_damage(void **state)
{
	struct site site = {0};
	struct test_server *s = test_server_start(serve_file, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));
	CE_AUTOFREE char *top = ce_asprintf("%s/repodata/*.*", cache);
	CE_AUTOFREE char *sub = ce_asprintf("%s/repodata/shards/*", cache);

	(void)state;
	for (int form = 0; form < CE_FORM_COUNT; form++) {
		clear_cache();
		assert_loads(url, ce_form_name(form), false);
		glob_t g;
		assert_int_equal(glob(top, 0, NULL, &g), 0);
		(void)glob(sub, GLOB_APPEND, NULL, &g);
		for (size_t i = 0; i < g.gl_pathc; i++) {
			struct ccenv_error err;
			CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
			assert_int_equal(ce_fs_read(g.gl_pathv[i], 1 << 20, &b, &err), 0);
			for (size_t at = 0; at < b.len; at += 1 + b.len / 12) {
				b.data[at] ^= 0x21;
				test_write_file(g.gl_pathv[i], b.data, b.len);
				b.data[at] ^= 0x21;
				assert_loads(url, ce_form_name(form), false);
			}
			test_write_file(g.gl_pathv[i], b.data, b.len / 2);
			assert_loads(url, ce_form_name(form), false);
			test_write_file(g.gl_pathv[i], "", 0);
			/* What is left says what to do. */
			struct ce_repodata *r = load(url, ce_form_name(form), true, &err);
			if (!r)
				assert_non_null(strstr(err.text, "once without --offline"));
			else
				clear_cache();
			ce_repodata_free(r);
			assert_loads(url, ce_form_name(form), false);
		}
		globfree(&g);
	}
	test_server_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_bad),
		cmocka_unit_test(test_scan_v3),
		cmocka_unit_test(test_fn_name),
		cmocka_unit_test(test_freshness),
		cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_directory_named_t, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_index_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mirrors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hints, setup, teardown),
		cmocka_unit_test(test_hint_table),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test_setup_teardown(test_base_url, setup, teardown),
		cmocka_unit_test_setup_teardown(test_declared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_info, setup, teardown),
		cmocka_unit_test(test_declared_in_shards),
		cmocka_unit_test_setup_teardown(test_v3, setup, teardown),
		cmocka_unit_test(test_v3_in_shard),
		cmocka_unit_test_setup_teardown(test_channels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_shards, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_shard_of_a_mirror, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cache_damage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, group_teardown);
}
