/* SPDX-License-Identifier: MIT */
/*
 * The list of an unpacked package as text: a line that names the form; then fields, each with a NUL
 * behind it (paths and targets may hold anything else): digest, name and version of the package,
 * seven fields for each path, two for each entry point.
 */
#include "cache/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "cache/beneath.h"
#include "ccenv/ccenv.h"

static const char magic[] = "ccenv contents 2\n";
static const char kinds[] = "FLD";

struct ce_contents *ce_contents_new(void)
{
	return ce_calloc(1, sizeof(struct ce_contents));
}

void ce_contents_free(struct ce_contents *c)
{
	if (!c)
		return;
	ce_arena_release(&c->arena);
	free(c->items);
	free(c);
}

struct ce_content *ce_contents_add(struct ce_contents *c)
{
	CE_GROW(c->items, c->n, c->cap);
	c->items[c->n] = (struct ce_content){.path = NULL};
	return &c->items[c->n++];
}

/* Hashes an open file; false with errno when it cannot be read. */
static bool hash_file(int fd, char hex[CE_SHA256_HEX + 1])
{
	enum {
		CHUNK = 256 << 10
	};
	CE_CLEANUP(ce_digest_freep) struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);
	CE_AUTOFREE char *chunk = ce_alloc(CHUNK);
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		ce_digest_update(d, chunk, (size_t)n);
	}
	ce_digest_final(CE_TAKE(d), hex);
	return true;
}

static enum ce_content_state check_bytes(int dir, const struct ce_content *c, const struct stat *st)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = c->mtime}};
	CE_CLEANUP(ce_fs_closep) int fd = ce_open_file_in(dir, ce_path_base(c->path));
	char hex[CE_SHA256_HEX + 1];

	if (fd < 0)
		return errno == ENOENT                     ? CE_CONTENT_GONE
		       : errno == ELOOP || errno == EINVAL ? CE_CONTENT_OTHER
							   : CE_CONTENT_UNREADABLE;
	if (!hash_file(fd, hex))
		return CE_CONTENT_UNREADABLE;
	if (!c->sha256 || strcmp(hex, c->sha256) != 0)
		return CE_CONTENT_OTHER;
	/* A cache that cannot be written stays as it is. */
	if (st->st_mtim.tv_sec != c->mtime)
		ce_ignore(futimens(fd, times));
	return CE_CONTENT_SAME;
}

enum ce_content_state ce_content_check(
	int dir, const struct ce_content *c, bool bytes, struct stat *ret_st)
{
	const char *name = ce_path_base(c->path);
	enum ce_content_state state = CE_CONTENT_SAME;

	if (fstatat(dir, name, ret_st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? CE_CONTENT_GONE
							   : CE_CONTENT_UNREADABLE;
	if (!S_ISREG(ret_st->st_mode) || (uint64_t)ret_st->st_size != c->size)
		return CE_CONTENT_OTHER;
	if (bytes || ret_st->st_mtim.tv_sec != c->mtime)
		state = check_bytes(dir, c, ret_st);
	if (state != CE_CONTENT_SAME || !c->executable || (ret_st->st_mode & 0111))
		return state;
	ret_st->st_mode |= 0111;
	return fchmodat(dir, name, 0555, 0) == 0 ? CE_CONTENT_SAME : CE_CONTENT_MODE;
}

static void add_field(struct ce_buf *out, const char *s)
{
	ce_buf_add(out, s ? s : "", (s ? strlen(s) : 0) + 1);
}

void ce_contents_format(const struct ce_contents *c, struct ce_buf *out)
{
	ce_buf_adds(out, magic);
	add_field(out, c->key);
	add_field(out, c->name);
	add_field(out, c->version);
	for (size_t i = 0; i < c->n; i++) {
		const struct ce_content *e = &c->items[i];

		ce_buf_addf(out, "%c%s%s%s%s", kinds[e->kind], e->listed ? "l" : "",
			e->binary ? "b" : "", e->no_link ? "n" : "", e->executable ? "x" : "");
		ce_buf_addc(out, '\0');
		ce_buf_addf(out, "%llu", (unsigned long long)e->size);
		ce_buf_addc(out, '\0');
		ce_buf_addf(out, "%lld", (long long)e->mtime);
		ce_buf_addc(out, '\0');
		add_field(out, e->sha256);
		add_field(out, e->placeholder);
		add_field(out, e->path);
		add_field(out, e->target);
	}
	for (size_t i = 0; i < c->n_entry_points; i++) {
		add_field(out, "E");
		add_field(out, c->entry_points[i]);
	}
}

/* What is left of the text; it ends with a NUL. */
struct cursor {
	const char *at, *end;
};

/* The next field, or NULL when there is none. */
static const char *next(struct cursor *c)
{
	const char *field = c->at;

	if (c->at >= c->end)
		return NULL;
	c->at += strlen(c->at) + 1;
	return field;
}

static int fail_list(struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "the list of a package's files is damaged");
}

static int parse_item(
	struct cursor *cursor, const char *flags, struct ce_contents *c, struct ccenv_error *err)
{
	const char *kind = strchr(kinds, flags[0]), *fields[6];
	struct ce_content *e;
	char *end_size, *end_mtime;

	for (size_t i = 0; i < CE_COUNT(fields); i++) {
		fields[i] = next(cursor);
		if (!fields[i])
			return fail_list(err);
	}
	if (!flags[0] || !kind || !ce_path_is_safe(fields[4]))
		return fail_list(err);
	e = ce_contents_add(c);
	e->kind = (enum ce_content_kind)(kind - kinds);
	e->size = strtoull(fields[0], &end_size, 10);
	e->mtime = strtoll(fields[1], &end_mtime, 10);
	e->sha256 = fields[2][0] ? fields[2] : NULL;
	e->placeholder = fields[3][0] ? fields[3] : NULL;
	e->path = fields[4];
	e->target = e->kind == CE_CONTENT_LINK ? fields[5] : NULL;
	e->listed = strchr(flags, 'l');
	e->binary = strchr(flags, 'b');
	e->no_link = strchr(flags, 'n');
	e->executable = strchr(flags, 'x');
	if (*end_size || *end_mtime || (e->sha256 && !ce_sha256_is_hex(e->sha256)))
		return fail_list(err);
	return 0;
}

static void add_entry_point(struct ce_contents *c, size_t *cap, const char *text)
{
	/* Doubling in an arena wastes as much again: entry points are few. */
	if (c->n_entry_points == *cap) {
		const char **more = ce_arena_array(&c->arena, *cap * 2 + 8, sizeof(*more));

		if (c->n_entry_points > 0)
			memcpy(more, c->entry_points, c->n_entry_points * sizeof(*more));
		c->entry_points = more;
		*cap = *cap * 2 + 8;
	}
	c->entry_points[c->n_entry_points++] = text;
}

int ce_contents_parse(
	const char *text, size_t len, struct ce_contents **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_contents_freep) struct ce_contents *c = ce_contents_new();
	size_t n_magic = sizeof(magic) - 1, cap_entry_points = 0;
	struct cursor cursor;
	const char *field;
	char *copy;
	int r = 0;

	if (len < n_magic || memcmp(text, magic, n_magic) != 0 ||
		(len > n_magic && text[len - 1] != '\0'))
		return fail_list(err);
	copy = ce_arena_alloc(&c->arena, len - n_magic + 1);
	memcpy(copy, text + n_magic, len - n_magic);
	cursor = (struct cursor){.at = copy, .end = copy + (len - n_magic)};
	c->key = next(&cursor);
	c->name = next(&cursor);
	c->version = next(&cursor);
	if (!c->key || !c->name || !c->version)
		return fail_list(err);
	while (r == 0 && (field = next(&cursor))) {
		if (field[0] != 'E') {
			r = parse_item(&cursor, field, c, err);
			continue;
		}
		field = next(&cursor);
		if (!field)
			return fail_list(err);
		add_entry_point(c, &cap_entry_points, field);
	}
	if (r < 0)
		return r;
	*ret = CE_TAKE(c);
	return 0;
}
