/* SPDX-License-Identifier: MIT */
/*
 * An LD_PRELOAD library that lets one system call of a run fail. FAULT_CALL names the kind of call,
 * FAULT_AT which one of them (from 1), FAULT_ERRNO how. With FAULT_COUNT, a file, nothing needs to
 * fail: it receives how many there were. With FAULT_EXCHANGE two names cannot be exchanged, as on
 * file systems that do not know how.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	return fails("link") ? -1
			     : REAL(int, linkat, int, const char *, int, const char *, int)(
				       from, a, to, b, flags);
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
	return fails("rename") ? -1
			       : REAL(int, renameat2, int, const char *, int, const char *,
					 unsigned)(from, a, to, b, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	return fails("utimens") ? -1 : REAL(int, futimens, int, const struct timespec *)(fd, times);
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
	if (fd >= 0 && fails("mmap"))
		return MAP_FAILED;
	return REAL(void *, mmap64, void *, size_t, int, int, int, off64_t)(
		at, n, prot, flags, fd, offset);
}
