/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_FS_H
#define CE_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/* File system helpers. Every error names the path. */

/* mkdir -p; fine when it exists. */
CE_MUST_CHECK int ce_fs_mkdirs(const char *path, struct ccenv_error *err);
/* Appends the whole file to `out`. A missing file is CCENV_ENOTFOUND; more than `max` bytes is
 * CCENV_EDATA. */
CE_MUST_CHECK int ce_fs_read(
	const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err);
/*
 * Makes `path` hold exactly these bytes: written beside, synced, renamed; not touched when it holds
 * them already (so that nothing downstream rebuilds). ret_changed may be NULL.
 */
CE_MUST_CHECK int ce_fs_replace(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err);
/* For CE_CLEANUP: closes what is open, and leaves -1. */
void ce_fs_closep(int *fd);
/* All of it, however often write() takes less. 0, or -1 with errno. */
CE_MUST_CHECK int ce_fs_write_all(int fd, const void *data, size_t len);
/* The same by pwrite(), at an offset in bytes. */
CE_MUST_CHECK int ce_fs_pwrite_all(int fd, const void *data, size_t len, uint64_t offset);
/* rm -rf, never following links; fine when it is absent. Makes directories writable as needed. */
CE_MUST_CHECK int ce_fs_remove_tree(const char *path, struct ccenv_error *err);
/*
 * Removes from a directory what processes that are gone were writing beside its place:
 * <name>.<pid>.XXXXXX of ce_fs_replace() and its like, <name>.tmp.<pid>, <name>.old.<pid>. To be
 * called with the lock held under which such things are made there. Failures are ignored: the next
 * run tries again.
 */
void ce_fs_sweep(const char *dir);
bool ce_fs_exists(const char *path); /* anything, a dangling link too */
bool ce_fs_is_dir(const char *path);

/*
 * An advisory lock between processes (flock on `path`, created if absent; its text names the
 * holder). Waits at most `timeout_s` seconds, then fails with CCENV_EBUSY and names the holder.
 * Released by ce_fs_unlock() or by the end of the process. `waiting` (may be NULL) is called once,
 * before the first wait.
 */
struct ce_fs_lock;
CE_MUST_CHECK int ce_fs_lock(const char *path, int timeout_s,
	void (*waiting)(void *user, const char *holder), void *user, struct ce_fs_lock **ret_lock,
	struct ccenv_error *err);
void ce_fs_unlock(struct ce_fs_lock *lock);
CE_DEFINE_FREEP(struct ce_fs_lock, ce_fs_unlock, ce_fs_unlockp)

#endif
