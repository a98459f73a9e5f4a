/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_STAGE_H
#define CE_BASE_STAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * A file, directory or link that is made under a temporary name in the directory of its place, and
 * put there in one step: who looks sees the old one or the new one, also after a crash.
 *
 * A temporary name is ".ccenv-tmp." and 20 random digits, so it is nobody's but ccenv's, and no two
 * processes choose the same, whatever machines or process namespaces they run in. Who makes one
 * holds flock() on it, or, for a directory, on the file of its name and ".lock": NFS passes locks
 * of files opened for writing to other machines, and none of directories. So ce_stage_sweep() can
 * tell what a killed process left from what is being made.
 *
 * Life: begin with ce_stage_file() or ce_stage_dir(); fill; ce_stage_commit(); ce_stage_drop(),
 * which removes what was not put in place, or what the new one took the place of.
 */
struct ce_stage {
	char *path; /* its place */
	char *tmp;  /* where it is made; after the commit, what was there before; or NULL */
	int fd;     /* of a file: open for writing; else -1 */
	int lock;   /* of a directory: the lock file; else -1 */
	bool dir;
	bool hasty; /* of a file, to be set before the commit: do not wait for the disk. A crash may
		       leave it cut short; for what is checked when it is read. */
};

/* The stage that ce_stage_drop() has nothing to do for. */
#define CE_STAGE_NONE                                                                              \
	{                                                                                          \
		.fd = -1, .lock = -1                                                               \
	}

/* A new file, opened for writing. The umask applies to the mode. */
CE_MUST_CHECK int ce_stage_file(
	const char *path, mode_t mode, struct ce_stage *ret_stage, struct ccenv_error *err);
/* A new empty directory. The directory of its place is made if it does not exist. */
CE_MUST_CHECK int ce_stage_dir(
	const char *path, struct ce_stage *ret_stage, struct ccenv_error *err);
/*
 * Puts it at its place. A file is written to disk first. What was there, a file or link, is
 * replaced; a directory is exchanged, and is then removed by ce_stage_drop(). Where the file system
 * has no exchange there is a moment without it; if the process is killed in it, ce_stage_sweep()
 * puts the old one back.
 */
CE_MUST_CHECK int ce_stage_commit(struct ce_stage *s, struct ccenv_error *err);
/* For CE_CLEANUP. A failure to remove is ignored: the next sweep tries again. */
void ce_stage_drop(struct ce_stage *s);

/* Makes `path` a link to `target`, or replaces the file or link there. */
CE_MUST_CHECK int ce_stage_symlink(const char *target, const char *path, struct ccenv_error *err);
/*
 * Removes a tree that others may be about to open: under a temporary name first, so that nobody
 * sees half of it. Fine when it is absent.
 */
CE_MUST_CHECK int ce_stage_remove(const char *path, struct ccenv_error *err);

/*
 * Removes what killed processes left in this directory, and only what has a temporary name. May be
 * called at any time. Failures are ignored: the next run tries again. Without locks (some network
 * file systems have none) what is older than a day is taken for left.
 */
void ce_stage_sweep(const char *dir);
/* Is there still something at the temporary name that a directory once had? */
bool ce_stage_is_left(const char *tmp);

#endif
