/* SPDX-License-Identifier: MIT */
/* Copies of files, by the fastest way that the file systems have. */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "base/syscalls.h"

enum {
	CHUNK = 256 << 10,
	RANGE_MAX = 1 << 30
};

int ce_copy_clone(int from, int to)
{
	return ce_os_clone(from, to);
}

/* Copies in the kernel as far as that goes; -1 when it must not be tried otherwise. */
static int copy_range(int from, int to, uint64_t size, uint64_t *done)
{
	while (*done < size) {
		uint64_t left = size - *done;
		ssize_t n = ce_os_copy_range(from, to, left < RANGE_MAX ? (size_t)left : RANGE_MAX);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && ce_way_after(CE_SYS_COPY_RANGE, errno) == CE_WAY_STOP)
			return -1;
		/* 0 before the end: overlays over FUSE, 9p and old kernels say so of any file. */
		if (n <= 0)
			return 0;
		*done += (uint64_t)n;
	}
	return 0;
}

int ce_copy_bytes(int from, int to, uint64_t size)
{
	CE_AUTOFREE char *buf = NULL;
	uint64_t done = 0;

	if (copy_range(from, to, size, &done) < 0)
		return -1;
	while (done < size) {
		uint64_t left = size - done;
		ssize_t n;

		if (!buf)
			buf = ce_alloc(CHUNK);
		n = read(from, buf, left < CHUNK ? (size_t)left : CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENODATA;
		if (n <= 0 || ce_fs_write_all(to, buf, (size_t)n) < 0)
			return -1;
		done += (uint64_t)n;
	}
	return 0;
}

static int fill(int from, int to, const struct stat *st)
{
	if (ce_copy_clone(from, to) == 0)
		return 0;
	if (ce_way_after(CE_SYS_CLONE, errno) == CE_WAY_STOP)
		return -1;
	return ce_copy_bytes(from, to, (uint64_t)st->st_size);
}

int ce_copy_link(const char *from, const char *to, mode_t mode, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int in = -1;
	CE_CLEANUP(ce_fs_closep) int out = -1;
	struct stat st;
	int r;

	if (link(from, to) == 0)
		return 0;
	if (ce_way_after(CE_SYS_LINK, errno) == CE_WAY_STOP)
		return ce_fail_errno(err, errno, "cannot link %s to %s", from, to);
	in = ce_fs_open_file(AT_FDCWD, from, 0);
	if (in < 0 || fstat(in, &st) < 0)
		return ce_fail_errno(err, errno, "cannot open %s", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0)
		return ce_fail_errno(err, errno, "cannot create %s", to);
	r = fill(in, out, &st) < 0 ? -1 : ce_fs_set_mode(out, mode);
	if (r < 0) {
		r = ce_fail_errno(err, errno, "cannot write %s", to);
		(void)unlink(to);
	}
	return r;
}
