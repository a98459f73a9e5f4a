/* SPDX-License-Identifier: MIT */
/* Is a cache entry as it was unpacked? See entry.h. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "cache/beneath.h"
#include "cache/contents.h"
#include "cache/entry.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"

/* A directory of an entry, kept open: the files of one come together, and are then opened by
 * basename. */
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
	dir = ce_strndup(path, n);
	f->fd = ce_open_dir_beneath(f->entry, dir);
	f->path = path;
	f->n = n;
	return f->fd >= 0;
}

static bool is_link_to(int dir, const char *name, const char *target)
{
	char found[PATH_MAX];
	ssize_t n = readlinkat(dir, name, found, sizeof(found));

	return n >= 0 && (size_t)n == strlen(target) && memcmp(found, target, (size_t)n) == 0;
}

static int check_one(struct folder *f, const char *dir, const struct ce_content *c, bool bytes,
	struct ccenv_error *err)
{
	enum ce_content_state state = CE_CONTENT_GONE;
	struct stat st;

	if (c->kind == CE_CONTENT_DIR)
		return 0; /* made when linking, whether it is here or not */
	if (enter(f, c->path) && c->kind == CE_CONTENT_LINK)
		state = is_link_to(f->fd, ce_path_base(c->path), c->target) ? CE_CONTENT_SAME
									    : CE_CONTENT_OTHER;
	else if (f->fd >= 0)
		state = ce_content_check(f->fd, c, bytes, &st);
	switch (state) {
	case CE_CONTENT_SAME:
	case CE_CONTENT_MODE:
		return 0;
	case CE_CONTENT_OTHER:
		return ce_fail(err, CCENV_EDATA, "%s/%s is not as it was unpacked", dir, c->path);
	case CE_CONTENT_GONE: /* somebody may be cleaning the cache */
		return ce_fail(err, CCENV_EDATA, "%s/%s is gone", dir, c->path);
	case CE_CONTENT_UNREADABLE:
		break;
	}
	return ce_fail_errno(err, errno, "cannot read %s/%s", dir, c->path);
}

static int check(const char *dir, const struct ce_pkg *pkg, bool bytes, struct ccenv_error *err)
{
	CE_CLEANUP(ce_contents_freep) struct ce_contents *contents = NULL;
	struct folder folder = {.fd = -1};
	int r = ce_entry_read(dir, pkg, &contents, err);

	if (r < 0)
		return r;
	assert(contents);
	folder.entry = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder.entry < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return ce_fail(err, CCENV_EDATA, "%s is not as it was unpacked", dir);
	if (folder.entry < 0)
		return ce_fail_errno(err, errno, "cannot open %s", dir);
	for (size_t i = 0; r == 0 && i < contents->n; i++)
		r = check_one(&folder, dir, &contents->items[i], bytes, err);
	ce_fs_closep(&folder.fd);
	ce_fs_closep(&folder.entry);
	return r;
}

int ce_entry_read(const char *dir, const struct ce_pkg *pkg, struct ce_contents **ret_contents,
	struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_asprintf("%s.list", dir);
	CE_CLEANUP(ce_contents_freep) struct ce_contents *c = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	const char *key = ce_pkg_digest(pkg);
	int r = ce_read_file_in(AT_FDCWD, path, CE_CONTENTS_MAX, &text, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(err, r, "%s: not in the cache", dir);
	if (r < 0)
		return r;
	r = ce_contents_parse(ce_buf_str(&text), text.len, &c, err);
	if (r < 0)
		return ce_context(err, r, "%s", path);
	if (!key || strcmp(c->key, key) != 0)
		return ce_fail(err, CCENV_EDATA, "%s is the list of another package", path);
	if (strcmp(c->name, pkg->name) != 0 || strcmp(c->version, pkg->version) != 0)
		return ce_fail(err, CCENV_EHASH,
			"%s: the package with this digest is %s %s, not %s %s: run `ccenv lock`",
			pkg->fn, c->name, c->version, pkg->name, pkg->version);
	*ret_contents = CE_TAKE(c);
	return 0;
}

bool ce_entry_exists(const char *dir)
{
	CE_AUTOFREE char *list = ce_asprintf("%s.list", dir);

	return ce_fs_exists(list) && ce_fs_exists(dir);
}

int ce_entry_check(const char *dir, const struct ce_pkg *pkg, struct ccenv_error *err)
{
	return check(dir, pkg, false, err);
}

int ce_entry_check_bytes(const char *dir, const struct ce_pkg *pkg, struct ccenv_error *err)
{
	return check(dir, pkg, true, err);
}
