/* SPDX-License-Identifier: MIT */
/*
 * An LD_PRELOAD library that lets one system call of a run fail. FAULT_CALL names the kind of call,
 * FAULT_AT which one of them (from 1), FAULT_ERRNO how. With FAULT_COUNT, a file, nothing needs to
 * fail: it receives how many there were. With FAULT_EXCHANGE two names cannot be exchanged, as on
 * file systems that do not know how. With FAULT_REFUSE all calls of some kinds are refused.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic long count;

/* Is it this call's turn? Sets errno. Calls on the standard streams are never counted. */
static bool fails(const char *call)
{
	const char *wanted = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"),
		   *how = getenv("FAULT_ERRNO");

	if (!wanted || strcmp(wanted, call) != 0)
		return false;
	if (atomic_fetch_add(&count, 1) + 1 != (at ? strtol(at, NULL, 10) : -1))
		return false;
	errno = how && strcmp(how, "ENOSPC") == 0   ? ENOSPC
		: how && strcmp(how, "EACCES") == 0 ? EACCES
						    : EIO;
	return true;
}

/*
 * FAULT_REFUSE="link=EXDEV copy_range=0 …": every call of these kinds fails so, as on a file system
 * that does not have it; with 0 it does nothing and returns 0. True when this one is refused; errno
 * is set.
 */
static bool refused(const char *call)
{
	static const struct {
		const char *name;
		int errnum;
	} names[] = {{"0", 0}, {"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"EBADF", EBADF},
		{"EDQUOT", EDQUOT}, {"EEXIST", EEXIST}, {"EFBIG", EFBIG}, {"EINTR", EINTR},
		{"EINVAL", EINVAL}, {"EIO", EIO}, {"EMLINK", EMLINK}, {"ENODATA", ENODATA},
		{"ENOENT", ENOENT}, {"ENOLCK", ENOLCK}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC},
		{"ENOSYS", ENOSYS}, {"ENOTTY", ENOTTY}, {"EOPNOTSUPP", EOPNOTSUPP},
		{"EPERM", EPERM}, {"EROFS", EROFS}, {"ESTALE", ESTALE}, {"ETXTBSY", ETXTBSY},
		{"EXDEV", EXDEV}};
	const char *list = getenv("FAULT_REFUSE");
	size_t n = strlen(call);

	for (const char *p = list; p && *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		if (strncmp(p, call, n) != 0 || p[n] != '=')
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(p + n + 1, names[i].name, strlen(names[i].name)) == 0 &&
				strchr(" ", p[n + 1 + strlen(names[i].name)]))
				errno = names[i].errnum;
		/* Of the last kind, it is told how often this happened. */
		if (!p[strcspn(p, " ")])
			atomic_fetch_add(&count, 1);
		return true;
	}
	return false;
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("FAULT_COUNT");
	FILE *f;

	if (!path)
		return;
	unsetenv("FAULT_CALL");
	f = fopen(path, "w");
	if (f) {
		fprintf(f, "%ld\n", (long)count);
		fclose(f);
	}
}

#define REAL(ret, name, ...) ((ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;                            \
		va_end(ap);                                                                        \
		return fails("open") ? -1                                                          \
				     : REAL(int, name, const char *, int, ...)(path, flags, mode); \
	}
#define OPENAT(name)                                                                               \
	int name(int fd, const char *path, int flags, ...)                                         \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;                            \
		va_end(ap);                                                                        \
		return fails("open") ? -1                                                          \
				     : REAL(int, name, int, const char *, int, ...)(               \
					       fd, path, flags, mode);                             \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *data, size_t n)
{
	return fd > 2 && fails("write")
		       ? -1
		       : REAL(ssize_t, write, int, const void *, size_t)(fd, data, n);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	return fails("pwrite") ? -1
			       : REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)(
					 fd, data, n, at);
}

ssize_t read(int fd, void *data, size_t n)
{
	return fd > 2 && fails("read") ? -1 : REAL(ssize_t, read, int, void *, size_t)(fd, data, n);
}

ssize_t pread64(int fd, void *data, size_t n, off64_t at)
{
	return fails("read")
		       ? -1
		       : REAL(ssize_t, pread64, int, void *, size_t, off64_t)(fd, data, n, at);
}

int linkat(int from, const char *a, int to, const char *b, int flags)
{
	return fails("link") || refused("link") ? -1
						: REAL(int, linkat, int, const char *, int,
							  const char *, int)(from, a, to, b, flags);
}

int link(const char *a, const char *b)
{
	return linkat(AT_FDCWD, a, AT_FDCWD, b, 0);
}

int symlinkat(const char *target, int fd, const char *path)
{
	return fails("symlink")
		       ? -1
		       : REAL(int, symlinkat, const char *, int, const char *)(target, fd, path);
}

int mkdir(const char *path, mode_t mode)
{
	return fails("mkdir") ? -1 : REAL(int, mkdir, const char *, mode_t)(path, mode);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
	return fails("mkdir") ? -1 : REAL(int, mkdirat, int, const char *, mode_t)(fd, path, mode);
}

int rename(const char *a, const char *b)
{
	return fails("rename") ? -1 : REAL(int, rename, const char *, const char *)(a, b);
}

int renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
	if (flags && getenv("FAULT_EXCHANGE")) {
		errno = EINVAL;
		return -1;
	}
	if (flags && refused("exchange"))
		return -1;
	return fails("rename") ? -1
			       : REAL(int, renameat2, int, const char *, int, const char *,
					 unsigned)(from, a, to, b, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	return fails("utimens") || refused("utimens")
		       ? -1
		       : REAL(int, futimens, int, const struct timespec *)(fd, times);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned flags)
{
	if (refused("copy_range"))
		return errno ? -1 : 0;
	return REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned)(
		in, from, out, to, n, flags);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	if (request == FICLONE && refused("clone"))
		return -1;
	return REAL(int, ioctl, int, unsigned long, ...)(fd, request, arg);
}

int fchmod(int fd, mode_t mode)
{
	return refused("chmod") ? -1 : REAL(int, fchmod, int, mode_t)(fd, mode);
}

int fsync(int fd)
{
	return refused("fsync") ? -1 : REAL(int, fsync, int)(fd);
}

int flock(int fd, int how)
{
	return refused("flock") ? -1 : REAL(int, flock, int, int)(fd, how);
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
	if (fd >= 0 && fails("mmap"))
		return MAP_FAILED;
	return REAL(void *, mmap64, void *, size_t, int, int, int, off64_t)(
		at, n, prot, flags, fd, offset);
}
