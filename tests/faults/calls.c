/* SPDX-License-Identifier: MIT */
/*
 * An LD_PRELOAD library that lets one libc or libcurl call of a process fail. FAULT_CALL names the
 * kind of call ("any": all of them), FAULT_AT which one (from 1); it fails as such a call does in
 * practice. FAULT_LOG, a file, receives the kind of each call, one a line; the one that failed has
 * its path behind it, where it has one.
 *
 * Only the process itself is concerned, not what it starts. For tests/faults/calls.py; what file
 * systems refuse as a rule is in tests/install/fault.c.
 */
#include <dirent.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "shim.h"

static FILE *log_file;

/* What a call fails with in practice. */
static int usual_errno(const char *call)
{
	static const struct {
		const char *call;
		int how;
	} usual[] = {{"open", EACCES}, {"write", ENOSPC}, {"pwrite", ENOSPC}, {"mkdir", ENOSPC},
		{"link", EMLINK}, {"symlink", ENOSPC}, {"flock", ENOLCK}, {"ioctl", EOPNOTSUPP},
		{"fsync", EINVAL}, {"copy_range", EXDEV}, {"chmod", EPERM}, {"utimens", EPERM},
		{"socket", EMFILE}, {"connect", ECONNREFUSED}, {"send", ECONNRESET},
		{"recv", ECONNRESET}, {"mmap", ENOMEM}};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (strcmp(usual[i].call, call) == 0)
			return usual[i].how;
	return EIO;
}

__attribute__((constructor)) static void open_log(void)
{
	const char *path = getenv("FAULT_LOG");

	if (path)
		log_file = fopen(path, "w");
	unsetenv("LD_PRELOAD");
}

static bool fails_at(const char *call, const char *path)
{
	enum shim_turn turn = shim_count(call);
	bool now = turn == SHIM_FAILS;

	if (log_file && turn != SHIM_OTHER) {
		fprintf(log_file, "%s%s%s\n", call, now ? " FAILED " : "", now && path ? path : "");
		if (now)
			fflush(log_file);
	}
	if (now)
		errno = usual_errno(call);
	return now;
}

__attribute__((destructor)) static void close_log(void)
{
	shim_stop();
	if (log_file)
		fclose(log_file);
}

int linkat(int from, const char *a, int to, const char *b, int flags)
{
	return fails_at("link", b) ? -1
				   : REAL(int, linkat, int, const char *, int, const char *, int)(
					     from, a, to, b, flags);
}

int renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
	return fails_at("rename", a) ? -1
				     : REAL(int, renameat2, int, const char *, int, const char *,
					       unsigned)(from, a, to, b, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	return fails("utimens") ? -1 : REAL(int, futimens, int, const struct timespec *)(fd, times);
}

#define PATH_CALL(name, kind)                                                                      \
	int name(const char *path)                                                                 \
	{                                                                                          \
		return fails_at(kind, path) ? -1 : REAL(int, name, const char *)(path);            \
	}
#define FD_CALL(name, kind)                                                                        \
	int name(int fd)                                                                           \
	{                                                                                          \
		return fd > 2 && fails(kind) ? -1 : REAL(int, name, int)(fd);                      \
	}
#define STAT_CALL(name, type)                                                                      \
	int name(const char *path, struct type *st)                                                \
	{                                                                                          \
		return fails_at("stat", path)                                                      \
			       ? -1                                                                \
			       : REAL(int, name, const char *, struct type *)(path, st);           \
	}

PATH_CALL(unlink, "unlink")
PATH_CALL(rmdir, "unlink")
FD_CALL(fsync, "fsync")
STAT_CALL(stat, stat)
STAT_CALL(lstat, stat)
STAT_CALL(stat64, stat64)
STAT_CALL(lstat64, stat64)

int unlinkat(int fd, const char *path, int flags)
{
	return fails_at("unlink", path)
		       ? -1
		       : REAL(int, unlinkat, int, const char *, int)(fd, path, flags);
}

/* The call fails, but the descriptor is closed, as on Linux. */
int close(int fd)
{
	int r = REAL(int, close, int)(fd);

	return fd > 2 && r == 0 && fails("close") ? -1 : r;
}

int fstat64(int fd, struct stat64 *st)
{
	return fd > 2 && fails("stat") ? -1 : REAL(int, fstat64, int, struct stat64 *)(fd, st);
}

int fstatat64(int fd, const char *path, struct stat64 *st, int flags)
{
	return fails_at("stat", path) ? -1
				      : REAL(int, fstatat64, int, const char *, struct stat64 *,
						int)(fd, path, st, flags);
}

int link(const char *a, const char *b)
{
	return fails_at("link", b) ? -1 : REAL(int, link, const char *, const char *)(a, b);
}

int symlink(const char *target, const char *path)
{
	return fails_at("symlink", path)
		       ? -1
		       : REAL(int, symlink, const char *, const char *)(target, path);
}

int renameat(int from, const char *a, int to, const char *b)
{
	return fails_at("rename", a)
		       ? -1
		       : REAL(int, renameat, int, const char *, int, const char *)(from, a, to, b);
}

ssize_t readlink(const char *path, char *to, size_t n)
{
	return fails_at("readlink", path)
		       ? -1
		       : REAL(ssize_t, readlink, const char *, char *, size_t)(path, to, n);
}

ssize_t readlinkat(int fd, const char *path, char *to, size_t n)
{
	return fails_at("readlink", path) ? -1
					  : REAL(ssize_t, readlinkat, int, const char *, char *,
						    size_t)(fd, path, to, n);
}

int access(const char *path, int mode)
{
	return fails_at("access", path) ? -1 : REAL(int, access, const char *, int)(path, mode);
}

DIR *opendir(const char *path)
{
	return fails_at("opendir", path) ? NULL : REAL(DIR *, opendir, const char *)(path);
}

DIR *fdopendir(int fd)
{
	return fails("opendir") ? NULL : REAL(DIR *, fdopendir, int)(fd);
}

struct dirent64 *readdir64(DIR *d)
{
	return fails("readdir") ? NULL : REAL(struct dirent64 *, readdir64, DIR *)(d);
}

int fchmod(int fd, mode_t mode)
{
	return fails("chmod") ? -1 : REAL(int, fchmod, int, mode_t)(fd, mode);
}

int ftruncate64(int fd, off64_t n)
{
	return fails("truncate") ? -1 : REAL(int, ftruncate64, int, off64_t)(fd, n);
}

int flock(int fd, int how)
{
	return fails("flock") ? -1 : REAL(int, flock, int, int)(fd, how);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned flags)
{
	return fails("copy_range") ? -1
				   : REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *,
					     size_t, unsigned)(in, in_at, out, out_at, n, flags);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return fd > 2 && fails("ioctl")
		       ? -1
		       : REAL(int, ioctl, int, unsigned long, ...)(fd, request, arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	return fails("thread") ? EAGAIN
			       : REAL(int, pthread_create, pthread_t *, const pthread_attr_t *,
					 void *(*)(void *), void *)(thread, attr, run, arg);
}

int socket(int domain, int type, int protocol)
{
	return fails("socket") ? -1 : REAL(int, socket, int, int, int)(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	return fails("connect")
		       ? -1
		       : REAL(int, connect, int, const struct sockaddr *, socklen_t)(fd, to, n);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
	return fails("send")
		       ? -1
		       : REAL(ssize_t, send, int, const void *, size_t, int)(fd, data, n, flags);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
	return fails("recv") ? -1
			     : REAL(ssize_t, recv, int, void *, size_t, int)(fd, data, n, flags);
}

/* libcurl, by its own results: out of memory, or an internal error. */

void *curl_easy_init(void)
{
	return fails("curl_easy_init") ? NULL : REAL(void *, curl_easy_init, void)();
}

int curl_easy_setopt(void *easy, int option, ...)
{
	va_list ap;
	void *value;

	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return fails("curl_easy_setopt")
		       ? 27
		       : REAL(int, curl_easy_setopt, void *, int, ...)(easy, option, value);
}

void *curl_multi_init(void)
{
	return fails("curl_multi_init") ? NULL : REAL(void *, curl_multi_init, void)();
}

int curl_multi_add_handle(void *multi, void *easy)
{
	return fails("curl_multi_add_handle")
		       ? 3
		       : REAL(int, curl_multi_add_handle, void *, void *)(multi, easy);
}

int curl_multi_perform(void *multi, int *running)
{
	return fails("curl_multi_perform")
		       ? 4
		       : REAL(int, curl_multi_perform, void *, int *)(multi, running);
}

int curl_multi_poll(void *multi, void *fds, unsigned n, int timeout_ms, int *ready)
{
	return fails("curl_multi_poll") ? 4
					: REAL(int, curl_multi_poll, void *, void *, unsigned, int,
						  int *)(multi, fds, n, timeout_ms, ready);
}

void *curl_slist_append(void *list, const char *text)
{
	return fails("curl_slist_append")
		       ? NULL
		       : REAL(void *, curl_slist_append, void *, const char *)(list, text);
}
