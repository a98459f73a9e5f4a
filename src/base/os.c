/* SPDX-License-Identifier: MIT */
/* What differs between systems; see os.h. */
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* explicit_bzero() is not in glibc 2.17. */
void ce_os_forget(void *secret, size_t n)
{
	memset(secret, 0, n);
	__asm__ volatile("" : : "r"(secret) : "memory");
}

#ifdef __linux__
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/prctl.h>
#if __GLIBC_PREREQ(2, 28)
#include <sys/mman.h>
#include <sys/random.h>
#else
#include <linux/memfd.h>
#endif
#include <sys/syscall.h>
#include <sys/vfs.h>

void *ce_os_memrchr(const void *s, int c, size_t n)
{
	return memrchr(s, c, n);
}

/* The names came with glibc 2.28, 2.27 and 2.25, the calls with Linux 3.15, 4.5 and 3.17. */
#if __GLIBC_PREREQ(2, 28)
int ce_os_exchange(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

ssize_t ce_os_copy_range(int from, int to, size_t n)
{
	return copy_file_range(from, NULL, to, NULL, n, 0);
}

int ce_os_random(void *bytes, size_t n)
{
	return getrandom(bytes, n, 0) == (ssize_t)n ? 0 : -1;
}

int ce_os_scratch_file(void)
{
	return memfd_create("ccenv", MFD_CLOEXEC);
}
#else
int ce_os_exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

ssize_t ce_os_copy_range(int from, int to, size_t n)
{
	return syscall(SYS_copy_file_range, from, NULL, to, NULL, n, 0);
}

int ce_os_random(void *bytes, size_t n)
{
	return syscall(SYS_getrandom, bytes, n, 0) == (ssize_t)n ? 0 : -1;
}

int ce_os_scratch_file(void)
{
	return (int)syscall(SYS_memfd_create, "ccenv", MFD_CLOEXEC);
}
#endif

void ce_os_sort(void *items, size_t n, size_t size,
	int (*compare)(const void *a, const void *b, void *user), void *user)
{
	qsort_r(items, n, size, compare, user);
}

int ce_os_strverscmp(const char *a, const char *b)
{
	return strverscmp(a, b);
}

int ce_os_clone(int from, int to)
{
	return ioctl(to, FICLONE, from) < 0 ? -1 : 0;
}

int ce_os_pipe(int ret_ends[2])
{
	return pipe2(ret_ends, O_CLOEXEC);
}

/* What this process may use, not what the machine has: containers and taskset count. */
unsigned ce_os_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

int ce_os_use_processors(unsigned n)
{
	cpu_set_t all, some;

	CPU_ZERO(&some);
	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return -1;
	for (int i = 0; i < CPU_SETSIZE && (unsigned)CPU_COUNT(&some) < n; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &some);
	return sched_setaffinity(0, sizeof(some), &some);
}

int ce_os_open_dir_beneath(int root, const char *path)
{
	const struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

void ce_os_die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

unsigned long ce_os_fs_kind(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) < 0 ? 0 : (unsigned long)fs.f_type & 0xffffffff;
}

void ce_os_read_ahead(int fd)
{
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

#else
#include <sys/random.h>

void *ce_os_memrchr(const void *s, int c, size_t n)
{
	const unsigned char *bytes = s;

	while (n > 0)
		if (bytes[--n] == (unsigned char)c)
			return (void *)&bytes[n];
	return NULL;
}

struct sort {
	int (*compare)(const void *a, const void *b, void *user);
	void *user;
};

static int compare_swapped(void *user, const void *a, const void *b)
{
	const struct sort *s = user;

	return s->compare(a, b, s->user);
}

/* BSD has the parameters of qsort_r() in another order. */
void ce_os_sort(void *items, size_t n, size_t size,
	int (*compare)(const void *a, const void *b, void *user), void *user)
{
	struct sort s = {.compare = compare, .user = user};

	qsort_r(items, n, size, &s, compare_swapped);
}

int ce_os_strverscmp(const char *a, const char *b)
{
	return strcmp(a, b);
}

int ce_os_exchange(const char *a, const char *b)
{
	return renamex_np(a, b, RENAME_SWAP);
}

int ce_os_clone(int from, int to)
{
	(void)from;
	(void)to;
	errno = ENOTSUP;
	return -1;
}

ssize_t ce_os_copy_range(int from, int to, size_t n)
{
	(void)from;
	(void)to;
	(void)n;
	errno = ENOSYS;
	return -1;
}

int ce_os_random(void *bytes, size_t n)
{
	return getentropy(bytes, n);
}

int ce_os_scratch_file(void)
{
	FILE *f = tmpfile();
	int fd = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 0) : -1;

	if (f)
		(void)fclose(f);
	return fd;
}

int ce_os_pipe(int ret_ends[2])
{
	if (pipe(ret_ends) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (fcntl(ret_ends[i], F_SETFD, FD_CLOEXEC) < 0) {
			int e = errno;

			close(ret_ends[0]);
			close(ret_ends[1]);
			errno = e;
			return -1;
		}
	return 0;
}

unsigned ce_os_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

int ce_os_use_processors(unsigned n)
{
	(void)n;
	errno = ENOSYS;
	return -1;
}

int ce_os_open_dir_beneath(int root, const char *path)
{
	(void)root;
	(void)path;
	errno = ENOSYS;
	return -1;
}

void ce_os_die_with_parent(void)
{
}

unsigned long ce_os_fs_kind(const char *path)
{
	(void)path;
	return 0;
}

void ce_os_read_ahead(int fd)
{
	(void)fcntl(fd, F_RDAHEAD, 1);
}
#endif
