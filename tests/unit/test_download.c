/* SPDX-License-Identifier: MIT */
/* The downloader against files and a scripted server: what arrives, what is retried, what is said,
 * what is kept quiet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "io/download.h"

#include "../faults/server.h"
#include "base/url.h"

/* Where nobody listens. A name that does not resolve would take as long as the resolver likes. */
#define CLOSED "http://127.0.0.1:1"

/* One transfer and what came of it. */
struct got {
	struct ce_buf body;
	unsigned restarts;
	bool done;
	int code;
	long status;
	char *text, *etag;
	unsigned place;
	bool more_places;
	enum ce_verdict verdict; /* what to say while there are more places */
	unsigned calls;
};

static struct ce_map env; /* the environment of a test */

/* Which call is refused, counted from 1; and how many there were. */
static unsigned refused_option, n_options;
static bool multi_fails;

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	CURLcode (*real)(CURL *, CURLoption, ...);
	va_list ap;
	void *value;

	*(void **)&real = dlsym(RTLD_NEXT, "curl_easy_setopt");
	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return ++n_options == refused_option ? CURLE_UNKNOWN_OPTION : real(easy, option, value);
}

static char scratch[] = "/tmp/ccenv-test-XXXXXX";

static void set_env(const char *name, const char *value)
{
	ce_map_set(&env, name, (char *)value);
}

static const char *test_getenv(const char *name)
{
	return ce_map_get(&env, name);
}

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct got *g = user;

	(void)err;
	ce_buf_add(&g->body, data, len);
	return 0;
}

static int on_restart(void *user, struct ccenv_error *err)
{
	struct got *g = user;

	(void)err;
	g->restarts++;
	ce_buf_clear(&g->body);
	return 0;
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *r)
{
	struct got *g = user;

	g->calls++;
	if (g->verdict != CE_TAKEN && r->more_places)
		return g->verdict;
	assert_false(g->done);
	g->done = true;
	g->code = r->code;
	g->status = r->status;
	g->place = r->place;
	g->more_places = r->more_places;
	g->text = r->text ? ce_strdup(r->text) : NULL;
	g->etag = r->etag ? ce_strdup(r->etag) : NULL;
	return CE_TAKEN;
}

static void got_release(struct got *g)
{
	ce_buf_release(&g->body);
	free(g->text);
	free(g->etag);
	memset(g, 0, sizeof(*g));
}

static struct ce_downloader *new_downloader(bool offline)
{
	struct ce_downloader_options o = {.getenv_fn = test_getenv, .offline = offline};
	struct ce_downloader *d = NULL;
	struct ccenv_error err;

	assert_int_equal(ce_downloader_new(&o, &d, &err), 0);
	return d;
}

static struct ce_download transfer(const char *url, struct got *g)
{
	return (struct ce_download){
		.url = url,
		.max_bytes = 1 << 24,
		.user = g,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};
}

static void fetch_with(const struct ce_download *t, bool offline)
{
	struct ce_downloader *d = new_downloader(offline);
	struct ccenv_error err;

	ce_downloader_add(d, t);
	assert_int_equal(ce_downloader_run(d, 20000, &err), 0);
	ce_downloader_free(d);
	assert_true(((struct got *)t->user)->done);
}

static void fetch(const char *url, struct got *g)
{
	struct ce_download t = transfer(url, g);

	fetch_with(&t, false);
}

static char *local(struct test_server *s, const char *path)
{
	return ce_asprintf("http://127.0.0.1:%d%s", test_server_port(s), path);
}

static char *write_file(const char *name, const char *text)
{
	char *path = ce_path_join(scratch, name);
	struct ccenv_error err;

	assert_int_equal(ce_fs_replace(path, text, strlen(text), NULL, &err), 0);
	return path;
}

static int setup(void **state)
{
	(void)state;
	if (strstr(scratch, "XXXXXX") && !mkdtemp(scratch))
		return -1;
	ce_map_release(&env);
	ce_map_set(&env, "HOME", scratch);
	set_env("CCENV_NET_RETRIES", "1");
	return 0;
}

static int group_teardown(void **state)
{
	struct ccenv_error err;

	(void)state;
	ce_map_release(&env);
	return ce_fs_remove_tree(scratch, &err);
}

static void test_file_path(void **state)
{
	char *p = ce_url_file_path("file:///a%20b/%C3%a4");

	(void)state;
	assert_string_equal(p, "/a b/\xc3\xa4");
	free(p);
	p = ce_url_file_path("file://localhost/x");
	assert_string_equal(p, "/x");
	free(p);
	assert_null(ce_url_file_path("file://other/x"));
	assert_null(ce_url_file_path("https://h/x"));
	assert_null(ce_url_file_path("file:///a%00b"));
}

static void test_file(void **state)
{
	char *path = write_file("plain file", "hello");
	char *url = ce_asprintf("file://%s/plain%%20file", scratch);
	struct got g = {0};
	struct ce_download t = transfer(url, &g);

	(void)state;
	fetch_with(&t, true); /* files need no network */
	assert_int_equal(g.code, 0);
	assert_int_equal(g.status, 200);
	assert_string_equal(ce_buf_str(&g.body), "hello");
	char *etag = CE_TAKE(g.etag);
	got_release(&g);
	t.if_none_match = etag;
	fetch_with(&t, false);
	assert_int_equal(g.status, 304);
	got_release(&g);
	free(write_file("plain file", "other"));
	fetch_with(&t, false);
	assert_int_equal(g.status, 200);
	assert_string_equal(ce_buf_str(&g.body), "other");
	got_release(&g);
	t.if_none_match = NULL;
	t.resume_from = 2;
	fetch_with(&t, false);
	assert_string_equal(ce_buf_str(&g.body), "her");
	assert_int_equal(g.restarts, 0);
	got_release(&g);
	t.resume_from = 0;
	t.max_bytes = 4;
	fetch_with(&t, false);
	assert_int_equal(g.code, CCENV_EDATA);
	assert_non_null(strstr(g.text, "larger than 4 bytes"));
	got_release(&g);
	free(etag);
	free(url);
	free(path);
}

static void test_file_missing(void **state)
{
	char *url = ce_asprintf("file://%s/absent", scratch);
	struct got g = {0};
	struct ce_download t = transfer(url, &g);

	(void)state;
	fetch_with(&t, false);
	assert_int_equal(g.code, CCENV_ENOTFOUND);
	assert_non_null(strstr(g.text, url));
	got_release(&g);
	t.missing_ok = true;
	fetch_with(&t, false);
	assert_int_equal(g.code, 0);
	assert_int_equal(g.status, 404);
	got_release(&g);
	free(url);
}

static void test_offline(void **state)
{
	struct got g = {0};
	struct ce_download t = transfer("https://u:secret@h.invalid/x", &g);

	(void)state;
	fetch_with(&t, true);
	assert_int_equal(g.code, CCENV_EOFFLINE);
	assert_non_null(strstr(g.text, "https://h.invalid/x"));
	assert_null(strstr(g.text, "secret"));
	got_release(&g);
}

/* What the scripted server does with each path. `seen` collects headers. */
struct script {
	char *auth[8];
	char paths[8][64];
	unsigned n;
	int other_port;
	_Atomic int waiting, met; /* see answer_meeting() */
};

static const char body20[] = "0123456789abcdefghij";

/* The same, as gzip writes it. */
static const unsigned char packed20[] = {
	0x1f,
	0x8b,
	0x08,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x02,
	0x03,
	0x33,
	0x30,
	0x34,
	0x32,
	0x36,
	0x31,
	0x35,
	0x33,
	0xb7,
	0xb0,
	0x4c,
	0x4c,
	0x4a,
	0x4e,
	0x49,
	0x4d,
	0x4b,
	0xcf,
	0xc8,
	0xcc,
	0x02,
	0x00,
	0x29,
	0x0d,
	0x8c,
	0x63,
	0x14,
	0x00,
	0x00,
	0x00,
};

enum {
	MEETING = 6
};

static bool answer_conditional(int fd, const struct test_request *req)
{
	char *match = test_request_header(req, "If-None-Match");
	bool same = match && strcmp(match, "\"v1\"") == 0;

	free(match);
	if (same)
		return test_respond(fd, 304, "ETag: \"v1\"\r\n", NULL, 0);
	return test_respond(fd, 200, "ETag: \"v1\"\r\nCache-Control: max-age=60\r\n", body20, 20);
}

static bool answer_range(int fd, const struct test_request *req)
{
	char *range = test_request_header(req, "Range");
	unsigned long from = range ? strtoul(range + 6, NULL, 10) : 0;
	char head[64];

	if (!range)
		return test_respond(fd, 200, NULL, body20, 20);
	free(range);
	if (from >= 20)
		return test_respond(fd, 416, NULL, "no", 2);
	snprintf(head, sizeof(head), "Content-Range: bytes %lu-19/20\r\n", from);
	return test_respond(fd, 206, head, body20 + from, 20 - from);
}

static bool answer_packed(int fd, const struct test_request *req)
{
	CE_AUTOFREE char *takes = test_request_header(req, "Accept-Encoding");

	if (!takes || !strstr(takes, "gzip"))
		return test_respond(fd, 200, NULL, "not packed", 10);
	return test_respond(fd, 200, "Content-Encoding: gzip\r\n", packed20, sizeof(packed20));
}

/* Breaks off the first body in its middle; a range then gives the rest. */
static bool answer_broken(int fd, const struct test_request *req)
{
	enum {
		SIZE = 3 << 20
	};
	char *range = test_request_header(req, "Range"),
	     *same = test_request_header(req, "If-Range");
	char *body = malloc(SIZE);
	char head[128];
	bool keep = false;

	for (size_t i = 0; i < SIZE; i++)
		body[i] = (char)('a' + i % 23);
	if (range && same && strcmp(same, "\"big\"") == 0) {
		unsigned long from = strtoul(range + 6, NULL, 10);
		snprintf(head, sizeof(head), "Content-Range: bytes %lu-%d/%d\r\n", from, SIZE - 1,
			SIZE);
		keep = test_respond(fd, 206, head, body + from, SIZE - from);
	} else {
		snprintf(head, sizeof(head),
			"HTTP/1.1 200 OK\r\nETag: \"big\"\r\nContent-Length: %d\r\n\r\n", SIZE);
		test_writes(fd, head);
		test_write(fd, body, SIZE / 2);
	}
	free(range);
	free(same);
	free(body);
	return keep;
}

/* Stops in the middle until all have come so far. */
static bool answer_meeting(int fd, struct script *s)
{
	static const struct timespec ms10 = {.tv_nsec = 10 * 1000 * 1000};

	test_writes(fd, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789");
	s->waiting++;
	for (int i = 0; i < 1500 && s->waiting < MEETING; i++)
		nanosleep(&ms10, NULL);
	s->met += s->waiting >= MEETING;
	return test_writes(fd, "abcdefghij");
}

/* Says nothing until the client goes away. */
static void wait_gone(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) > 0)
		;
}

static void note(struct script *s, const struct test_request *req)
{
	snprintf(s->paths[s->n], sizeof(s->paths[0]), "%.63s", req->path);
	s->auth[s->n++] = test_request_header(req, "Authorization");
}

static bool handler(int fd, const struct test_request *req, void *user)
{
	struct script *s = user;
	const char *p = req->path;
	char head[256];

	if (strcmp(p, "/plain") == 0)
		return test_respond(fd, 200, NULL, body20, 20);
	if (strcmp(p, "/etag") == 0)
		return answer_conditional(fd, req);
	if (strcmp(p, "/range") == 0)
		return answer_range(fd, req);
	if (strcmp(p, "/broken") == 0)
		return answer_broken(fd, req);
	if (strcmp(p, "/meeting") == 0)
		return answer_meeting(fd, s);
	if (strcmp(p, "/busy") == 0 && req->number == 1)
		return test_respond(fd, 429, "Retry-After: 1\r\n", "wait", 4);
	if (strcmp(p, "/busy") == 0)
		return test_respond(fd, 200, NULL, body20, 20);
	if (strcmp(p, "/long-wait") == 0)
		return test_respond(fd, 429, "Retry-After: 4000\r\n", NULL, 0);
	if (strcmp(p, "/503") == 0)
		return test_respond(fd, 503, NULL, "down", 4);
	if (strcmp(p, "/501") == 0)
		return test_respond(fd, 501, NULL, NULL, 0);
	if (strcmp(p, "/403") == 0)
		return test_respond(fd, 403, NULL, NULL, 0);
	if (strcmp(p, "/stall") == 0) {
		test_writes(fd, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234");
		wait_gone(fd);
		return false;
	}
	if (strcmp(p, "/redirect") == 0)
		return test_respond(fd, 302, "Location: /plain\r\n", "gone", 4);
	if (strcmp(p, "/loop") == 0)
		return test_respond(fd, 302, "Location: /loop\r\n", NULL, 0);
	if (strcmp(p, "/to-file") == 0)
		return test_respond(fd, 302, "Location: file:///etc/passwd\r\n", NULL, 0);
	if (strcmp(p, "/away") == 0 || strcmp(p, "/t/tk-stored/away") == 0) {
		note(s, req);
		snprintf(head, sizeof(head), "Location: http://localhost:%d/landed\r\n",
			s->other_port);
		return test_respond(fd, 302, head, NULL, 0);
	}
	if (strcmp(p, "/back") == 0) {
		note(s, req);
		snprintf(head, sizeof(head), "Location: http://127.0.0.1:%d/landed\r\n",
			s->other_port);
		return test_respond(fd, 302, head, NULL, 0);
	}
	if (strcmp(p, "/packed") == 0)
		return answer_packed(fd, req);
	if (strncmp(p, "/c/", 3) == 0 || strncmp(p, "/t/tk-chan/c/", 13) == 0) {
		note(s, req);
		return test_respond(fd, 200, NULL, "below", 5);
	}
	if (strcmp(p, "/landed") == 0) {
		note(s, req);
		return test_respond(fd, 200, NULL, "landed", 6);
	}
	return test_respond(fd, 404, NULL, "absent", 6);
}

static void get(struct test_server *s, const char *path, struct got *g)
{
	char *url = local(s, path);

	got_release(g);
	fetch(url, g);
	free(url);
}

/* What is no file is refused at once: nothing waits for the other end of a fifo. */
static void test_special_files(void **state)
{
	CE_AUTOFREE char *fifo = ce_path_join(scratch, "fifo");
	CE_AUTOFREE char *url = ce_asprintf("file://%s", fifo);
	const char *const urls[] = {url, "file:///dev/zero", "file:///dev/tty", "file:///tmp"};
	struct got g = {0};

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < CE_COUNT(urls); i++) {
		fetch(urls[i], &g);
		assert_int_equal(g.code, CCENV_EIO);
		got_release(&g);
	}
	unlink(fifo);
}

/* A password that tears the URL apart is not asked for, and not shown. */
static void test_torn_url(void **state)
{
	struct got g = {0};

	(void)state;
	fetch("https://me:s3/cret@127.0.0.1:1/x", &g);
	assert_int_equal(g.code, CCENV_EUSAGE);
	assert_non_null(strstr(g.text, "https://127.0.0.1:1/x"));
	assert_non_null(strstr(g.text, "%2F"));
	assert_null(strstr(g.text, "s3"));
	got_release(&g);
}

/* Never silent for long, and never at its end. */
static bool trickle(int fd, const struct test_request *req, void *user)
{
	(void)req;
	(void)user;
	test_writes(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 500 && test_write(fd, "12345678901234567890", 20); i++)
		usleep(20 * 1000);
	return false;
}

static void test_patience(void **state)
{
	struct test_server *s = test_server_start(trickle, NULL);
	CE_AUTOFREE char *url = local(s, "/x");
	struct ce_downloader_options o = {.getenv_fn = test_getenv, .patience_s = 1};
	struct ce_downloader *d = NULL;
	struct got g = {0};
	struct ce_download t = transfer(url, &g);
	struct ccenv_error err;

	(void)state;
	assert_int_equal(ce_downloader_new(&o, &d, &err), 0);
	ce_downloader_add(d, &t);
	assert_int_equal(ce_downloader_run(d, 8000, &err), 0);
	ce_downloader_free(d);
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, "less than 4 KiB/s"));
	got_release(&g);
	test_server_stop(s);
}

static void test_http(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	struct got g = {0};

	(void)state;
	get(s, "/plain", &g);
	assert_int_equal(g.code, 0);
	assert_string_equal(ce_buf_str(&g.body), body20);
	get(s, "/redirect", &g);
	assert_string_equal(ce_buf_str(&g.body), body20);
	get(s, "/etag", &g);
	assert_string_equal(g.etag, "\"v1\"");
	char *url = local(s, "/etag");
	struct ce_download t = transfer(url, &g);
	t.if_none_match = "\"v1\"";
	got_release(&g);
	fetch_with(&t, false);
	assert_int_equal(g.status, 304);
	assert_int_equal(g.body.len, 0);
	free(url);
	got_release(&g);
	test_server_stop(s);
}

static void test_http_refusals(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	struct got g = {0};

	(void)state;
	get(s, "/none", &g);
	assert_int_equal(g.code, CCENV_ENOTFOUND);
	assert_int_equal(g.status, 404);
	get(s, "/403", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, "credentials"));
	get(s, "/501", &g);
	assert_int_equal(g.code, CCENV_ENET);
	get(s, "/to-file", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_int_equal(test_server_requests(s), 4); /* none of these is tried twice */
	get(s, "/loop", &g);
	assert_non_null(strstr(g.text, "too many redirects"));
	get(s, "/long-wait", &g);
	assert_non_null(strstr(g.text, "asks to wait 4000 s"));
	got_release(&g);
	test_server_stop(s);
}

static void test_http_retries(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	struct got g = {0};

	(void)state;
	get(s, "/busy", &g);
	assert_int_equal(g.code, 0);
	assert_string_equal(ce_buf_str(&g.body), body20);
	assert_int_equal(test_server_requests(s), 2);
	get(s, "/503", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_int_equal(g.status, 503);
	assert_int_equal(test_server_requests(s), 4);
	set_env("CCENV_NET_RETRIES", "0");
	set_env("CCENV_NET_TIMEOUT", "1");
	get(s, "/stall", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, "CCENV_NET_TIMEOUT"));
	got_release(&g);
	test_server_stop(s);
	fetch(CLOSED "/x", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, CLOSED "/x"));
	got_release(&g);
}

static void test_http_ranges(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	char *url = local(s, "/range"), *plain = local(s, "/plain");
	struct got g = {0};
	struct ce_download t = transfer(url, &g);

	(void)state;
	t.resume_from = 15;
	t.expected_bytes = 20;
	fetch_with(&t, false);
	assert_int_equal(g.code, 0);
	assert_string_equal(ce_buf_str(&g.body), "fghij");
	assert_int_equal(g.restarts, 0);
	got_release(&g);
	t.resume_from = 30; /* more than there is: the server says 416, the whole comes */
	fetch_with(&t, false);
	assert_string_equal(ce_buf_str(&g.body), body20);
	assert_int_equal(g.restarts, 1);
	got_release(&g);
	t.url = plain; /* a server that knows no ranges */
	t.resume_from = 5;
	fetch_with(&t, false);
	assert_string_equal(ce_buf_str(&g.body), body20);
	assert_int_equal(g.restarts, 1);
	got_release(&g);
	t.resume_from = 0;
	t.expected_bytes = 21;
	fetch_with(&t, false);
	assert_int_equal(g.code, CCENV_EHASH);
	assert_non_null(strstr(g.text, "20 bytes where 21"));
	got_release(&g);
	get(s, "/broken", &g);
	assert_int_equal(g.code, 0);
	assert_int_equal(g.restarts, 0);
	assert_int_equal(g.body.len, 3 << 20);
	for (size_t i = 0; i < g.body.len; i++)
		assert_int_equal(g.body.data[i], 'a' + (char)(i % 23));
	got_release(&g);
	free(url);
	free(plain);
	test_server_stop(s);
}

static void script_clear(struct script *s)
{
	while (s->n)
		free(s->auth[--s->n]);
}

/* The second server stands for another host (localhost is not 127.0.0.1). */
static void test_credentials(void **state)
{
	struct script script = {0};
	struct test_server *a = test_server_start(handler, &script);
	struct test_server *b = test_server_start(handler, &script);
	struct got g = {0};

	(void)state;
	script.other_port = test_server_port(b);
	char *auth = write_file("auth.json",
		"{\"127.0.0.1\": {\"BasicHTTP\": {\"username\": \"u\", \"password\": \"p\"}}}");
	ce_map_set(&env, "RATTLER_AUTH_FILE", auth);
	get(a, "/away", &g);
	assert_int_equal(g.code, 0);
	assert_string_equal(ce_buf_str(&g.body), "landed");
	assert_int_equal(script.n, 2);
	assert_string_equal(script.auth[0], "Basic dTpw");
	assert_null(script.auth[1]); /* not sent on */
	script_clear(&script);

	free(write_file("auth.json", "{\"127.0.0.1\": {\"BearerToken\": \"tk\"}}"));
	get(a, "/away", &g);
	assert_string_equal(script.auth[0], "Bearer tk");
	assert_null(script.auth[1]);
	script_clear(&script);

	free(write_file("auth.json", "{\"127.0.0.1\": {\"CondaToken\": \"tk-stored\"}}"));
	get(a, "/away", &g);
	assert_int_equal(g.code, 0);
	assert_int_equal(script.n, 2);
	script_clear(&script);
	get(a, "/absent", &g);
	assert_int_equal(g.code, CCENV_ENOTFOUND);
	assert_null(strstr(g.text, "tk-stored"));

	free(write_file("auth.json", "{}"));
	char *netrc = write_file(".netrc", "machine 127.0.0.1 login u password p\n");
	get(a, "/away", &g);
	assert_string_equal(script.auth[0], "Basic dTpw");
	assert_null(script.auth[1]);
	script_clear(&script);
	unlink(netrc);

	char *url = ce_asprintf("http://u:p@127.0.0.1:%d/away", test_server_port(a));
	got_release(&g);
	fetch(url, &g);
	assert_string_equal(script.auth[0], "Basic dTpw");
	assert_null(script.auth[1]);
	script_clear(&script);
	free(url);

	/* The same host: they stay with it. */
	url = ce_asprintf("http://u:p@127.0.0.1:%d/back", test_server_port(b));
	got_release(&g);
	fetch(url, &g);
	assert_int_equal(script.n, 2);
	assert_string_equal(script.auth[1], "Basic dTpw");
	script_clear(&script);
	free(url);
	/* Another port is another place. */
	url = ce_asprintf("http://u:p@127.0.0.1:%d/back", test_server_port(a));
	got_release(&g);
	fetch(url, &g);
	assert_int_equal(script.n, 2);
	assert_null(script.auth[1]);
	script_clear(&script);
	free(url);
	free(netrc);
	free(auth);
	got_release(&g);
	test_server_stop(a);
	test_server_stop(b);
}

/* The lock's URLs have no credentials: those of the channel as the user wrote it go with them. */
static void test_channel_credentials(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	int port = test_server_port(s);
	CE_AUTOFREE char *user = ce_asprintf("http://u:p@127.0.0.1:%d/c/", port);
	CE_AUTOFREE char *token = ce_asprintf("http://127.0.0.1:%d/t/tk-chan/c", port);
	CE_AUTOFREE char *below = local(s, "/c/noarch/x.conda");
	CE_AUTOFREE char *beside = local(s, "/landed");
	const char *channels[] = {"conda-forge", user};
	struct ce_downloader_options o = {
		.getenv_fn = test_getenv, .channels = channels, .n_channels = 2};
	struct got g[3] = {0};
	struct ccenv_error err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct ce_download t = transfer(i == 1 ? beside : below, &g[i]);
		struct ce_downloader *d = NULL;
		channels[1] = i == 2 ? token : user;
		assert_int_equal(ce_downloader_new(&o, &d, &err), 0);
		ce_downloader_add(d, &t);
		assert_int_equal(ce_downloader_run(d, 20000, &err), 0);
		ce_downloader_free(d);
		assert_int_equal(g[i].code, 0);
		got_release(&g[i]);
	}
	assert_string_equal(script.auth[0], "Basic dTpw");
	assert_null(script.auth[1]);
	assert_string_equal(script.paths[2], "/t/tk-chan/c/noarch/x.conda");
	script_clear(&script);
	test_server_stop(s);
}

/* What ~/.local/share/binstar holds after `anaconda login`. */
static void test_conda_token(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	CE_AUTOFREE char *dir = ce_path_join(scratch, ".local/share/binstar");
	CE_AUTOFREE char *name = ce_asprintf(
		".local/share/binstar/http%%3A%%2F%%2F127.0.0.1%%3A%d.token", test_server_port(s));
	struct got g = {0};
	struct ccenv_error err;

	(void)state;
	script.other_port = test_server_port(s);
	assert_int_equal(ce_fs_mkdirs(dir, &err), 0);
	char *path = write_file(name, "tk-stored\n");
	get(s, "/away", &g); /* answered below /t/tk-stored only with the token */
	assert_int_equal(g.code, 0);
	assert_string_equal(script.paths[0], "/t/tk-stored/away");
	assert_string_equal(script.paths[1], "/landed"); /* localhost is another host */
	script_clear(&script);
	unlink(path);
	free(path);

	/* Any name below localhost is this host to libcurl since 7.85. */
	if (curl_version_info(CURLVERSION_NOW)->version_num < 0x075500) {
		got_release(&g);
		test_server_stop(s);
		return;
	}
	/* A token for the API is one for the channels beside it; newer programs store it elsewhere.
	 */
	CE_AUTOFREE char *config = ce_path_join(scratch, ".config/binstar");
	CE_AUTOFREE char *api = ce_asprintf(
		".config/binstar/http%%3A%%2F%%2Fapi.localhost%%3A%d.token", test_server_port(s));
	CE_AUTOFREE char *url = ce_asprintf("http://conda.localhost:%d/away", test_server_port(s));
	assert_int_equal(ce_fs_mkdirs(config, &err), 0);
	path = write_file(api, "tk-stored\n");
	got_release(&g);
	fetch(url, &g);
	assert_int_equal(g.code, 0);
	assert_string_equal(script.paths[0], "/t/tk-stored/away");
	script_clear(&script);
	unlink(path);
	free(path);
	got_release(&g);
	test_server_stop(s);
}

static void test_packed(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	CE_AUTOFREE char *url = local(s, "/packed");
	struct got g = {0};
	struct ce_download t = transfer(url, &g);

	(void)state;
	fetch_with(&t, false);
	assert_string_equal(ce_buf_str(&g.body), "not packed");
	got_release(&g);
	t.text = true;
	fetch_with(&t, false);
	assert_string_equal(ce_buf_str(&g.body), body20);
	got_release(&g);
	t.max_bytes = 19; /* of what comes out */
	fetch_with(&t, false);
	assert_int_equal(g.code, CCENV_EDATA);
	got_release(&g);
	test_server_stop(s);
}

/* The test server as a proxy: it sees the whole URL. */
static bool proxy_handler(int fd, const struct test_request *req, void *user)
{
	(void)user;
	if (strcmp(req->method, "CONNECT") == 0)
		return test_respond(fd, 407, "Proxy-Authenticate: Basic realm=x\r\n", NULL, 0);
	return test_respond(fd, 200, NULL, req->path, strlen(req->path));
}

static void test_proxy(void **state)
{
	struct test_server *s = test_server_start(proxy_handler, NULL);
	CE_AUTOFREE char *proxy = local(s, "");
	struct got g = {0};

	(void)state;
	set_env("http_proxy", proxy);
	fetch(CLOSED "/x", &g);
	assert_string_equal(ce_buf_str(&g.body), CLOSED "/x");
	got_release(&g);
	set_env("no_proxy", "127.0.0.1");
	set_env("CCENV_NET_RETRIES", "0");
	fetch(CLOSED "/x", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, "check the network"));
	got_release(&g);

	/* What will not pass is not tried again. */
	set_env("no_proxy", "");
	set_env("https_proxy", proxy);
	set_env("CCENV_NET_RETRIES", "3");
	unsigned before = test_server_requests(s);
	fetch("https://127.0.0.1:1/x", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, "the proxy wants"));
	assert_int_equal(test_server_requests(s), before + 1);
	got_release(&g);
	/* libcurl names a proxy that it does not understand with its password. */
	set_env("https_proxy", "foo://me:s3cret@h");
	set_env("CCENV_NET_RETRIES", "0");
	fetch("https://127.0.0.1:1/x", &g);
	assert_int_equal(g.code, CCENV_ENET);
	assert_null(strstr(g.text, "s3cret"));
	got_release(&g);
	test_server_stop(s);
}

#undef curl_multi_perform
CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
	CURLMcode (*real)(CURLM *, int *);

	*(void **)&real = dlsym(RTLD_NEXT, "curl_multi_perform");
	return multi_fails ? CURLM_INTERNAL_ERROR : real(multi, running);
}

/* Said at once, also when the time of the call is up already. */
static void test_libcurl_fails(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d/plain", test_server_port(s));
	struct got g = {0};
	struct ce_download t = transfer(url, &g);
	struct ce_downloader *d = new_downloader(false);
	struct ccenv_error err;

	(void)state;
	ce_downloader_add(d, &t);
	assert_int_equal(ce_downloader_run(d, 0, &err), 1);
	multi_fails = true;
	assert_int_equal(ce_downloader_run(d, 0, &err), CCENV_ENET);
	multi_fails = false;
	assert_non_null(strstr(err.text, "libcurl stopped: "));
	ce_downloader_free(d);
	got_release(&g);
	test_server_stop(s);
}

/* None of libcurl's options can be done without: not the certificates, not the proxy, not a limit. */
static void test_refused_options(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d/plain", test_server_port(s));
	struct ce_download t;
	struct got g = {0};
	unsigned n;

	(void)state;
	set_env("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt");
	set_env("SSL_CERT_DIR", "/etc/ssl/certs");
	set_env("http_proxy", "http://127.0.0.1:1");
	set_env("no_proxy", "127.0.0.1");
	t = transfer(url, &g);
	t.text = true;
	t.if_none_match = "x";
	n_options = 0;
	fetch_with(&t, false);
	assert_int_equal(g.code, 0);
	got_release(&g);
	n = n_options;
	assert_in_range(n, 20, 40);
	for (refused_option = 1; refused_option <= n; refused_option++) {
		n_options = 0;
		fetch_with(&t, false);
		assert_int_equal(g.code, CCENV_ENET);
		assert_non_null(strstr(g.text, "libcurl refuses an option that the request needs"));
		got_release(&g);
	}
	refused_option = 0;
	assert_int_equal(test_server_requests(s), 1);
	test_server_stop(s);
}

static void test_mirrors(void **state)
{
	struct script script = {0};
	struct test_server *a = test_server_start(handler, &script);
	struct test_server *b = test_server_start(handler, &script);
	CE_AUTOFREE char *mirrors = ce_asprintf(CLOSED
		"/c=" CLOSED
		",http://127.0.0.1:%d/403,file://%s/m,http://127.0.0.1:%d/ http://x.invalid=http://y.invalid",
		test_server_port(a), scratch, test_server_port(b));
	struct got g = {0};
	struct ce_download t = transfer(CLOSED "/c/absent", &g);

	(void)state;
	set_env("CCENV_MIRRORS", mirrors);
	set_env("CCENV_NET_RETRIES", "0");
	fetch(CLOSED "/c/plain", &g);
	assert_int_equal(g.code, 0);
	assert_string_equal(ce_buf_str(&g.body), body20);
	assert_int_equal(test_server_requests(a), 1);
	assert_int_equal(test_server_requests(b), 1);
	got_release(&g);
	fetch_with(&t, false); /* at last the place itself is asked, and that error is told */
	assert_int_equal(g.code, CCENV_ENET);
	assert_non_null(strstr(g.text, CLOSED "/c/absent"));
	got_release(&g);
	fetch(CLOSED "/cc/plain", &g); /* not below the prefix */
	assert_int_equal(g.code, CCENV_ENET);
	assert_int_equal(test_server_requests(b), 2);
	got_release(&g);

	/* What came was no good: the places behind it. */
	t = transfer(CLOSED "/c/plain", &g);
	fetch_with(&t, false);
	assert_int_equal(g.place, 3);
	assert_true(g.more_places);
	t.place = 4;
	got_release(&g);
	fetch_with(&t, false);
	assert_int_equal(g.code, CCENV_ENET);
	assert_false(g.more_places);
	assert_int_equal(test_server_requests(b), 3);
	got_release(&g);

	/* The receiver says so itself, and is asked once more at the last place. */
	for (enum ce_verdict verdict = CE_DAMAGED; verdict <= CE_MISSING; verdict++) {
		t = transfer(CLOSED "/c/plain", &g);
		g.verdict = verdict;
		fetch_with(&t, false);
		assert_int_equal(g.calls, 2);
		assert_int_equal(g.restarts, 1);
		assert_int_equal(g.place, 4);
		assert_int_equal(g.code, CCENV_ENET);
		assert_int_equal(g.body.len, 0);
		got_release(&g);
	}

	/* A mirror is another host: no credentials of the URL for it. */
	CE_AUTOFREE char *one =
		ce_asprintf("http://channel.invalid=http://127.0.0.1:%d", test_server_port(a));
	set_env("CCENV_MIRRORS", one);
	fetch("http://u:p@channel.invalid/t/tk-chan/c/x", &g);
	assert_int_equal(g.code, 0);
	assert_string_equal(script.paths[0], "/c/x");
	assert_null(script.auth[0]);
	script_clear(&script);
	got_release(&g);

	struct ce_downloader_options o = {.getenv_fn = test_getenv};
	struct ce_downloader *d = NULL;
	struct ccenv_error err;
	static const char *const bad[] = {"u:s3cret@conda-forge=https://m",
		"https//u:s3cret@h=https://m", "htps://u:s3cret@h=https://m",
		"https://h=https//u:s3cret@m", "https://h=http:/u:s3cret@m",
		"https://h=https://m,htps://u:s3cret@m", "https://h=u:s3cret@m",
		"https://h=https:///u:s3cret@m", "https:///u:s3cret@h=https://m"};
	for (size_t i = 0; i < CE_COUNT(bad); i++) {
		CE_AUTOFREE char *text = ce_asprintf("https://a=https://b, %s", bad[i]);

		set_env("CCENV_MIRRORS", text);
		assert_int_equal(ce_downloader_new(&o, &d, &err), CCENV_EUSAGE);
		assert_non_null(strstr(err.text, "CCENV_MIRRORS: entry 2 "));
		assert_null(strstr(err.text, "s3cret"));
	}
	test_server_stop(a);
	test_server_stop(b);
}

/* Sixteen at once, each adding one more when it is done. */
struct chain {
	struct ce_downloader *d;
	const char *url;
	unsigned done;
};

static enum ce_verdict chain_done(void *user, const struct ce_download_result *r)
{
	struct chain *c = user;

	assert_int_equal(r->code, 0);
	if (++c->done <= 16) {
		struct ce_download t = {
			.url = c->url, .max_bytes = 100, .user = c, .on_done = chain_done};
		ce_downloader_add(c->d, &t);
	}
	return CE_TAKEN;
}

static void test_many(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	char *url = local(s, "/plain");
	struct chain c = {.d = new_downloader(false), .url = url};
	struct ce_download t = {.url = url, .max_bytes = 100, .user = &c, .on_done = chain_done};
	struct ccenv_error err;

	(void)state;
	for (int i = 0; i < 16; i++)
		ce_downloader_add(c.d, &t);
	assert_int_equal(ce_downloader_run(c.d, 20000, &err), 0);
	assert_int_equal(c.done, 32);
	ce_downloader_free(c.d);
	free(url);
	test_server_stop(s);
}

/* Large files come side by side, from the first one on. */
static void test_side_by_side(void **state)
{
	struct script script = {0};
	struct test_server *s = test_server_start(handler, &script);
	CE_AUTOFREE char *url = local(s, "/meeting");
	struct ce_downloader *d = new_downloader(false);
	struct got g[MEETING] = {0};
	struct ccenv_error err;

	(void)state;
	for (int i = 0; i < MEETING; i++) {
		struct ce_download t = transfer(url, &g[i]);

		ce_downloader_add(d, &t);
	}
	assert_int_equal(ce_downloader_run(d, 20000, &err), 0);
	ce_downloader_free(d);
	for (int i = 0; i < MEETING; i++) {
		assert_string_equal(ce_buf_str(&g[i].body), "0123456789abcdefghij");
		got_release(&g[i]);
	}
	assert_int_equal(script.met, MEETING);
	test_server_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_file_path, setup),
		cmocka_unit_test_setup(test_file, setup),
		cmocka_unit_test_setup(test_file_missing, setup),
		cmocka_unit_test_setup(test_offline, setup),
		cmocka_unit_test_setup(test_http, setup),
		cmocka_unit_test_setup(test_http_refusals, setup),
		cmocka_unit_test_setup(test_http_retries, setup),
		cmocka_unit_test_setup(test_http_ranges, setup),
		cmocka_unit_test_setup(test_special_files, setup),
		cmocka_unit_test_setup(test_torn_url, setup),
		cmocka_unit_test_setup(test_patience, setup),
		cmocka_unit_test_setup(test_credentials, setup),
		cmocka_unit_test_setup(test_channel_credentials, setup),
		cmocka_unit_test_setup(test_conda_token, setup),
		cmocka_unit_test_setup(test_packed, setup),
		cmocka_unit_test_setup(test_proxy, setup),
		cmocka_unit_test_setup(test_refused_options, setup),
		cmocka_unit_test_setup(test_libcurl_fails, setup),
		cmocka_unit_test_setup(test_mirrors, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_side_by_side, setup),
	};

	return cmocka_run_group_tests(tests, NULL, group_teardown);
}
