/* SPDX-License-Identifier: MIT */
/* Files that commands write for people; see own_file.h. */
#include "cli/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

int ce_own_file_put(const char *path, const char *text, bool *ret_changed, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = -1;

	*ret_changed = true;
	if (ce_fs_check_output(path, err) >= 0)
		return ce_fs_replace(path, text, strlen(text), ret_changed, err);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || ce_fs_write_all(fd, text, strlen(text)) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	return 0;
}
