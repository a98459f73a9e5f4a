/* SPDX-License-Identifier: MIT */
/* io/archive: good packages come out whole, bad ones are refused and write nothing outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "io/archive.h"
#include "io/archive_tar.h"
#include "pack.h"

static char scratch[64];
static char *dest, *file;
static bool threaded; /* all tests run twice */
static const char *stem;
static uint64_t max_bytes = 1 << 20;

static int make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/ccenv-test-archive-XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	dest = ce_path_join(scratch, "dest");
	file = ce_path_join(scratch, "file");
	return 0;
}

static int drop_scratch(void **state)
{
	struct ccenv_error err;

	(void)state;
	free(dest);
	free(file);
	return ce_fs_remove_tree(scratch, &err);
}

static int clean(void **state)
{
	struct ccenv_error err;

	(void)state;
	return ce_fs_remove_tree(dest, &err) == 0 && mkdir(dest, 0755) == 0 ? 0 : -1;
}

/* Feeds a file's bytes in small pieces, as a network does. */
struct feed {
	struct ce_buf data;
	size_t at, piece;
};

static int feed_read(void *user, const void **ret_data, size_t *ret_len, struct ccenv_error *err)
{
	struct feed *f = user;
	size_t left = f->data.len - f->at;

	(void)err;
	*ret_data = f->data.data + f->at;
	*ret_len = left < f->piece ? left : f->piece;
	f->at += *ret_len;
	return 0;
}

static int unpack_bytes(enum ce_archive_format format, const struct ce_buf *data, size_t piece,
	struct ccenv_error *err)
{
	struct feed f = {.data = *data, .piece = piece};
	CE_CLEANUP(ce_arena_release) struct ce_arena arena = {0};
	struct ce_archive_unpack u = {
		.format = format,
		.arena = &arena,
		.stem = stem,
		.dest = dest,
		.max_bytes = max_bytes,
		.max_entries = 20,
		.threaded = threaded,
		.user = &f,
		.read = feed_read,
	};

	return ce_archive_unpack(&u, err);
}

static int unpack(enum ce_archive_format format, size_t piece, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};

	assert_int_equal(ce_fs_read(file, 128 << 20, &data, err), 0);
	return unpack_bytes(format, &data, piece, err);
}

static void check_content(const char *name, const char *expected, mode_t mode)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
	CE_AUTOFREE char *path = ce_path_join(dest, name);
	struct ccenv_error err;
	struct stat st;

	assert_int_equal(ce_fs_read(path, 1 << 20, &data, &err), 0);
	assert_string_equal(ce_buf_str(&data), expected);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
}

static void check_link(const char *name, const char *expected)
{
	CE_AUTOFREE char *path = ce_path_join(dest, name);
	char target[256] = "";

	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, expected);
}

static const struct pack_entry info[] = {{.path = "info/index.json", .data = "{}"}, {0}};

/* Names beyond ASCII, spaces, long ones, links, hard links, odd modes, a path that comes twice. */
static void test_good(void **state)
{
	char long_name[300];
	struct pack_entry pkg[] = {
		{.path = "bin/tool", .data = "#!x", .mode = 0700},
		{.path = "share/with space/\xc3\xa9t\xc3\xa9", .data = "utf8"},
		{.path = "share/e\xcc\x81", .data = "not composed"},
		{.path = "lib/link", .target = "../bin/tool"},
		{.path = "lib/out", .target = "/etc/passwd"},
		{.path = "lib/hard", .hard = "bin/tool", .mode = 0755},
		{.path = "etc/empty/", .dir = true},
		{.path = "twice", .data = "first", .mode = 04755},
		{.path = "twice", .data = "second", .mode = 0666},
		{.path = long_name, .data = "deep"},
		{0},
	};
	struct ccenv_error err = {0};

	memset(long_name, 'd', sizeof(long_name));
	long_name[150] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	pack_conda(file, info, pkg);
	for (size_t piece = 1; piece < 100000; piece = piece * 7 + 1) {
		clean(state);
		assert_int_equal(unpack(CE_ARCHIVE_CONDA, piece, &err), 0);
		check_content("bin/tool", "#!x", 0555);
		check_content("share/with space/\xc3\xa9t\xc3\xa9", "utf8", 0444);
		check_content("share/e\xcc\x81", "not composed", 0444);
		check_content("lib/hard", "#!x", 0555);
		check_content("twice", "second", 0444);
		check_content(long_name, "deep", 0444);
		check_link("lib/link", "../bin/tool");
		check_link("lib/out", "/etc/passwd");
	}
	pack_tar_bz2(file, pkg);
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_TAR_BZ2, 1000, &err), 0);
	check_content("twice", "second", 0444);
}

/* Does the text have the part? If not, both are shown. */
static void check_text(const struct ccenv_error *err, const char *part)
{
	if (!strstr(err->text, part))
		assert_string_equal(err->text, part);
}

static void refuse(const struct pack_entry *pkg, const char *expected)
{
	CE_AUTOFREE char *outside = ce_path_join(scratch, "outside");
	struct ccenv_error err = {0};

	clean(NULL);
	pack_conda(file, info, pkg);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), CCENV_EDATA);
	check_text(&err, expected);
	assert_false(ce_fs_exists(outside));
	pack_tar_bz2(file, pkg);
	clean(NULL);
	assert_int_equal(unpack(CE_ARCHIVE_TAR_BZ2, 4096, &err), CCENV_EDATA);
	check_text(&err, expected);
	assert_false(ce_fs_exists(outside));
}

#define REFUSE(expected, ...) refuse((const struct pack_entry[]){__VA_ARGS__, {0}}, expected)

static void test_escapes(void **state)
{
	CE_AUTOFREE char *absolute = ce_path_join(scratch, "outside");

	(void)state;
	REFUSE("unsafe path", {.path = "../outside", .data = "x"});
	REFUSE("unsafe path", {.path = "a/../../outside", .data = "x"});
	REFUSE("unsafe path", {.path = absolute, .data = "x"});
	REFUSE("unsafe path", {.path = "a//b", .data = "x"});
	REFUSE("unsafe path", {.path = "new\nline", .data = "x"});
	REFUSE("is a file or a link and a directory", {.path = "l", .target = ".."},
		{.path = "l/outside", .data = "x"});
	REFUSE("is a file or a link and a directory", {.path = "d", .target = "."},
		{.path = "d", .dir = true});
	REFUSE("is a file or a link and a directory", {.path = "f", .data = "x"},
		{.path = "f/g", .data = "x"});
	REFUSE("is a directory and a file", {.path = "d/x", .data = "x"},
		{.path = "d", .data = "x"});
	REFUSE("unsafe path", {.path = "h", .hard = "../../../../etc/passwd"});
	REFUSE("unsafe path", {.path = "h", .hard = "/etc/passwd"});
	REFUSE("hard link", {.path = "l", .target = "/etc"}, {.path = "h", .hard = "l/passwd"});
	REFUSE("hard link", {.path = "l", .target = "/etc/passwd"}, {.path = "h", .hard = "l"});
	REFUSE("hard link", {.path = "h", .hard = "missing"});
}

/* What says how a package is installed comes from the package itself, never from where a link
 * leads. */
static void test_info(void **state)
{
	(void)state;
	REFUSE("\"info\" in the archive is not a directory",
		{.path = "info", .target = "../elsewhere/info"}, {.path = "a", .data = "x"});
	REFUSE("\"info\" in the archive is not a directory", {.path = "info", .data = "x"});
	REFUSE("\"info/paths.json\" in the archive is not a file",
		{.path = "info/paths.json", .target = "/dev/stdin"});
	REFUSE("\"info/index.json\" in the archive is not a file",
		{.path = "./info/index.json", .target = "../x"});
}

static void test_limits(void **state)
{
	CE_AUTOFREE char *big = ce_calloc(1, (1 << 20) + 1);
	struct pack_entry many[32] = {{0}};
	char names[30][4];

	(void)state;
	REFUSE("more than 1048576 bytes", {.path = "big", .data = big, .n_data = (1 << 20) + 1});
	REFUSE("more than 1048576 bytes", {.path = "a", .data = big, .n_data = 1 << 19},
		{.path = "b", .data = big, .n_data = 1 << 19}, {.path = "c", .data = "x"});
	for (unsigned i = 0; i < 30; i++) {
		names[i][0] = 'n';
		names[i][1] = (char)('a' + i / 10);
		names[i][2] = (char)('0' + i % 10);
		names[i][3] = '\0';
		many[i] = (struct pack_entry){.path = names[i], .data = "x"};
	}
	refuse(many, "more than 20 entries");
}

/* What no entry names costs as much as what one does. */
static void test_deep(void **state)
{
	char deep[2 * 66], wide[2 * 21];

	(void)state;
	for (size_t i = 0; i < sizeof(deep); i += 2)
		memcpy(deep + i, "d/", 2);
	deep[sizeof(deep) - 1] = '\0';
	REFUSE("more than 64 directories deep", {.path = deep, .dir = true});
	deep[sizeof(deep) - 2] = 'f';
	REFUSE("more than 64 directories deep", {.path = deep, .data = "x"});
	for (size_t i = 0; i < sizeof(wide); i += 2)
		memcpy(wide + i, "d/", 2);
	wide[sizeof(wide) - 1] = '\0';
	REFUSE("more than 20 entries", {.path = wide, .data = "x"});
}

/* A .conda that other programs would unpack differently, or that only costs time. */
static void test_members(void **state)
{
	static const struct pack_entry pkg[] = {{.path = "a", .data = "x"}, {0}};
	static char zeros[(64 << 20) + 1];
	struct ccenv_error err = {0};

	pack_zip(file, (const struct pack_member[]){{.name = "pkg-x.tar.zst", .entries = pkg},
			       {.name = "info-x.tar.zst", .entries = info},
			       {.name = "pkg-y.tar.zst", .entries = pkg}, {0}});
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), CCENV_EDATA);
	check_text(&err, "more than one pkg-*.tar.zst");
	pack_zip(file, (const struct pack_member[]){{.name = "info-x.tar.zst", .entries = info},
			       {.name = "pkg-x.tar.zst", .entries = pkg},
			       {.name = "info-x.tar.zst", .entries = info}, {0}});
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), CCENV_EDATA);
	check_text(&err, "more than one info-*.tar.zst");
	pack_zip(file, (const struct pack_member[]){{.name = "pkg-x.tar.zst", .entries = pkg},
			       {.name = "info-x.tar.zst", .entries = info},
			       {.name = "bomb", .data = zeros, .n_data = sizeof(zeros)}, {0}});
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), CCENV_EDATA);
	check_text(&err, "bytes that belong to no package");
	pack_zip(file, (const struct pack_member[]){{.name = "note.txt", .data = "x", .n_data = 1},
			       {.name = "pkg-x.tar.zst", .entries = pkg},
			       {.name = "info-x.tar.zst", .entries = info}, {0}});
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), 0);
	stem = "other-1.0-0";
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), CCENV_EDATA);
	check_text(&err, "member \"pkg-x.tar.zst\" where \"pkg-other-1.0-0.tar.zst\" is expected");
	stem = "x";
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), 0);
	stem = NULL;
}

enum {
	BLOCK = 512
};

/* A ustar header. */
static void put_header(char *block, const char *name, size_t size, char type)
{
	unsigned sum = 0;

	memset(block, 0, BLOCK);
	snprintf(block, 100, "%s", name);
	snprintf(block + 100, 8, "%07o", 0644);
	snprintf(block + 124, 12, "%011zo", size);
	snprintf(block + 136, 12, "%011o", 1700000000);
	memset(block + 148, ' ', 8);
	block[156] = type;
	snprintf(block + 257, 6, "ustar");
	memcpy(block + 263, "00", 2);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
}

/*
 * A file whose map of holes has millions of entries: some bytes of an archive that would be
 * gigabytes of memory before the first byte of the file is read.
 */
static void test_map_of_holes(void **state)
{
	static const char pax[] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
				  "22 GNU.sparse.name=ab\n28 GNU.sparse.realsize=1000\n";
	const size_t n_map = 40 << 20, n_tar = 3 * BLOCK + n_map + 2 * BLOCK;
	CE_AUTOFREE char *tar = ce_calloc(1, n_tar);
	size_t n_packed = ZSTD_compressBound(n_tar);
	CE_AUTOFREE char *packed = ce_alloc(n_packed);
	struct ccenv_error err = {0};

	put_header(tar, "x", sizeof(pax) - 1, 'x');
	memcpy(tar + BLOCK, pax, sizeof(pax) - 1);
	put_header(tar + 2 * BLOCK, "ab", n_map, '0');
	for (size_t i = 0; i < n_map; i += 2)
		memcpy(tar + 3 * BLOCK + i, "0\n", 2);
	memcpy(tar + 3 * BLOCK, "00009000000\n", 12);
	n_packed = ZSTD_compress(packed, n_packed, tar, n_tar, 3);
	assert_false(ZSTD_isError(n_packed));
	pack_zip(file, (const struct pack_member[]){
			       {.name = "pkg-x.tar.zst", .data = packed, .n_data = n_packed},
			       {.name = "info-x.tar.zst", .entries = info}, {0}});
	clean(state);
	max_bytes = 1 << 30;
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 4096, &err), CCENV_EDATA);
	max_bytes = 1 << 20;
	check_text(&err, "it has too much that is no file");
}

/* A file is what its name says, and the message says what it is instead. */
static void test_heads(void **state)
{
	static const struct {
		const char *head;
		size_t n;
		const char *what;
	} heads[] = {
		{"", 0, "empty"},
		{"<!DOCTYPE html><html>", 21, "an HTML or XML page"},
		{"<?xml version", 13, "an HTML or XML page"},
		{"{\"error\": 1}", 12, "JSON"},
		{"\x1f\x8b\x08\0\0\0\0\0\0\3", 10, "a gzip file"},
		{"\xfd"
		 "7zXZ\0\0\4",
			8, "an xz file"},
		{"\x28\xb5\x2f\xfd\4\0\1\0\0", 9, "a zstd file"},
		{"PK\5\6\0\0\0\0\0\0", 10, "an incomplete zip file"},
		{"\x7f"
		 "ELF\2\1\1\0",
			8, "a program"},
		{"plain text, long enough", 23, "of an unknown kind"},
		{"P", 1, "of an unknown kind"},
	};
	static const struct pack_entry pkg[] = {{.path = "a", .data = "x"}, {0}};
	struct ccenv_error err = {0};

	for (size_t i = 0; i < CE_COUNT(heads); i++) {
		struct ce_buf data = {.data = (char *)heads[i].head, .len = heads[i].n};

		for (size_t piece = 1; piece < 100; piece += 50) {
			clean(state);
			assert_int_equal(
				unpack_bytes(CE_ARCHIVE_CONDA, &data, piece, &err), CCENV_EDATA);
			check_text(&err, heads[i].what);
			clean(state);
			assert_int_equal(
				unpack_bytes(CE_ARCHIVE_TAR_BZ2, &data, piece, &err), CCENV_EDATA);
			check_text(&err, heads[i].what);
		}
	}
	pack_conda(file, info, pkg);
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_TAR_BZ2, 100, &err), CCENV_EDATA);
	check_text(&err, "a zip file, as a .conda is, not a .tar.bz2 archive");
	pack_tar_bz2(file, pkg);
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 100, &err), CCENV_EDATA);
	check_text(&err, "a bzip2 file, as a .tar.bz2 is, not a .conda archive");
}

/* What is said of each file: hash and size of what is on disk. */
struct noted {
	struct ce_arena arena;
	struct {
		char path[16];
		const struct ce_written *written;
		uint64_t size;
	} files[8];
	size_t n;
};

static struct noted *noting;

static int note(void *user, const struct ce_archive_entry *entry, struct ccenv_error *err)
{
	struct noted *x = noting;

	(void)user;
	(void)err;
	if (entry->kind != CE_ARCHIVE_FILE)
		return 0;
	snprintf(x->files[x->n].path, sizeof(x->files[0].path), "%s", entry->path);
	x->files[x->n].size = entry->size;
	x->files[x->n++].written = entry->written;
	return 0;
}

static void test_hashes(void **state)
{
	static char data[300 << 10];
	const struct pack_entry pkg[] = {
		{.path = "empty", .data = ""},
		{.path = "small", .data = "some text"},
		{.path = "large", .data = data, .n_data = sizeof(data)},
		{.path = "hard", .hard = "large"},
		{0},
	};
	static const char *const expected[][2] = {
		{"empty", "empty"}, {"small", "small"}, {"large", "large"}, {"hard", "large"}};
	CE_CLEANUP(ce_buf_release) struct ce_buf archive = {0};
	struct noted x = {.n = 0};
	struct feed f = {.piece = 1000};
	struct ccenv_error err = {0};
	struct ce_archive_unpack u = {.format = CE_ARCHIVE_TAR_BZ2,
		.dest = dest,
		.arena = &x.arena,
		.max_bytes = 1 << 20,
		.max_entries = 20,
		.threaded = threaded,
		.user = &f,
		.read = feed_read,
		.entry = note};

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * i / 7);
	pack_tar_bz2(file, pkg);
	assert_int_equal(ce_fs_read(file, 64 << 20, &archive, &err), 0);
	f.data = archive;
	noting = &x;
	assert_int_equal(ce_archive_unpack(&u, &err), 0);
	assert_int_equal(x.n, CE_COUNT(expected));
	for (size_t i = 0; i < x.n; i++) {
		CE_AUTOFREE char *path = ce_path_join(dest, expected[i][1]);
		char hex[CE_SHA256_HEX + 1];
		struct stat st;

		assert_string_equal(x.files[i].path, expected[i][0]);
		assert_int_equal(ce_sha256_file(path, hex, &err), 0);
		assert_string_equal(x.files[i].written->sha256, hex);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(x.files[i].size, st.st_size);
		assert_int_equal(x.files[i].written->size, st.st_size);
		assert_int_equal(x.files[i].written->mtime, 1700000000);
	}
	ce_arena_release(&x.arena);
}

static void test_not_a_package(void **state)
{
	struct ccenv_error err = {0};
	struct ce_buf text = {.data = (char *)"this is not an archive", .len = 22};
	struct ce_buf none = {.data = (char *)"", .len = 0};

	clean(state);
	assert_int_equal(unpack_bytes(CE_ARCHIVE_CONDA, &text, 100, &err), CCENV_EDATA);
	assert_int_equal(unpack_bytes(CE_ARCHIVE_TAR_BZ2, &text, 100, &err), CCENV_EDATA);
	assert_int_equal(unpack_bytes(CE_ARCHIVE_CONDA, &none, 100, &err), CCENV_EDATA);
	pack_conda(file, info, NULL);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 100, &err), CCENV_EDATA);
	check_text(&err, "no pkg-*.tar.zst");
	pack_conda(file, NULL, info);
	clean(state);
	assert_int_equal(unpack(CE_ARCHIVE_CONDA, 100, &err), CCENV_EDATA);
	check_text(&err, "no info-*.tar.zst");
}

/* Cut anywhere, a package is an error, never a crash and never a success. */
static void test_truncated(void **state)
{
	static const struct pack_entry pkg[] = {
		{.path = "a", .data = "some text"}, {.path = "b", .target = "a"}, {0}};
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
	struct ccenv_error err = {0};
	/* What is behind the last member is the zip's directory, which is not needed. */
	const char *end;

	pack_conda(file, info, pkg);
	assert_int_equal(ce_fs_read(file, 1 << 20, &data, &err), 0);
	end = memmem(data.data, data.len, "PK\1\2", 4);
	assert_non_null(end);
	for (size_t n = 0; data.data + n < end - 4; n += 3) {
		struct ce_buf cut = {.data = data.data, .len = n};

		clean(state);
		assert_int_equal(unpack_bytes(CE_ARCHIVE_CONDA, &cut, 64, &err), CCENV_EDATA);
	}
}

static int feed_fail(void *user, const void **ret_data, size_t *ret_len, struct ccenv_error *err)
{
	(void)user;
	(void)ret_data;
	(void)ret_len;
	return ce_fail(err, CCENV_ENET, "the cable is out");
}

static void test_source_failure(void **state)
{
	struct ccenv_error err = {0};
	struct ce_archive_unpack u = {
		.dest = dest, .max_bytes = 1, .max_entries = 1, .read = feed_fail};

	(void)state;
	assert_int_equal(ce_archive_unpack(&u, &err), CCENV_ENET);
	assert_string_equal(err.text, "the cable is out");
}

/* That nothing leaks is for the address sanitizer to say. */
static void test_full_disk(void **state)
{
	CE_CLEANUP(ce_fs_closep) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	CE_CLEANUP(ce_tar_writer_freep) struct ce_tar_writer *w = NULL;
	struct ccenv_error err;
	int r = 0;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(ce_tar_writer_new(fd, &w, &err), 0);
	/* A header fills libarchive's buffer, and is what cannot be written. */
	for (int i = 0; i < 100 && r == 0; i++)
		r = ce_tar_begin(w, "a", 0, &err);
	assert_int_equal(r, CCENV_EIO);
	assert_non_null(strstr(err.text, "cannot write the archive"));
}

/* libarchive says "Write error"; the system knows why. */
static void test_cause_of_a_failed_write(void **state)
{
	static const char data[4096];
	char path[] = "/tmp/ccenv-tar.XXXXXX";
	const int plain = mkstemp(path), read_only = open(path, O_RDONLY | O_CLOEXEC);
	struct ccenv_error err = {0};
	int ends[2];
	const struct {
		const char *what;
		int fd, errnum;
		bool limited;
	} rows[] = {
		{"a full disk", open("/dev/full", O_WRONLY | O_CLOEXEC), ENOSPC, false},
		{"not open for writing", read_only, EBADF, false},
		{"nobody reads", pipe(ends) == 0 ? ends[1] : -1, EPIPE, false},
		{"a limit of the file's size", plain, EFBIG, true},
	};

	(void)state;
	close(ends[0]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < CE_COUNT(rows); i++) {
		CE_CLEANUP(ce_tar_writer_freep) struct ce_tar_writer *w = NULL;
		struct rlimit before, limit;
		int r = 0;

		if (rows[i].fd < 0)
			continue;
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
		limit = (struct rlimit){100, before.rlim_max};
		if (rows[i].limited)
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		assert_int_equal(ce_tar_writer_new(rows[i].fd, &w, &err), 0);
		for (int k = 0; k < 50 && r == 0; k++) {
			r = ce_tar_begin(w, "a", sizeof(data), &err);
			if (r == 0)
				r = ce_tar_data(w, data, sizeof(data), &err);
		}
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		if (r != CCENV_EIO || !strstr(err.text, "cannot write the archive: ") ||
			!strstr(err.text, strerror(rows[i].errnum)))
			fail_msg("%s: %s", rows[i].what, err.text);
	}
	for (size_t i = 0; i < CE_COUNT(rows); i++)
		if (rows[i].fd >= 0)
			close(rows[i].fd);
	unlink(path);
}

static int no_entry(void *user, const char *path, uint64_t size, struct ccenv_error *e)
{
	(void)user, (void)path, (void)size, (void)e;
	return 0;
}

/* A regular file that cannot be read at its beginning. */
static void test_cause_of_a_failed_read(void **state)
{
	const struct ce_tar_reader reader = {.begin = no_entry};
	struct ccenv_error err = {0};

	(void)state;
	if (access("/proc/self/mem", R_OK) < 0)
		skip();
	assert_int_equal(ce_tar_read("/proc/self/mem", &reader, &err), CCENV_EIO);
	assert_string_equal(
		err.text, "/proc/self/mem: cannot read the archive: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, clean),
		cmocka_unit_test_setup(test_escapes, clean),
		cmocka_unit_test_setup(test_info, clean),
		cmocka_unit_test_setup(test_limits, clean),
		cmocka_unit_test_setup(test_deep, clean),
		cmocka_unit_test_setup(test_members, clean),
		cmocka_unit_test_setup(test_map_of_holes, clean),
		cmocka_unit_test_setup(test_heads, clean),
		cmocka_unit_test_setup(test_hashes, clean),
		cmocka_unit_test_setup(test_not_a_package, clean),
		cmocka_unit_test_setup(test_truncated, clean),
		cmocka_unit_test_setup(test_source_failure, clean),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_cause_of_a_failed_write),
		cmocka_unit_test(test_cause_of_a_failed_read),
	};

	(void)umask(022); /* modes are compared */
	for (int pass = 0; pass < 2; pass++) {
		int failed = cmocka_run_group_tests_name(
			pass ? "threaded" : "direct", tests, make_scratch, drop_scratch);

		if (failed)
			return failed;
		threaded = true;
	}
	return 0;
}
