/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_FS_H
#define CE_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/* File system helpers. Every error names the path. */

/* mkdir -p; fine when it exists. */
CE_MUST_CHECK int ce_fs_mkdirs(const char *path, struct ccenv_error *err);
/*
 * Opens a regular file for reading. Never waits, as opening a fifo would, and never opens a device.
 * `flags`: 0, or O_NOFOLLOW where the last component must not be a link. Returns the descriptor, or
 * -1 with errno: EINVAL (ENXIO for a socket), EISDIR or ELOOP for what is not a regular file.
 */
CE_MUST_CHECK int ce_fs_open_file(int dir_fd, const char *path, int flags);
/* The same for what others have made, such as a package: no component of `path`, which must be
 * relative and safe (ce_path_is_safe()), may be a link. */
CE_MUST_CHECK int ce_fs_open_beneath(int dir_fd, const char *path);
/* Reads a whole file as ce_fs_open_beneath() opens it; `dir` itself is no link either. */
CE_MUST_CHECK int ce_fs_read_beneath(
	const char *dir, const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err);
/* Appends a whole file, a regular one that may be reached through links, to `out`. A missing file
 * is CCENV_ENOTFOUND; more than `max` bytes is CCENV_EDATA. */
CE_MUST_CHECK int ce_fs_read(
	const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err);
/*
 * For a file that the user names to be replaced: fails with CCENV_EUSAGE when a link, a device or anything
 * else is there. As root, `-o /dev/null` or /dev/stdout would put a file in its place.
 */
CE_MUST_CHECK int ce_fs_check_output(const char *path, struct ccenv_error *err);
/*
 * Makes `path` hold exactly these bytes: made and put in place as in base/stage.h; not touched
 * when it holds them already (so that nothing downstream rebuilds). A file that group or others
 * cannot read or write stays so. ret_changed may be NULL.
 */
CE_MUST_CHECK int ce_fs_replace(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err);
/*
 * The same for a file that people keep and edit, as editors do it: a link stays and the file it leads to is
 * replaced, with its mode and, where that is allowed, its owner. CCENV_EUSAGE where the link is another
 * user's, or leads nowhere, in a circle or to what is no regular file: nothing new is made at its end. Whose bytes are
 * replaced the caller has looked at.
 */
CE_MUST_CHECK int ce_fs_rewrite(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err);
/* Would ce_fs_rewrite() find a file to replace, or no link? */
CE_MUST_CHECK int ce_fs_check_rewrite(const char *path, struct ccenv_error *err);
/* For CE_CLEANUP: closes what is open, and leaves -1. */
void ce_fs_closep(int *fd);
/* All of it, however often write() takes less. 0, or -1 with errno. */
CE_MUST_CHECK int ce_fs_write_all(int fd, const void *data, size_t len);
/* The same by pwrite(), at an offset in bytes. */
CE_MUST_CHECK int ce_fs_pwrite_all(int fd, const void *data, size_t len, uint64_t offset);
/* fchmod(), which is not needed where the owner's bits are there already: some network file systems
 * refuse it. 0, or -1 with errno. */
CE_MUST_CHECK int ce_fs_set_mode(int fd, mode_t mode);
/* rm -rf, never following links, of trees of any depth; fine when it is absent. Makes directories
 * writable as needed. */
CE_MUST_CHECK int ce_fs_remove_tree(const char *path, struct ccenv_error *err);
bool ce_fs_exists(const char *path); /* anything, a dangling link too */
bool ce_fs_is_dir(const char *path);
/* Are these two paths of one directory, by links or a mount? Not when one of them is not there. */
bool ce_fs_is_same_dir(const char *a, const char *b);
/*
 * The program of this name in the directories of `path` (the value of PATH; NULL: /usr/bin and /bin), malloc'ed; NULL when
 * there is none. Relative and empty entries do not count: they would mean another program in each
 * directory, that of a source tree for one.
 */
char *ce_fs_find_program(const char *path, const char *name);

/*
 * An advisory lock between processes: flock() on `path`, created if absent; its text names the
 * holder, so it must not be a link, nor a file with another text or another name: those are
 * refused and left as they are. Waits at most `timeout_s` seconds, then fails with CCENV_EBUSY and
 * names the holder. Released by ce_fs_unlock() or by the end of the process. Where the file system
 * has no locks it is as if it were had.
 */
struct ce_fs_lock;
struct ce_fs_wait {
	int timeout_s;
	void (*on_wait)(void *user, const char *holder); /* once, before the first wait; or NULL */
	void *user;
	bool remove; /* remove the file with the lock; all who use it must ask for that */
};
CE_MUST_CHECK int ce_fs_lock_wait(const char *path, const struct ce_fs_wait *wait,
	struct ce_fs_lock **ret_lock, struct ccenv_error *err);
/* The same with its parts as parameters; the file stays. */
CE_MUST_CHECK int ce_fs_lock(const char *path, int timeout_s,
	void (*waiting)(void *user, const char *holder), void *user, struct ce_fs_lock **ret_lock,
	struct ccenv_error *err);
void ce_fs_unlock(struct ce_fs_lock *lock);
CE_DEFINE_FREEP(struct ce_fs_lock, ce_fs_unlock, ce_fs_unlockp)

#endif
