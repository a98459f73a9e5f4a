/* SPDX-License-Identifier: MIT */
/*
 * rm -rf that follows no link, needs no path, and takes trees of any depth: what lies deeper than
 * DEPTH_MAX is first moved up to the top, so that neither descriptors nor path lengths run out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "ccenv/ccenv.h"

enum {
	DEPTH_MAX = 32
};

struct removal {
	int top;          /* the tree's own directory */
	unsigned n_moved; /* directories moved up to it */
	const char *path; /* for messages */
};

static int fail(const struct removal *rm, const char *name, struct ccenv_error *err)
{
	return ce_fail_errno(err, errno, "cannot remove %s%s%s", rm->path, *name ? ": " : "", name);
}

/* Opens a directory to empty it; makes it writable if need be. */
static int open_dir(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);
	struct stat st;

	if (fd < 0 && errno == EACCES) {
		/* By descriptor, so that the name cannot become a link in between. */
		CE_CLEANUP(ce_fs_closep)
		int it = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		char proc[64];

		snprintf(proc, sizeof(proc), CE_OS_FD_DIR "/%d", it);
		if (it < 0 || chmod(proc, 0700) < 0) {
			errno = EACCES;
			return -1;
		}
		fd = openat(parent, name, flags);
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU)
		ce_ignore(fchmod(fd, 0700)); /* if not, the next call says why */
	return fd;
}

/* Moves a directory to the top, to be removed when the walk comes back there. */
static int move_up(struct removal *rm, int dir, const char *name, struct ccenv_error *err)
{
	char to[32];

	do {
		snprintf(to, sizeof(to), ".ccenv-deep.%u", rm->n_moved++);
		if (renameat(dir, name, rm->top, to) == 0)
			return 0;
	} while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
	return fail(rm, name, err);
}

static int empty(struct removal *rm, int fd, int depth, struct ccenv_error *err);

static int remove_child(
	struct removal *rm, int dir, const char *name, int depth, struct ccenv_error *err)
{
	int fd, r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail(rm, name, err);
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	/* EPERM of unlink() may also be that of a file that must not go. */
	fd = open_dir(dir, name);
	if (fd < 0 && (depth == 0 || (errno != EMFILE && errno != ENFILE)))
		return fail(rm, name, err);
	if (fd < 0 || depth == DEPTH_MAX) {
		ce_fs_closep(&fd);
		return move_up(rm, dir, name, err);
	}
	r = empty(rm, fd, depth + 1, err);
	if (r < 0)
		return r;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? fail(rm, name, err) : 0;
}

/* Removes what is in the directory `fd`, which is closed here. */
static int empty(struct removal *rm, int fd, int depth, struct ccenv_error *err)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!dir) {
		close(fd);
		return fail(rm, "", err);
	}
	while (r == 0 && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = remove_child(rm, dirfd(dir), e->d_name, depth, err);
	closedir(dir);
	return r;
}

int ce_fs_remove_tree(const char *path, struct ccenv_error *err)
{
	struct removal rm = {.path = path};
	unsigned before;
	int r;

	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail(&rm, "", err);
	if (rmdir(path) == 0)
		return 0;
	do {
		CE_CLEANUP(ce_fs_closep) int top = open_dir(AT_FDCWD, path);

		if (top < 0)
			return fail(&rm, "", err);
		rm.top = top;
		before = rm.n_moved;
		r = empty(&rm, fcntl(top, F_DUPFD_CLOEXEC, 0), 0, err);
		if (r < 0)
			return r;
	} while (rm.n_moved > before);
	return rmdir(path) < 0 && errno != ENOENT ? fail(&rm, "", err) : 0;
}
