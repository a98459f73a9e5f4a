/* SPDX-License-Identifier: MIT */
/*
 * What may have happened to a package cache, kind by kind, and what an install then does: use it, or
 * unpack the package again. Whatever it is, the prefix is right afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "cache/clean.h"
#include "cache/entry.h"
#include "cache/layout.h"
#include "ccenv/ccenv.h"
#include "fetch/fetch.h"
#include "install/install.h"
#include "pack.h"

struct fixture {
	char dir[64];
	struct ce_arena arena;
	struct ce_pkg pkg, other;
	char *cache, *channel, *away, *entry, *list;
	struct ccenv_events events;
	unsigned n_warnings;
	struct ccenv_error err;
};

static void count_warnings(void *user, enum ccenv_level level, const char *text)
{
	struct fixture *f = user;

	(void)text;
	f->n_warnings += level == CCENV_LOG_WARNING;
}

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

/* A path in the entry. */
static const char *in(struct fixture *f, const char *path)
{
	return ce_arena_printf(&f->arena, "%s/%s", f->entry, path);
}

static int install_all(struct fixture *f, const char *prefix, enum ce_fetch_check check)
{
	const struct ce_pkg *list[] = {&f->pkg, &f->other};
	const struct ce_fetch_options fetch = {
		.cache_dir = f->cache, .check = check, .getenv_fn = no_env, .events = &f->events};
	const struct ce_install_options install = {
		.cache_dir = f->cache, .prefix = prefix, .force = true};
	int r = ce_fetch(list, 2, &fetch, &f->err);

	return r < 0 ? r : ce_install(list, 2, &install, &f->err);
}

/* As `ccenv install` does it: a second time, with a closer look, when the first found damage. */
static int run_install(struct fixture *f, const char *prefix)
{
	int r = install_all(f, prefix, CE_FETCH_CHECK_NONE);

	if (r == CCENV_EDATA || (r == CCENV_ENOTFOUND && !strstr(f->err.text, "channel")))
		r = install_all(f, prefix, CE_FETCH_CHECK_FILES);
	return r;
}

static int setup(void **state)
{
	static const struct pack_entry files[] = {{.path = "one", .data = "some bytes"},
		{.path = "bin/tool", .data = "#!/bin/sh\n", .mode = 0755},
		{.path = "lib/deep/er/file", .data = "deep"},
		{.path = "lib/link", .target = "../one"}, {0}};
	static const struct pack_entry others[] = {{.path = "two", .data = "2"}, {0}};
	struct fixture *f = ce_calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/ccenv-test-cache-XXXXXX");
	if (!mkdtemp(f->dir) || chmod(f->dir, 0755) < 0)
		return -1;
	f->events = (struct ccenv_events){.user = f, .log = count_warnings};
	f->cache = ce_path_join(f->dir, "cache");
	f->channel = ce_path_join(f->dir, "channel");
	f->away = ce_path_join(f->dir, "away");
	pack_package(f->channel, &(struct pack_package){.name = "a", .files = files}, &f->arena,
		&f->pkg);
	pack_package(f->channel, &(struct pack_package){.name = "b", .files = others}, &f->arena,
		&f->other);
	f->entry = ce_cache_entry(f->cache, f->pkg.sha256);
	f->list = ce_cache_list(f->cache, f->pkg.sha256);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r = ce_fs_remove_tree(f->dir, &f->err);

	ce_arena_release(&f->arena);
	free(f->cache);
	free(f->channel);
	free(f->away);
	free(f->entry);
	free(f->list);
	free(f);
	return r;
}

/* ---- what happens to caches ---- */

static void write_file(const char *path, const char *data, size_t len)
{
	FILE *file;

	assert_int_equal(chmod(path, 0644), 0);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void run(struct fixture *f, const char *command)
{
	const char *line = ce_arena_printf(
		&f->arena, "cd '%s' && E='%s' L='%s' && %s", f->cache, f->entry, f->list, command);

	if (system(line) != 0)
		fail_msg("%s", line);
}

static void nothing(struct fixture *f)
{
	(void)f;
}

static void keep_no_times(struct fixture *f)
{
	run(f, "find . -exec touch -h -d '2001-02-03 04:05:06' {} +");
}

static void copy_plainly(struct fixture *f)
{
	keep_no_times(f);
	run(f, "mv '../cache' ../old && cp -r ../old '../cache' && rm -rf ../old");
}

static void copy_archive(struct fixture *f)
{
	run(f, "mv '../cache' ../old && cp -a ../old '../cache' && rm -rf ../old");
}

static void lose_modes(struct fixture *f)
{
	run(f, "find . -type f -exec chmod 0644 {} + && find . -exec touch -h -d 2001-02-03 {} +");
}

static void all_modes(struct fixture *f)
{
	run(f, "chmod -R 0777 .");
}

static void lose_locks(struct fixture *f)
{
	run(f, "rm -rf locks CACHEDIR.TAG archives repodata");
}

static void add_files(struct fixture *f)
{
	run(f, "chmod -R u+w . && touch \"$E/extra\" pkgs/.nfs0001 pkgs/note && mkdir pkgs/dir");
}

static void link_elsewhere(struct fixture *f)
{
	run(f, "ln -sfn /etc/passwd \"$E/lib/link\"");
}

static void drop_link(struct fixture *f)
{
	run(f, "rm \"$E/lib/link\"");
}

static void drop_file(struct fixture *f)
{
	assert_int_equal(unlink(in(f, "one")), 0);
}

static void drop_dir(struct fixture *f)
{
	assert_int_equal(ce_fs_remove_tree(in(f, "lib/deep"), &f->err), 0);
}

static void drop_all_but_list(struct fixture *f)
{
	assert_int_equal(ce_fs_remove_tree(f->entry, &f->err), 0);
}

static void cut_short(struct fixture *f)
{
	write_file(in(f, "one"), "some", 4);
}

static void fill_with_zeros(struct fixture *f)
{
	write_file(in(f, "one"), "\0\0\0\0\0\0\0\0\0\0", 10);
}

static void edit(struct fixture *f)
{
	write_file(in(f, "bin/tool"), "#!/bin/sh;", 10);
}

static void link_for_file(struct fixture *f)
{
	run(f, "ln -sfn /etc/passwd \"$E/one\"");
}

static void pipe_for_file(struct fixture *f)
{
	run(f, "rm \"$E/one\" && mkfifo \"$E/one\"");
}

static void dir_for_file(struct fixture *f)
{
	run(f, "rm \"$E/one\" && mkdir \"$E/one\"");
}

static void link_for_dir(struct fixture *f)
{
	run(f, "mv \"$E/lib\" \"$E/lib2\" && ln -s lib2 \"$E/lib\"");
}

static void link_for_entry(struct fixture *f)
{
	run(f, "mv \"$E\" elsewhere && ln -s ../elsewhere \"$E\"");
}

static void file_for_entry(struct fixture *f)
{
	run(f, "rm -r \"$E\" && touch \"$E\"");
}

static void drop_list(struct fixture *f)
{
	assert_int_equal(unlink(f->list), 0);
}

static void empty_list(struct fixture *f)
{
	write_file(f->list, "", 0);
}

static void zero_list(struct fixture *f)
{
	run(f, "chmod u+w \"$L\" && s=$(stat -c %s \"$L\") && head -c $s /dev/zero >\"$L\"");
}

static void cut_list(struct fixture *f)
{
	run(f, "chmod u+w \"$L\" && truncate -s -20 \"$L\"");
}

static void other_list(struct fixture *f)
{
	CE_AUTOFREE char *other = ce_cache_list(f->cache, f->other.sha256);

	assert_int_equal(unlink(f->list), 0);
	assert_int_equal(link(other, f->list), 0);
}

static void link_for_list(struct fixture *f)
{
	run(f, "mv \"$L\" elsewhere && ln -s ../elsewhere \"$L\"");
}

static void pipe_for_list(struct fixture *f)
{
	run(f, "rm \"$L\" && mkfifo \"$L\"");
}

static void old_layout(struct fixture *f)
{
	run(f, "chmod u+w \"$E/info\" && mv \"$L\" \"$E/info/ccenv.list\"");
}

static const struct kind {
	const char *name;
	void (*change)(struct fixture *f);
	bool used; /* nothing is needed from the channel */
} kinds[] = {
	{"as it was", nothing, true},
	{"kept no times", keep_no_times, true},
	{"copied by cp -r", copy_plainly, true},
	{"copied by cp -a", copy_archive, true},
	{"lost modes and times", lose_modes, true},
	{"everything writable and executable", all_modes, true},
	{"only packages copied", lose_locks, true},
	{"further files", add_files, true},
	{"a link leads elsewhere", link_elsewhere, true},
	{"a link is gone", drop_link, true},
	{"a file is gone", drop_file, false},
	{"a directory is gone", drop_dir, false},
	{"only the list is left", drop_all_but_list, false},
	{"a file cut short", cut_short, false},
	{"a file of zeros", fill_with_zeros, false},
	{"a file edited", edit, false},
	{"a link for a file", link_for_file, false},
	{"a pipe for a file", pipe_for_file, false},
	{"a directory for a file", dir_for_file, false},
	{"a link for a directory", link_for_dir, false},
	{"a link for the entry", link_for_entry, false},
	{"a file for the entry", file_for_entry, false},
	{"the list is gone", drop_list, false},
	{"an empty list", empty_list, false},
	{"a list of zeros", zero_list, false},
	{"a list cut short", cut_list, false},
	{"another package's list", other_list, false},
	{"a link for the list", link_for_list, false},
	{"a pipe for the list", pipe_for_list, false},
	{"an earlier ccenv's list", old_layout, false},
};

/* ---- and what is right afterwards ---- */

static void check_prefix(struct fixture *f, const char *kind, const char *prefix)
{
	static const struct {
		const char *path, *data;
		mode_t execute;
	} files[] = {{"one", "some bytes", 0}, {"bin/tool", "#!/bin/sh\n", 0111},
		{"lib/deep/er/file", "deep", 0}, {"two", "2", 0}};
	const char *link = ce_arena_printf(&f->arena, "%s/lib/link", prefix);
	char target[64] = "";

	for (size_t i = 0; i < CE_COUNT(files); i++) {
		CE_AUTOFREE char *path = ce_path_join(prefix, files[i].path);
		CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
		struct stat st;

		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
			ce_fs_read(path, 100, &data, &f->err) < 0 ||
			strcmp(ce_buf_str(&data), files[i].data) != 0)
			fail_msg("%s: %s is wrong", kind, path);
		if (files[i].execute && !(st.st_mode & 0111))
			fail_msg("%s: %s cannot be run", kind, path);
	}
	if (readlink(link, target, sizeof(target) - 1) < 0 || strcmp(target, "../one") != 0)
		fail_msg("%s: %s leads to \"%s\"", kind, link, target);
}

static void check_kind(struct fixture *f, const struct kind *k)
{
	const char *prefix = ce_arena_printf(&f->arena, "%s/prefix", f->dir);
	bool used;

	assert_int_equal(ce_fs_remove_tree(f->cache, &f->err), 0);
	assert_int_equal(ce_fs_remove_tree(prefix, &f->err), 0);
	if (run_install(f, prefix) < 0)
		fail_msg("%s: %s", k->name, f->err.text);
	assert_int_equal(ce_fs_remove_tree(prefix, &f->err), 0);
	k->change(f);
	assert_int_equal(rename(f->channel, f->away), 0);
	used = run_install(f, prefix) == 0;
	assert_int_equal(rename(f->away, f->channel), 0);
	if (used != k->used)
		fail_msg("%s: the cache was %sused: %s", k->name, used ? "" : "not ", f->err.text);
	if (run_install(f, prefix) < 0)
		fail_msg("%s: %s", k->name, f->err.text);
	check_prefix(f, k->name, prefix);
	/* The cache serves again. */
	assert_int_equal(ce_fs_remove_tree(prefix, &f->err), 0);
	assert_int_equal(rename(f->channel, f->away), 0);
	if (run_install(f, prefix) < 0)
		fail_msg("%s, again: %s", k->name, f->err.text);
	assert_int_equal(rename(f->away, f->channel), 0);
	check_prefix(f, k->name, prefix);
}

static void test_kinds(void **state)
{
	for (size_t i = 0; i < CE_COUNT(kinds); i++)
		check_kind(*state, &kinds[i]);
}

/* Files that kept no times are read once, and have their times from then on. */
static void test_times_come_back(void **state)
{
	struct fixture *f = *state;
	const char *prefix = ce_arena_printf(&f->arena, "%s/prefix", f->dir);
	struct stat st;

	assert_int_equal(run_install(f, prefix), 0);
	keep_no_times(f);
	assert_int_equal(run_install(f, prefix), 0);
	assert_int_equal(stat(in(f, "one"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
}

/* Another user's cache, which keeps no times and cannot be written: it is used as it is. */
static void test_read_only(void **state)
{
	struct fixture *f = *state;
	const char *prefix = ce_arena_printf(&f->arena, "%s/user/prefix", f->dir);
	CE_AUTOFREE char *parent = ce_path_dir(prefix);
	struct stat st;
	int r;

	if (geteuid() != 0)
		skip();
	assert_int_equal(run_install(f, ce_arena_printf(&f->arena, "%s/first", f->dir)), 0);
	lose_modes(f);
	assert_int_equal(ce_fs_mkdirs(parent, &f->err), 0);
	assert_int_equal(chmod(parent, 0777), 0);
	assert_int_equal(rename(f->channel, f->away), 0);
	assert_int_equal(seteuid(65534), 0);
	r = run_install(f, prefix);
	assert_int_equal(seteuid(0), 0);
	if (r < 0)
		fail_msg("%s", f->err.text);
	check_prefix(f, "read-only", prefix);
	assert_int_equal(stat(in(f, "one"), &st), 0);
	assert_int_not_equal(st.st_mtim.tv_sec, 1700000000);
	assert_int_equal(rename(f->away, f->channel), 0);
}

/* A path that comes twice in an archive is one file, the later one, also for the list. */
static void test_path_twice(void **state)
{
	static const struct pack_entry twice[] = {
		{.path = "one", .data = "first"}, {.path = "one", .data = "the second"}, {0}};
	static const char paths[] =
		"{\"paths_version\": 1, \"paths\": [{\"_path\": \"one\", \"path_type\": \"hardlink\", \"size_in_bytes\": 10}]}";
	struct fixture *f = *state;
	const char *prefix = ce_arena_printf(&f->arena, "%s/prefix", f->dir);

	pack_package(f->channel,
		&(struct pack_package){.name = "a", .files = twice, .paths_json = paths}, &f->arena,
		&f->pkg);
	assert_int_equal(run_install(f, prefix), 0);
	assert_int_equal(install_all(f, prefix, CE_FETCH_CHECK_FILES), 0);
	assert_int_equal(f->n_warnings, 0);
}

/* What is left of entries that were removed by hand goes with the next cleaning; nothing else. */
static void test_clean_leftovers(void **state)
{
	struct fixture *f = *state;
	CE_AUTOFREE char *pkgs = ce_cache_pkgs(f->cache);
	CE_AUTOFREE char *note = ce_path_join(pkgs, "my.list");
	const struct ce_clean_options o = {
		.cache_dir = f->cache, .kinds = CE_CLEAN_PACKAGES, .min_age_s = 3600};
	const struct ce_clean_options all = {.cache_dir = f->cache, .kinds = CE_CLEAN_PACKAGES};
	struct ce_clean_result result;

	assert_int_equal(run_install(f, ce_arena_printf(&f->arena, "%s/prefix", f->dir)), 0);
	assert_int_equal(ce_fs_remove_tree(f->entry, &f->err), 0);
	assert_int_equal(ce_fs_replace(note, "x", 1, NULL, &f->err), 0);
	assert_int_equal(ce_clean(&o, &result, &f->err), 0);
	assert_true(ce_fs_exists(f->list));
	assert_int_equal(ce_clean(&all, &result, &f->err), 0);
	assert_int_equal(result.n, 2);
	assert_false(ce_fs_exists(f->list));
	assert_true(ce_fs_exists(note));
}

/* A file that is not the package's, and a list that agrees with it: nothing in the cache tells. */
static void forge(struct fixture *f)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf list = {0};
	const struct timespec times[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
	char was[CE_SHA256_HEX + 1], is[CE_SHA256_HEX + 1];
	char *at;

	ce_sha256_bytes("some bytes", 10, was);
	ce_sha256_bytes("evil bytes", 10, is);
	write_file(in(f, "one"), "evil bytes", 10);
	assert_int_equal(utimensat(AT_FDCWD, in(f, "one"), times, 0), 0);
	assert_int_equal(ce_fs_read(f->list, 1 << 20, &list, &f->err), 0);
	at = memmem(list.data, list.len, was, CE_SHA256_HEX);
	assert_non_null(at);
	memcpy(at, is, CE_SHA256_HEX);
	write_file(f->list, list.data, list.len);
}

/* A repair takes nobody's word but the lock's. */
static void test_repair_of_a_forged_cache(void **state)
{
	struct fixture *f = *state;
	const char *prefix = ce_arena_printf(&f->arena, "%s/prefix", f->dir);

	assert_int_equal(run_install(f, prefix), 0);
	forge(f);
	assert_int_equal(ce_entry_check_bytes(f->entry, &f->pkg, &f->err), 0);
	if (install_all(f, prefix, CE_FETCH_AGAIN) < 0)
		fail_msg("%s", f->err.text);
	check_prefix(f, "forged", prefix);
}

/* Where the archives cannot be had, what is cached and right stays, and that is said; what is damaged
 * is not used. */
static void test_repair_without_archives(void **state)
{
	struct fixture *f = *state;
	const char *prefix = ce_arena_printf(&f->arena, "%s/prefix", f->dir);

	assert_int_equal(run_install(f, prefix), 0);
	assert_int_equal(rename(f->channel, f->away), 0);
	assert_int_equal(install_all(f, prefix, CE_FETCH_AGAIN), 0);
	assert_int_equal(f->n_warnings, 2);
	check_prefix(f, "kept", prefix);
	fill_with_zeros(f);
	assert_int_equal(install_all(f, prefix, CE_FETCH_AGAIN), CCENV_ENOTFOUND);
	assert_non_null(strstr(f->err.text, "no such file"));
	assert_true(ce_fs_exists(f->entry));
	assert_int_equal(rename(f->away, f->channel), 0);
	assert_int_equal(install_all(f, prefix, CE_FETCH_AGAIN), 0);
	check_prefix(f, "repaired", prefix);
}

/* Earlier versions made entries in pkgs/tmp/: what processes that are gone left there goes, and nothing else. */
static void test_old_stages(void **state)
{
	static const char digest[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct fixture *f = *state;
	CE_AUTOFREE char *tmp = ce_asprintf("%s/pkgs/tmp", f->cache);
	CE_AUTOFREE char *dead = ce_asprintf("%s/%s.123.AbCd12", tmp, digest);
	CE_AUTOFREE char *tree = ce_asprintf("%s/tree", dead);
	CE_AUTOFREE char *alive = ce_asprintf("%s/%s.124.AbCd12", tmp, digest);
	CE_AUTOFREE char *users = ce_asprintf("%s/%s.notes", tmp, digest);
	int fd;

	assert_int_equal(ce_fs_mkdirs(tree, &f->err), 0);
	assert_int_equal(ce_fs_mkdirs(alive, &f->err), 0);
	assert_int_equal(ce_fs_mkdirs(users, &f->err), 0);
	fd = open(alive, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	ce_entry_sweep(f->cache);
	assert_false(ce_fs_exists(dead));
	assert_true(ce_fs_exists(alive));
	assert_true(ce_fs_exists(users));
	close(fd);
	assert_int_equal(rmdir(users), 0);
	ce_entry_sweep(f->cache);
	assert_false(ce_fs_exists(tmp));
	ce_entry_sweep(f->cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kinds),
		TEST(times_come_back),
		TEST(read_only),
		TEST(path_twice),
		TEST(clean_leftovers),
		TEST(old_stages),
		TEST(repair_of_a_forged_cache),
		TEST(repair_without_archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
