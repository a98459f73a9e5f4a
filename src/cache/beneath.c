/* SPDX-License-Identifier: MIT */
/* Opening files of a package relative to a descriptor; see beneath.h. */
#include "cache/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "ccenv/ccenv.h"

enum {
	DIR_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

/* One component after the other, for kernels before 5.6 and sandboxes that do not know openat2(). */
static int walk(int root, const char *path)
{
	CE_AUTOFREE char *copy = ce_strdup(path);
	int fd = openat(root, ".", DIR_FLAGS);

	for (char *name = copy, *end; fd >= 0 && *name; name = end) {
		size_t n = strcspn(name, "/");
		int next;

		end = name + n + (name[n] == '/');
		name[n] = '\0';
		next = openat(fd, name, DIR_FLAGS);
		close(fd);
		fd = next;
	}
	return fd;
}

int ce_open_dir_beneath(int root, const char *path)
{
	int fd = ce_os_open_dir_beneath(root, *path ? path : ".");

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != EAGAIN))
		return fd;
	return walk(root, path);
}

int ce_open_file_in(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), e;
	struct stat st;

	if (fd < 0)
		return fd;
	e = fstat(fd, &st) < 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
	if (e == 0)
		return fd;
	close(fd);
	errno = e;
	return -1;
}

static int fail_open(const char *name, struct ccenv_error *err)
{
	switch (errno) {
	case ENOENT:
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file", name);
	case ELOOP:
	case EINVAL:
	case ENXIO:
		return ce_fail(err, CCENV_EDATA, "%s is not a regular file", name);
	default:
		return ce_fail_errno(err, errno, "cannot open %s", name);
	}
}

int ce_read_file_in(
	int dir, const char *name, size_t max, struct ce_buf *out, struct ccenv_error *err)
{
	enum {
		CHUNK = 64 << 10
	};
	CE_CLEANUP(ce_fs_closep) int fd = ce_open_file_in(dir, name);
	CE_AUTOFREE char *chunk = NULL;
	size_t total = 0;
	ssize_t n;

	if (fd < 0)
		return fail_open(name, err);
	chunk = ce_alloc(CHUNK);
	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot read %s", name);
		total += (size_t)n;
		if (total > max)
			return ce_fail(err, CCENV_EDATA, "%s has more than %zu bytes", name, max);
		ce_buf_add(out, chunk, (size_t)n);
	}
	return 0;
}
