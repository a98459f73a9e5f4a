/* SPDX-License-Identifier: MIT */
/* Files that commands write for people; see own_file.h. */
#include "cli/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

enum {
	FILE_MAX = 16 << 20
};

static int check_place(const char *path, const char *first_line, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf old = {0};
	int r = ce_fs_read(path, FILE_MAX, &old, err);

	if (r == CCENV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	if (!ce_has_prefix(ce_buf_str(&old), first_line))
		return ce_fail(err, CCENV_EUSAGE,
			"%s was not written by ccenv; move it away, or name another file with --output",
			path);
	return 0;
}

int ce_own_file_write(
	const char *path, const char *first_line, const char *text, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);
	int r;

	r = ce_fs_check_output(path, err);
	if (r >= 0)
		r = check_place(path, first_line, err);
	if (r < 0)
		return r;
	r = ce_fs_mkdirs(dir, err);
	if (r < 0)
		return r;
	return ce_fs_replace(path, text, strlen(text), NULL, err);
}

/* Is `path` another name of this descriptor's file, as /dev/stdout is of 1? */
static bool is_descriptor(const struct stat *st, int fd)
{
	struct stat own;

	return fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

/* What is open already is written where it stands: opened again, a file would be written from its
 * beginning, over what the shell's >> is to keep. */
static int open_output(const char *path, const struct stat *st)
{
	if (is_descriptor(st, STDOUT_FILENO))
		return dup(STDOUT_FILENO);
	if (is_descriptor(st, STDERR_FILENO))
		return dup(STDERR_FILENO);
	return open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
}

/* A link to a regular file may have come with a checkout, and lead to any file of the user. */
static bool leads_to_file(const char *path, const struct stat *st)
{
	return S_ISREG(st->st_mode) && !ce_has_prefix(path, "/dev/") &&
	       !is_descriptor(st, STDOUT_FILENO) && !is_descriptor(st, STDERR_FILENO);
}

int ce_own_file_put(const char *path, const char *text, bool *ret_changed, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = -1;
	struct stat st;

	*ret_changed = true;
	if (ce_fs_check_output(path, err) >= 0)
		return ce_fs_replace(path, text, strlen(text), ret_changed, err);
	if (stat(path, &st) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	if (leads_to_file(path, &st))
		return ce_fail(err, CCENV_EUSAGE,
			"%s is a link to a file, which is not written through it; name the file itself",
			path);
	fd = open_output(path, &st);
	if (fd < 0 || ce_fs_write_all(fd, text, strlen(text)) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	return 0;
}
