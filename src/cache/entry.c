/* SPDX-License-Identifier: MIT */
/* Making and removing cache entries; see entry.h. */
#include "cache/entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
#include "base/stage.h"
#include "cache/contents.h"
#include "cache/layout.h"
#include "cache/listing.h"
#include "ccenv/ccenv.h"
#include "io/archive.h"

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

int ce_entry_begin(
	const char *cache_dir, const char *key, struct ce_entry *ret_entry, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_cache_entry(cache_dir, key);
	struct ce_entry e = {.stage = CE_STAGE_NONE};
	int r = ce_stage_dir(dir, &e.stage, err);

	if (r < 0)
		return r;
	e.contents = ce_contents_new();
	e.contents->key = ce_arena_strdup(&e.contents->arena, key);
	e.tree = ce_path_join(e.stage.tmp, "tree");
	/* Whatever the umask says: other users may be let in to read. */
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
		c->executable = c->written->executable;
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
	CE_AUTOFREE char *path = ce_path_join(e->stage.tmp, "list");
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
	ce_stage_drop(&e->stage);
	free(CE_TAKE(e->tree));
	ce_contents_free(CE_TAKE(e->contents));
}

int ce_entry_remove(const char *dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *list = ce_asprintf("%s.list", dir);

	if (unlink(list) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", list);
	return ce_stage_remove(dir, err);
}

/* "<digest>.<process>.<6 characters>": what earlier versions called what they made. */
static bool is_old_stage(const char *name)
{
	size_t hex = strspn(name, "0123456789abcdef"), digits;

	if ((hex != CE_SHA256_HEX && hex != CE_MD5_HEX) || name[hex] != '.')
		return false;
	name += hex + 1;
	digits = strspn(name, "0123456789");
	return digits > 0 && name[digits] == '.' && strlen(name + digits) == 7;
}

/* Its maker holds a lock on the directory while it lives. */
static void sweep_old_stage(int parent, const char *dir, const char *name)
{
	CE_AUTOFREE char *path = ce_path_join(dir, name);
	CE_CLEANUP(ce_fs_closep)
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct ccenv_error ignored;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		ce_ignore(ce_fs_remove_tree(path, &ignored));
}

/* What killed processes of older versions left in pkgs/tmp/. */
static void sweep_old_stages(const char *pkgs)
{
	CE_AUTOFREE char *path = ce_path_join(pkgs, "tmp");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* While this is locked nobody begins one. */
	DIR *dir = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (is_old_stage(e->d_name))
			sweep_old_stage(fd, path, e->d_name);
	if (dir)
		ce_ignore(rmdir(path)); /* where there is something else it stays */
	if (dir)
		closedir(dir);
	else
		ce_fs_closep(&fd);
}

void ce_entry_sweep(const char *cache_dir)
{
	CE_AUTOFREE char *pkgs = ce_cache_pkgs(cache_dir);

	ce_stage_sweep(pkgs);
	sweep_old_stages(pkgs);
}
