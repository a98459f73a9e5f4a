/* SPDX-License-Identifier: MIT */
#ifndef CE_TESTS_FAULTS_SHIM_H
#define CE_TESTS_FAULTS_SHIM_H

/*
 * What the two LD_PRELOAD libraries share, tests/faults/calls.c (each call of a process, once) and
 * tests/install/fault.c (what file systems refuse): counting calls, and the calls that both look at. To be
 * included once, by a file that defines fails_at().
 *
 * FAULT_CALL names the kind of call, "any" is all of them, and FAULT_AT says which one fails, from 1.
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

static struct {
	char call[32];
	long at;
	_Atomic long count;
} shim;

enum shim_turn {
	SHIM_OTHER,   /* not of the kind that is counted */
	SHIM_COUNTED, /* it is, and goes through */
	SHIM_FAILS,
};

__attribute__((constructor)) static void shim_read_config(void)
{
	const char *call = getenv("FAULT_CALL"), *at = getenv("FAULT_AT");

	if (call)
		snprintf(shim.call, sizeof(shim.call), "%s", call);
	shim.at = at ? strtol(at, NULL, 10) : -1;
}

static enum shim_turn shim_count(const char *call)
{
	if (!*shim.call || (strcmp(shim.call, call) != 0 && strcmp(shim.call, "any") != 0))
		return SHIM_OTHER;
	return atomic_fetch_add(&shim.count, 1) + 1 == shim.at ? SHIM_FAILS : SHIM_COUNTED;
}

/* No call counts from here on: what the library itself does at the end. */
static void shim_stop(void)
{
	*shim.call = '\0';
}

/* Is it this call's turn? Sets errno. `path` may be NULL. Calls on the standard streams never are. */
static bool fails_at(const char *call, const char *path);

static bool fails(const char *call)
{
	return fails_at(call, NULL);
}

#define REAL(ret, name, ...) ((ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;                            \
		va_end(ap);                                                                        \
		return fails_at("open", path)                                                      \
			       ? -1                                                                \
			       : REAL(int, name, const char *, int, ...)(path, flags, mode);       \
	}
#define OPENAT(name)                                                                               \
	int name(int fd, const char *path, int flags, ...)                                         \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;                            \
		va_end(ap);                                                                        \
		return fails_at("open", path) ? -1                                                 \
					      : REAL(int, name, int, const char *, int, ...)(      \
							fd, path, flags, mode);                    \
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

int symlinkat(const char *target, int fd, const char *path)
{
	return fails_at("symlink", path)
		       ? -1
		       : REAL(int, symlinkat, const char *, int, const char *)(target, fd, path);
}

int mkdir(const char *path, mode_t mode)
{
	return fails_at("mkdir", path) ? -1 : REAL(int, mkdir, const char *, mode_t)(path, mode);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
	return fails_at("mkdir", path)
		       ? -1
		       : REAL(int, mkdirat, int, const char *, mode_t)(fd, path, mode);
}

int rename(const char *a, const char *b)
{
	return fails_at("rename", a) ? -1 : REAL(int, rename, const char *, const char *)(a, b);
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
	if (fd >= 0 && fails("mmap"))
		return MAP_FAILED;
	return REAL(void *, mmap64, void *, size_t, int, int, int, off64_t)(
		at, n, prot, flags, fd, offset);
}

#endif
