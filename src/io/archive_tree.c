/* SPDX-License-Identifier: MIT */
/*
 * Each call becomes a command. Without a thread it is carried out immediately; with one it is written
 * into a block of memory, and full blocks are handed over: so that 3,000 small files cost a few
 * dozen exchanges between the threads.
 */
#include "io/archive_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "base/syscalls.h"
#include "ccenv/ccenv.h"
#include "io/archive.h"

enum {
	BLOCK_BYTES = 512 << 10,
	N_BLOCKS = 8,
	COPY_BYTES = 256 << 10
};

enum kind {
	DIR_, /* a is its path */
	BEGIN,
	DATA, /* a is the data */
	END,
	LINK, /* a is its path, b its target */
};

struct command {
	enum kind kind;
	bool executable;
	struct timespec mtime;
	struct ce_written *ret; /* of END; NULL when nobody asks */
	uint64_t offset;        /* of DATA; the size at END */
	size_t n_a, n_b;        /* bytes that follow; texts with their NUL */
};

struct block {
	size_t len;
	char bytes[BLOCK_BYTES];
};

struct ce_tree {
	const char *dest;
	int dest_fd;
	struct ce_map dirs; /* made, or about to be; for the caller's thread */
	/* Of whoever carries out commands: */
	char *path; /* the file being written */
	int fd;
	bool executable;
	struct ce_digest *digest;
	uint64_t hashed; /* bytes */
	/* The exchange; everything here is guarded by mutex. A block is with one side at a time. */
	bool threaded;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct block *blocks[N_BLOCKS];
	unsigned written,
		done; /* blocks handed over, blocks carried out; block i is blocks[i % N_BLOCKS] */
	bool closing, failed;
	struct ccenv_error failure;
};

/* ---- carrying out ---- */

/* Does something exist under exactly this name, and not under one that only the file
 * system takes for the same? */
static bool has_name(const struct ce_tree *t, const char *path)
{
	CE_AUTOFREE char *parent = ce_path_dir(path);
	int fd = openat(t->dest_fd, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool found = false;
	struct dirent *d;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && !found && (d = readdir(dir)))
		found = strcmp(d->d_name, ce_path_base(path)) == 0;
	if (dir)
		closedir(dir);
	return found;
}

static int fail_same_name(const struct ce_tree *t, const char *path, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EIO,
		"cannot create %s/%s: the package has another file whose name differs only in case, and this file system does not tell them apart: use a cache on another one",
		t->dest, path);
}

static int do_dir(struct ce_tree *t, const char *path, struct ccenv_error *err)
{
	struct stat st;

	if (mkdirat(t->dest_fd, path, 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return ce_fail_errno(err, errno, "cannot create %s/%s", t->dest, path);
	/* Where case is ignored, two directories that differ in nothing else can be one. */
	if (fstatat(t->dest_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (has_name(t, path))
		return ce_fail(err, CCENV_EDATA,
			"\"%.200s\" is a file or a link and a directory in one archive", path);
	return fail_same_name(t, path, err);
}

/* Takes away what an earlier entry left at this path. */
static int make_room(struct ce_tree *t, const char *path, struct ccenv_error *err)
{
	if (!has_name(t, path))
		return fail_same_name(t, path, err);
	if (unlinkat(t->dest_fd, path, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR || errno == EPERM)
		return ce_fail(err, CCENV_EDATA,
			"\"%.200s\" is a directory and a file in one archive", path);
	return ce_fail_errno(err, errno, "cannot replace %s/%s", t->dest, path);
}

static int do_begin(struct ce_tree *t, const char *path, bool executable, struct ccenv_error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = executable ? 0555 : 0444;

	ce_digest_free(t->digest);
	t->digest = ce_digest_new(CE_DIGEST_SHA256);
	t->hashed = 0;
	t->executable = executable;
	free(t->path);
	t->path = ce_strdup(path);
	t->fd = openat(t->dest_fd, path, flags, mode);
	if (t->fd < 0 && errno == EEXIST) {
		int r = make_room(t, path, err);

		if (r < 0)
			return r;
		t->fd = openat(t->dest_fd, path, flags, mode);
	}
	return t->fd < 0 ? ce_fail_errno(err, errno, "cannot create %s/%s", t->dest, path) : 0;
}

/* What a hole reads as. */
static void hash_zeros(struct ce_tree *t, uint64_t until)
{
	static const char zeros[64 << 10];

	while (t->hashed < until) {
		uint64_t left = until - t->hashed;
		size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

		ce_digest_update(t->digest, zeros, n);
		t->hashed += n;
	}
}

static int do_data(
	struct ce_tree *t, const char *data, size_t len, uint64_t offset, struct ccenv_error *err)
{
	if (offset < t->hashed)
		return ce_fail(err, CCENV_EDATA, "the parts of \"%.200s\" overlap", t->path);
	hash_zeros(t, offset);
	ce_digest_update(t->digest, data, len);
	t->hashed += len;
	if (ce_fs_pwrite_all(t->fd, data, len, offset) < 0)
		return ce_fail_errno(err, errno, "cannot write %s/%s", t->dest, t->path);
	return 0;
}

static int do_end(struct ce_tree *t, const struct command *c, struct ccenv_error *err)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->mtime};
	struct ce_written ignored, *w = c->ret ? c->ret : &ignored;
	CE_CLEANUP(ce_fs_closep) int fd = t->fd;
	struct stat st;

	t->fd = -1;
	/* A hole at the end has no data. */
	if (fstat(fd, &st) < 0 ||
		((uint64_t)st.st_size < c->offset && ftruncate(fd, (off_t)c->offset) < 0))
		return ce_fail_errno(err, errno, "cannot write %s/%s", t->dest, t->path);
	if (futimens(fd, times) < 0 && ce_way_after(CE_SYS_UTIMENS, errno) == CE_WAY_STOP)
		return ce_fail_errno(err, errno, "cannot set the time of %s/%s", t->dest, t->path);
	if (fstat(fd, &st) < 0)
		return ce_fail_errno(err, errno, "cannot read %s/%s", t->dest, t->path);
	hash_zeros(t, c->offset);
	ce_digest_final(CE_TAKE(t->digest), w->sha256);
	w->size = c->offset;
	w->executable = t->executable;
	w->mtime = st.st_mtim.tv_sec;
	return 0;
}

static int do_link(struct ce_tree *t, const char *path, const char *target, struct ccenv_error *err)
{
	int r = symlinkat(target, t->dest_fd, path);

	if (r < 0 && errno == EEXIST) {
		r = make_room(t, path, err);
		if (r < 0)
			return r;
		r = symlinkat(target, t->dest_fd, path);
	}
	if (r == 0)
		return 0;
	r = errno;
	ce_fail_errno(err, r, "cannot create the link %s/%s", t->dest, path);
	/* As vfat says it. */
	if (r == EPERM || r == EOPNOTSUPP)
		ce_hint(err, err->code,
			"(this file system has no symbolic links: use a cache on another one)");
	return err->code;
}

static int carry_out(struct ce_tree *t, const struct command *c, const char *a, const char *b,
	struct ccenv_error *err)
{
	switch (c->kind) {
	case DIR_:
		return do_dir(t, a, err);
	case BEGIN:
		return do_begin(t, a, c->executable, err);
	case DATA:
		return do_data(t, a, c->n_a, c->offset, err);
	case END:
		return do_end(t, c, err);
	case LINK:
		return do_link(t, a, b, err);
	}
	return 0;
}

static int carry_out_block(struct ce_tree *t, const struct block *block, struct ccenv_error *err)
{
	int r = 0;

	for (size_t at = 0; at < block->len && r == 0;) {
		const char *a = block->bytes + at + sizeof(struct command);
		struct command c;

		memcpy(&c, block->bytes + at, sizeof(c));
		r = carry_out(t, &c, a, a + c.n_a, err);
		at += sizeof(c) + c.n_a + c.n_b;
	}
	return r;
}

static void *writer(void *arg)
{
	struct ce_tree *t = arg;
	struct ccenv_error err;

	pthread_mutex_lock(&t->mutex);
	for (;;) {
		while (t->done == t->written && !t->closing)
			pthread_cond_wait(&t->changed, &t->mutex);
		if (t->closing)
			break;
		struct block *block = t->blocks[t->done % N_BLOCKS];
		bool skip = t->failed;
		int r = 0;

		pthread_mutex_unlock(&t->mutex);
		if (!skip)
			r = carry_out_block(t, block, &err);
		block->len = 0;
		pthread_mutex_lock(&t->mutex);
		if (r < 0) {
			t->failed = true;
			t->failure = err;
		}
		t->done++;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->mutex);
	return NULL;
}

/* ---- handing over ---- */

static int failure_of(const struct ce_tree *t, struct ccenv_error *err)
{
	*err = t->failure;
	return err->code;
}

/* Hands the block being filled over and waits for the next; with `all`, until all are carried out.
 */
static int hand_over(struct ce_tree *t, bool all, struct ccenv_error *err)
{
	int r = 0;

	pthread_mutex_lock(&t->mutex);
	t->written++;
	pthread_cond_broadcast(&t->changed);
	while (t->written - t->done >= N_BLOCKS || (all && t->done != t->written))
		pthread_cond_wait(&t->changed, &t->mutex);
	if (t->failed)
		r = failure_of(t, err);
	pthread_mutex_unlock(&t->mutex);
	return r;
}

static void append(struct block *block, const void *data, size_t len)
{
	if (len > 0)
		memcpy(block->bytes + block->len, data, len);
	block->len += len;
}

/* One command; it fits into an empty block. */
static int command(struct ce_tree *t, const struct command *c, const char *a, const char *b,
	struct ccenv_error *err)
{
	size_t need = sizeof(*c) + c->n_a + c->n_b;
	struct block *block;

	if (!t->threaded)
		return carry_out(t, c, a, b, err);
	if (t->blocks[t->written % N_BLOCKS]->len + need > BLOCK_BYTES) {
		int r = hand_over(t, false, err);

		if (r < 0)
			return r;
	}
	block = t->blocks[t->written % N_BLOCKS];
	append(block, c, sizeof(*c));
	append(block, a, c->n_a);
	append(block, b, c->n_b);
	return 0;
}

int ce_tree_new(const char *dest, bool threaded, struct ce_tree **ret, struct ccenv_error *err)
{
	struct ce_tree *t = ce_calloc(1, sizeof(*t));

	t->dest = dest;
	t->fd = -1;
	t->dest_fd = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dest_fd < 0) {
		int r = ce_fail_errno(err, errno, "cannot open %s", dest);

		free(t);
		return r;
	}
	pthread_mutex_init(&t->mutex, NULL);
	pthread_cond_init(&t->changed, NULL);
	for (unsigned i = 0; threaded && i < N_BLOCKS; i++) {
		t->blocks[i] = ce_alloc(sizeof(*t->blocks[i]));
		t->blocks[i]->len = 0;
	}
	/* Without the thread it is only slower. */
	t->threaded = threaded && pthread_create(&t->thread, NULL, writer, t) == 0;
	*ret = t;
	return 0;
}

void ce_tree_free(struct ce_tree *t)
{
	if (!t)
		return;
	if (t->threaded) {
		pthread_mutex_lock(&t->mutex);
		t->closing = true;
		pthread_cond_broadcast(&t->changed);
		pthread_mutex_unlock(&t->mutex);
		pthread_join(t->thread, NULL);
	}
	for (unsigned i = 0; i < N_BLOCKS; i++)
		free(t->blocks[i]);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->mutex);
	ce_fs_closep(&t->fd);
	ce_fs_closep(&t->dest_fd);
	ce_digest_free(t->digest);
	free(t->path);
	ce_map_release(&t->dirs);
	free(t);
}

int ce_tree_finish(struct ce_tree *t, struct ccenv_error *err)
{
	return t->threaded ? hand_over(t, true, err) : 0;
}

/* ---- the calls ---- */

int ce_tree_check_depth(const char *path, struct ccenv_error *err)
{
	size_t n = 1;

	for (const char *p = path; (p = strchr(p, '/')); p++)
		n++;
	return n <= CE_TREE_DEPTH_MAX
		       ? 0
		       : ce_fail(err, CCENV_EDATA, "\"%.200s\" is more than %d directories deep",
				 path, CE_TREE_DEPTH_MAX);
}

/* One that is not deeper than it may be. */
static int make_dir(struct ce_tree *t, const char *path, struct ccenv_error *err)
{
	struct command c = {.kind = DIR_, .n_a = strlen(path) + 1};

	if (ce_map_has(&t->dirs, path))
		return 0;
	if (strchr(path, '/')) {
		CE_AUTOFREE char *parent = ce_path_dir(path);
		int r = make_dir(t, parent, err);

		if (r < 0)
			return r;
	}
	ce_map_insert(&t->dirs, path);
	return command(t, &c, path, NULL, err);
}

int ce_tree_dir(struct ce_tree *t, const char *path, struct ccenv_error *err)
{
	int r = ce_tree_check_depth(path, err);

	return r < 0 ? r : make_dir(t, path, err);
}

uint64_t ce_tree_n_dirs(const struct ce_tree *t)
{
	return t->dirs.n;
}

static int make_parent(struct ce_tree *t, const char *path, struct ccenv_error *err)
{
	CE_AUTOFREE char *parent = NULL;

	if (!strchr(path, '/'))
		return 0;
	parent = ce_path_dir(path);
	return ce_tree_dir(t, parent, err);
}

int ce_tree_begin(struct ce_tree *t, const char *path, bool executable, struct ccenv_error *err)
{
	struct command c = {.kind = BEGIN, .executable = executable, .n_a = strlen(path) + 1};
	int r = make_parent(t, path, err);

	return r < 0 ? r : command(t, &c, path, NULL, err);
}

int ce_tree_data(
	struct ce_tree *t, const void *data, size_t len, uint64_t offset, struct ccenv_error *err)
{
	const size_t most = BLOCK_BYTES / 2;
	const char *p = data;
	int r = 0;

	while (len > 0 && r == 0) {
		struct command c = {.kind = DATA, .offset = offset, .n_a = len < most ? len : most};

		r = command(t, &c, p, NULL, err);
		p += c.n_a;
		len -= c.n_a;
		offset += c.n_a;
	}
	return r;
}

int ce_tree_end(struct ce_tree *t, uint64_t size, struct timespec mtime, struct ce_written *ret,
	struct ccenv_error *err)
{
	struct command c = {.kind = END, .offset = size, .mtime = mtime, .ret = ret};

	return command(t, &c, NULL, NULL, err);
}

int ce_tree_link(struct ce_tree *t, const char *path, const char *target, struct ccenv_error *err)
{
	struct command c = {.kind = LINK, .n_a = strlen(path) + 1, .n_b = strlen(target) + 1};
	int r = make_parent(t, path, err);

	return r < 0 ? r : command(t, &c, path, target, err);
}

/* What a file that was written before holds. */
static int read_written(const struct ce_tree *t, int fd, const char *path, struct ce_written *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_digest_freep) struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);
	CE_AUTOFREE char *buf = ce_alloc(COPY_BYTES);
	ssize_t n;

	while ((n = read(fd, buf, COPY_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot read %s/%s", t->dest, path);
		ce_digest_update(d, buf, (size_t)n);
		ret->size += (uint64_t)n;
	}
	ce_digest_final(CE_TAKE(d), ret->sha256);
	return 0;
}

/* For a file system that has no hard links, or a file that has as many as it may. */
static int copy_instead(
	struct ce_tree *t, const char *path, int in, const struct stat *st, struct ccenv_error *err)
{
	const struct command end = {.offset = (uint64_t)st->st_size, .mtime = st->st_mtim};
	CE_AUTOFREE char *buf = ce_alloc(COPY_BYTES);
	uint64_t offset = 0;
	ssize_t n = 1;
	int r = do_begin(t, path, st->st_mode & 0111, err);

	while (r == 0 && n != 0) {
		n = pread(in, buf, COPY_BYTES, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot read %s/%s", t->dest, path);
		r = do_data(t, buf, (size_t)n, offset, err);
		offset += (uint64_t)n;
	}
	return r < 0 ? r : do_end(t, &end, err);
}

/* The file that an entry is a second name for. Its directories are ours, so it is not reached
 * through a link. */
static int open_linked(struct ce_tree *t, const char *path, const char *from, struct stat *ret_st,
	struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_dir(from);
	int fd = -1;

	if (!strchr(from, '/') || ce_map_has(&t->dirs, dir))
		fd = openat(t->dest_fd, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, ret_st) == 0 && S_ISREG(ret_st->st_mode))
		return fd;
	ce_fs_closep(&fd);
	return ce_fail(err, CCENV_EDATA,
		"\"%.200s\" is a hard link to \"%.200s\", which is not a file before it in the archive",
		path, from);
}

static int link_or_copy(struct ce_tree *t, const char *path, const char *from, int fd,
	const struct stat *st, struct ccenv_error *err)
{
	int r;

	if (strcmp(from, path) == 0 || linkat(t->dest_fd, from, t->dest_fd, path, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		r = make_room(t, path, err);
		if (r < 0)
			return r;
		if (linkat(t->dest_fd, from, t->dest_fd, path, 0) == 0)
			return 0;
	}
	if (ce_way_after(CE_SYS_LINK, errno) == CE_WAY_STOP)
		return ce_fail_errno(err, errno, "cannot create %s/%s", t->dest, path);
	return copy_instead(t, path, fd, st, err);
}

int ce_tree_hardlink(struct ce_tree *t, const char *path, const char *from, struct ce_written *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = -1;
	struct stat st = {0};
	int r = make_parent(t, path, err);

	/* Rare, so it waits for what is before it and is done here. */
	if (r == 0 && t->threaded)
		r = hand_over(t, true, err);
	if (r < 0)
		return r;
	fd = open_linked(t, path, from, &st, err);
	if (fd < 0)
		return fd;
	r = link_or_copy(t, path, from, fd, &st, err);
	if (r < 0)
		return r;
	*ret = (struct ce_written){.mtime = st.st_mtim.tv_sec, .executable = st.st_mode & 0111};
	return read_written(t, fd, from, ret, err);
}
