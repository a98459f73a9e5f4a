/* SPDX-License-Identifier: MIT */
/*
 * What happens when a server misbehaves: each fault at each kind of index file, one line of outcome
 * each.
 *
 *     faults [--slow]
 *
 * Checked for each: the exit is the one expected, the message names the file, it came in time,
 * nothing half-written is left in the cache, and the next run on a healthy server succeeds. At the
 * end: the peak of memory over all of them.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "model/repodata.h"
#include "repodata/repodata_sync.h"

#include "channel.h"
#include "server.h"
#include "spoil.h"

/* Sanitizers have their own idea of memory. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct site {
	const char *chan;
	const char *at; /* end of the path that is faulty */
	enum fault fault;
	_Atomic unsigned hits, full;
	_Atomic bool held; /* no body comes beyond its half */
	int told;          /* see run_together() */
};

enum {
	TELL_FD = 3 /* of a process of spawn_load(): it says here that it waits for another one */
};

static char scratch[] = "/tmp/ccenv-faults-XXXXXX";
static unsigned failures;

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static void trickle(int fd, const char *data, size_t len)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

	for (size_t i = 0; i < len && test_write(fd, data + i, 1); i++)
		nanosleep(&pause, NULL);
}

static void wait_gone(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) > 0)
		;
}

static bool answer_fault(int fd, enum fault f, unsigned hit, const struct ce_buf *b)
{
	char head[128];

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		f == TOO_LONG    ? b->len + 100
		: f == TOO_SHORT ? b->len / 2
				 : b->len);
	switch (f) {
	case STOPS:
	case STOPS_ONCE:
		test_writes(fd, head);
		test_write(fd, b->data, b->len / 2);
		return false;
	case TOO_LONG:
	case TOO_SHORT:
		test_writes(fd, head);
		test_write(fd, b->data, f == TOO_LONG ? b->len : b->len / 2);
		return false;
	case BUSY_ONCE:
		return test_respond(fd, 429, "Retry-After: 1\r\n", "slowly", 6);
	case BUSY_LONG:
		return test_respond(fd, 429, "Retry-After: 3600\r\n", NULL, 0);
	case UNAVAILABLE:
	case UNAVAILABLE_ONCE:
		return test_respond(fd, 503, NULL, "down", 4);
	case FORBIDDEN:
		return test_respond(fd, 403, NULL, "no", 2);
	case MISSING:
		return test_respond(fd, 404, NULL, "no", 2);
	case LORIS:
		test_writes(fd, head);
		trickle(fd, b->data, b->len);
		return false;
	case SILENT:
		wait_gone(fd);
		return false;
	case NO_HTTP:
		test_writes(fd, "SSH-2.0-OpenSSH_9.2\r\n");
		return false;
	case HANGS_UP:
		return false;
	case NO_CONTENT:
		return test_writes(fd, "HTTP/1.1 204 No Content\r\n\r\n");
	case CHOICES:
		return test_respond(fd, 300, NULL, "choose", 6);
	case NON_AUTHORITATIVE:
		return test_respond(fd, 203, NULL, b->data, b->len);
	case PART_UNSAID:
		return test_respond(fd, 206, NULL, b->data, b->len);
	case PART_OTHER:
		return test_respond(fd, 206, "Content-Range: bytes 5-9/10\r\n", "56789", 5);
	case LOOP:
		return test_respond(fd, 302, "Location: ?again\r\n", NULL, 0);
	case TO_NOWHERE:
		return test_respond(fd, 302, "Location: http://127.0.0.1:1/x\r\n", NULL, 0);
	case TO_FILE:
		return test_respond(fd, 302, "Location: file:///etc/passwd\r\n", NULL, 0);
	default:
		(void)hit;
		return test_respond(fd, 200, NULL, b->data, b->len);
	}
}

static bool is_once(enum fault f)
{
	return f == STOPS_ONCE || f == BUSY_ONCE || f == UNAVAILABLE_ONCE;
}

static bool answer_well(int fd, struct site *site, const struct ce_buf *b)
{
	static const struct timespec ms10 = {.tv_nsec = 10 * 1000 * 1000};
	char head[128];

	if (!site->held)
		return test_respond(fd, 200, "ETag: \"same\"\r\n", b->data, b->len);
	snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nETag: \"same\"\r\nContent-Length: %zu\r\n\r\n", b->len);
	if (!test_writes(fd, head) || !test_write(fd, b->data, b->len / 2))
		return false;
	while (site->held)
		nanosleep(&ms10, NULL);
	return test_write(fd, b->data + b->len / 2, b->len - b->len / 2);
}

static bool handler(int fd, const struct test_request *req, void *user)
{
	struct site *site = user;
	CE_AUTOFREE char *file = ce_strndup(req->path, strcspn(req->path, "?"));
	CE_AUTOFREE char *path = ce_asprintf("%s%s", site->chan, file);
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error err;

	if (ce_fs_read(path, 1 << 20, &b, &err) < 0)
		return test_respond(fd, 404, NULL, "no", 2);
	bool faulty = site->fault && ends_with(file, site->at);
	unsigned hit = faulty ? ++site->hits : 0;
	if (!faulty || (is_once(site->fault) && hit > 1)) {
		site->full++;
		return answer_well(fd, site, &b);
	}
	test_spoil(&b, site->fault, ends_with(req->path, ".zst"));
	return answer_fault(fd, site->fault, hit, &b);
}

/* Short only where a silent server is the fault: a busy machine may be silent for seconds, too. */
static const char *net_timeout = "60";
static const char *net_retries = "1";

static const char *env(const char *name)
{
	if (strcmp(name, "CCENV_NET_RETRIES") == 0)
		return net_retries;
	return strcmp(name, "CCENV_NET_TIMEOUT") == 0 ? net_timeout : NULL;
}

static void on_log(void *user, enum ccenv_level level, const char *text)
{
	bool *told = user;

	(void)level;
	if (!*told && strncmp(text, "waiting for ", 12) == 0)
		*told = write(TELL_FD, "w", 1) == 1;
}

static int load(const char *url, const char *form, struct ccenv_error *err)
{
	bool told = false;
	const struct ccenv_events events = {.user = &told, .log = on_log};
	CE_AUTOFREE char *cache = ce_path_join(scratch, "cache");
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	const char *platform = "linux-64", *name = "top";
	struct ce_repodata_query q = {
		.channels = &url,
		.n_channels = 1,
		.platforms = &platform,
		.n_platforms = 1,
		.names = &name,
		.n_names = 1,
		.cache_dir = cache,
		.getenv_fn = env,
		.form = strcmp(form, "any") == 0 ? NULL : form,
		.events = &events,
	};
	struct ce_repodata *r = NULL;
	int code = ce_repodata_sync(&q, &r, err);

	if (code < 0)
		return code;
	for (size_t i = 0; i < r->n; i++)
		ce_buf_addf(&b, "%s %s %llu dep=%zu\n", r->pkgs[i].fn, r->pkgs[i].subdir,
			(unsigned long long)r->pkgs[i].size, r->pkgs[i].n_depends);
	ce_repodata_free(r);
	if (strcmp(ce_buf_str(&b), test_channel_records) == 0)
		return 0;
	snprintf(err->text, sizeof(err->text), "WRONG RECORDS: %s", ce_buf_str(&b));
	return 1;
}

static void clear_cache(void)
{
	CE_AUTOFREE char *cache = ce_path_join(scratch, "cache");
	struct ccenv_error err;

	if (ce_fs_remove_tree(cache, &err) < 0)
		abort();
}

/* "<file>.<pid>.XXXXXX" */
static size_t count_leftovers(void)
{
	CE_AUTOFREE char *pattern = ce_asprintf("%s/cache/repodata/.ccenv-tmp.*", scratch);
	glob_t g;
	size_t n = glob(pattern, 0, NULL, &g) == 0 ? g.gl_pathc : 0;

	if (n)
		globfree(&g);
	return n;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(bool good, const char *what, const char *form, double seconds, const char *text)
{
	printf("%s | %-22s | %-6s | %4.1f s | %s\n", good ? "ok  " : "FAIL", what, form, seconds,
		text);
	failures += !good;
}

struct row {
	enum fault fault;
	const char *what;
	const char *form;
	const char *at;
	int code; /* expected */
	const char *text;
	bool slow;
};

#define INDEX "linux-64/repodata_shards.msgpack.zst"
#define ZST   "linux-64/repodata.json.zst"
#define JSON  "linux-64/repodata.json"
#define SHARD "SHARD" /* of "top" */

static const struct row rows[] = {
	{NONE, "no fault", "shards", "", 0, "", false},
	{NONE, "no fault", "zst", "", 0, "", false},
	{NONE, "no fault", "json", "", 0, "", false},
	{STOPS, "stops in mid-body", "shards", INDEX, CCENV_ENET, INDEX, true},
	{STOPS, "stops in mid-body", "shards", SHARD, CCENV_ENET, "shards/", false},
	{STOPS, "stops in mid-body", "zst", ZST, CCENV_ENET, ZST, true},
	{STOPS, "stops in mid-body", "json", JSON, CCENV_ENET, JSON, false},
	{STOPS_ONCE, "stops once", "json", JSON, 0, "", false},
	{TOO_LONG, "length too long", "zst", ZST, CCENV_ENET, ZST, true},
	{TOO_SHORT, "length too short", "shards", INDEX, CCENV_EDATA, INDEX, false},
	{TOO_SHORT, "length too short", "shards", SHARD, CCENV_EHASH, "sha256", false},
	{TOO_SHORT, "length too short", "zst", ZST, CCENV_EDATA, "too early", false},
	{TOO_SHORT, "length too short", "json", JSON, CCENV_EDATA, "too early", false},
	{OTHER_BYTES, "wrong hash", "shards", SHARD, CCENV_EHASH, "sha256", false},
	{GARBAGE, "garbage, no zstd", "shards", INDEX, CCENV_EDATA, "zstd", false},
	{GARBAGE, "garbage, no zstd", "zst", ZST, CCENV_EDATA, "zstd", false},
	{GARBAGE, "garbage, no JSON", "json", JSON, CCENV_EDATA, "expected '{'", false},
	{GARBAGE_MSGPACK, "garbage msgpack", "shards", INDEX, CCENV_EDATA, "msgpack", false},
	{PORTAL, "a web page instead", "shards", INDEX, CCENV_EDATA, INDEX, false},
	{PORTAL, "a web page instead", "zst", ZST, CCENV_EDATA, ZST, false},
	{PORTAL, "a web page instead", "json", JSON, CCENV_EDATA, JSON, false},
	{BOMB, "4 GiB of zeros", "shards", INDEX, CCENV_EDATA, "inflates", true},
	{BOMB, "4 GiB of zeros", "zst", ZST, CCENV_EDATA, ZST, false},
	{SPACE_BOMB, "1 GiB of spaces", "zst", ZST, CCENV_EDATA, "without end", false},
	{DEEP, "deep nesting", "shards", INDEX, CCENV_EDATA, INDEX, false},
	{DEEP, "deep nesting", "json", JSON, CCENV_EDATA, "nesting", false},
	{MANY, "600,000 records", "zst", ZST, CCENV_EDATA, "too many records", true},
	{BUSY_ONCE, "429, Retry-After 1", "zst", ZST, 0, "", true},
	{BUSY_LONG, "429, Retry-After an hour", "zst", ZST, CCENV_ENET, "3600", false},
	{UNAVAILABLE, "503", "shards", SHARD, CCENV_ENET, "503", false},
	{UNAVAILABLE_ONCE, "503 once", "shards", SHARD, 0, "", true},
	{FORBIDDEN, "403", "json", JSON, CCENV_ENET, "credentials", false},
	{MISSING, "shard missing", "shards", SHARD, CCENV_ENOTFOUND, "try again later", false},
	{LORIS, "slow loris", "zst", ZST, CCENV_ENET, "CCENV_NET_TIMEOUT", true},
	{LORIS, "slow loris", "shards", SHARD, CCENV_ENET, "CCENV_NET_TIMEOUT", true},
	{SILENT, "says nothing", "json", JSON, CCENV_ENET, "CCENV_NET_TIMEOUT", true},
	{SILENT, "says nothing", "any", INDEX, 0, "", true},
	{SILENT, "says nothing", "any", SHARD, 0, "", true},
	{LORIS, "slow loris", "any", INDEX, 0, "", true},
	{BOMB, "4 GiB of zeros", "any", INDEX, 0, "", true},
	{NO_HTTP, "no HTTP", "json", JSON, CCENV_ENET, JSON, false},
	{LOOP, "redirects to itself", "json", JSON, CCENV_ENET, "redirects", false},
	{NON_AUTHORITATIVE, "203", "json", JSON, 0, "", false},
	{PART_UNSAID, "206, no range said", "json", JSON, 0, "", false},
	{PART_OTHER, "206, another range", "json", JSON, CCENV_ENET, "another part", false},
};

/* Shards are an optimization: what is wrong with one, or with their index, ends nothing where another form is good. */
static const struct {
	enum fault fault;
	const char *what;
} of_shards[] = {
	{STOPS, "stops in mid-body"},
	{TOO_LONG, "length too long"},
	{TOO_SHORT, "length too short"},
	{OTHER_BYTES, "wrong hash"},
	{GARBAGE, "garbage, no zstd"},
	{GARBAGE_MSGPACK, "garbage msgpack"},
	{PORTAL, "a web page instead"},
	{DEEP, "deep nesting"},
	{BUSY_LONG, "429, Retry-After an hour"},
	{UNAVAILABLE, "503"},
	{FORBIDDEN, "403"},
	{MISSING, "404"},
	{NO_HTTP, "no HTTP"},
	{HANGS_UP, "hangs up"},
	{NO_CONTENT, "204"},
	{CHOICES, "300"},
	{NON_AUTHORITATIVE, "203"},
	{PART_UNSAID, "206, no range said"},
	{PART_OTHER, "206, another range"},
	{LOOP, "redirects to itself"},
	{TO_NOWHERE, "redirects to nowhere"},
	{TO_FILE, "redirects to a file"},
};

/* The shard of "top" is the largest one of linux-64. */
static char *find_shard(const char *chan)
{
	CE_AUTOFREE char *pattern = ce_asprintf("%s/linux-64/shards/*", chan);
	char *found = NULL;
	size_t largest = 0;
	glob_t g;

	if (glob(pattern, 0, NULL, &g) != 0)
		abort();
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct ce_buf b = {0};
		struct ccenv_error err;
		if (ce_fs_read(g.gl_pathv[i], 1 << 20, &b, &err) == 0 && b.len > largest) {
			largest = b.len;
			free(found);
			found = ce_strdup(ce_path_base(g.gl_pathv[i]));
		}
		ce_buf_release(&b);
	}
	globfree(&g);
	return found;
}

static void run_row(const struct row *row, struct site *site, const char *url, const char *shard)
{
	struct ccenv_error err = {0};
	CE_AUTOFREE char *what =
		ce_asprintf("%s%s", row->what, strcmp(row->at, SHARD) == 0 ? " (shard)" : "");

	clear_cache();
	site->fault = row->fault;
	site->at = strcmp(row->at, SHARD) == 0 ? shard : row->at;
	site->hits = 0;
	net_retries = strcmp(row->form, "any") == 0 ? "0" : "1";
	net_timeout = row->fault == LORIS || row->fault == SILENT ? "2" : "60";
	double begin = now();
	int code = load(url, row->form, &err);
	double took = now() - begin;
	bool good = code == row->code && (code == 0 || strstr(err.text, row->text)) && took < 20;
	char *at = strstr(err.text, url);
	if (at) /* the port changes */
		memmove(at, at + strlen(url), strlen(at + strlen(url)) + 1);
	report(good, what, row->form, took, code ? err.text : "the right records");
	size_t left = count_leftovers();
	if (left)
		report(false, "files left", row->form, 0, "in the cache");
	site->fault = NONE;
	net_retries = "1";
	net_timeout = "60";
	if (row->code != 0 && load(url, row->form, &err) != 0)
		report(false, "the run after it", row->form, 0, err.text);
}

/* Waits for what `is_there` says of `site`; so long only when something is wrong. */
static void wait_until(bool (*is_there)(struct site *site), struct site *site)
{
	for (int i = 0; i < 6000 && !is_there(site); i++)
		usleep(10 * 1000);
}

/* load() in a process of its own; not by fork(), for the server's threads would hold locks in it.
 */
static pid_t spawn_load(const char *url, const char *form, int told)
{
	const char *argv[] = {"faults", "--load", scratch, url, form, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, told, TELL_FD);
	if (posix_spawn(&pid, "/proc/self/exe", &actions, NULL, (char **)argv, environ) != 0)
		abort();
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static bool three_wait(struct site *site)
{
	int n = 0;

	return ioctl(site->told, FIONREAD, &n) == 0 && n >= 3;
}

/* Several processes on one empty cache: all succeed, and the server is asked once. */
static void run_together(struct site *site, const char *url)
{
	pid_t children[4];
	bool good = true;
	char text[64];
	int ends[2];

	clear_cache();
	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	site->told = ends[0];
	site->held = true;
	double begin = now();
	for (int i = 0; i < 4; i++)
		children[i] = spawn_load(url, "zst", ends[1]);
	wait_until(three_wait, site);
	site->held = false;
	for (int i = 0; i < 4; i++) {
		int status;
		waitpid(children[i], &status, 0);
		good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	close(ends[0]);
	close(ends[1]);
	snprintf(text, sizeof(text), "the right records in each; %u bodies sent", site->full);
	report(good && site->full == 2, "4 processes at once", "zst", now() - begin, text);
}

static bool half_is_written(struct site *site)
{
	(void)site;
	return count_leftovers() > 0;
}

static void run_killed(struct site *site, const char *url)
{
	struct ccenv_error err;

	clear_cache();
	site->held = true;
	pid_t child = spawn_load(url, "json", STDERR_FILENO);
	wait_until(half_is_written, site);
	bool half = half_is_written(site);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	site->held = false;
	double begin = now();
	int code = load(url, "json", &err);
	report(half && code == 0 && count_leftovers() == 0, "kill -9 while loading", "json",
		now() - begin, code ? err.text : "the next run: the right records");
}

/* Both with a server of their own: it counts, and no request of an earlier row comes late. */
static void run_processes(const char *chan)
{
	struct site site = {.chan = chan};
	struct test_server *s = test_server_start(handler, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));

	run_together(&site, url);
	run_killed(&site, url);
	test_server_stop(s);
}

/* What spawn_load() starts. */
static int load_main(char **argv)
{
	struct ccenv_error err;
	int r;

	snprintf(scratch, sizeof(scratch), "%s", argv[2]);
	r = load(argv[3], argv[4], &err);
	if (r != 0)
		fprintf(stderr, "%s\n", err.text);
	return r == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool slow = argc > 1 && strcmp(argv[1], "--slow") == 0;
	struct site site = {0};
	struct ccenv_error err;
	struct rusage u;

	if (argc > 4 && strcmp(argv[1], "--load") == 0)
		return load_main(argv);
	if (!mkdtemp(scratch))
		return 2;
	CE_AUTOFREE char *chan = ce_path_join(scratch, "chan");
	site.chan = chan;
	test_channel_write(chan);
	test_bombs_make(slow);
	CE_AUTOFREE char *shard = find_shard(chan);
	struct test_server *s = test_server_start(handler, &site);
	CE_AUTOFREE char *url = ce_asprintf("http://127.0.0.1:%d", test_server_port(s));
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		if (slow || !rows[i].slow)
			run_row(&rows[i], &site, url, shard);
	}
	for (size_t i = 0; i < 2 * CE_COUNT(of_shards); i++) {
		const struct row row = {.fault = of_shards[i / 2].fault,
			.what = of_shards[i / 2].what,
			.form = "any",
			.at = i % 2 ? SHARD : INDEX,
			.text = ""};
		run_row(&row, &site, url, shard);
	}
	test_server_stop(s);
	run_processes(chan);
	getrusage(RUSAGE_SELF, &u);
	char text[64];
	snprintf(text, sizeof(text), "%ld MiB", u.ru_maxrss / 1024);
	report(SANITIZED || u.ru_maxrss / 1024 < (slow ? 400 : 200), "peak memory of it all", "", 0,
		text);
	test_bombs_release();
	if (ce_fs_remove_tree(scratch, &err) < 0)
		return 2;
	return failures ? 1 : 0;
}
