/* SPDX-License-Identifier: MIT */
/* One thread behind a ring of bytes: inflate, scan, write. */
#include "repodata/indexer.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "io/zst.h"
#include "repodata/name_index.h"

enum {
	RING = 4 << 20,
	/* A real index shrinks to a tenth. What shrinks to less than this is a bomb, beyond a
	 * harmless size. */
	RATIO_MAX = 100,
	HARMLESS = 64 << 20,
};

struct ce_indexer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	char *ring;
	size_t head, fill; /* first byte, bytes that wait */
	bool ended, stopped, done, joined;
	int code;
	struct ccenv_error err;
	/* The thread's own. */
	struct ce_name_index_writer *writer;
	struct ce_zst *zst; /* NULL: plain text */
	uint64_t in, out;   /* bytes, for the ratio */
};

/* Fills `space` from `in`, inflated if need be. */
static int expand(struct ce_indexer *f, struct ce_zst_input *in, char *space, size_t room,
	size_t *ret_len, struct ccenv_error *err)
{
	if (f->zst)
		return ce_zst_read(f->zst, in, space, room, ret_len, err);
	*ret_len = in->len < room ? in->len : room;
	memcpy(space, in->data, *ret_len);
	in->data = (const char *)in->data + *ret_len;
	in->len -= *ret_len;
	return 0;
}

static int store(struct ce_indexer *f, const void *data, size_t len, struct ccenv_error *err)
{
	struct ce_zst_input in = {data, len};
	size_t n, room;

	f->in += len;
	do {
		char *space = ce_name_index_writer_space(f->writer, &room);
		int r = expand(f, &in, space, room, &n, err);
		if (r < 0)
			return r;
		f->out += n;
		if (f->out > HARMLESS && f->out / RATIO_MAX > f->in)
			return ce_fail(err, CCENV_EDATA,
				"not an index: it inflates to more than %d times its size",
				RATIO_MAX);
		r = ce_name_index_writer_filled(f->writer, n, err);
		if (r < 0)
			return r;
		/* A full space may mean that there is more to come out. */
	} while (in.len || (f->zst && n == room));
	return 0;
}

/* Waits for bytes; false at the end. The bytes stay in the ring until released. */
static bool next_span(struct ce_indexer *f, const char **ret, size_t *ret_len)
{
	pthread_mutex_lock(&f->lock);
	while (!f->fill && !f->ended && !f->stopped)
		pthread_cond_wait(&f->changed, &f->lock);
	bool more = f->fill && !f->stopped;
	*ret = f->ring + f->head;
	*ret_len = f->head + f->fill > RING ? RING - f->head : f->fill;
	pthread_mutex_unlock(&f->lock);
	return more;
}

static void release(struct ce_indexer *f, size_t len)
{
	pthread_mutex_lock(&f->lock);
	f->head = (f->head + len) % RING;
	f->fill -= len;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static bool is_stopped(struct ce_indexer *f)
{
	pthread_mutex_lock(&f->lock);
	bool stopped = f->stopped;
	pthread_mutex_unlock(&f->lock);
	return stopped;
}

static int work(struct ce_indexer *f, struct ccenv_error *err)
{
	const char *span;
	size_t len;

	while (next_span(f, &span, &len)) {
		int r = store(f, span, len, err);
		if (r < 0)
			return r;
		release(f, len);
	}
	if (is_stopped(f))
		return ce_fail(err, CCENV_ENET, "stopped");
	if (f->zst && !ce_zst_is_complete(f->zst))
		return ce_fail(err, CCENV_EDATA, "the compressed index ends too early");
	return ce_name_index_writer_finish(f->writer, err);
}

static void *run(void *user)
{
	struct ce_indexer *f = user;
	struct ccenv_error err;
	int r = work(f, &err);

	pthread_mutex_lock(&f->lock);
	f->code = r;
	if (r < 0)
		f->err = err;
	f->done = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

int ce_indexer_new(const char *path, bool zst, struct ce_indexer **ret, struct ccenv_error *err)
{
	struct ce_indexer *f = ce_calloc(1, sizeof(*f));
	int r = ce_name_index_writer_new(path, &f->writer, err);

	if (r < 0) {
		free(f);
		return r;
	}
	f->ring = ce_alloc(RING);
	f->zst = zst ? ce_zst_new() : NULL;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	if (pthread_create(&f->thread, NULL, run, f) != 0) {
		f->joined = true;
		ce_indexer_free(f);
		return ce_fail(
			err, CCENV_EIO, "cannot start a thread; check the limits (ulimit -u)");
	}
	*ret = f;
	return 0;
}

int ce_indexer_push(struct ce_indexer *f, const void *data, size_t len, struct ccenv_error *err)
{
	const char *p = data;
	int r = 0;

	pthread_mutex_lock(&f->lock);
	while (len && r >= 0) {
		while (f->fill == RING && !f->done)
			pthread_cond_wait(&f->changed, &f->lock);
		if (f->done) {
			*err = f->err;
			r = f->code < 0 ? f->code : ce_fail(err, CCENV_EDATA, "data after the end");
			break;
		}
		size_t tail = (f->head + f->fill) % RING;
		size_t n = tail >= f->head ? RING - tail : f->head - tail;
		if (n > len)
			n = len;
		/* The thread reads other bytes of the ring meanwhile. */
		pthread_mutex_unlock(&f->lock);
		memcpy(f->ring + tail, p, n);
		pthread_mutex_lock(&f->lock);
		f->fill += n;
		p += n;
		len -= n;
		pthread_cond_broadcast(&f->changed);
	}
	pthread_mutex_unlock(&f->lock);
	return r;
}

static void set_flag(struct ce_indexer *f, bool *flag)
{
	pthread_mutex_lock(&f->lock);
	*flag = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

void ce_indexer_end(struct ce_indexer *f)
{
	set_flag(f, &f->ended);
}

int ce_indexer_join(struct ce_indexer *f, struct ccenv_error *err)
{
	pthread_join(f->thread, NULL);
	f->joined = true;
	if (f->code < 0)
		*err = f->err;
	return f->code;
}

void ce_indexer_free(struct ce_indexer *f)
{
	if (!f)
		return;
	if (!f->joined) {
		set_flag(f, &f->stopped);
		pthread_join(f->thread, NULL);
	}
	ce_name_index_writer_free(f->writer);
	ce_zst_free(f->zst);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f->ring);
	free(f);
}
