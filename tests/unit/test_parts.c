/* SPDX-License-Identifier: MIT */
/* A file asked for in parts: whatever a server does with ranges, the whole arrives, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "io/download.h"

#include "../faults/server.h"

enum {
	PART = 28 << 10, /* as in download_parts.c */
	PARTS = 4,
	LARGE = 300 * 1000,
};

/* How the server treats ranges, or one of them. */
struct server {
	size_t size;
	const char *etag;               /* NULL: none */
	bool ignores;                   /* ranges: all of it, with 200 */
	int status;                     /* instead of an answer to the part at `at` */
	const char *other_etag, *range; /* of that part's answer: another file, another range */
	const char *head;               /* the same: header lines instead of Content-Range */
	bool torn, longer, shorter;
	size_t at;
	bool first_fails; /* once, with 503 */
	int all;          /* the status of every answer */
	unsigned whole;   /* requests without a range */
	unsigned asked;
};

static char content(size_t i)
{
	return (char)('a' + i % 23 + (i >> 12) % 3);
}

static bool answer_whole(int fd, const struct server *s, const char *body)
{
	CE_AUTOFREE char *head = s->etag ? ce_asprintf("ETag: %s\r\n", s->etag) : ce_strdup("");

	return test_respond(fd, 200, head, body, s->size);
}

static bool answer_part(int fd, const struct server *s, const char *body, size_t from, size_t end)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf head = {0};
	bool odd = from == s->at;
	const char *etag = odd && s->other_etag ? s->other_etag : s->etag;

	if (from >= s->size)
		return test_respond(fd, 416, NULL, "no", 2);
	if (odd && s->status)
		return test_respond(fd, s->status, NULL, "no", 2);
	end = end > s->size ? s->size : end;
	if (odd && s->shorter)
		end -= 100;
	if (etag)
		ce_buf_addf(&head, "ETag: %s\r\n", etag);
	if (odd && s->head)
		ce_buf_adds(&head, s->head);
	else if (odd && s->range)
		ce_buf_addf(&head, "Content-Range: %s\r\n", s->range);
	else
		ce_buf_addf(&head, "Content-Range: bytes %zu-%zu/%zu\r\n", from, end - 1, s->size);
	if (odd && s->longer)
		end += 100;
	if (!odd || !s->torn)
		return test_respond(fd, 206, ce_buf_str(&head), body + from, end - from);
	CE_AUTOFREE char *torn =
		ce_asprintf("HTTP/1.1 206 Partial\r\n%sContent-Length: %zu\r\n\r\n",
			ce_buf_str(&head), end - from);
	test_writes(fd, torn);
	test_write(fd, body + from, 10);
	return false;
}

static bool answer(int fd, const struct test_request *req, void *user)
{
	struct server *s = user;
	CE_AUTOFREE char *range = test_request_header(req, "Range");
	CE_AUTOFREE char *body = malloc(s->size + PART);
	unsigned long from, last;

	for (size_t i = 0; i < s->size + PART; i++)
		body[i] = content(i);
	__atomic_add_fetch(&s->asked, 1, __ATOMIC_SEQ_CST);
	if (!range)
		__atomic_add_fetch(&s->whole, 1, __ATOMIC_SEQ_CST);
	if (s->all)
		return test_respond(fd, s->all, NULL, "no", 2);
	if (!range || s->ignores)
		return answer_whole(fd, s, body);
	assert_int_equal(sscanf(range, "bytes=%lu-%lu", &from, &last), 2);
	if (from == 0 && __atomic_exchange_n(&s->first_fails, false, __ATOMIC_SEQ_CST))
		return test_respond(fd, 503, NULL, "no", 2);
	return answer_part(fd, s, body, from, last + 1);
}

struct got {
	struct ce_buf body;
	unsigned n_done;
	int code;
	long status;
	bool damaged; /* says so, as long as there is another place */
	size_t fails_at;
};

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct got *g = user;

	ce_buf_add(&g->body, data, len);
	if (g->fails_at && g->body.len > g->fails_at)
		return ce_fail(err, CCENV_EDATA, "enough");
	return 0;
}

static int on_restart(void *user, struct ccenv_error *err)
{
	(void)err;
	ce_buf_clear(&((struct got *)user)->body);
	return 0;
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *r)
{
	struct got *g = user;

	if (g->damaged && r->more_places)
		return CE_DAMAGED;
	g->n_done++;
	g->code = r->code;
	g->status = r->status;
	return CE_TAKEN;
}

static const char *no_waiting(const char *name)
{
	return strcmp(name, "CCENV_NET_RETRIES") == 0 ? "1" : NULL;
}

static void fetch(struct server *s, struct got *g)
{
	const struct ce_downloader_options o = {.getenv_fn = no_waiting};
	struct test_server *server = test_server_start(answer, s);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d/x", test_server_port(server));
	struct ce_downloader *d = NULL;
	struct ccenv_error err;
	const struct ce_download t = {
		.url = url,
		.max_bytes = 1 << 22,
		.parts = PARTS,
		.missing_ok = true,
		.user = g,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};

	assert_int_equal(ce_downloader_new(&o, &d, &err), 0);
	ce_downloader_add(d, &t);
	assert_int_equal(ce_downloader_run(d, 20000, &err), 0);
	ce_downloader_free(d);
	test_server_stop(server);
	assert_int_equal(g->n_done, 1);
}

/* An older libcurl downloads in one piece (download_parts.c says why). */
static void need_parts(void)
{
	if (curl_version_info(CURLVERSION_NOW)->version_num < 0x075700)
		skip();
}

/* All of it has come, and `n_whole` times it was asked for without a range. */
static void check(const char *what, struct server s, unsigned n_whole)
{
	struct got g = {0};

	fetch(&s, &g);
	if (g.code != 0 || g.body.len != s.size || s.whole != n_whole)
		fail_msg("%s: code %d, %zu of %zu bytes, %u times the whole", what, g.code,
			g.body.len, s.size, s.whole);
	for (size_t i = 0; i < s.size; i++) {
		if (g.body.data[i] != content(i))
			fail_msg("%s: byte %zu is wrong", what, i);
	}
	ce_buf_release(&g.body);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {1, PART - 1, PART, PART + 1, PARTS * PART - 1, PARTS * PART,
		PARTS * PART + 1, LARGE, 2500 * 1000};

	(void)state;
	need_parts();
	for (size_t i = 0; i < CE_COUNT(sizes); i++) {
		check("good", (struct server){.size = sizes[i], .etag = "\"v1\"", .at = 1}, 0);
		check("no ranges", (struct server){.size = sizes[i], .ignores = true}, 0);
	}
	/* No byte can be asked for: 416, and then the whole. */
	check("empty", (struct server){.size = 0, .etag = "\"v1\""}, 1);
}

static void test_not_one_file(void **state)
{
	(void)state;
	need_parts();
	check("no ETag", (struct server){.size = LARGE, .at = 1}, 1);
	check("a weak one", (struct server){.size = LARGE, .etag = "W/\"v1\"", .at = 1}, 1);
	for (size_t at = 0; at <= (size_t)(PARTS + 1) * PART; at += PART) {
		const struct server s = {.size = LARGE, .etag = "\"v1\"", .at = at};
		struct server t = s;

		t.other_etag = "\"v2\"";
		/* Beyond the first flight only its first begins at a multiple of a part. */
		check("another ETag", t, at <= (size_t)PARTS * PART);
	}
	check("its size is not said",
		(struct server){
			.size = LARGE, .etag = "\"v1\"", .range = "bytes 0-28671/*", .at = 0},
		1);
	check("an absurd size",
		(struct server){.size = LARGE,
			.etag = "\"v1\"",
			.range = "bytes 0-28671/18446744073709551615"},
		1);
	check("another size in one",
		(struct server){.size = LARGE,
			.etag = "\"v1\"",
			.at = PART,
			.range = "bytes 28672-57343/299999"},
		1);
	check("another range in one",
		(struct server){.size = LARGE,
			.etag = "\"v1\"",
			.at = PART,
			.range = "bytes 0-28671/300000"},
		1);
}

/* 206 for another range than was asked for, or for none that is said. */
static void test_ranges_unsaid(void **state)
{
	static const char *const heads[] = {
		"X-None: 1\r\n",
		"Content-Type: multipart/byteranges; boundary=b\r\n",
		"Content-Range: bytes */300000\r\n",
		"Content-Range: bytes 100-28671/300000\r\n",
		"Content-Range: lines 0-28671/300000\r\n",
		"Content-Range: \r\n",
	};

	(void)state;
	need_parts();
	for (size_t i = 0; i < CE_COUNT(heads); i++) {
		for (size_t at = 0; at <= PART; at += PART)
			check(heads[i],
				(struct server){.size = LARGE,
					.etag = "\"v1\"",
					.at = at,
					.head = heads[i]},
				1);
	}
}

static void test_one_fails(void **state)
{
	static const int statuses[] = {200, 204, 301, 400, 403, 404, 416, 429, 500, 503};

	(void)state;
	need_parts();
	for (size_t i = 0; i < CE_COUNT(statuses); i++) {
		const struct server s = {
			.size = LARGE, .etag = "\"v1\"", .at = PART, .status = statuses[i]};
		check("a status", s, 1);
	}
	check("torn", (struct server){.size = LARGE, .etag = "\"v1\"", .at = PART, .torn = true},
		1);
	check("short",
		(struct server){.size = LARGE, .etag = "\"v1\"", .at = PART, .shorter = true}, 1);
	check("the first is short",
		(struct server){.size = LARGE, .etag = "\"v1\"", .at = 0, .shorter = true}, 1);
	check("long", (struct server){.size = LARGE, .etag = "\"v1\"", .at = PART, .longer = true},
		1);
	check("the first once",
		(struct server){.size = LARGE, .etag = "\"v1\"", .at = 1, .first_fails = true}, 0);
}

static void test_no_file(void **state)
{
	struct server s = {.size = LARGE, .all = 404};
	struct got g = {0};

	(void)state;
	need_parts();
	fetch(&s, &g);
	assert_int_equal(g.code, 0);
	assert_int_equal(g.status, 404);
	assert_int_equal(s.whole, 0);
	s.all = 403;
	g = (struct got){0};
	fetch(&s, &g);
	assert_int_equal(g.code, CCENV_ENET);
}

static void test_receiver(void **state)
{
	struct server s = {.size = LARGE, .etag = "\"v1\"", .at = 1};
	struct got g = {.damaged = true};

	(void)state;
	need_parts();
	/* What was put together is no good: the whole, once. */
	fetch(&s, &g);
	assert_int_equal(g.code, 0);
	assert_int_equal(g.body.len, LARGE);
	assert_int_equal(s.whole, 1);
	ce_buf_release(&g.body);
	g = (struct got){.fails_at = 1000};
	fetch(&s, &g);
	assert_int_equal(g.code, CCENV_EDATA);
	ce_buf_release(&g.body);
	g = (struct got){.fails_at = 2 * PART + 1};
	fetch(&s, &g);
	assert_int_equal(g.code, CCENV_EDATA);
	ce_buf_release(&g.body);
	assert_int_equal(s.whole, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_not_one_file),
		cmocka_unit_test(test_ranges_unsaid),
		cmocka_unit_test(test_one_fails),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_receiver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
