/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_GIT_H
#define CE_IO_GIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * What git knows of a work tree, by running git: the one place that does.
 *
 * A repository may have been unpacked from anywhere, and its configuration can name programs to run.
 * So git gets an environment of its own (nothing of GIT_*, no pager, no prompt, no network, messages in
 * English) and settings that switch off hooks, the file system monitor, signatures and external diffs. It
 * writes nothing, not even its index. Filters of .gitattributes (such as Git LFS's) do run where git
 * must compare a file whose time has changed. Whose repository may be read is git's own check
 * (safe.directory).
 */
struct ce_git {
	const char *dir; /* absolute; the work tree, or a directory in it */
	const char *(*getenv_fn)(
		const char *name); /* HOME and XDG_CONFIG_HOME, for safe.directory */
	bool copies; /* it may read another repository of this machine, as `git clone DIR` does */
};

/*
 * Runs git with these arguments (the last is NULL) and gives its output record by record: what ends with
 * a NUL byte, and what follows the last; `len` does not count that byte. `take` returns 1 to stop reading, which is success,
 * or a negative code, which fails the call. A record may have any byte but NUL, and at most 1 MiB. A
 * failure of git is CCENV_EDATA with its message; CCENV_ENOTFOUND when git is not installed.
 */
CE_MUST_CHECK int ce_git_records(const struct ce_git *git, const char *const *args,
	int (*take)(void *user, const char *record, size_t len, struct ccenv_error *err),
	void *user, struct ccenv_error *err);
/* The output as one text, without the newline at its end, appended to `ret`, which is empty. At most ret->max
 * bytes, 1 MiB where that is 0. */
CE_MUST_CHECK int ce_git_text(const struct ce_git *git, const char *const *args, struct ce_buf *ret,
	struct ccenv_error *err);

/* The top directory of the work tree; CCENV_ENOTFOUND when `git->dir` is in none. Appended to `ret`. */
CE_MUST_CHECK int ce_git_top(const struct ce_git *git, struct ce_buf *ret, struct ccenv_error *err);

/* The commit that is checked out. */
struct ce_git_head {
	char commit[65]; /* hex digits: 40, or 64 in a repository with SHA-256 */
	int64_t time;    /* of the committer, seconds since 1970 */
	bool shallow;    /* older commits are not there */
};

/* CCENV_ENOTFOUND when there is no commit yet. */
CE_MUST_CHECK int ce_git_head(
	const struct ce_git *git, struct ce_git_head *ret, struct ccenv_error *err);

/* Calls `take` with the path (relative to the top) of each tracked file that is not as committed; files
 * that are not tracked, and submodules, do not count. */
CE_MUST_CHECK int ce_git_modified(const struct ce_git *git,
	int (*take)(void *user, const char *path, size_t len, struct ccenv_error *err), void *user,
	struct ccenv_error *err);

#endif
