/* SPDX-License-Identifier: MIT */
/* fetch/ over HTTP: where the bytes of a package come from. What is in the entries then is
 * test_install's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "cache/layout.h"
#include "ccenv/ccenv.h"
#include "faults/server.h"
#include "fetch/external_cache.h"
#include "fetch/fetch.h"
#include "pack.h"

/* How a body is sent. */
enum form {
	SIZED,
	TO_THE_END,     /* no length: it ends with the connection */
	CHUNKED,        /* no length either */
	CHUNKED_ENDLESS /* until the client has had enough */
};

/* One package on a server, a cache, and two caches of other programs. */
struct fixture {
	char dir[64];
	struct ce_arena arena;
	struct ce_pkg pkg;
	struct ce_buf archive; /* its bytes */
	struct ce_buf log;     /* notices and warnings */
	struct ccenv_events events;
	struct test_server *server;
	_Atomic unsigned full, partial; /* answers */
	char *cache, *channel, *entry, *part;
	const char *external[2];
	bool offline;
	bool trusting; /* external[1] is a trusted cache */
	enum form form;
	size_t more; /* bytes behind the archive */
	uint64_t max_unsized;
	struct ccenv_error err;
};

static void keep_log(void *user, enum ccenv_level level, const char *text)
{
	struct fixture *f = user;

	if (level <= CCENV_LOG_NOTICE)
		ce_buf_addf(&f->log, "%s\n", text);
}

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static bool send_chunk(int fd, const void *data, size_t len)
{
	char head[32];

	snprintf(head, sizeof(head), "%zx\r\n", len);
	return test_writes(fd, head) && test_write(fd, data, len) && test_writes(fd, "\r\n");
}

/* The archive and `more` zeros, without a Content-Length. */
static bool send_unsized(struct fixture *f, int fd)
{
	static const char zeros[1 << 16];
	bool chunked = f->form != TO_THE_END, good;
	size_t left = f->more;

	good = test_writes(fd, chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				       : "HTTP/1.0 200 OK\r\n\r\n");
	good = good && (chunked ? send_chunk(fd, f->archive.data, f->archive.len)
				: test_write(fd, f->archive.data, f->archive.len));
	while (good && (left > 0 || f->form == CHUNKED_ENDLESS)) {
		size_t n = left && left < sizeof(zeros) ? left : sizeof(zeros);

		good = chunked ? send_chunk(fd, zeros, n) : test_write(fd, zeros, n);
		left -= left ? n : 0;
	}
	if (good && chunked)
		(void)test_writes(fd, "0\r\n\r\n");
	return false;
}

static bool serve(int fd, const struct test_request *req, void *user)
{
	struct fixture *f = user;
	CE_AUTOFREE char *range = test_request_header(req, "Range");
	size_t from = range ? strtoul(range + strlen("bytes="), NULL, 10) : 0;
	char head[96];

	if (from == 0) {
		f->full++;
		if (f->form != SIZED)
			return send_unsized(f, fd);
		return test_respond(fd, 200, NULL, f->archive.data, f->archive.len);
	}
	f->partial++;
	snprintf(head, sizeof(head), "Content-Range: bytes %zu-%zu/%zu\r\n", from,
		f->archive.len - 1, f->archive.len);
	return test_respond(fd, 206, head, f->archive.data + from, f->archive.len - from);
}

/* As `p` says, but on the server. */
static void make_package(struct fixture *f)
{
	static const struct pack_entry files[] = {{.path = "one", .data = "1"},
		{.path = "bin/tool", .data = "#!/bin/sh\n", .mode = 0755},
		{.path = "lib/link", .target = "../one"}, {0}};
	struct ce_pkg *p = &f->pkg;
	CE_AUTOFREE char *file = NULL;

	pack_package(f->channel, &(struct pack_package){.name = "a", .files = files}, &f->arena, p);
	file = ce_path_join(f->channel, ce_arena_printf(&f->arena, "noarch/%s", p->fn));
	assert_int_equal(ce_fs_read(file, 1 << 20, &f->archive, &f->err), 0);
	p->channel = ce_arena_printf(
		&f->arena, "http://127.0.0.1:%d/some/chan", test_server_port(f->server));
	p->url = ce_arena_printf(&f->arena, "%s/noarch/%s", p->channel, p->fn);
}

static int setup(void **state)
{
	struct fixture *f = ce_calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/ccenv-test-fetch-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->events = (struct ccenv_events){.user = f, .log = keep_log};
	f->server = test_server_start(serve, f);
	f->cache = ce_path_join(f->dir, "cache");
	f->channel = ce_path_join(f->dir, "channel");
	f->external[0] = ce_arena_printf(&f->arena, "%s/pkgs", f->dir);
	f->external[1] = ce_arena_printf(&f->arena, "%s/more", f->dir);
	make_package(f);
	f->entry = ce_cache_entry(f->cache, f->pkg.sha256);
	f->part = ce_cache_part(f->cache, f->pkg.sha256);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ce_fs_mkdirs(f->external[i], &f->err), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r;

	test_server_stop(f->server);
	r = ce_fs_remove_tree(f->dir, &f->err);
	ce_arena_release(&f->arena);
	ce_buf_release(&f->archive);
	ce_buf_release(&f->log);
	free(f->cache);
	free(f->channel);
	free(f->entry);
	free(f->part);
	free(f);
	return r;
}

static int fetch(struct fixture *f)
{
	const struct ce_pkg *list[] = {&f->pkg};
	const struct ce_fetch_options o = {
		.cache_dir = f->cache,
		.offline = f->offline,
		.external_caches = f->external,
		.n_external_caches = f->trusting ? 1 : 2,
		.trusted_caches = f->external + 1,
		.n_trusted_caches = f->trusting ? 1 : 0,
		.max_unsized = f->max_unsized,
		.getenv_fn = no_env,
		.events = &f->events,
	};

	return ce_fetch(list, 1, &o, &f->err);
}

/* The entry is there, and this is how it came. */
static void check_fetched(struct fixture *f, unsigned full, unsigned partial)
{
	CE_AUTOFREE char *one = ce_path_join(f->entry, "one");
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};

	if (fetch(f) < 0)
		fail_msg("%s", f->err.text);
	assert_int_equal(ce_fs_read(one, 10, &data, &f->err), 0);
	assert_string_equal(data.data, "1");
	assert_int_equal(f->full, full);
	assert_int_equal(f->partial, partial);
	assert_false(ce_fs_exists(f->part));
}

static void put(struct fixture *f, const char *path, const void *data, size_t len)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);

	assert_int_equal(ce_fs_mkdirs(dir, &f->err), 0);
	assert_int_equal(ce_fs_replace(path, data, len, NULL, &f->err), 0);
}

/* The archive with other bytes in its middle, of the same length. */
static void put_wrong(struct fixture *f, const char *path)
{
	CE_AUTOFREE char *copy = ce_alloc(f->archive.len);

	memcpy(copy, f->archive.data, f->archive.len);
	memset(copy + f->archive.len / 2, 'x', 16);
	put(f, path, copy, f->archive.len);
}

static void check_log(const struct fixture *f, const char *part)
{
	if (!strstr(ce_buf_str(&f->log), part))
		assert_string_equal(ce_buf_str(&f->log), part);
}

static const char *flat(struct fixture *f, int i)
{
	return ce_arena_printf(&f->arena, "%s/%s", f->external[i], f->pkg.fn);
}

/* ---- what an earlier run left ---- */

static void test_resumed(void **state)
{
	struct fixture *f = *state;

	put(f, f->part, f->archive.data, f->archive.len / 2);
	check_fetched(f, 0, 1);
}

static void test_whole_already(void **state)
{
	struct fixture *f = *state;

	put(f, f->part, f->archive.data, f->archive.len);
	check_fetched(f, 0, 0);
}

/* Neither the record nor the server says how much it is: nothing but the cap ends a body. */
static void test_unsized(void **state)
{
	static const struct {
		const char *what;
		enum form form;
		size_t more;
		int below; /* how far the cap is below the archive and what is behind it */
		bool good;
	} rows[] = {
		{"to the end, below the cap", TO_THE_END, 0, -1000, true},
		{"to the end, just the cap", TO_THE_END, 0, 0, true},
		{"to the end, a byte more", TO_THE_END, 0, 1, false},
		{"to the end, much more", TO_THE_END, 1 << 22, 1 << 22, false},
		{"chunked, below the cap", CHUNKED, 0, -1000, true},
		{"chunked, just the cap", CHUNKED, 0, 0, true},
		{"chunked, a byte more", CHUNKED, 0, 1, false},
		{"chunked, much more", CHUNKED, 1 << 22, 1 << 22, false},
		{"chunked without an end", CHUNKED_ENDLESS, 0, 0, false},
	};
	struct fixture *f = *state;

	f->pkg.size = 0;
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_AUTOFREE char *limit = NULL;
		int r;

		f->form = rows[i].form;
		f->more = rows[i].more;
		f->max_unsized = f->archive.len + f->more - (uint64_t)rows[i].below;
		limit = ce_asprintf("larger than %llu bytes", (unsigned long long)f->max_unsized);
		assert_int_equal(ce_fs_remove_tree(f->entry, &f->err), 0);
		r = fetch(f);
		if (rows[i].good ? r < 0 : r >= 0 || !strstr(f->err.text, limit))
			fail_msg("%s: %s", rows[i].what, r < 0 ? f->err.text : "was taken");
		assert_int_equal(ce_fs_exists(f->entry), rows[i].good);
	}
}

/* Only the hash tells that what is there does not fit what comes. */
static void test_resumed_wrong(void **state)
{
	struct fixture *f = *state;
	CE_AUTOFREE char *half = ce_calloc(1, f->archive.len / 2);

	put(f, f->part, half, f->archive.len / 2);
	check_fetched(f, 1, 1);
}

/* Nothing is written through what stands in the place of a download. */
static void test_part_of_other_kinds(void **state)
{
	struct fixture *f = *state;
	const char *aside = ce_arena_printf(&f->arena, "%s/aside", f->dir);
	CE_AUTOFREE char *list = ce_cache_list(f->cache, f->pkg.sha256);
	CE_AUTOFREE char *archives = ce_path_dir(f->part);

	assert_int_equal(ce_fs_mkdirs(archives, &f->err), 0);
	for (unsigned i = 0; i < 3; i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};

		put(f, aside, "not ours", 8);
		if (i == 0)
			assert_int_equal(link(aside, f->part), 0);
		else if (i == 1)
			assert_int_equal(symlink(aside, f->part), 0);
		else
			assert_int_equal(mkfifo(f->part, 0600), 0);
		check_fetched(f, i + 1, 0);
		assert_int_equal(ce_fs_read(aside, 100, &data, &f->err), 0);
		assert_string_equal(data.data, "not ours");
		assert_int_equal(ce_fs_remove_tree(f->entry, &f->err), 0);
		assert_int_equal(unlink(list), 0);
	}
}

/* ---- what other programs have ---- */

static void check_external(struct fixture *f, const char *path)
{
	struct stat before, after;

	put(f, path, f->archive.data, f->archive.len);
	assert_int_equal(lstat(path, &before), 0);
	f->offline = true;
	check_fetched(f, 0, 0);
	assert_string_equal(ce_buf_str(&f->log), "");
	/* Neither moved, linked nor written. */
	assert_int_equal(lstat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_nlink, 1);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

static void test_external_flat(void **state)
{
	check_external(*state, flat(*state, 1));
}

static void test_external_by_url(void **state)
{
	struct fixture *f = *state;

	check_external(f, ce_arena_printf(&f->arena, "%s/http/127.0.0.1_%d/some/chan/noarch/%s",
				  f->external[0], test_server_port(f->server), f->pkg.fn));
}

static void test_external_by_channel(void **state)
{
	struct fixture *f = *state;

	check_external(
		f, ce_arena_printf(&f->arena, "%s/chan/noarch/%s", f->external[0], f->pkg.fn));
}

static void test_external_other_bytes(void **state)
{
	struct fixture *f = *state;

	put_wrong(f, flat(f, 0));
	check_fetched(f, 1, 0);
	check_log(f, "/pkgs/a-1.0-0.conda is not what is locked (its sha256 is another one)");
}

/* The next cache is looked at before the network is. */
static void test_external_second(void **state)
{
	struct fixture *f = *state;

	put_wrong(f, flat(f, 0));
	put(f, flat(f, 1), f->archive.data, f->archive.len);
	check_fetched(f, 0, 0);
	check_log(f, "/pkgs/a-1.0-0.conda is not what is locked");
}

/* Nothing else to be had: the message is that of the download. */
static void test_external_other_bytes_offline(void **state)
{
	struct fixture *f = *state;

	put_wrong(f, flat(f, 0));
	f->offline = true;
	assert_int_equal(fetch(f), CCENV_EOFFLINE);
	assert_false(ce_fs_exists(f->entry));
	check_log(f, "is not what is locked");
}

static void test_external_cut_short(void **state)
{
	struct fixture *f = *state;

	put(f, flat(f, 0), f->archive.data, f->archive.len - 1);
	check_fetched(f, 1, 0);
	check_log(f, "has another size than the locked package: it is not used");
}

static void test_external_no_file(void **state)
{
	struct fixture *f = *state;
	const char *aside = ce_arena_printf(&f->arena, "%s/aside", f->dir);

	put(f, aside, f->archive.data, f->archive.len);
	assert_int_equal(symlink(aside, flat(f, 0)), 0);
	assert_int_equal(mkfifo(flat(f, 1), 0644), 0);
	check_fetched(f, 1, 0);
	check_log(f, "/pkgs/a-1.0-0.conda is a link: it is not used");
	check_log(f, "/more/a-1.0-0.conda is not a regular file: it is not used");
}

/* Without a sha256 there is nothing that a stranger's file could be held against. */
static void test_external_md5(void **state)
{
	struct fixture *f = *state;

	put(f, flat(f, 0), f->archive.data, f->archive.len);
	f->pkg.sha256 = NULL;
	free(f->entry);
	f->entry = ce_cache_entry(f->cache, f->pkg.md5);
	check_fetched(f, 1, 0);
}

/* No part of a record leads out of the cache that was named. */
static void test_external_paths(void **state)
{
	struct fixture *f = *state;
	const struct ce_fetch_options o = {.external_caches = f->external, .n_external_caches = 1};
	struct ce_pkg pkg = f->pkg;
	uint64_t size;
	char *path;
	size_t at = 0;

	put(f, ce_arena_printf(&f->arena, "%s/aside", f->dir), f->archive.data, f->archive.len);
	pkg.fn = "../aside";
	pkg.channel = "..";
	pkg.subdir = "..";
	pkg.url = "http://../../aside";
	assert_int_equal(ce_external_open(&pkg, &o, &at, &path, &size), -1);
	assert_int_equal(at, 3);
}

/* ---- what other programs have unpacked ---- */

/* The package as rattler leaves it: unpacked, and beside it what archive it is of. */
static const char *unpack(struct fixture *f, const char *sha256)
{
	const char *dir = ce_arena_printf(&f->arena, "%s/a-1.0-0", f->external[1]);
	unsigned char lock[40] = {0, 0, 0, 0, 0, 0, 0, 1};

	check_fetched(f, 1, 0);
	assert_int_equal(rename(f->entry, dir), 0);
	f->full = 0;
	for (size_t i = 0; i < 32; i++) {
		char byte[3] = {sha256[2 * i], sha256[2 * i + 1]};

		lock[8 + i] = (unsigned char)strtoul(byte, NULL, 16);
	}
	put(f, ce_arena_printf(&f->arena, "%s.lock", dir), lock, sizeof(lock));
	f->trusting = true;
	return dir;
}

static void check_imported(struct fixture *f, const char *from)
{
	CE_AUTOFREE char *tool = ce_path_join(f->entry, "bin/tool");
	CE_AUTOFREE char *link = ce_path_join(f->entry, "lib/link");
	CE_AUTOFREE char *one = ce_path_join(from, "one");
	char target[16] = "";
	struct stat st;

	f->offline = true;
	check_fetched(f, 0, 0);
	assert_string_equal(ce_buf_str(&f->log), "");
	assert_int_equal(stat(tool, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(readlink(link, target, sizeof(target)), 6);
	assert_string_equal(target, "../one");
	assert_int_equal(stat(one, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	/* It is an entry like any other. */
	check_fetched(f, 0, 0);
}

static void test_unpacked_by_rattler(void **state)
{
	struct fixture *f = *state;

	check_imported(f, unpack(f, f->pkg.sha256));
}

static void test_unpacked_by_conda(void **state)
{
	struct fixture *f = *state;
	const char *dir = unpack(f, f->pkg.sha256);
	const char *record = ce_arena_printf(&f->arena, "{\"sha256\": \"%s\"}", f->pkg.sha256);
	CE_AUTOFREE char *copied = ce_path_join(f->entry, "info/repodata_record.json");

	assert_int_equal(unlink(ce_arena_printf(&f->arena, "%s.lock", dir)), 0);
	put(f, ce_arena_printf(&f->arena, "%s/info/repodata_record.json", dir), record,
		strlen(record));
	check_imported(f, dir);
	assert_false(ce_fs_exists(copied));
}

/* A cache that was only named is one of archives. */
static void test_unpacked_not_trusted(void **state)
{
	struct fixture *f = *state;

	unpack(f, f->pkg.sha256);
	f->trusting = false;
	check_fetched(f, 1, 0);
}

static void test_unpacked_of_another(void **state)
{
	struct fixture *f = *state;
	char other[CE_SHA256_HEX + 1];

	memset(other, '0', CE_SHA256_HEX);
	other[CE_SHA256_HEX] = '\0';
	unpack(f, other);
	check_fetched(f, 1, 0);
	check_log(
		f, "/more/a-1.0-0: nothing says that it is the locked package, so it is not used");
}

static void test_unpacked_edited(void **state)
{
	struct fixture *f = *state;
	const char *dir = unpack(f, f->pkg.sha256);

	put(f, ce_arena_printf(&f->arena, "%s/one", dir), "2", 1);
	check_fetched(f, 1, 0);
	check_log(f, "\"one\" has the sha256 ");
}

static void test_unpacked_lost(void **state)
{
	struct fixture *f = *state;
	const char *dir = unpack(f, f->pkg.sha256);

	assert_int_equal(unlink(ce_arena_printf(&f->arena, "%s/one", dir)), 0);
	check_fetched(f, 1, 0);
	check_log(f, "\"one\" is listed but not in the package");
}

static void test_unpacked_and_more(void **state)
{
	struct fixture *f = *state;
	const char *dir = unpack(f, f->pkg.sha256);

	put(f, ce_arena_printf(&f->arena, "%s/lib/two", dir), "2", 1);
	check_fetched(f, 1, 0);
	check_log(f, "lib/two is not in info/paths.json with its sha256");
}

/* A link to a directory would lead to wherever it likes. */
static void test_unpacked_link(void **state)
{
	struct fixture *f = *state;
	const char *dir = unpack(f, f->pkg.sha256);
	const char *lib = ce_arena_printf(&f->arena, "%s/lib", dir);
	const char *aside = ce_arena_printf(&f->arena, "%s/aside", f->dir);

	assert_int_equal(rename(lib, aside), 0);
	assert_int_equal(symlink(aside, lib), 0);
	check_fetched(f, 1, 0);
	check_log(f, "\"lib/link\" is listed but not in the package");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(resumed),
		TEST(whole_already),
		TEST(unsized),
		TEST(resumed_wrong),
		TEST(part_of_other_kinds),
		TEST(external_flat),
		TEST(external_by_url),
		TEST(external_by_channel),
		TEST(external_other_bytes),
		TEST(external_second),
		TEST(external_other_bytes_offline),
		TEST(external_cut_short),
		TEST(external_no_file),
		TEST(external_md5),
		TEST(external_paths),
		TEST(unpacked_by_rattler),
		TEST(unpacked_by_conda),
		TEST(unpacked_not_trusted),
		TEST(unpacked_of_another),
		TEST(unpacked_edited),
		TEST(unpacked_lost),
		TEST(unpacked_and_more),
		TEST(unpacked_link),
	};

	(void)umask(022); /* modes are compared */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
