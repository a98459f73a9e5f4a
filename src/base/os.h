/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_OS_H
#define CE_BASE_OS_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

/*
 * Calls that not every system has, or not every C library: one function for each, so that the rest of
 * the code knows neither. What a system lacks fails with ENOSYS, and the caller does without
 * (base/syscalls.h). Linux with glibc 2.17 or newer, and macOS.
 */

/* Where this process's descriptors have names. */
#ifdef __linux__
#define CE_OS_FD_DIR "/proc/self/fd"
#else
#define CE_OS_FD_DIR "/dev/fd"
#endif

/* The last `c` of the `n` bytes at `s`, or NULL. */
void *ce_os_memrchr(const void *s, int c, size_t n);

/* qsort() with a parameter for the comparison. */
void ce_os_sort(void *items, size_t n, size_t size,
	int (*compare)(const void *a, const void *b, void *user), void *user);

/* strverscmp(), or where that is missing the order of bytes. */
int ce_os_strverscmp(const char *a, const char *b);

/* Exchanges two directories in one step. 0, or -1 with errno. */
CE_MUST_CHECK int ce_os_exchange(const char *a, const char *b);

/* Lets `to` share the blocks of `from`. 0, or -1 with errno. */
CE_MUST_CHECK int ce_os_clone(int from, int to);

/* Copies up to `n` bytes in the kernel, from and to the current positions. Bytes copied, or -1 with
 * errno. */
CE_MUST_CHECK ssize_t ce_os_copy_range(int from, int to, size_t n);

/* A pipe that no program started later inherits. 0, or -1 with errno. */
CE_MUST_CHECK int ce_os_pipe(int ret_ends[2]);

/* Processors that this process may use; at least 1. */
unsigned ce_os_processors(void);

/* Lets this process and what it starts use `n` of them. 0, or -1 with errno. */
CE_MUST_CHECK int ce_os_use_processors(unsigned n);

/* Opens the directory at `path` below `root`, for names only, unless a link or `..` leads out of there or
 * anywhere else. The descriptor, or -1 with errno. */
CE_MUST_CHECK int ce_os_open_dir_beneath(int root, const char *path);

/* Kills this process when its parent ends, where the system can. */
void ce_os_die_with_parent(void);

/* Fills `n` bytes, at most 256, with random ones. 0, or -1 with errno. */
CE_MUST_CHECK int ce_os_random(void *bytes, size_t n);

/* Overwrites a secret, even though nobody reads it again. */
void ce_os_forget(void *secret, size_t n);

/* A file without a name, to be written and read back. The descriptor, or -1 with errno. */
CE_MUST_CHECK int ce_os_scratch_file(void);

/* The number of the kind of file system that `path` is on, as statfs() of Linux has it; 0 elsewhere, and
 * where it cannot be told. */
unsigned long ce_os_fs_kind(const char *path);

/* Announces that a file is read from its beginning to its end. */
void ce_os_read_ahead(int fd);

#endif
