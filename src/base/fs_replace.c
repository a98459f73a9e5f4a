/* SPDX-License-Identifier: MIT */
/* Replacing a whole file, unless it holds the same bytes already. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"

static bool holds(const char *path, const void *data, size_t len)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error ignored;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || (uintmax_t)st.st_size != len)
		return false;
	return ce_fs_read(path, len, &b, &ignored) == 0 && b.len == len &&
	       memcmp(ce_buf_str(&b), data, len) == 0;
}

int ce_fs_check_output(const char *path, struct ccenv_error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	return ce_fail(
		err, CCENV_EUSAGE, "%s is a link, or not a regular file; name another one", path);
}

/* Group and others get no rights that they did not have: the old file may be private because of what is in
 * it. Some file systems have no modes. */
static void keep_private(int fd, const char *path)
{
	const mode_t of_others = S_IRWXG | S_IRWXO;
	struct stat old, st;

	if (lstat(path, &old) == 0 && S_ISREG(old.st_mode) && fstat(fd, &st) == 0 &&
		(st.st_mode & ~old.st_mode & of_others))
		ce_ignore(fchmod(fd, st.st_mode & (old.st_mode | S_IRWXU) & 0777));
}

/* The new file is the old one for everybody: who may read it, and whose it is. The kernel has the last
 * word on both. */
static void keep_access(int fd, const struct stat *old)
{
	if (old->st_uid != geteuid() || old->st_gid != getegid())
		ce_ignore(fchown(fd, old->st_uid, old->st_gid));
	ce_ignore(fchmod(fd, old->st_mode & 0777));
}

/* With the access of `old`, unless that is NULL. */
static int put(const char *path, const struct ce_buf *bytes, const struct stat *old,
	bool *ret_changed, struct ccenv_error *err)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage s = CE_STAGE_NONE;
	int r;

	if (ret_changed)
		*ret_changed = false;
	if (holds(path, bytes->data, bytes->len))
		return 0;
	r = ce_stage_file(path, old ? old->st_mode & 0777 : 0666, &s, err);
	if (r < 0)
		return r;
	if (old)
		keep_access(s.fd, old);
	else
		keep_private(s.fd, path);
	if (ce_fs_write_all(s.fd, bytes->data, bytes->len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	r = ce_stage_commit(&s, err);
	if (r < 0)
		return r;
	if (ret_changed)
		*ret_changed = true;
	return 0;
}

int ce_fs_replace(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err)
{
	const struct ce_buf bytes = {.data = (char *)data, .len = len};

	return put(path, &bytes, NULL, ret_changed, err);
}

/* Where to write, and what is there; `ret_there` is false where nothing is. */
static int find_file(const char *path, char **ret_path, struct stat *st, bool *ret_there,
	struct ccenv_error *err)
{
	*ret_there = lstat(path, st) == 0;
	if (*ret_there && S_ISLNK(st->st_mode)) {
		CE_AUTOFREE char *end = NULL;

		/* Another user could turn it elsewhere while it is written. */
		if (st->st_uid != geteuid())
			return ce_fail(err, CCENV_EUSAGE,
				"%s is a link of another user, which is not written through; remove it",
				path);
		end = realpath(path, NULL);
		if (!end || stat(end, st) < 0)
			return ce_fail(err, CCENV_EUSAGE,
				"%s is a link that cannot be followed: %s; make the file that it leads to, or remove the link",
				path, strerror(errno));
		if (!S_ISREG(st->st_mode))
			return ce_fail(err, CCENV_EUSAGE,
				"%s is a link to %s, which is not a regular file; remove the link",
				path, end);
		*ret_path = CE_TAKE(end);
		return 0;
	}
	if (*ret_there && !S_ISREG(st->st_mode))
		return ce_fail(err, CCENV_EUSAGE, "%s is not a regular file; remove it", path);
	*ret_path = ce_strdup(path);
	return 0;
}

int ce_fs_check_rewrite(const char *path, struct ccenv_error *err)
{
	CE_AUTOFREE char *at = NULL;
	struct stat st;
	bool is_there;

	return find_file(path, &at, &st, &is_there, err);
}

int ce_fs_rewrite(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err)
{
	const struct ce_buf bytes = {.data = (char *)data, .len = len};
	CE_AUTOFREE char *at = NULL;
	struct stat st;
	bool is_there;
	int r = find_file(path, &at, &st, &is_there, err);

	if (r < 0)
		return r;
	assert(at);
	return put(at, &bytes, is_there ? &st : NULL, ret_changed, err);
}
