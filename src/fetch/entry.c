/* SPDX-License-Identifier: MIT */
/* Making and checking entries of the cache; see entry.h. */
#include "fetch/entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "io/archive.h"
#include "model/layout.h"
#include "model/pkg.h"

enum {
	INDEX_BYTES_MAX = 256 << 20,
	INDEX_VERSION = 1,
	TOUCH_S = 3600
};

static const char index_name[] = "info/ccenv.json";

static void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Does the file at `path` have what `value` says: [size, mtime] or a link's target? */
static bool agrees(int dir, const char *path, const json_t *value)
{
	struct stat st;

	if (json_is_string(value)) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(dir, path, target, sizeof(target));

		return n >= 0 && (size_t)n == json_string_length(value) &&
		       memcmp(target, json_string_value(value), (size_t)n) == 0;
	}
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	return st.st_size == json_integer_value(json_array_get(value, 0)) &&
	       st.st_mtim.tv_sec == json_integer_value(json_array_get(value, 1));
}

int ce_entry_check(const char *dir, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_path_join(dir, index_name);
	CE_CLEANUP(close_fdp) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CE_CLEANUP(ce_json_decrefp) json_t *index = NULL;
	json_t *files = NULL, *value;
	uint64_t version = 0;
	const char *key;
	int r;

	if (fd < 0 && errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: not in the cache", dir);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", dir);
	r = ce_json_read(path, INDEX_BYTES_MAX, &index, err);
	if (r == 0)
		r = ce_json_uint(index, "version", &version, err);
	if (r == 0)
		r = ce_json_object(index, "files", &files, err);
	if (r < 0 || version != INDEX_VERSION || !files)
		return ce_fail(err, CCENV_EDATA, "%s cannot be used", path);
	json_object_foreach (files, key, value) {
		if (!agrees(fd, key, value))
			return ce_fail(
				err, CCENV_EDATA, "%s/%s is not as it was unpacked", dir, key);
	}
	return 0;
}

int ce_entry_check_bytes(const char *dir, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *list = ce_path_join(dir, "info/paths.json");
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	json_t *entry;
	size_t i;
	int r = ce_entry_check(dir, err);

	if (r < 0 || !ce_fs_exists(list))
		return r;
	if (ce_json_read(list, INDEX_BYTES_MAX, &o, err) < 0)
		return ce_fail(err, CCENV_EDATA, "%s cannot be used", list);
	json_array_foreach (json_object_get(o, "paths"), i, entry) {
		const char *path = json_string_value(json_object_get(entry, "_path"));
		const char *sha256 = json_string_value(json_object_get(entry, "sha256"));
		const char *type = json_string_value(json_object_get(entry, "path_type"));
		char hex[CE_SHA256_HEX + 1];

		if (!path || !sha256 || (type && strcmp(type, "hardlink") != 0) ||
			!ce_path_is_safe(path))
			continue;
		CE_CLEANUP(ce_freep) char *file = ce_path_join(dir, path);

		r = ce_sha256_file(file, hex, err);
		if (r < 0)
			return r;
		if (strcmp(hex, sha256) != 0)
			return ce_fail(
				err, CCENV_EDATA, "%s has other bytes than its package", file);
	}
	return 0;
}

void ce_entry_touch(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) == 0 && time(NULL) - st.st_mtim.tv_sec > TOUCH_S &&
		utimensat(AT_FDCWD, dir, NULL, 0) < 0)
		errno = 0; /* a cache that cannot be written is not cleaned either */
}

/* The directory of what is being made; it is locked while one of its children is made and locked.
 */
static int open_tmp(const char *cache_dir, char **ret_path, int *ret_fd, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_layout_pkg(cache_dir, "tmp");
	int r = ce_fs_mkdirs(path, err);

	if (r < 0)
		return r;
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", path);
	*ret_path = CE_TAKE(path);
	return 0;
}

int ce_entry_begin(
	const char *cache_dir, const char *key, struct ce_entry *ret_entry, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *parent = NULL;
	CE_CLEANUP(ce_freep) char *tmp = NULL;
	CE_CLEANUP(close_fdp) int parent_fd = -1;
	int fd, r = open_tmp(cache_dir, &parent, &parent_fd, err);

	if (r < 0)
		return r;
	tmp = ce_asprintf("%s/%.64s.%ld.XXXXXX", parent, key, (long)getpid());
	/* Shared: many may begin at once, but nobody sweeps. Without locks the process id must do.
	 */
	(void)flock(parent_fd, LOCK_SH);
	if (!mkdtemp(tmp))
		return ce_fail_errno(err, errno, "cannot create a directory in %s", parent);
	fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) < 0) {
		r = ce_fail_errno(err, errno, "cannot open %s", tmp);
		if (fd >= 0)
			close(fd);
		return r;
	}
	(void)flock(fd, LOCK_EX | LOCK_NB);
	*ret_entry = (struct ce_entry){.tmp = CE_TAKE(tmp), .lock_fd = fd, .files = json_object()};
	return 0;
}

void ce_entry_note(struct ce_entry *e, const struct ce_archive_entry *file)
{
	json_t *value = NULL;

	if (file->kind == CE_ARCHIVE_FILE)
		value = json_pack("[I,I]", (json_int_t)file->size, (json_int_t)file->mtime);
	else if (file->kind == CE_ARCHIVE_LINK)
		value = json_string_nocheck(file->target);
	if (value)
		json_object_set_new_nocheck(e->files, file->path, value);
}

static int write_index(const struct ce_entry *e, const struct ce_pkg *pkg, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_path_join(e->tmp, index_name);
	CE_CLEANUP(ce_freep) char *text = NULL;
	CE_CLEANUP(ce_json_decrefp) json_t *index = json_object();
	CE_CLEANUP(close_fdp) int fd = -1;
	size_t len;

	/* A package that brings a file of this name does not get to say what is in the entry. */
	json_object_del(e->files, index_name);
	json_object_set_new(index, "version", json_integer(INDEX_VERSION));
	json_object_set_new(index, "fn", json_string(pkg->fn));
	json_object_set_new(index, "url", json_string(pkg->url));
	json_object_set_new(index, "size", json_integer((json_int_t)pkg->size));
	json_object_set(index, "files", e->files);
	text = json_dumps(index, JSON_COMPACT);
	if (!text)
		return ce_fail(err, CCENV_EDATA, "a file name in the archive is not UTF-8");
	if (unlink(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot replace %s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot create %s", path);
	len = strlen(text);
	for (const char *p = text; len > 0;) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot write %s", path);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int ce_entry_publish(
	struct ce_entry *e, const struct ce_pkg *pkg, const char *dir, struct ccenv_error *err)
{
	int r = write_index(e, pkg, err);

	if (r < 0)
		return r;
	if (rename(e->tmp, dir) == 0) {
		free(CE_TAKE(e->tmp));
		return 0;
	}
	if (errno != EEXIST && errno != ENOTEMPTY)
		return ce_fail_errno(err, errno, "cannot create %s", dir);
	return ce_entry_check(dir, err);
}

void ce_entry_drop(struct ce_entry *e)
{
	struct ccenv_error ignored;

	if (e->tmp && ce_fs_remove_tree(e->tmp, &ignored) < 0)
		errno = 0; /* swept by a later run */
	free(CE_TAKE(e->tmp));
	if (e->lock_fd >= 0)
		close(e->lock_fd);
	e->lock_fd = -1;
	json_decref(e->files);
	e->files = NULL;
}

int ce_entry_remove(const char *cache_dir, const char *dir, struct ccenv_error *err)
{
	struct ce_entry grave = {0};
	CE_CLEANUP(ce_freep) char *to = NULL;
	int r = ce_entry_begin(cache_dir, "removed", &grave, err);

	if (r < 0)
		return r;
	/* In one step, so that nobody sees half an entry. */
	to = ce_path_join(grave.tmp, "entry");
	if (rename(dir, to) < 0 && errno != ENOENT)
		r = ce_fail_errno(err, errno, "cannot remove %s", dir);
	ce_entry_drop(&grave);
	return r;
}

/* Is the maker of <key>.<pid>.<random> gone? */
static bool is_orphan(int parent, const char *name)
{
	const char *dot = strchr(name, '.');
	long pid = dot ? strtol(dot + 1, NULL, 10) : 0;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool locked, orphan;

	if (fd < 0)
		return false;
	locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
	/* Where there are no locks, only the process id can tell, and not across machines: such
	 * entries stay. */
	orphan = locked ||
		 (errno != EWOULDBLOCK && pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH);
	close(fd);
	return orphan;
}

void ce_entry_sweep(const char *cache_dir)
{
	CE_CLEANUP(ce_freep) char *path = NULL;
	struct ccenv_error ignored;
	struct dirent *d;
	int fd = -1;
	DIR *dir;

	if (open_tmp(cache_dir, &path, &fd, &ignored) < 0)
		return;
	/* Somebody is just making one: another run will sweep. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return;
	}
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		CE_CLEANUP(ce_freep) char *child = ce_path_join(path, d->d_name);

		if (d->d_name[0] != '.' && is_orphan(dirfd(dir), d->d_name) &&
			ce_fs_remove_tree(child, &ignored) < 0)
			break;
	}
	closedir(dir);
}
