/* SPDX-License-Identifier: MIT */
/* Making and checking entries of the cache; see entry.h. */
#include "cache/entry.h"

#include <assert.h>
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
#include "base/path.h"
#include "cache/contents.h"
#include "cache/listing.h"
#include "ccenv/ccenv.h"
#include "io/archive.h"
#include "model/layout.h"

enum {
	TOUCH_S = 3600
};

/* A directory of an entry, kept open: the files of one come together, and are then found by their
 * last name alone. */
struct folder {
	int entry, fd;
	const char *path; /* borrowed from the list; its first n bytes are the directory */
	size_t n;
};

static bool enter(struct folder *f, const char *path)
{
	size_t n = (size_t)(ce_path_base(path) - path);
	CE_AUTOFREE char *dir = NULL;

	if (f->fd >= 0 && f->n == n && memcmp(f->path, path, n) == 0)
		return true;
	ce_fs_closep(&f->fd);
	dir = n > 0 ? ce_strndup(path, n) : ce_strdup(".");
	f->fd = openat(f->entry, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->path = path;
	f->n = n;
	return f->fd >= 0;
}

static bool agrees(struct folder *f, const struct ce_content *c)
{
	const char *name = ce_path_base(c->path);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (c->kind == CE_CONTENT_DIR)
		return true; /* made when linking, whether it is here or not */
	if (!enter(f, c->path))
		return false;
	if (c->kind == CE_CONTENT_LINK) {
		n = readlinkat(f->fd, name, target, sizeof(target));
		return n >= 0 && (size_t)n == strlen(c->target) &&
		       memcmp(target, c->target, (size_t)n) == 0;
	}
	return fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && ce_content_agrees(c, &st);
}

static int read_contents(const char *dir, struct ce_contents **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(dir, CE_CONTENTS_NAME);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	if (ce_fs_read(path, CE_CONTENTS_MAX, &text, err) < 0 ||
		ce_contents_parse(ce_buf_str(&text), text.len, ret, err) < 0)
		return ce_fail(err, CCENV_EDATA, "%s cannot be used", path);
	return 0;
}

static int check_bytes(const char *dir, const struct ce_content *c, struct ccenv_error *err)
{
	CE_AUTOFREE char *file = ce_path_join(dir, c->path);
	char hex[CE_SHA256_HEX + 1];
	int r;

	if (c->kind != CE_CONTENT_FILE || !c->sha256)
		return 0;
	r = ce_sha256_file(file, hex, err);
	if (r < 0 && !ce_fs_exists(file)) /* somebody cleans the cache */
		return ce_fail(err, CCENV_EDATA, "%s is gone", file);
	if (r == 0 && strcmp(hex, c->sha256) != 0)
		r = ce_fail(err, CCENV_EDATA, "%s has other bytes than its package", file);
	return r;
}

static int check(const char *dir, bool bytes, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CE_CLEANUP(ce_contents_freep) struct ce_contents *contents = NULL;
	struct folder folder = {.entry = fd, .fd = -1};
	int r;

	if (fd < 0 && errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: not in the cache", dir);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", dir);
	r = read_contents(dir, &contents, err);
	if (r < 0)
		return r;
	assert(contents);
	for (size_t i = 0; r == 0 && i < contents->n; i++) {
		const struct ce_content *c = &contents->items[i];

		if (!agrees(&folder, c))
			r = ce_fail(
				err, CCENV_EDATA, "%s/%s is not as it was unpacked", dir, c->path);
		else if (bytes)
			r = check_bytes(dir, c, err);
	}
	ce_fs_closep(&folder.fd);
	return r;
}

bool ce_entry_is_there(const char *dir)
{
	CE_AUTOFREE char *list = ce_path_join(dir, CE_CONTENTS_NAME);

	return ce_fs_exists(list);
}

int ce_entry_check(const char *dir, struct ccenv_error *err)
{
	return check(dir, false, err);
}

int ce_entry_check_bytes(const char *dir, struct ccenv_error *err)
{
	return check(dir, true, err);
}

void ce_entry_touch(const char *dir)
{
	struct stat st;

	/* A cache that cannot be written is not cleaned either. */
	if (stat(dir, &st) == 0 && time(NULL) - st.st_mtim.tv_sec > TOUCH_S)
		ce_ignore(utimensat(AT_FDCWD, dir, NULL, 0));
}

/* The directory of what is being made; it is locked while one of its children is made and locked.
 */
static int open_tmp(const char *cache_dir, char **ret_path, int *ret_fd, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_layout_pkg(cache_dir, "tmp");
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
	CE_AUTOFREE char *parent = NULL;
	CE_AUTOFREE char *tmp = NULL;
	CE_CLEANUP(ce_fs_closep) int parent_fd = -1;
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
	*ret_entry = (struct ce_entry){
		.tmp = CE_TAKE(tmp), .lock_fd = fd, .contents = ce_contents_new()};
	return 0;
}

void ce_entry_note(struct ce_entry *e, const struct ce_archive_entry *file)
{
	struct ce_content *c;

	if (file->kind == CE_ARCHIVE_DIR || strcmp(file->path, CE_CONTENTS_NAME) == 0)
		return; /* a package does not get to say what is in its entry */
	c = ce_contents_add(e->contents);
	c->kind = file->kind == CE_ARCHIVE_LINK ? CE_CONTENT_LINK : CE_CONTENT_FILE;
	c->path = ce_arena_strdup(&e->contents->arena, file->path);
	c->target = ce_arena_strdup(&e->contents->arena, file->target);
	c->size = file->size;
	c->mtime = file->mtime;
}

static int write_list(const struct ce_entry *e, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(e->tmp, CE_CONTENTS_NAME);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(ce_fs_closep) int fd = -1;

	ce_contents_format(e->contents, &text);
	if (unlink(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot replace %s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot create %s", path);
	if (ce_fs_write_all(fd, text.data, text.len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	return 0;
}

int ce_entry_list(struct ce_entry *e, struct ccenv_error *err)
{
	int r = ce_listing_read(e->tmp, e->contents, err);

	e->listed = r == 0;
	return r;
}

int ce_entry_publish(struct ce_entry *e, const char *dir, struct ccenv_error *err)
{
	int r = e->listed ? 0 : ce_entry_list(e, err);

	if (r == 0)
		r = write_list(e, err);
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

	if (e->tmp)
		ce_ignore(ce_fs_remove_tree(e->tmp, &ignored)); /* swept by a later run */
	free(CE_TAKE(e->tmp));
	if (e->lock_fd >= 0)
		close(e->lock_fd);
	e->lock_fd = -1;
	ce_contents_free(CE_TAKE(e->contents));
}

int ce_entry_remove(const char *cache_dir, const char *dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = NULL;
	CE_AUTOFREE char *to = NULL;
	CE_CLEANUP(ce_fs_closep) int parent_fd = -1;
	CE_CLEANUP(ce_fs_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ccenv_error ignored;
	int r = open_tmp(cache_dir, &parent, &parent_fd, err);

	if (r < 0)
		return r;
	(void)flock(parent_fd, LOCK_SH);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB);
	/* In one step, so that nobody sees half an entry; and without making anything, since a full
	 * disk is a reason to remove entries. */
	to = ce_asprintf("%s/%.64s.%ld.removed", parent, ce_path_base(dir), (long)getpid());
	ce_ignore(ce_fs_remove_tree(to, &ignored)); /* the next call says why */
	if (rename(dir, to) < 0)
		return errno == ENOENT ? 0 : ce_fail_errno(err, errno, "cannot remove %s", dir);
	ce_ignore(ce_fs_remove_tree(to, &ignored)); /* swept by a later run */
	return 0;
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
	CE_AUTOFREE char *path = NULL;
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
		CE_AUTOFREE char *child = ce_path_join(path, d->d_name);

		if (d->d_name[0] != '.' && is_orphan(dirfd(dir), d->d_name) &&
			ce_fs_remove_tree(child, &ignored) < 0)
			break;
	}
	closedir(dir);
}
