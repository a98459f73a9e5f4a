/* SPDX-License-Identifier: MIT */
/* Carrying out a plan. Work is cut along directories, since two threads in one directory wait for
 * its lock. */
#include "install/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/work.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "install/relocate.h"
#include "model/contents.h"
#include "model/pkg.h"

enum {
	BATCH = 128,   /* paths that a thread takes at once */
	DIR_BATCH = 32 /* directories, likewise */
};

/* Larger files with a placeholder do not occur; all of one is held in memory. */
static const uint64_t relocate_bytes_max = 4ULL << 30;

struct linking {
	struct ce_plan *plan;
	const char *root;
	int root_fd;
	_Atomic int method;
	const struct ccenv_events *events;
};

/*
 * Where a thread is: the directories of the last path, source and target. Paths of one directory
 * come together, and the kernel then has one component to look up instead of many.
 */
struct place {
	char *from, *to; /* their paths */
	int from_fd, to_fd;
};

static void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int fail_source(
	const struct linking *l, const struct ce_planned_path *p, struct ccenv_error *err)
{
	return ce_fail_errno(
		err, errno, "cannot read %s/%s", l->plan->pkgs[p->owner].dir, p->content->path);
}

static int fail_target(
	const struct linking *l, const struct ce_planned_path *p, struct ccenv_error *err)
{
	return ce_fail_errno(err, errno, "cannot create %s/%s", l->root, p->path);
}

/* Opens the directory of base/path unless it is open already. */
static int enter(char **open_path, int *fd, const char *base, const char *path)
{
	size_t n_base = strlen(base), n_dir = (size_t)(ce_path_base(path) - path),
	       n = n_base + 1 + n_dir;
	char *dir;

	if (*open_path && strlen(*open_path) == n && memcmp(*open_path, base, n_base) == 0 &&
		memcmp(*open_path + n_base + 1, path, n_dir) == 0)
		return 0;
	dir = ce_asprintf("%s/%.*s", base, (int)n_dir, path);
	close_fdp(fd);
	free(*open_path);
	*open_path = dir;
	*fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd < 0 ? -1 : 0;
}

static void leave(struct place *at)
{
	close_fdp(&at->from_fd);
	close_fdp(&at->to_fd);
	free(at->from);
	free(at->to);
}

static int open_source(const struct place *at, const struct ce_planned_path *p)
{
	return openat(
		at->from_fd, ce_path_base(p->content->path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_target(const struct place *at, const struct ce_planned_path *p, mode_t mode)
{
	return openat(at->to_fd, ce_path_base(p->path),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

static mode_t target_mode(const struct stat *st)
{
	return st->st_mode & 0111 ? 0555 : 0444;
}

static int keep_time(int fd, const struct stat *st)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};

	return futimens(fd, times);
}

/* All of `from`, by the kernel where it can. */
static int copy_data(int from, int to)
{
	CE_CLEANUP(ce_freep) char *buf = NULL;
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	/* Another file system, or one without this call. The offsets are where it stopped. */
	buf = ce_alloc(256 << 10);
	while ((n = read(from, buf, 256 << 10)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || ce_fs_write_all(to, buf, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

/* A copy of its own; with `ref`, one that shares blocks. Fails with errno. */
static int copy_file(const struct place *at, const struct ce_planned_path *p, bool ref)
{
	CE_CLEANUP(close_fdp) int from = open_source(at, p);
	CE_CLEANUP(close_fdp) int to = -1;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return -1;
	to = open_target(at, p, target_mode(&st));
	if (to < 0)
		return -1;
	if (ref ? ioctl(to, FICLONE, from) < 0 : copy_data(from, to) < 0) {
		int errnum = errno;

		(void)unlinkat(at->to_fd, ce_path_base(p->path), 0);
		errno = errnum;
		return -1;
	}
	return keep_time(to, &st);
}

static int put_symlink(const struct linking *l, const struct place *at, struct ce_planned_path *p,
	struct ccenv_error *err)
{
	const char *target = p->content->target;

	if (symlinkat(target, at->to_fd, ce_path_base(p->path)) < 0)
		return fail_target(l, p, err);
	p->size_in_prefix = strlen(target);
	/* Of the text, not of what it points to: that is another path's, and may be another
	 * package's. */
	ce_sha256_bytes(target, p->size_in_prefix, p->hash);
	p->sha256_in_prefix = p->hash;
	return 0;
}

/* Did this fail because the file systems do not have it, so that the next way should be tried from
 * now on? */
static bool is_unsupported(int errnum)
{
	return errnum == EXDEV || errnum == EPERM || errnum == EOPNOTSUPP || errnum == ENOTTY ||
	       errnum == EINVAL || errnum == ENOSYS || errnum == EBADF;
}

/* Reflink, hard link or copy. */
static int put_linked(struct linking *l, const struct place *at, struct ce_planned_path *p,
	struct ccenv_error *err)
{
	int method = p->content->no_link ? CE_LINK_COPY : atomic_load(&l->method);

	if (method == CE_LINK_REF) {
		if (copy_file(at, p, true) == 0)
			return 0;
		if (!is_unsupported(errno))
			return fail_target(l, p, err);
		/* Down only: another thread may be further. */
		atomic_compare_exchange_strong(&l->method, &method, CE_LINK_HARD);
		method = CE_LINK_HARD;
	}
	if (method == CE_LINK_HARD) {
		if (linkat(at->from_fd, ce_path_base(p->content->path), at->to_fd,
			    ce_path_base(p->path), 0) == 0)
			return 0;
		/* A file may have too many links while others may have one more. */
		if (is_unsupported(errno))
			atomic_store(&l->method, CE_LINK_COPY);
		else if (errno != EMLINK)
			return fail_target(l, p, err);
	}
	return copy_file(at, p, false) < 0 ? fail_target(l, p, err) : 0;
}

static int relocate(const struct linking *l, const struct place *at, struct ce_planned_path *p,
	const char *data, const struct stat *st, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(close_fdp) int to = -1;
	struct ce_relocate how = {
		.placeholder = p->content->placeholder, .prefix = l->plan->prefix};
	size_t len = (size_t)st->st_size;
	int r = 0;

	if (p->content->binary)
		r = ce_relocate_binary(&how, data, len, &text, err);
	else
		ce_relocate_text(&how, data, len, &text);
	if (r < 0)
		return ce_context(err, r, "%s: %s", l->plan->pkgs[p->owner].pkg->fn, p->path);
	to = open_target(at, p, target_mode(st));
	if (to < 0 || ce_fs_write_all(to, ce_buf_str(&text), text.len) < 0 || keep_time(to, st) < 0)
		return fail_target(l, p, err);
	ce_sha256_bytes(ce_buf_str(&text), text.len, p->hash);
	p->sha256_in_prefix = p->hash;
	p->size_in_prefix = text.len;
	p->relocated = true;
	return 0;
}

static int put_relocated(const struct linking *l, const struct place *at, struct ce_planned_path *p,
	struct ccenv_error *err)
{
	CE_CLEANUP(close_fdp) int from = open_source(at, p);
	struct stat st;
	void *data;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return fail_source(l, p, err);
	if ((uint64_t)st.st_size > relocate_bytes_max)
		return ce_fail(err, CCENV_EDATA, "%s: %s is too large for prefix replacement",
			l->plan->pkgs[p->owner].pkg->fn, p->path);
	if (st.st_size == 0)
		return relocate(l, at, p, "", &st, err);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, from, 0);
	if (data == MAP_FAILED)
		return fail_source(l, p, err);
	r = relocate(l, at, p, data, &st, err);
	munmap(data, (size_t)st.st_size);
	return r;
}

static int put_entry_point(const struct linking *l, const struct place *at,
	struct ce_planned_path *p, struct ccenv_error *err)
{
	CE_CLEANUP(close_fdp) int to = open_target(at, p, 0555);

	p->size_in_prefix = strlen(p->text);
	if (to < 0 || ce_fs_write_all(to, p->text, p->size_in_prefix) < 0)
		return fail_target(l, p, err);
	ce_sha256_bytes(p->text, p->size_in_prefix, p->hash);
	p->sha256_in_prefix = p->hash;
	return 0;
}

/* The hash of a file that is as it was packaged: the package's, or (old packages) computed. */
static int note_unchanged(
	const struct linking *l, struct ce_planned_path *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *source = NULL;

	p->size_in_prefix = p->content->size;
	p->sha256_in_prefix = p->content->sha256;
	if (p->sha256_in_prefix)
		return 0;
	source = ce_path_join(l->plan->pkgs[p->owner].dir, p->content->path);
	p->sha256_in_prefix = p->hash;
	return ce_sha256_file(source, p->hash, err);
}

static int put(
	struct linking *l, struct place *at, struct ce_planned_path *p, struct ccenv_error *err)
{
	const struct ce_content *c = p->content;
	int r;

	if (enter(&at->to, &at->to_fd, l->root, p->path) < 0)
		return fail_target(l, p, err);
	if (!c)
		return put_entry_point(l, at, p, err);
	if (c->kind == CE_CONTENT_LINK)
		return put_symlink(l, at, p, err);
	if (enter(&at->from, &at->from_fd, l->plan->pkgs[p->owner].dir, c->path) < 0)
		return fail_source(l, p, err);
	if (c->placeholder)
		return put_relocated(l, at, p, err);
	r = put_linked(l, at, p, err);
	return r < 0 ? r : note_unchanged(l, p, err);
}

static int put_batch(void *user, size_t i, struct ccenv_error *err)
{
	struct linking *l = user;
	struct place at = {.from_fd = -1, .to_fd = -1};
	size_t end = (i + 1) * BATCH;
	int r = 0;

	if (end > l->plan->n_paths)
		end = l->plan->n_paths;
	for (size_t k = i * BATCH; k < end && r == 0; k++)
		r = put(l, &at, l->plan->paths[k], err);
	leave(&at);
	return r;
}

static void report(void *user, size_t done)
{
	const struct linking *l = user;
	size_t total = l->plan->n_paths;
	struct ccenv_progress p = {
		.phase = CCENV_PHASE_LINK,
		.items_done = done * BATCH < total ? done * BATCH : total,
		.items_total = total,
	};

	ce_progress(l->events, &p);
}

/* Directories that may be made at once: those of one depth. */
struct level {
	const struct linking *l;
	const char **dirs;
	size_t n;
};

static int make_dir_batch(void *user, size_t i, struct ccenv_error *err)
{
	const struct level *level = user;

	for (size_t k = i * DIR_BATCH; k < level->n && k < (i + 1) * DIR_BATCH; k++)
		if (mkdirat(level->l->root_fd, level->dirs[k], 0777) < 0)
			return ce_fail_errno(
				err, errno, "cannot create %s/%s", level->l->root, level->dirs[k]);
	return 0;
}

static size_t depth_of(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* Level by level; most file systems take longer for a directory than for a link. */
static int make_dirs(const struct linking *l, unsigned threads, struct ccenv_error *err)
{
	size_t n = l->plan->n_dirs, left = n;
	CE_CLEANUP(ce_freep) void *mem = ce_calloc(n + 1, sizeof(char *));
	const char **dirs = mem;

	for (size_t depth = 0; left > 0; depth++) {
		struct level level = {.l = l, .dirs = dirs};
		struct ce_work work = {.threads = threads, .user = &level, .item = make_dir_batch};
		int r;

		for (size_t i = 0; i < n; i++)
			if (depth_of(l->plan->dirs[i]) == depth)
				dirs[level.n++] = l->plan->dirs[i];
		left -= level.n;
		work.n = (level.n + DIR_BATCH - 1) / DIR_BATCH;
		r = ce_work_run(&work, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int ce_link(struct ce_plan *plan, const char *root, unsigned threads,
	const struct ccenv_events *events, enum ce_link_method *ret_method, struct ccenv_error *err)
{
	struct linking l = {.plan = plan, .root = root, .method = CE_LINK_REF, .events = events};
	struct ce_work work = {
		.n = (plan->n_paths + BATCH - 1) / BATCH,
		.threads = threads,
		.user = &l,
		.item = put_batch,
		.tick = report,
	};
	int r;

	l.root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.root_fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", root);
	r = make_dirs(&l, threads, err);
	if (r == 0)
		r = ce_work_run(&work, err);
	close(l.root_fd);
	if (r < 0)
		return r;
	report(&l, work.n);
	*ret_method = (enum ce_link_method)atomic_load(&l.method);
	return 0;
}
