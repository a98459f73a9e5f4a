/* SPDX-License-Identifier: MIT */
/* The growing file of stream.h. */
#include "fetch/stream.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

void ce_stream_init(struct ce_stream *s, int fd, uint64_t available, enum ce_stream_state state)
{
	*s = (struct ce_stream){.fd = fd, .available = available, .state = state};
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->changed, NULL);
}

void ce_stream_release(struct ce_stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mutex);
}

int ce_stream_append(struct ce_stream *s, const void *data, size_t len, struct ccenv_error *err)
{
	uint64_t at = s->available; /* only this thread changes it */

	if (ce_fs_pwrite_all(s->fd, data, len, at) < 0)
		return ce_fail_errno(err, errno, "cannot write the download to the cache");
	pthread_mutex_lock(&s->mutex);
	s->available = at + len;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	return 0;
}

int ce_stream_restart(struct ce_stream *s, struct ccenv_error *err)
{
	int r = 0;

	pthread_mutex_lock(&s->mutex);
	if (ftruncate(s->fd, 0) < 0)
		r = ce_fail_errno(err, errno, "cannot write the download to the cache");
	s->available = 0;
	s->generation++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	return r;
}

void ce_stream_finish(struct ce_stream *s, bool complete)
{
	pthread_mutex_lock(&s->mutex);
	if (s->state == CE_STREAM_GROWING)
		s->state = complete ? CE_STREAM_COMPLETE : CE_STREAM_BROKEN;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
}

void ce_stream_begin(struct ce_stream *s, struct ce_stream_reader *ret_reader)
{
	pthread_mutex_lock(&s->mutex);
	*ret_reader = (struct ce_stream_reader){.stream = s, .generation = s->generation};
	pthread_mutex_unlock(&s->mutex);
}

ssize_t ce_stream_read(struct ce_stream_reader *r, void *buf, size_t size)
{
	struct ce_stream *s = r->stream;
	uint64_t left;
	bool broken;
	ssize_t n;

	pthread_mutex_lock(&s->mutex);
	while (s->generation == r->generation && s->state == CE_STREAM_GROWING &&
		s->available <= r->offset)
		pthread_cond_wait(&s->changed, &s->mutex);
	broken = s->generation != r->generation || s->state == CE_STREAM_BROKEN;
	left = s->available > r->offset ? s->available - r->offset : 0;
	pthread_mutex_unlock(&s->mutex);
	if (broken)
		return -1;
	if (left == 0)
		return 0;
	if (left < size)
		size = (size_t)left;
	do
		n = pread(s->fd, buf, size, (off_t)r->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -2;
	/* A restart may have come between: then these bytes are of no known age. */
	pthread_mutex_lock(&s->mutex);
	broken = s->generation != r->generation;
	pthread_mutex_unlock(&s->mutex);
	if (broken)
		return -1;
	r->offset += (uint64_t)n;
	return n;
}

enum ce_stream_state ce_stream_look(struct ce_stream *s, uint64_t *ret_available)
{
	enum ce_stream_state state;

	pthread_mutex_lock(&s->mutex);
	*ret_available = s->available;
	state = s->state;
	pthread_mutex_unlock(&s->mutex);
	return state;
}
