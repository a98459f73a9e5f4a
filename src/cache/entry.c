/* SPDX-License-Identifier: MIT */
/* Making and removing cache entries; see entry.h. */
#include "cache/entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

/* Makes and locks the temporary directory <parent>/<key>.<pid>.XXXXXX. */
static int make_stage(
	const char *parent, const char *key, char **ret_stage, int *ret_fd, struct ccenv_error *err)
{
	CE_AUTOFREE char *stage = ce_asprintf("%s/%.64s.%ld.XXXXXX", parent, key, (long)getpid());
	int fd;

	if (!mkdtemp(stage))
		return ce_fail_errno(err, errno, "cannot create a directory in %s", parent);
	fd = open(stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", stage);
	(void)flock(fd, LOCK_EX | LOCK_NB);
	*ret_stage = CE_TAKE(stage);
	*ret_fd = fd;
	return 0;
}

int ce_entry_begin(
	const char *cache_dir, const char *key, struct ce_entry *ret_entry, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = NULL;
	CE_CLEANUP(ce_fs_closep) int parent_fd = -1;
	struct ce_entry e = {.lock_fd = -1};
	int r = open_tmp(cache_dir, &parent, &parent_fd, err);

	if (r < 0)
		return r;
	/* Shared: many may begin at once, but nobody sweeps. Without locks the process id must do.
	 */
	(void)flock(parent_fd, LOCK_SH);
	r = make_stage(parent, key, &e.stage, &e.lock_fd, err);
	if (r < 0)
		return r;
	e.contents = ce_contents_new();
	e.contents->key = ce_arena_strdup(&e.contents->arena, key);
	e.tree = ce_path_join(e.stage, "tree");
	if (mkdir(e.tree, 0755) < 0 || chmod(e.tree, 0755) < 0) {
		r = ce_fail_errno(err, errno, "cannot create %s", e.tree);
		ce_entry_drop(&e);
		return r;
	}
	*ret_entry = e;
	return 0;
}

void ce_entry_note(struct ce_entry *e, const struct ce_archive_entry *file)
{
	struct ce_content *c;

	if (file->kind == CE_ARCHIVE_DIR)
		return;
	c = ce_contents_add(e->contents);
	c->kind = file->kind == CE_ARCHIVE_LINK ? CE_CONTENT_LINK : CE_CONTENT_FILE;
	c->path = ce_arena_strdup(&e->contents->arena, file->path);
	c->target = ce_arena_strdup(&e->contents->arena, file->target);
	c->written = file->written;
}

/* What unpacking has found of each file, now that it has ended. */
static void note_written(struct ce_contents *contents)
{
	for (size_t i = 0; i < contents->n; i++) {
		struct ce_content *c = &contents->items[i];

		if (!c->written)
			continue;
		c->sha256 = c->written->sha256;
		c->size = c->written->size;
		c->mtime = c->written->mtime;
	}
}

int ce_entry_list(struct ce_entry *e, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep)
	int tree = open(e->tree, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (tree < 0)
		return ce_fail_errno(err, errno, "cannot open %s", e->tree);
	note_written(e->contents);
	r = ce_listing_read(tree, e->contents, err);
	if (r < 0)
		return r;
	e->listed = true;
	return 0;
}

/* The list in the stage, to be renamed. */
static int write_list(const struct ce_entry *e, char **ret_path, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(e->stage, "list");
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(ce_fs_closep) int fd = -1;

	ce_contents_format(e->contents, &text);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot create %s", path);
	if (ce_fs_write_all(fd, text.data, text.len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	*ret_path = CE_TAKE(path);
	return 0;
}

int ce_entry_publish(
	struct ce_entry *e, const char *dir, const struct ce_pkg *pkg, struct ccenv_error *err)
{
	CE_AUTOFREE char *list = NULL;
	CE_AUTOFREE char *list_to = ce_asprintf("%s.list", dir);
	int r = e->listed ? 0 : ce_entry_list(e, err);

	if (r < 0)
		return r;
	r = write_list(e, &list, err);
	if (r < 0)
		return r;
	if (rename(e->tree, dir) == 0)
		return rename(list, list_to) == 0
			       ? 0
			       : ce_fail_errno(err, errno, "cannot create %s", list_to);
	if (errno != EEXIST && errno != ENOTEMPTY)
		return ce_fail_errno(err, errno, "cannot create %s", dir);
	/* Where there are no locks, another process may have been faster. The same package gives
	 * the same list. */
	if (!ce_fs_exists(list_to) && rename(list, list_to) < 0)
		return ce_fail_errno(err, errno, "cannot create %s", list_to);
	return ce_entry_check(dir, pkg, err);
}

void ce_entry_drop(struct ce_entry *e)
{
	struct ccenv_error ignored;

	/* What cannot be removed is swept by a later run. */
	if (e->stage)
		ce_ignore(ce_fs_remove_tree(e->stage, &ignored));
	free(CE_TAKE(e->stage));
	free(CE_TAKE(e->tree));
	ce_fs_closep(&e->lock_fd);
	ce_contents_free(CE_TAKE(e->contents));
}

int ce_entry_remove(const char *cache_dir, const char *dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = NULL;
	CE_AUTOFREE char *to = NULL;
	CE_CLEANUP(ce_fs_closep) int parent_fd = -1;
	CE_AUTOFREE char *list = ce_asprintf("%s.list", dir);
	CE_CLEANUP(ce_fs_closep)
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct ccenv_error ignored;
	int r = open_tmp(cache_dir, &parent, &parent_fd, err);

	if (r < 0)
		return r;
	(void)flock(parent_fd, LOCK_SH);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB);
	if (unlink(list) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", list);
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

		/* One that cannot be removed does not keep the others. */
		if (d->d_name[0] != '.' && is_orphan(dirfd(dir), d->d_name))
			ce_ignore(ce_fs_remove_tree(child, &ignored));
	}
	closedir(dir);
}
