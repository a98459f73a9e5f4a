/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_JOB_H
#define CE_FETCH_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ccenv/ccenv.h"
#include "fetch/fetch.h"
#include "fetch/stream.h"

struct ce_downloader;
struct ce_fs_lock;
struct ce_pkg;

/*
 * One fetch: the calling thread decides, locks and drives the transfers; workers hash and unpack. A
 * package goes
 *
 *     WAITING -> OPEN (its bytes are there or arriving) -> RUNNING (a worker has it) -> DONE
 *
 * and from WAITING to ELSEWHERE when another process is making the entry.
 */
enum ce_job_state {
	CE_JOB_WAITING,
	CE_JOB_OPEN,
	CE_JOB_RUNNING,
	CE_JOB_REFETCH, /* a resumed download or another program's archive was wrong: once more */
	CE_JOB_ELSEWHERE,
	CE_JOB_DONE,
};

struct ce_job {
	struct ce_fetch_run *run;
	const struct ce_pkg *pkg;
	const char *key; /* borrowed from pkg: sha256 or md5 */
	char *dir;       /* where the entry goes */
	char *archive;   /* the file read: .part in the cache, or the channel's own */
	bool local;      /* the channel's own file: never written, never removed */
	bool resumed;    /* the .part holds bytes of an earlier run */
	bool external;   /* another program's archive: if it is wrong, on to the next source */
	size_t external_at, trusted_at;
	bool unpacked; /* `archive` is a directory to be copied */
	char *why;     /* what was wrong with it */
	char *lost;    /* CE_FETCH_AGAIN: why the archive cannot be had */
	int lost_code;
	bool cached; /* there already, or made by another process: not counted as progress */
	/* Of the mirrors (download.h): the one that answered, and whether there are others behind it.
	 * Set before the stream ends. */
	unsigned place;
	bool more_places;
	bool readable; /* enough has arrived for a worker to begin */
	bool opened;   /* stream is initialised */
	bool split;    /* it would be the last: hash, inflate and write in threads of their own */
	struct ce_fs_lock *lock;
	struct ce_stream stream;
	_Atomic uint64_t consumed; /* bytes hashed so far */
	enum ce_job_state state;   /* guarded by run->mutex, as all of run below it */
};

struct ce_fetch_run {
	const struct ce_fetch_options *o;
	struct ce_job *jobs; /* the largest first */
	size_t n;
	struct ce_downloader *downloader; /* NULL until something must be downloaded */
	unsigned n_workers;
	pthread_t workers[64];
	_Atomic bool cancelled;
	_Atomic uint64_t unpacked; /* bytes, of all packages */
	uint64_t unpacked_max;

	pthread_mutex_t mutex;
	pthread_cond_t work; /* for workers: something to do, or the end */
	pthread_cond_t news; /* for the calling thread: a worker has finished something */
	bool closing;
	unsigned n_growing; /* workers with a file that still grew when they began */
	unsigned n_news;    /* counts what workers finished */
	bool failed;
	struct ccenv_error failure; /* the first */
};

/* Keeps the first failure and stops everything. Any thread. */
void ce_job_fail(struct ce_fetch_run *run, const struct ccenv_error *err);

/* unpack.c: what a worker does with a package. 0, a negative code, or one of these: */
enum {
	CE_UNPACK_AGAIN =
		1, /* the transfer began anew or ended: nothing is wrong with this worker */
	CE_UNPACK_REFETCH = 2,
};
int ce_job_unpack(struct ce_job *job, struct ccenv_error *err);

/* source.c: where the bytes come from. Calling thread only. */
CE_MUST_CHECK int ce_job_open(struct ce_job *job, struct ccenv_error *err);
CE_MUST_CHECK int ce_job_refetch(struct ce_job *job, struct ccenv_error *err);
void ce_job_close(struct ce_job *job);
/* Is this failure to get the archive one that an existing entry may make good? */
bool ce_job_may_keep(const struct ce_job *job, int code);

#endif
