/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_STREAM_H
#define CE_FETCH_STREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * A file that is read while it grows: one thread appends what arrives, others read what it holds
 * and wait for more.
 *
 * The file is the buffer. So a slow reader never holds the network up, a broken download can be
 * resumed, and the bytes, just written, come from memory. A file that is complete is the same
 * thing with nothing left to wait for.
 */
enum ce_stream_state {
	CE_STREAM_GROWING,
	CE_STREAM_COMPLETE,
	CE_STREAM_BROKEN, /* no more will come */
};

struct ce_stream {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int fd;
	/* Guarded by mutex: */
	uint64_t available;
	unsigned generation; /* counts ce_stream_restart() */
	enum ce_stream_state state;
};

/* Takes `fd`, which holds `available` bytes. */
void ce_stream_init(struct ce_stream *s, int fd, uint64_t available, enum ce_stream_state state);
/* Closes the file. Nobody may be reading. */
void ce_stream_release(struct ce_stream *s);

/* For the thread that fills it. */
CE_MUST_CHECK int ce_stream_append(
	struct ce_stream *s, const void *data, size_t len, struct ccenv_error *err);
/* Drops what it holds: the transfer is restarted. Readers get -1. */
CE_MUST_CHECK int ce_stream_restart(struct ce_stream *s, struct ccenv_error *err);
/* No more will come; the file is complete or broken. Readers that wait go on. */
void ce_stream_finish(struct ce_stream *s, bool complete);

/* What a reader passes on from call to call; begin with ce_stream_begin(). */
struct ce_stream_reader {
	struct ce_stream *stream;
	uint64_t offset;
	unsigned generation;
};

/* A reader at the beginning of the file, of the transfer that is going on now. */
void ce_stream_begin(struct ce_stream *s, struct ce_stream_reader *ret_reader);
/* Waits for bytes. How many were read (0 at the end of a complete file); -1 when the transfer broke or
 * was restarted; -2 with errno. */
ssize_t ce_stream_read(struct ce_stream_reader *r, void *buf, size_t size);
/* A look from outside, for choosing what to read next. */
enum ce_stream_state ce_stream_look(struct ce_stream *s, uint64_t *ret_available);

#endif
