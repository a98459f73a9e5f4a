/* SPDX-License-Identifier: MIT */
/* File system helpers: directories, and reading and writing whole files. */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/syscalls.h"
#include "ccenv/ccenv.h"

void ce_fs_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool ce_fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

char *ce_fs_find_program(const char *path, const char *name)
{
	for (const char *p = path ? path : "/usr/bin:/bin"; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		CE_AUTOFREE char *dir = ce_strndup(p, n);
		CE_AUTOFREE char *file = ce_path_join(dir, name);

		if (*p == '/' && access(file, X_OK) == 0 && !ce_fs_is_dir(file))
			return CE_TAKE(file);
		p += n;
	}
	return NULL;
}

bool ce_fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool ce_fs_is_same_dir(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A link to nothing is there and is no directory: neither mkdir() nor a child of it says so. */
static bool is_dangling(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) < 0;
}

int ce_fs_mkdirs(const char *path, struct ccenv_error *err)
{
	CE_AUTOFREE char *p = ce_strdup(path);

	/* Mostly it exists already. */
	if (ce_fs_is_dir(path))
		return 0;
	for (char *s = p + 1;; s++) {
		if (*s != '/' && *s != '\0')
			continue;
		char c = *s;

		*s = '\0';
		if (mkdir(p, 0777) < 0 && errno != EEXIST && errno != EISDIR) {
			int errnum = errno; /* to look at it sets another */

			if (!ce_fs_is_dir(p))
				return ce_fail_errno(err, errnum, "cannot create directory %s", p);
		} else if (is_dangling(p)) {
			return ce_fail(err, CCENV_EIO,
				"cannot create directory %s: %s is a link to something that does not exist",
				path, p);
		}
		*s = c;
		if (!c)
			break;
	}
	if (!ce_fs_is_dir(path))
		return ce_fail(
			err, CCENV_EIO, "cannot create directory %s: a file is in the way", path);
	return 0;
}

/* What open() says of a file that is not regular. */
static int fail_kind(const struct stat *st)
{
	errno = S_ISDIR(st->st_mode) ? EISDIR : S_ISLNK(st->st_mode) ? ELOOP : EINVAL;
	return -1;
}

int ce_fs_open_file(int dir_fd, const char *path, int flags)
{
	/* O_NONBLOCK: a fifo would wait for a writer, a device may do anything. */
	CE_CLEANUP(ce_fs_closep)
	int fd = openat(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	return S_ISREG(st.st_mode) ? CE_TAKE_FD(fd) : fail_kind(&st);
}

int ce_fs_open_beneath(int dir_fd, const char *path)
{
	CE_CLEANUP(ce_fs_closep) int at = -1;
	const char *p = path;

	for (const char *slash; (slash = strchr(p, '/')); p = slash + 1) {
		CE_AUTOFREE char *name = ce_strndup(p, (size_t)(slash - p));
		int next = openat(
			at < 0 ? dir_fd : at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		ce_fs_closep(&at);
		at = next;
		if (at < 0)
			return -1;
	}
	return ce_fs_open_file(at < 0 ? dir_fd : at, p, O_NOFOLLOW);
}

static int fail_open(const char *path, struct ccenv_error *err)
{
	if (errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file", path);
	if (errno == EINVAL || errno == ENXIO)
		return ce_fail(err, CCENV_EIO, "cannot open %s: not a regular file", path);
	return ce_fail_errno(err, errno, "cannot open %s", path);
}

/* All that the file `fd` holds, of `path` for messages. */
static int read_all(
	int fd, const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err)
{
	size_t total = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == 0 && (uintmax_t)st.st_size <= max)
		ce_buf_reserve(out, (size_t)st.st_size + 1);
	do {
		if (!ce_buf_reserve(out, 64 << 10))
			return ce_fail(err, CCENV_EDATA, "%s: larger than %zu bytes", path, max);
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot read %s", path);
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		total += (size_t)n;
		if (total > max)
			return ce_fail(err, CCENV_EDATA, "%s: larger than %zu bytes", path, max);
	} while (n != 0);
	return 0;
}

int ce_fs_read(const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = ce_fs_open_file(AT_FDCWD, path, 0);

	return fd < 0 ? fail_open(path, err) : read_all(fd, path, max, out, err);
}

int ce_fs_read_beneath(
	const char *dir, const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep)
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CE_CLEANUP(ce_fs_closep) int fd = dir_fd < 0 ? -1 : ce_fs_open_beneath(dir_fd, path);
	CE_AUTOFREE char *shown = fd < 0 ? ce_path_join(dir, path) : NULL;

	if (fd < 0)
		return fail_open(shown, err);
	return read_all(fd, path, max, out, err);
}

int ce_fs_set_mode(int fd, mode_t mode)
{
	struct stat st;

	if (fchmod(fd, mode) == 0)
		return 0;
	if (ce_way_after(CE_SYS_CHMOD, errno) == CE_WAY_STOP || fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & mode & S_IRWXU) == (mode & S_IRWXU))
		return 0;
	errno = EPERM;
	return -1;
}

int ce_fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int ce_fs_pwrite_all(int fd, const void *data, size_t len, uint64_t offset)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}
