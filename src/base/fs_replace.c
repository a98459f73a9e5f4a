/* SPDX-License-Identifier: MIT */
/* Replacing a whole file, unless it holds the same bytes already. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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

int ce_fs_replace(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage s = CE_STAGE_NONE;
	int r;

	if (ret_changed)
		*ret_changed = false;
	if (holds(path, data, len))
		return 0;
	r = ce_stage_file(path, 0666, &s, err);
	if (r < 0)
		return r;
	keep_private(s.fd, path);
	if (ce_fs_write_all(s.fd, data, len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	r = ce_stage_commit(&s, err);
	if (r < 0)
		return r;
	if (ret_changed)
		*ret_changed = true;
	return 0;
}
