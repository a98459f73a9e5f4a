/* SPDX-License-Identifier: MIT */
/*
 * Temporary names, and the one step that puts what was made there in place.
 *
 * A directory D has up to three names in the directory of its place:
 *
 *     .ccenv-tmp.<digits>        it, while it is made
 *     .ccenv-tmp.<digits>.lock   locked by its maker; holds the name of its place
 *     .ccenv-tmp.<digits>.old    what was there before, between two renames
 *
 * The lock file is made first and removed last, so that who has its lock may remove the others.
 */
#include "base/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "base/path.h"
#include "base/strs.h"
#include "base/syscalls.h"
#include "ccenv/ccenv.h"

enum {
	RANDOM_BYTES = 10,
	DIGITS = 2 * RANDOM_BYTES,
	TRIES = 100,
	LEFT_S = 24 * 3600 /* without locks: older than this is left */
};

static const char mark[] = ".ccenv-tmp.";

/* The length of the temporary name that `name` begins with, in `name` what is behind it; or 0. */
static size_t split_name(const char *name, const char **ret_suffix)
{
	size_t n = sizeof(mark) - 1 + DIGITS;

	if (!ce_has_prefix(name, mark) ||
		strspn(name + sizeof(mark) - 1, "0123456789abcdef") != DIGITS)
		return 0;
	*ret_suffix = name + n;
	return n;
}

/* A temporary name in the directory of `path`. The caller frees. */
static char *temporary_name(const char *path)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);
	unsigned char bytes[RANDOM_BYTES] = {0};
	char hex[DIGITS + 1];

	/* Without random numbers (none on Linux) the names still differ from one another: the
	 * caller tries until one is free. */
	if (ce_os_random(bytes, sizeof(bytes)) < 0) {
		struct timespec now;

		(void)clock_gettime(CLOCK_REALTIME, &now);
		memcpy(bytes, &now.tv_nsec, sizeof(now.tv_nsec));
	}
	ce_hex(bytes, sizeof(bytes), hex);
	return ce_asprintf("%s/%s%s", dir, mark, hex);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Locks a file that was made just now. False when a sweep came between: it has taken the name. */
static bool hold(int fd, const char *path)
{
	struct stat held, named;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return false;
	return fstat(fd, &held) == 0 && lstat(path, &named) == 0 && same_file(&held, &named);
}

/* Creates and locks <temporary name><suffix>. Returns the descriptor, or -1 with errno. */
static int create(const char *path, const char *suffix, mode_t mode, char **ret_tmp)
{
	for (int i = 0; i < TRIES; i++) {
		CE_AUTOFREE char *tmp = temporary_name(path);
		CE_AUTOFREE char *name = ce_asprintf("%s%s", tmp, suffix);
		CE_CLEANUP(ce_fs_closep)
		int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

		if (fd < 0 && errno != EEXIST)
			return -1;
		if (fd < 0)
			continue;
		if (!hold(fd, name)) {
			ce_ignore(unlink(name)); /* it is there if it could not be looked at */
			continue;
		}
		*ret_tmp = CE_TAKE(tmp);
		return CE_TAKE_FD(fd);
	}
	errno = EEXIST;
	return -1;
}

int ce_stage_file(
	const char *path, mode_t mode, struct ce_stage *ret_stage, struct ccenv_error *err)
{
	struct ce_stage s = CE_STAGE_NONE;

	s.fd = create(path, "", mode, &s.tmp);
	if (s.fd < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	s.path = ce_strdup(path);
	*ret_stage = s;
	return 0;
}

/* The lock file of a directory that is to be at `path`, with its place's name in it. */
static int create_lock(const char *path, char **ret_tmp)
{
	const char *base = ce_path_base(path);
	int fd = create(path, ".lock", 0600, ret_tmp);

	/* Only for ce_stage_sweep() after a kill between two renames. */
	if (fd >= 0)
		ce_ignore(ce_fs_write_all(fd, base, strlen(base)));
	return fd;
}

static char *with(const char *tmp, const char *suffix)
{
	return ce_asprintf("%s%s", tmp, suffix);
}

/* From the variable that would remove it to the caller's. */
static void hand_over(struct ce_stage *s, struct ce_stage *ret)
{
	*ret = *s;
	*s = (struct ce_stage)CE_STAGE_NONE;
}

int ce_stage_dir(const char *path, struct ce_stage *ret_stage, struct ccenv_error *err)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage s = CE_STAGE_NONE;
	CE_AUTOFREE char *parent = ce_path_dir(path);
	int r = ce_fs_mkdirs(parent, err);

	if (r < 0)
		return r;
	s.dir = true;
	s.lock = create_lock(path, &s.tmp);
	if (s.lock < 0 || mkdir(s.tmp, 0777) < 0)
		return ce_fail_errno(err, errno, "cannot create %s", path);
	s.path = ce_strdup(path);
	hand_over(&s, ret_stage);
	return 0;
}

/* The data must be on disk before the name points to it, or a crash leaves an empty file. */
static int sync_file(int fd)
{
	while (fsync(fd) < 0)
		if (errno != EINTR)
			return ce_way_after(CE_SYS_FSYNC, errno) == CE_WAY_STOP ? -1 : 0;
	return 0;
}

static int commit_file(struct ce_stage *s, struct ccenv_error *err)
{
	if (!s->hasty && sync_file(s->fd) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", s->path);
	if (rename(s->tmp, s->path) < 0)
		return ce_fail_errno(err, errno, "cannot replace %s", s->path);
	free(CE_TAKE(s->tmp));
	return 0;
}

/* Two renames; between them there is nothing at the place. */
static int replace_dir(struct ce_stage *s, struct ccenv_error *err)
{
	CE_AUTOFREE char *old = with(s->tmp, ".old");

	if (rename(s->path, old) < 0) {
		/* The lower layer of an overlay: its directories can only be removed. */
		if (errno != EXDEV)
			return ce_fail_errno(err, errno, "cannot replace %s", s->path);
		int r = ce_fs_remove_tree(s->path, err);

		if (r < 0)
			return r;
	}
	if (rename(s->tmp, s->path) == 0) {
		/* A sweep puts ".old" back where nothing is at the place: it must be complete as
		 * long as it has that name. ce_stage_drop() removes it under the free one. */
		ce_ignore(rename(old, s->tmp));
		return 0;
	}
	ce_fail_errno(err, errno, "cannot replace %s", s->path);
	ce_ignore(rename(old, s->path)); /* the first failure is what matters */
	return err->code;
}

static int commit_dir(struct ce_stage *s, struct ccenv_error *err)
{
	if (rename(s->tmp, s->path) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return ce_fail_errno(err, errno, "cannot create %s", s->path);
	/* The old one is then at s->tmp. */
	if (ce_os_exchange(s->tmp, s->path) == 0)
		return 0;
	if (ce_way_after(CE_SYS_EXCHANGE, errno) == CE_WAY_STOP)
		return ce_fail_errno(err, errno, "cannot replace %s", s->path);
	return replace_dir(s, err);
}

int ce_stage_commit(struct ce_stage *s, struct ccenv_error *err)
{
	return s->dir ? commit_dir(s, err) : commit_file(s, err);
}

/* Removes a directory's names, the lock file last. */
static void remove_dir(const char *tmp)
{
	static const char *const suffixes[] = {"", ".old"};
	CE_AUTOFREE char *lock = with(tmp, ".lock");
	struct ccenv_error ignored;
	int r = 0;

	for (size_t i = 0; i < CE_COUNT(suffixes); i++) {
		CE_AUTOFREE char *path = with(tmp, suffixes[i]);

		if (ce_fs_remove_tree(path, &ignored) < 0)
			r = -1;
	}
	if (r == 0)
		ce_ignore(unlink(lock));
}

void ce_stage_drop(struct ce_stage *s)
{
	if (s->tmp && s->dir)
		remove_dir(s->tmp);
	else if (s->tmp)
		ce_ignore(unlink(s->tmp));
	ce_fs_closep(&s->fd);
	ce_fs_closep(&s->lock);
	free(s->tmp);
	free(s->path);
	*s = (struct ce_stage)CE_STAGE_NONE;
}

int ce_stage_symlink(const char *target, const char *path, struct ccenv_error *err)
{
	for (int i = 0; i < TRIES; i++) {
		CE_AUTOFREE char *tmp = temporary_name(path);

		if (symlink(target, tmp) < 0 && errno == EEXIST)
			continue;
		if (ce_fs_exists(tmp) && rename(tmp, path) == 0)
			return 0;
		ce_fail_errno(err, errno, "cannot create the link %s", path);
		ce_ignore(unlink(tmp));
		return err->code;
	}
	return ce_fail_errno(err, EEXIST, "cannot create the link %s", path);
}

int ce_stage_remove(const char *path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage s = CE_STAGE_NONE;

	s.lock = create_lock(path, &s.tmp);
	/* A full disk is a reason to remove things: then without a lock, and in its place. */
	if (s.lock < 0)
		return ce_fs_remove_tree(path, err);
	s.dir = true;
	if (rename(path, s.tmp) == 0)
		return ce_fs_remove_tree(s.tmp, err);
	return errno == ENOENT ? 0 : ce_fs_remove_tree(path, err);
}

/* ---- what killed processes left ---- */

static bool is_old(const struct stat *st)
{
	return time(NULL) - st->st_mtim.tv_sec > LEFT_S;
}

/* Takes the lock of a file whose maker is gone. Returns the descriptor, or -1. */
static int take_lock(int dir, const char *name, const struct stat *st)
{
	CE_CLEANUP(ce_fs_closep)
	int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat now;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && (errno == EWOULDBLOCK || !is_old(st)))
		return -1;
	/* Its maker may just have put it in place. */
	if (fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) < 0 || !same_file(st, &now))
		return -1;
	return CE_TAKE_FD(fd);
}

/* Killed between two renames: the old one goes back to the place that the lock file names. */
static void put_back(const char *dir, const char *tmp, int lock)
{
	CE_AUTOFREE char *old = with(tmp, ".old");
	CE_AUTOFREE char *path = NULL;
	char base[256];
	ssize_t n = pread(lock, base, sizeof(base) - 1, 0);

	if (n <= 0)
		return;
	base[n] = '\0';
	if (!ce_path_is_safe_name(base))
		return;
	path = ce_path_join(dir, base);
	if (ce_fs_exists(old) && !ce_fs_exists(path))
		ce_ignore(rename(old, path)); /* if not, it is removed with the rest */
}

static void sweep_dir(const char *dir, int dir_fd, const char *lock_name, const struct stat *st)
{
	CE_AUTOFREE char *path = ce_path_join(dir, lock_name);
	CE_CLEANUP(ce_fs_closep) int lock = take_lock(dir_fd, lock_name, st);

	if (lock < 0)
		return;
	path[strlen(path) - strlen(".lock")] = '\0';
	put_back(dir, path, lock);
	remove_dir(path);
}

/* A directory whose lock file somebody has removed by hand. */
static void sweep_bare(const char *dir, const char *name, size_t n_stem, const struct stat *st)
{
	CE_AUTOFREE char *path = ce_path_join(dir, name);
	CE_AUTOFREE char *lock = ce_asprintf("%s/%.*s.lock", dir, (int)n_stem, name);
	struct ccenv_error ignored;

	if (!ce_fs_exists(lock) && is_old(st))
		ce_ignore(ce_fs_remove_tree(path, &ignored));
}

static void sweep_file(int dir, const char *name, const struct stat *st)
{
	CE_CLEANUP(ce_fs_closep) int lock = take_lock(dir, name, st);

	if (lock >= 0)
		ce_ignore(unlinkat(dir, name, 0));
}

static void sweep_one(const char *dir, int dir_fd, const char *name)
{
	const char *suffix;
	size_t n = split_name(name, &suffix);
	struct stat st;

	if (n == 0 || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode) && (!*suffix || strcmp(suffix, ".old") == 0))
		sweep_bare(dir, name, n, &st);
	else if (S_ISREG(st.st_mode) && strcmp(suffix, ".lock") == 0)
		sweep_dir(dir, dir_fd, name, &st);
	else if (S_ISREG(st.st_mode) && !*suffix)
		sweep_file(dir_fd, name, &st);
	else if (S_ISLNK(st.st_mode) && !*suffix && is_old(&st))
		ce_ignore(unlinkat(dir_fd, name, 0)); /* they have no lock */
}

void ce_stage_sweep(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		sweep_one(path, dirfd(dir), e->d_name);
	if (dir)
		closedir(dir);
}

bool ce_stage_is_left(const char *tmp)
{
	CE_AUTOFREE char *old = with(tmp, ".old");

	return ce_fs_exists(tmp) || ce_fs_exists(old);
}
