/* SPDX-License-Identifier: MIT */
/* Carrying out a plan. Work is cut along directories, since two threads in one directory wait for
 * its lock. */
#include "install/link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/copy.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/syscalls.h"
#include "base/work.h"
#include "cache/beneath.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "install/relocate.h"
#include "model/pkg.h"

enum {
	BATCH = 1024, /* paths of a directory that a thread takes at once */
	WRITE_BYTES = 64 << 10
};

/* Larger files with a placeholder do not occur. */
static const uint64_t relocate_bytes_max = 4ULL << 30;

struct linking {
	struct ce_install_plan *plan;
	const char *root;
	int root_fd;
	_Atomic int method;
	struct batch *batches;
	size_t n_batches;
	const struct ccenv_events *events;
};

/*
 * Where a thread is: the directory it fills, and that of the last source. Paths of one directory
 * come together, and the kernel then has one component to look up instead of many.
 */
struct place {
	int to_fd;
	char *from; /* the path of from_fd */
	int from_fd;
};

static int fail_source(
	const struct linking *l, const struct ce_planned_path *p, struct ccenv_error *err)
{
	bool gone = errno == ENOENT;
	int r = ce_fail_errno(
		err, errno, "cannot read %s/%s", l->plan->pkgs[p->package].dir, p->content->path);

	/* Somebody cleans the cache. */
	if (gone)
		r = err->code = CCENV_ENOTFOUND;
	return r;
}

static int fail_target(
	const struct linking *l, const struct ce_planned_path *p, struct ccenv_error *err)
{
	/* Every directory is new, and no path is planned twice. */
	if (errno == EEXIST)
		return ce_fail(err, CCENV_EIO,
			"cannot create %s/%s: another file's name differs only in case, and this file system does not tell them apart: use a prefix on another one",
			l->root, p->path);
	return ce_fail_errno(err, errno, "cannot create %s/%s", l->root, p->path);
}

/* A directory of an entry; through no link, whatever somebody has put there since. */
static int open_beneath(const char *base, const char *dir)
{
	CE_CLEANUP(ce_fs_closep)
	int fd = open(base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -1 : ce_open_dir_beneath(fd, dir);
}

/* Opens the directory of a source, in the entry `base`, unless it is open already. */
static int enter(struct place *at, const char *base, const char *path)
{
	size_t n_base = strlen(base), n_dir = (size_t)(ce_path_base(path) - path),
	       n = n_base + 1 + n_dir;
	char *dir;

	if (at->from && strlen(at->from) == n && memcmp(at->from, base, n_base) == 0 &&
		memcmp(at->from + n_base + 1, path, n_dir) == 0)
		return 0;
	dir = ce_asprintf("%s/%.*s", base, (int)n_dir, path);
	ce_fs_closep(&at->from_fd);
	free(CE_TAKE(at->from));
	at->from_fd = open_beneath(base, dir + n_base + 1);
	if (at->from_fd >= 0) {
		at->from = dir;
		return 0;
	}
	free(dir);
	return -1;
}

static void leave(struct place *at)
{
	ce_fs_closep(&at->from_fd);
	ce_fs_closep(&at->to_fd);
	free(at->from);
}

static int open_source(const struct place *at, const struct ce_planned_path *p)
{
	return ce_fs_open_file(at->from_fd, ce_path_base(p->content->path), O_NOFOLLOW);
}

static int open_target(const struct place *at, const struct ce_planned_path *p, mode_t mode)
{
	return openat(at->to_fd, ce_path_base(p->path),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

/*
 * Of a file of the prefix's own: the owner may write, as with other installers, so that what is
 * copied out of the prefix can be copied again. Hard links are as read-only as the cache's file,
 * for they are that file.
 */
static mode_t target_mode(const struct stat *st)
{
	return st->st_mode & 0111 ? 0755 : 0644;
}

/* Where times cannot be set, those of today do. */
static int keep_time(int fd, const struct stat *st)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};

	if (futimens(fd, times) == 0 || ce_way_after(CE_SYS_UTIMENS, errno) != CE_WAY_STOP)
		return 0;
	return -1;
}

/* A copy of its own. With `ret_clone` only one that shares blocks; where that cannot be, it says how
 * to go on. Fails with errno. */
static int copy_file(const struct place *at, const struct ce_planned_path *p, const struct stat *st,
	enum ce_way *ret_clone)
{
	CE_CLEANUP(ce_fs_closep) int from = open_source(at, p);
	CE_CLEANUP(ce_fs_closep) int to = from < 0 ? -1 : open_target(at, p, target_mode(st));
	int r, errnum;

	if (to < 0)
		return -1;
	r = ret_clone ? ce_copy_clone(from, to) : ce_copy_bytes(from, to, (uint64_t)st->st_size);
	if (r == 0)
		return keep_time(to, st);
	errnum = errno;
	if (ret_clone)
		*ret_clone = ce_way_after(CE_SYS_CLONE, errnum);
	ce_ignore(unlinkat(at->to_fd, ce_path_base(p->path), 0));
	errno = errnum;
	return -1;
}

/*
 * A second name for the cache's own link. To make a link takes an inode, and ext4 may look long for
 * one: it goes around those that were freed in the last minutes. Nobody can edit a link in place,
 * so nothing is at stake in sharing it.
 */
static bool share_symlink(struct linking *l, struct place *at, const struct ce_planned_path *p)
{
	const char *source = p->content->path, *name = ce_path_base(source);
	char target[PATH_MAX];
	ssize_t n;

	if (atomic_load(&l->method) != CE_LINK_HARD ||
		enter(at, l->plan->pkgs[p->package].dir, source) < 0)
		return false;
	n = readlinkat(at->from_fd, name, target, sizeof(target));
	return n >= 0 && (size_t)n == strlen(p->content->target) &&
	       memcmp(target, p->content->target, (size_t)n) == 0 &&
	       linkat(at->from_fd, name, at->to_fd, ce_path_base(p->path), 0) == 0;
}

static int put_symlink(
	struct linking *l, struct place *at, struct ce_planned_path *p, struct ccenv_error *err)
{
	const char *target = p->content->target;

	if (!share_symlink(l, at, p) && symlinkat(target, at->to_fd, ce_path_base(p->path)) < 0) {
		/* As vfat says it. */
		bool no_links = errno == EPERM || errno == EOPNOTSUPP;
		int r = fail_target(l, p, err);

		return no_links
			       ? ce_hint(err, r,
					 "(this file system has no symbolic links: use a prefix on another one)")
			       : r;
	}
	p->size_in_prefix = strlen(target);
	/* Of the text, not of what it points to: that is another path's, and may be another
	 * package's. */
	ce_sha256_bytes(target, p->size_in_prefix, p->hash);
	p->sha256_in_prefix = p->hash;
	return 0;
}

/* The directories are open, so what does not exist is the source. */
static int fail_put(
	const struct linking *l, const struct ce_planned_path *p, struct ccenv_error *err)
{
	return errno == ENOENT ? fail_source(l, p, err) : fail_target(l, p, err);
}

/* From now on by the next way. Down only: another thread may be further. */
static void step_down(struct linking *l, int from, int to)
{
	atomic_compare_exchange_strong(&l->method, &from, to);
}

/* Reflink, hard link or copy. */
static int put_linked(struct linking *l, const struct place *at, const struct ce_planned_path *p,
	const struct stat *st, bool shared, struct ccenv_error *err)
{
	int method = shared ? atomic_load(&l->method) : CE_LINK_COPY;
	const char *from = ce_path_base(p->content->path), *to = ce_path_base(p->path);
	enum ce_way way = CE_WAY_STOP;

	if (method == CE_LINK_REF) {
		if (copy_file(at, p, st, &way) == 0)
			return 0;
		if (way == CE_WAY_STOP)
			return fail_put(l, p, err);
		if (way == CE_WAY_OTHER)
			step_down(l, CE_LINK_REF, CE_LINK_HARD);
		method = CE_LINK_HARD;
	}
	if (method == CE_LINK_HARD) {
		if (linkat(at->from_fd, from, at->to_fd, to, 0) == 0)
			return 0;
		way = ce_way_after(CE_SYS_LINK, errno);
		if (way == CE_WAY_STOP)
			return fail_put(l, p, err);
		if (way == CE_WAY_OTHER)
			step_down(l, CE_LINK_HARD, CE_LINK_COPY);
	}
	return copy_file(at, p, st, NULL) < 0 ? fail_put(l, p, err) : 0;
}

/* A file as it is written: small pieces are gathered, all are hashed. */
struct writer {
	int fd;
	struct ce_buf buf;
	struct ce_digest *digest;
	uint64_t size;
	bool failed; /* to write; errno says why */
};

static int flush(struct writer *w)
{
	ce_digest_update(w->digest, ce_buf_str(&w->buf), w->buf.len);
	w->failed = ce_fs_write_all(w->fd, ce_buf_str(&w->buf), w->buf.len) < 0;
	w->buf.len = 0;
	return w->failed ? -1 : 0;
}

static int write_piece(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct writer *w = user;

	w->size += len;
	if (w->buf.len + len > WRITE_BYTES && flush(w) < 0)
		return ce_fail_errno(err, errno, "cannot write");
	if (len <= WRITE_BYTES) {
		ce_buf_add(&w->buf, data, len);
		return 0;
	}
	ce_digest_update(w->digest, data, len);
	w->failed = ce_fs_write_all(w->fd, data, len) < 0;
	return w->failed ? ce_fail_errno(err, errno, "cannot write") : 0;
}

static void release_writer(struct writer *w)
{
	ce_fs_closep(&w->fd);
	ce_buf_release(&w->buf);
	ce_digest_free(w->digest);
}

static int relocate(const struct linking *l, const struct place *at, struct ce_planned_path *p,
	const char *data, const struct stat *st, struct ccenv_error *err)
{
	CE_CLEANUP(release_writer)
	struct writer w = {.fd = open_target(at, p, target_mode(st)),
		.digest = ce_digest_new(CE_DIGEST_SHA256)};
	const struct ce_relocate how = {
		.placeholder = p->content->placeholder, .prefix = l->plan->prefix};
	const struct ce_relocate_out out = {.add = write_piece, .user = &w};
	size_t len = (size_t)st->st_size;
	int r;

	if (w.fd < 0)
		return fail_target(l, p, err);
	r = p->content->binary ? ce_relocate_binary(&how, data, len, &out, err)
			       : ce_relocate_text(&how, data, len, &out, err);
	if (r < 0 && !w.failed)
		return ce_context(err, r, "%s: %s", l->plan->pkgs[p->package].pkg->fn, p->path);
	if (r < 0 || flush(&w) < 0 || keep_time(w.fd, st) < 0)
		return fail_target(l, p, err);
	ce_digest_final(CE_TAKE(w.digest), p->hash);
	p->sha256_in_prefix = p->hash;
	p->size_in_prefix = w.size;
	p->relocated = true;
	return 0;
}

static int put_relocated(const struct linking *l, const struct place *at, struct ce_planned_path *p,
	const struct stat *st, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int from = open_source(at, p);
	size_t size = (size_t)st->st_size;
	void *data;
	int r;

	if (from < 0)
		return fail_source(l, p, err);
	if (strlen(p->content->placeholder) < CE_RELOCATE_PLACEHOLDER_MIN)
		return ce_fail(err, CCENV_EDATA,
			"%s: the prefix placeholder of %s is \"%s\", shorter than %d characters",
			l->plan->pkgs[p->package].pkg->fn, p->path, p->content->placeholder,
			CE_RELOCATE_PLACEHOLDER_MIN);
	if (size > relocate_bytes_max)
		return ce_fail(err, CCENV_EDATA, "%s: %s is too large for prefix replacement",
			l->plan->pkgs[p->package].pkg->fn, p->path);
	if (size == 0)
		return relocate(l, at, p, "", st, err);
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, from, 0);
	if (data == MAP_FAILED)
		return fail_source(l, p, err);
	r = relocate(l, at, p, data, st, err);
	munmap(data, size);
	return r;
}

static int put_entry_point(const struct linking *l, const struct place *at,
	struct ce_planned_path *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int to = open_target(at, p, 0755);

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
	CE_AUTOFREE char *source = NULL;
	int r;

	p->size_in_prefix = p->content->size;
	p->sha256_in_prefix = p->content->sha256;
	if (p->sha256_in_prefix)
		return 0;
	source = ce_path_join(l->plan->pkgs[p->package].dir, p->content->path);
	p->sha256_in_prefix = p->hash;
	r = ce_sha256_file(source, p->hash, err);
	if (r < 0 && !ce_fs_exists(source))
		r = err->code = CCENV_ENOTFOUND; /* cleaned away, as in fail_source() */
	return r;
}

/*
 * Finds a source, and whether it is as it was unpacked. *ret_st has the mode that the package gave
 * it; *ret_shared is false where the file has another one, so that a link to it will not do.
 */
static int look(const struct linking *l, struct place *at, const struct ce_planned_path *p,
	struct stat *ret_st, bool *ret_shared, struct ccenv_error *err)
{
	const char *entry = l->plan->pkgs[p->package].dir, *path = p->content->path;
	enum ce_content_state state = CE_CONTENT_GONE;

	if (enter(at, entry, path) == 0)
		state = ce_content_check(at->from_fd, p->content, false, ret_st);
	else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		state = CE_CONTENT_UNREADABLE;
	*ret_shared = state != CE_CONTENT_MODE;
	switch (state) {
	case CE_CONTENT_SAME:
	case CE_CONTENT_MODE:
		return 0;
	case CE_CONTENT_UNREADABLE:
		return fail_source(l, p, err);
	case CE_CONTENT_OTHER:
	case CE_CONTENT_GONE:
		break;
	}
	return ce_fail(err, state == CE_CONTENT_GONE ? CCENV_ENOTFOUND : CCENV_EDATA,
		"%s/%s is not as it was unpacked", entry, path);
}

static int put(
	struct linking *l, struct place *at, struct ce_planned_path *p, struct ccenv_error *err)
{
	const struct ce_content *c = p->content;
	struct stat st = {0};
	bool shared = true;
	int r;

	if (!c)
		return put_entry_point(l, at, p, err);
	if (c->kind == CE_CONTENT_LINK)
		return put_symlink(l, at, p, err);
	r = look(l, at, p, &st, &shared, err);
	if (r < 0)
		return r;
	if (c->placeholder)
		return put_relocated(l, at, p, &st, err);
	r = put_linked(l, at, p, &st, shared && !c->no_link, err);
	return r < 0 ? r : note_unchanged(l, p, err);
}

/* A directory and part of what stands in it: what a thread does at once. */
struct batch {
	const struct ce_planned_dir *dir;
	size_t first, n; /* of plan->paths */
	size_t before;   /* paths of the batches before it */
};

/* Makes a directory unless it exists. Another thread may be making it, or not have come to the
 * one above it yet. */
static int make_dir(const struct linking *l, const char *path, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = NULL;
	int r;

	if (mkdirat(l->root_fd, path, 0777) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !strchr(path, '/'))
		return ce_fail_errno(err, errno, "cannot create %s/%s", l->root, path);
	parent = ce_path_dir(path);
	r = make_dir(l, parent, err);
	return r < 0 ? r : make_dir(l, path, err);
}

static int put_batch(void *user, size_t i, struct ccenv_error *err)
{
	struct linking *l = user;
	const struct batch *b = &l->batches[i];
	const char *dir = b->dir->path;
	struct place at = {.from_fd = -1, .to_fd = -1};
	int r = dir[0] ? make_dir(l, dir, err) : 0;

	if (r < 0)
		return r;
	at.to_fd = openat(l->root_fd, dir[0] ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at.to_fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s/%s", l->root, dir);
	for (size_t k = b->first; k < b->first + b->n && r == 0; k++)
		r = put(l, &at, l->plan->paths[k], err);
	leave(&at);
	return r;
}

static void report(void *user, size_t done)
{
	const struct linking *l = user;
	const struct batch *next = &l->batches[done];
	struct ccenv_progress p = {
		.phase = CCENV_PHASE_LINK,
		.items_done = done < l->n_batches ? next->before : l->plan->n_paths,
		.items_total = l->plan->n_paths,
	};

	/* Only empty directories are left, the smallest: they may fail, too. */
	if (done < l->n_batches && p.items_done == p.items_total)
		return;
	ce_progress(l->events, &p);
}

static int by_size(const void *a, const void *b)
{
	const struct batch *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/*
 * Every directory, the large ones in parts. The largest first: then threads end together, and are
 * seldom in a directory and in one below it at the same time, where one would wait for the other's
 * mkdir().
 */
static void cut_batches(struct linking *l)
{
	const struct ce_install_plan *plan = l->plan;

	l->batches = ce_calloc(plan->n_dirs + plan->n_paths / BATCH + 1, sizeof(*l->batches));
	for (size_t i = 0; i < plan->n_dirs; i++) {
		const struct ce_planned_dir *dir = &plan->dirs[i];
		size_t done = 0;

		do {
			size_t n = dir->n - done < BATCH ? dir->n - done : BATCH;

			l->batches[l->n_batches++] =
				(struct batch){.dir = dir, .first = dir->first + done, .n = n};
			done += n;
		} while (done < dir->n);
	}
	qsort(l->batches, l->n_batches, sizeof(*l->batches), by_size);
	for (size_t i = 1; i < l->n_batches; i++)
		l->batches[i].before = l->batches[i - 1].before + l->batches[i - 1].n;
}

int ce_link(struct ce_install_plan *plan, const char *root, unsigned threads,
	const struct ccenv_events *events, enum ce_link_method *ret_method, struct ccenv_error *err)
{
	struct linking l = {.plan = plan, .root = root, .method = CE_LINK_REF, .events = events};
	struct ce_work work = {.threads = threads, .user = &l, .item = put_batch, .tick = report};
	int r;

	l.root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.root_fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", root);
	cut_batches(&l);
	work.n = l.n_batches;
	report(&l, 0);
	r = ce_work_run(&work, err);
	close(l.root_fd);
	if (r == 0)
		report(&l, work.n);
	free(l.batches);
	if (r < 0)
		return r;
	*ret_method = (enum ce_link_method)atomic_load(&l.method);
	return 0;
}
