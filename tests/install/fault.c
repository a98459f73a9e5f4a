/* SPDX-License-Identifier: MIT */
/*
 * An LD_PRELOAD library that lets one system call of a run fail. FAULT_CALL names the kind of call,
 * FAULT_AT which one of them (from 1), FAULT_ERRNO how. With FAULT_COUNT, a file, nothing needs to
 * fail: it receives how many there were. With FAULT_EXCHANGE two names cannot be exchanged, as on
 * file systems that do not know how. With FAULT_REFUSE all calls of some kinds are refused.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "../faults/shim.h"

static bool fails_at(const char *call, const char *path)
{
	const char *how = getenv("FAULT_ERRNO");

	(void)path;
	if (shim_count(call) != SHIM_FAILS)
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
			atomic_fetch_add(&shim.count, 1);
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
	shim_stop();
	f = fopen(path, "w");
	if (f) {
		fprintf(f, "%ld\n", (long)shim.count);
		fclose(f);
	}
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
