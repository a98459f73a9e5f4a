/* SPDX-License-Identifier: MIT */
/* File system helpers: whole-file reads, atomic replacement, tree removal, locks between processes.
 */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "ccenv/ccenv.h"

void ce_fs_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool ce_fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool ce_fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int ce_fs_mkdirs(const char *path, struct ccenv_error *err)
{
	CE_AUTOFREE char *p = ce_strdup(path);

	/* Mostly it is there already. */
	if (ce_fs_is_dir(path))
		return 0;
	for (char *s = p + 1;; s++) {
		if (*s != '/' && *s != '\0')
			continue;
		char c = *s;

		*s = '\0';
		if (mkdir(p, 0777) < 0 && errno != EEXIST && errno != EISDIR) {
			int errnum = errno; /* to look at it sets another */

			if (!ce_fs_is_dir(p))
				return ce_fail_errno(err, errnum, "cannot create directory %s", p);
		}
		*s = c;
		if (!c)
			break;
	}
	if (!ce_fs_is_dir(path))
		return ce_fail(
			err, CCENV_EIO, "cannot create directory %s: a file is in the way", path);
	return 0;
}

int ce_fs_read(const char *path, size_t max, struct ce_buf *out, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t total = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file", path);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uintmax_t)st.st_size <= max)
		ce_buf_reserve(out, (size_t)st.st_size + 1);
	do {
		if (!ce_buf_reserve(out, 64 << 10))
			return ce_fail(err, CCENV_EDATA, "%s: larger than %zu bytes", path, max);
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot read %s", path);
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		total += (size_t)n;
		if (total > max)
			return ce_fail(err, CCENV_EDATA, "%s: larger than %zu bytes", path, max);
	} while (n != 0);
	return 0;
}

static bool holds(const char *path, const void *data, size_t len)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ccenv_error ignored;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || (uintmax_t)st.st_size != len)
		return false;
	return ce_fs_read(path, len, &b, &ignored) == 0 && b.len == len &&
	       memcmp(ce_buf_str(&b), data, len) == 0;
}

int ce_fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int ce_fs_pwrite_all(int fd, const void *data, size_t len, uint64_t offset)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/*
 * Creates "<path>.<pid>.<six digits>" for writing; -1 with errno. mkostemp() would make it 0600,
 * and the umask, which is to decide, cannot be asked for without setting it for all threads.
 */
static int open_beside(const char *path, char **ret_tmp)
{
	enum {
		TRIES = 100
	};
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	for (unsigned i = 0; i < TRIES; i++) {
		CE_AUTOFREE char *tmp = ce_asprintf("%s.%ld.%06lx", path, (long)getpid(),
			((unsigned long)now.tv_nsec + i) & 0xffffff);
		int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

		if (fd >= 0)
			*ret_tmp = CE_TAKE(tmp);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int ce_fs_replace(
	const char *path, const void *data, size_t len, bool *ret_changed, struct ccenv_error *err)
{
	CE_AUTOFREE char *tmp = NULL;
	CE_CLEANUP(ce_fs_closep) int fd = -1;
	int r;

	if (ret_changed)
		*ret_changed = false;
	if (holds(path, data, len))
		return 0;
	fd = open_beside(path, &tmp);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot write beside %s", path);
	/* The data must be on disk before the name points to it, or a crash leaves an empty file.
	 */
	if (ce_fs_write_all(fd, data, len) < 0 || fsync(fd) < 0 || rename(tmp, path) < 0) {
		r = ce_fail_errno(err, errno, "cannot write %s", path);
		goto undo;
	}
	if (ret_changed)
		*ret_changed = true;
	return 0;
undo:
	unlink(tmp);
	return r;
}

/* Removes what is in the directory `fd` (which is closed here). */
static int remove_children(int fd, const char *path, struct ccenv_error *err)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!dir) {
		close(fd);
		return ce_fail_errno(err, errno, "cannot read directory %s", path);
	}
	while (r == 0 && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), e->d_name, 0) == 0 || errno == ENOENT)
			continue;
		CE_AUTOFREE char *child = ce_path_join(path, e->d_name);

		r = ce_fs_remove_tree(child, err);
	}
	closedir(dir);
	return r;
}

int ce_fs_remove_tree(const char *path, struct ccenv_error *err)
{
	struct stat st;
	int fd, r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : ce_fail_errno(err, errno, "cannot remove %s", path);
	if (!S_ISDIR(st.st_mode)) {
		if (unlink(path) < 0 && errno != ENOENT)
			return ce_fail_errno(err, errno, "cannot remove %s", path);
		return 0;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && chmod(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot remove %s", path);
	if ((st.st_mode & S_IRWXU) != S_IRWXU)
		(void)fchmod(fd, 0700);
	r = remove_children(fd, path, err);
	if (r < 0)
		return r;
	if (rmdir(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", path);
	return 0;
}

/* The process in the name of something that is written beside its place; 0 when it is none. */
static long writer_of(const char *name)
{
	const char *last = strrchr(name, '.');
	const char *before = last ? memrchr(name, '.', (size_t)(last - name)) : NULL;
	const char *pid;

	if (!before || before == name)
		return 0;
	if (strncmp(before, ".tmp.", 5) == 0 || strncmp(before, ".old.", 5) == 0)
		pid = last + 1;
	else if (strlen(last) == 7)
		pid = before + 1;
	else
		return 0;
	/* No pid has more than seven digits. */
	if (strspn(pid, "0123456789") != strcspn(pid, ".") || strcspn(pid, ".") > 9)
		return 0;
	return strtol(pid, NULL, 10);
}

void ce_fs_sweep(const char *path)
{
	DIR *dir = opendir(path);
	struct ccenv_error ignored;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		CE_AUTOFREE char *child = NULL;
		long pid = writer_of(e->d_name);

		/* Ours are from an earlier process of that number. */
		if (pid <= 0 || (pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno != ESRCH)))
			continue;
		child = ce_path_join(path, e->d_name);
		if (ce_fs_remove_tree(child, &ignored) < 0)
			break;
	}
	if (dir)
		closedir(dir);
}

struct ce_fs_lock {
	int fd;
};

void ce_fs_unlock(struct ce_fs_lock *lock)
{
	if (!lock)
		return;
	close(lock->fd);
	free(lock);
}

static void read_holder(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

/* Waits for the lock on fd; polling, since flock() has no time limit. */
static int wait_for(int fd, const char *path, int timeout_s,
	void (*waiting)(void *user, const char *holder), void *user, struct ccenv_error *err)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	char holder[128];
	bool told = false;

	for (long waited_ms = 0;; waited_ms += 20) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		/* A file system without locks: go on without; renames keep the result whole. */
		if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ce_fail_errno(err, errno, "cannot lock %s", path);
		read_holder(fd, holder, sizeof(holder));
		if (!told && waiting)
			waiting(user, holder);
		told = true;
		if (waited_ms / 1000 >= timeout_s)
			return ce_fail(err, CCENV_EBUSY,
				"%s is held by %s for more than %d s; end that process, or try again when it is done",
				path, holder[0] ? holder : "another process", timeout_s);
		nanosleep(&pause, NULL);
	}
}

int ce_fs_lock(const char *path, int timeout_s, void (*waiting)(void *user, const char *holder),
	void *user, struct ce_fs_lock **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	char text[64];
	int r, n;

	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open the lock file %s", path);
	r = wait_for(fd, path, timeout_s, waiting, user, err);
	if (r < 0)
		return r;
	n = snprintf(text, sizeof(text), "process %ld\n", (long)getpid());
	/* Only for messages: a full disk must not stop a run here. */
	ce_ignore(ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0);
	*ret_lock = ce_alloc(sizeof(**ret_lock));
	(*ret_lock)->fd = CE_TAKE_FD(fd);
	return 0;
}
