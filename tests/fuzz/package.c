/* SPDX-License-Identifier: MIT */
/* What a package brings: archives, its lists, files to relocate. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "cache/contents.h"
#include "cache/listing.h"
#include "ccenv/ccenv.h"
#include "fuzz/fuzz.h"
#include "install/relocate.h"
#include "io/ar.h"
#include "io/archive.h"
#include "io/elf.h"
#include "io/elf_sections.h"

struct input {
	const char *data;
	size_t size, step, pieces, fails_after;
};

static int read_piece(void *user, const void **ret_data, size_t *ret_len, struct ccenv_error *err)
{
	struct input *in = user;
	size_t n = in->size < in->step ? in->size : in->step;

	if (in->pieces++ == in->fails_after)
		return ce_fail(err, CCENV_EIO, "no more of it");
	*ret_data = in->data;
	*ret_len = n;
	in->data += n;
	in->size -= n;
	return 0;
}

static int on_entry(void *user, const struct ce_archive_entry *e, struct ccenv_error *err)
{
	(void)user;
	fuzz_require(ce_path_is_safe(e->path), "a path that is unpacked stays below its directory");
	return strcmp(e->path, "refused") == 0 ? ce_fail(err, CCENV_EDATA, "refused") : 0;
}

/* Unpacks next to a file that must stay as it is. */
static void unpack(enum ce_archive_format format, const char *data, size_t size)
{
	const char *dir = fuzz_dir();
	CE_AUTOFREE char *tree = ce_path_join(dir, "tree"), *other = ce_path_join(dir, "other");
	struct input in = {data, size, 1 + size % 4096, 0, size % 16 == 7 ? 2 : SIZE_MAX};
	struct ce_arena arena = {0};
	struct ccenv_error err;
	struct stat before, after;
	const struct ce_archive_unpack u = {.format = format,
		.stem = format == CE_ARCHIVE_CONDA ? "a-1.0-0" : NULL,
		.dest = tree,
		.max_bytes = 1 << 20,
		.max_entries = 100,
		.arena = &arena,
		.threaded = size & 1,
		.user = &in,
		.read = read_piece,
		.entry = on_entry};

	fuzz_require(mkdir(tree, 0700) == 0, "a directory is made");
	fuzz_write(other, "keep", 4);
	fuzz_require(stat(other, &before) == 0, "a file is there before");
	(void)!ce_archive_unpack(&u, &err);
	fuzz_require(stat(other, &after) == 0 && before.st_ino == after.st_ino &&
			     before.st_size == after.st_size && before.st_mode == after.st_mode &&
			     before.st_nlink == after.st_nlink,
		"nothing outside of the directory is touched");
	ce_arena_release(&arena);
}

void fuzz_conda(const char *data, size_t size)
{
	unpack(CE_ARCHIVE_CONDA, data, size);
}

void fuzz_tarbz2(const char *data, size_t size)
{
	unpack(CE_ARCHIVE_TAR_BZ2, data, size);
}

static void put_little_endian(struct ce_buf *out, uint64_t value, int bytes)
{
	for (; bytes-- > 0; value >>= 8)
		ce_buf_addc(out, (char)value);
}

/* A stored member with its local header. */
static void put_member(struct ce_buf *zip, const char *name, const char *data, size_t size)
{
	ce_buf_add(zip, "PK\3\4", 4);
	put_little_endian(zip, 20, 2); /* version */
	put_little_endian(zip, 0, 2);  /* flags */
	put_little_endian(zip, 0, 2);  /* stored */
	put_little_endian(zip, 0, 4);  /* time */
	put_little_endian(zip, 0, 4);  /* check sum */
	put_little_endian(zip, size, 4);
	put_little_endian(zip, size, 4);
	put_little_endian(zip, strlen(name), 2);
	put_little_endian(zip, 0, 2);
	ce_buf_adds(zip, name);
	ce_buf_add(zip, data, size);
}

void fuzz_tar(const char *data, size_t size)
{
	static const char meta[] = "{\"conda_pkg_format_version\": 2}";
	CE_CLEANUP(ce_buf_release) struct ce_buf zip = {0};
	char zeros[1024] = {0}, none[128];
	size_t cap = ZSTD_compressBound(size), n_none;
	CE_AUTOFREE char *packed = ce_alloc(cap);

	put_member(&zip, "metadata.json", meta, strlen(meta));
	put_member(&zip, "pkg-a-1.0-0.tar.zst", packed, ZSTD_compress(packed, cap, data, size, 1));
	n_none = ZSTD_compress(none, sizeof(none), zeros, sizeof(zeros), 1);
	put_member(&zip, "info-a-1.0-0.tar.zst", none, n_none);
	ce_buf_add(&zip, "PK\1\2", 4); /* the central directory, which is not read */
	unpack(CE_ARCHIVE_CONDA, zip.data, zip.len);
}

static void add_file(struct ce_contents *c, const char *path, const char *placeholder)
{
	struct ce_content *item = ce_contents_add(c);

	item->path = path;
	item->kind = CE_CONTENT_FILE;
	item->sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	item->placeholder = placeholder;
}

void fuzz_listing(const char *data, size_t size)
{
	static const char mark[] = "=== ";
	const char *dir = fuzz_dir();
	CE_AUTOFREE char *info = ce_path_join(dir, "info");
	CE_CLEANUP(ce_contents_freep) struct ce_contents *c = ce_contents_new();
	struct ccenv_error err;
	int fd;

	fuzz_require(mkdir(info, 0700) == 0, "a directory is made");
	while (size) {
		CE_AUTOFREE char *name = fuzz_line(&data, &size);
		CE_AUTOFREE char *path = NULL;
		size_t len = 0;

		while (len < size &&
			(size - len < strlen(mark) || memcmp(data + len, mark, strlen(mark)) != 0))
			len++;
		if (strncmp(name, mark, strlen(mark)) == 0 && !strchr(name, '/') &&
			strlen(name) < 40 && isalnum((unsigned char)name[strlen(mark)])) {
			path = ce_path_join(info, name + strlen(mark));
			fuzz_write(path, data, len);
		}
		data += len;
		size -= len;
	}
	add_file(c, "bin/a", NULL);
	add_file(c, "lib/b.so", NULL);
	add_file(c, "site-packages/m/x.py", NULL);
	add_file(c, "info/paths.json", NULL);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_require(fd >= 0, "a directory can be opened");
	(void)!ce_listing_read(fd, c, &err);
	close(fd);
}

/* A file for an item of a list, which has some of the bytes that the list is made of. */
static void check_content(const struct ce_content *c, const char *data, size_t size)
{
	const char *name = ce_path_base(c->path);
	CE_AUTOFREE char *path = ce_path_join(fuzz_dir(), name);
	char hex[CE_SHA256_HEX + 1];
	size_t n = c->size < size ? (size_t)c->size : size;
	enum ce_content_state state;
	struct stat st;
	int dir;

	if (strlen(name) > 200)
		return;
	fuzz_write(path, data, n);
	ce_sha256_bytes(data, n, hex);
	dir = open(fuzz_dir_now(), O_RDONLY | O_DIRECTORY);
	fuzz_require(dir >= 0, "the directory is there");
	state = ce_content_check(dir, c, true, &st);
	fuzz_require(state != CE_CONTENT_SAME || (c->sha256 && strcmp(c->sha256, hex) == 0),
		"other bytes are not the same");
	fuzz_require(state != CE_CONTENT_GONE, "a file that is there is not gone");
	fuzz_require(unlink(path) == 0, "a file is removed");
	fuzz_require(ce_content_check(dir, c, false, &st) == CE_CONTENT_GONE,
		"a file that is not there is gone");
	close(dir);
}

void fuzz_contents(const char *data, size_t size)
{
	CE_CLEANUP(ce_contents_freep) struct ce_contents *c = NULL, *again = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf first = {0}, second = {0};
	struct ccenv_error err;

	if (ce_contents_parse(data, size, &c, &err) < 0)
		return;
	for (size_t i = 0; i < c->n; i++)
		fuzz_require(ce_path_is_safe(c->items[i].path),
			"a path in a list stays below the entry");
	for (size_t i = 0, n = 0; i < c->n && n < 3; i++)
		if (c->items[i].kind == CE_CONTENT_FILE) {
			check_content(&c->items[i], data, size);
			n++;
		}
	ce_contents_format(c, &first);
	fuzz_require(ce_contents_parse(ce_buf_str(&first), first.len, &again, &err) >= 0,
		"a list that was written can be read");
	ce_contents_format(again, &second);
	fuzz_require(strcmp(ce_buf_str(&first), ce_buf_str(&second)) == 0,
		"a list that was written reads as the list");
}

static int add_out(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	(void)err;
	ce_buf_add(user, data, len);
	return 0;
}

/* Text that is ASCII without a first line "#!": every occurrence is replaced, and nothing else. */
static void check_replaced(
	const struct ce_relocate *how, const char *data, size_t size, const struct ce_buf *result)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf want = {0};
	size_t len = strlen(how->placeholder);

	for (size_t i = 0; i < size; i++)
		if (data[i] == 0 || (size >= 2 && memcmp(data, "#!", 2) == 0))
			return;
	for (size_t i = 0; i < size;) {
		if (size - i >= len && memcmp(data + i, how->placeholder, len) == 0) {
			ce_buf_adds(&want, how->prefix);
			i += len;
		} else {
			ce_buf_addc(&want, data[i++]);
		}
	}
	fuzz_require(
		want.len == result->len && memcmp(ce_buf_str(&want), result->data, want.len) == 0,
		"every occurrence in a text is replaced, and nothing else");
}

void fuzz_relocate(const char *data, size_t size)
{
	CE_AUTOFREE char *placeholder = fuzz_line(&data, &size), *prefix = fuzz_line(&data, &size);
	const struct ce_relocate how = {placeholder, prefix};
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, binary = {0}, line = {0};
	const struct ce_relocate_out to_text = {add_out, &text}, to_binary = {add_out, &binary};
	struct ccenv_error err;

	if (strlen(placeholder) < CE_RELOCATE_PLACEHOLDER_MIN || *placeholder != '/' ||
		*prefix != '/')
		return;
	if (ce_relocate_text(&how, data, size, &to_text, &err) >= 0 && size)
		check_replaced(&how, data, size, &text);
	if (ce_relocate_binary(&how, data, size, &to_binary, &err) >= 0)
		fuzz_require(binary.len == size, "a binary file keeps its size");
	if (size > 2 && memcmp(data, "#!", 2) == 0) {
		const char *end = memchr(data, '\n', size);

		ce_relocate_shebang(&how, data, end ? (size_t)(end - data) : size, &line);
	}
}

/* Every byte that it leads to is in the file. */
static void fuzz_elf_image(const char *data, size_t size)
{
	struct ce_elf_image image = {0};
	struct ccenv_error err;
	size_t total = 0;

	if (!ce_elf_is_image(data, size) ||
		ce_elf_image_parse((const unsigned char *)data, size, &image, &err) < 0)
		return;
	for (size_t i = 0; i < image.n_sections; i++) {
		const struct ce_elf_section *s = &image.sections[i];

		total += strlen(s->name);
		if (s->size)
			total += s->data[0] + s->data[s->size - 1];
		ce_elf_symbol_at(&image, i, s->size / 2);
	}
	for (size_t i = 0; i < image.n_symbols; i++)
		total += strlen(image.symbols[i].name);
	fuzz_require(total < SIZE_MAX, "its names end");
	ce_elf_image_release(&image);
}

void fuzz_elf(const char *data, size_t size)
{
	CE_AUTOFREE char *path = ce_path_join(fuzz_dir(), "elf");
	struct ce_elf elf = {0};
	struct ccenv_error err;

	fuzz_write(path, data, size);
	if (ce_elf_read(path, &elf, &err) >= 0)
		ce_elf_release(&elf);
	fuzz_elf_image(data, size);
}

void fuzz_ar(const char *data, size_t size)
{
	struct ce_ar ar = {0};
	struct ccenv_error err;
	size_t total = 0;

	if (!ce_ar_is(data, size) || ce_ar_parse((const unsigned char *)data, size, &ar, &err) < 0)
		return;
	for (size_t i = 0; i < ar.n; i++) {
		fuzz_require(ar.members[i].name, "a member has a name");
		for (size_t k = 0; k < ar.members[i].size; k++)
			total += ar.members[i].data[k];
	}
	fuzz_require(total <= size * 255, "members do not overlap");
	ce_ar_release(&ar);
}
