/* SPDX-License-Identifier: MIT */
/* Locks between processes: flock() on a file that holds its holder's name. */
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
#include "base/error.h"
#include "base/fs.h"
#include "base/strs.h"
#include "base/syscalls.h"
#include "ccenv/ccenv.h"

static const char text_mark[] = "process ";

struct ce_fs_lock {
	int fd;
	char *path; /* to be removed with the lock; or NULL */
};

void ce_fs_unlock(struct ce_fs_lock *lock)
{
	if (!lock)
		return;
	if (lock->path)
		ce_ignore(unlink(lock->path));
	close(lock->fd);
	free(lock->path);
	free(lock);
}

static void read_holder(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

/* Waits for the lock on fd; polling, since flock() has no time limit. */
static int wait_for(
	int fd, const char *path, const struct ce_fs_wait *wait, struct ccenv_error *err)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	char holder[128];
	bool announced = false;

	for (long waited_ms = 0;; waited_ms += 20) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR) {
			/* A file system without locks: renames keep the result complete. */
			if (ce_way_after(CE_SYS_FLOCK, errno) != CE_WAY_STOP)
				return 0;
			return ce_fail_errno(err, errno, "cannot lock %s", path);
		}
		read_holder(fd, holder, sizeof(holder));
		if (!announced && wait->on_wait)
			wait->on_wait(wait->user, holder);
		announced = true;
		if (waited_ms / 1000 >= wait->timeout_s)
			return ce_fail(err, CCENV_EBUSY,
				"%s has been held by %s for more than %d s; end that process, or try again when it is done",
				path, holder[0] ? holder : "another process", wait->timeout_s);
		nanosleep(&pause, NULL);
	}
}

/* Opens or creates a lock file; never a link to something else, never a file of another use. */
static int open_lock(const char *path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep)
	int fd =
		open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
	char begin[sizeof(text_mark)] = "";
	struct stat st;
	bool ours;

	if (fd < 0 && errno != ELOOP)
		return ce_fail_errno(err, errno, "cannot open the lock file %s", path);
	ours = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink <= 1;
	if (ours && st.st_size > 0)
		ours = pread(fd, begin, sizeof(begin) - 1, 0) > 0 &&
		       ce_has_prefix(begin, text_mark);
	if (!ours)
		return ce_fail(err, CCENV_EIO,
			"%s is not a lock file of ccenv, though it has the name of one: remove it",
			path);
	return CE_TAKE_FD(fd);
}

/* Has the holder before us removed the file that we have now locked? */
static bool is_gone(int fd, const char *path)
{
	struct stat held, named;

	return fstat(fd, &held) == 0 && (lstat(path, &named) < 0 || held.st_ino != named.st_ino);
}

int ce_fs_lock_wait(const char *path, const struct ce_fs_wait *wait, struct ce_fs_lock **ret_lock,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = -1;
	char text[64];
	int n;

	do {
		int r;

		ce_fs_closep(&fd);
		fd = open_lock(path, err);
		if (fd < 0)
			return fd;
		r = wait_for(fd, path, wait, err);
		if (r < 0)
			return r;
	} while (is_gone(fd, path));
	n = snprintf(text, sizeof(text), "%s%ld\n", text_mark, (long)getpid());
	/*
	 * Only for messages: a full disk must not stop a run here. Written first and cut then: others
	 * read the file while they wait, and one that is empty for a moment is none of ours to them.
	 */
	ce_ignore(pwrite(fd, text, (size_t)n, 0) < 0 || ftruncate(fd, n) < 0);
	*ret_lock = ce_calloc(1, sizeof(**ret_lock));
	(*ret_lock)->fd = CE_TAKE_FD(fd);
	(*ret_lock)->path = wait->remove ? ce_strdup(path) : NULL;
	return 0;
}

int ce_fs_lock(const char *path, int timeout_s, void (*waiting)(void *user, const char *holder),
	void *user, struct ce_fs_lock **ret_lock, struct ccenv_error *err)
{
	const struct ce_fs_wait wait = {.timeout_s = timeout_s, .on_wait = waiting, .user = user};

	return ce_fs_lock_wait(path, &wait, ret_lock, err);
}
