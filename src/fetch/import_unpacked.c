/* SPDX-License-Identifier: MIT */
/* Copying an unpacked package and comparing it with its own list; see import_unpacked.h. */
#include "fetch/import_unpacked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"
#include "cache/contents.h"
#include "cache/entry.h"
#include "ccenv/ccenv.h"
#include "io/archive.h"
#include "io/archive_tree.h"
#include "model/pkg.h"

enum {
	CHUNK = 256 << 10,
	DEPTH_MAX = 100,
	PATHS_MAX = 1000 * 1000,
	RECORD_MAX = 16 << 20,
	LOCK_MAX = 4096
};

/* ---- whose it is ---- */

/* rattler's <dir>.lock: a revision of eight bytes, then the sha256 of the archive. */
static bool says_lock(const char *dir, const char *sha256)
{
	CE_AUTOFREE char *path = ce_asprintf("%s.lock", dir);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	char hex[CE_SHA256_HEX + 1];
	struct ccenv_error ignored;

	if (ce_fs_read(path, LOCK_MAX, &text, &ignored) < 0 || text.len < 8 + 32)
		return false;
	ce_hex(text.data + 8, 32, hex);
	return strcmp(hex, sha256) == 0;
}

static bool says_record(const char *dir, const char *sha256)
{
	CE_AUTOFREE char *path = ce_path_join(dir, "info/repodata_record.json");
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ccenv_error ignored;
	const char *found;

	if (ce_json_read(path, RECORD_MAX, &o, &ignored) < 0)
		return false;
	found = json_string_value(json_object_get(o, "sha256"));
	return found && strcmp(found, sha256) == 0;
}

bool ce_unpacked_is(const char *dir, const struct ce_pkg *pkg)
{
	struct stat st;

	return pkg->sha256 && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	       (says_lock(dir, pkg->sha256) || says_record(dir, pkg->sha256));
}

/* ---- copying ---- */

struct import {
	const char *dir;
	const _Atomic bool *cancelled;
	struct ce_entry *entry;
	struct ce_tree *tree;
	uint64_t n, bytes_left;
	char *chunk;
};

static int fail_at(const struct import *a, const char *path, struct ccenv_error *err)
{
	return ce_fail_errno(err, errno, "cannot read %s/%s", a->dir, path);
}

/* From an open file to the tree. */
static int copy_bytes(
	struct import *a, int fd, const char *path, uint64_t *ret_size, struct ccenv_error *err)
{
	uint64_t at = 0;

	for (;;) {
		ssize_t n = read(fd, a->chunk, CHUNK);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_at(a, path, err);
		if (n == 0)
			break;
		if (atomic_load(a->cancelled))
			return ce_fail(err, CCENV_EIO, "stopped");
		if ((uint64_t)n > a->bytes_left)
			return ce_fail(err, CCENV_EDATA, "%s is too large", a->dir);
		a->bytes_left -= (uint64_t)n;
		r = ce_tree_data(a->tree, a->chunk, (size_t)n, at, err);
		if (r < 0)
			return r;
		at += (uint64_t)n;
	}
	*ret_size = at;
	return 0;
}

static int copy_file(struct import *a, int dir, const char *name, const char *path,
	struct ce_archive_entry *ret, struct ccenv_error *err)
{
	/* What was a file a moment ago may be a pipe now. */
	CE_CLEANUP(ce_fs_closep)
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct ce_written *written = ce_arena_alloc(&a->entry->contents->arena, sizeof(*written));
	uint64_t size = 0;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_at(a, path, err);
	if (!S_ISREG(st.st_mode))
		return ce_fail(err, CCENV_EDATA, "%s/%s is not a file", a->dir, path);
	r = ce_tree_begin(a->tree, path, st.st_mode & 0111, err);
	if (r < 0)
		return r;
	r = copy_bytes(a, fd, path, &size, err);
	if (r < 0)
		return r;
	ret->written = written;
	return ce_tree_end(a->tree, size, st.st_mtim, written, err);
}

static int copy_link(struct import *a, int dir, const char *name, const char *path,
	char target[PATH_MAX], struct ccenv_error *err)
{
	ssize_t n = readlinkat(dir, name, target, PATH_MAX - 1);

	if (n < 0)
		return fail_at(a, path, err);
	target[n] = '\0';
	return ce_tree_link(a->tree, path, target, err);
}

static int copy_dir(
	struct import *a, int dir, const char *path, int depth, struct ccenv_error *err);

static int copy_one(struct import *a, int dir, const char *name, const char *path, int depth,
	struct ccenv_error *err)
{
	struct ce_archive_entry e = {.path = path, .kind = CE_ARCHIVE_FILE};
	char target[PATH_MAX];
	struct stat st;
	int r;

	if (!ce_path_is_safe(path) || a->n++ > PATHS_MAX)
		return ce_fail(err, CCENV_EDATA, "%s has an unsafe path, or more than %d files",
			a->dir, PATHS_MAX);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_at(a, path, err);
	if (S_ISDIR(st.st_mode)) {
		CE_CLEANUP(ce_fs_closep)
		int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		return fd < 0 ? fail_at(a, path, err) : copy_dir(a, fd, path, depth + 1, err);
	}
	if (S_ISLNK(st.st_mode)) {
		r = copy_link(a, dir, name, path, target, err);
		e.kind = CE_ARCHIVE_LINK;
		e.target = target;
	} else {
		r = copy_file(a, dir, name, path, &e, err);
	}
	if (r < 0)
		return r;
	ce_entry_note(a->entry, &e);
	return 0;
}

/* All in the open directory, which is `path` in the package ("" at the top). */
static int copy_dir(struct import *a, int fd, const char *path, int depth, struct ccenv_error *err)
{
	int own = depth < DEPTH_MAX ? dup(fd) : -1;
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;
	struct dirent *d;
	int r = 0;

	if (!dir)
		return ce_fail(err, CCENV_EDATA, "%s/%s cannot be read", a->dir, path);
	while (r == 0 && (d = readdir(dir))) {
		CE_AUTOFREE char *child = NULL;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		child = *path ? ce_path_join(path, d->d_name) : ce_strdup(d->d_name);
		/* The other program's own. */
		if (strcmp(child, "info/repodata_record.json") != 0)
			r = copy_one(a, fd, d->d_name, child, depth, err);
	}
	closedir(dir);
	return r;
}

/* ---- comparing ---- */

/* Is everything listed, each file with the sha256 that it has? info/ is the list's own. */
static int compare(const struct import *a, struct ccenv_error *err)
{
	const struct ce_contents *all = a->entry->contents;

	for (size_t i = 0; i < all->n; i++) {
		const struct ce_content *c = &all->items[i];

		if (ce_has_prefix(c->path, "info/") || c->kind == CE_CONTENT_DIR)
			continue;
		if (!c->listed || (c->kind == CE_CONTENT_FILE && !c->attested))
			return ce_fail(err, CCENV_EDATA,
				"%s/%s is not in info/paths.json with its sha256", a->dir, c->path);
	}
	return 0;
}

static int copy_all(struct import *a, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep)
	int fd = open(a->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", a->dir);
	r = ce_tree_new(a->entry->tree, false, &a->tree, err);
	if (r < 0)
		return r;
	r = copy_dir(a, fd, "", 0, err);
	if (r < 0)
		return r;
	r = ce_tree_finish(a->tree, err);
	if (r < 0)
		return r;
	r = ce_entry_list(a->entry, err);
	return r < 0 ? r : compare(a, err);
}

int ce_import_unpacked(const char *dir, uint64_t max_bytes, struct ce_entry *entry,
	const _Atomic bool *cancelled, struct ccenv_error *err)
{
	struct import a = {.dir = dir,
		.entry = entry,
		.cancelled = cancelled,
		.bytes_left = max_bytes,
		.chunk = ce_alloc(CHUNK)};
	int r = copy_all(&a, err);

	ce_tree_free(a.tree);
	free(a.chunk);
	return r;
}
