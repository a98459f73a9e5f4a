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
 *     WAITING -> OPEN (its bytes exist or are arriving) -> RUNNING (a worker has it) -> DONE
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

/* Where the bytes of a package come from. */
enum ce_job_source {
	CE_SOURCE_CHANNEL_FILE, /* the file of a file:// channel: read in place, never removed */
	CE_SOURCE_EXTERNAL_ARCHIVE, /* another program's; if it is wrong, on to the next source */
	CE_SOURCE_EXTERNAL_DIR,     /* what another program has unpacked; the same */
	CE_SOURCE_PART,             /* a download that goes on behind what an earlier run left */
	CE_SOURCE_DOWNLOAD,         /* one from its beginning */
};

struct ce_job {
	struct ce_fetch_run *run;
	const struct ce_pkg *pkg;
	const char *key; /* borrowed from pkg: sha256 or md5 */
	char *dir;       /* where the entry goes */
	enum ce_job_source source;
	char *archive; /* what is read: a file, or the directory of CE_SOURCE_EXTERNAL_DIR */
	/* Where to look for the next external archive and directory. */
	size_t external_at, trusted_at;
	char *why;  /* what was wrong with the last one */
	char *lost; /* CE_FETCH_AGAIN: why the archive cannot be had */
	int lost_code;
	bool cached; /* cached before, or made by another process: not counted as progress */
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

static inline bool ce_job_is_external(const struct ce_job *job)
{
	return job->source == CE_SOURCE_EXTERNAL_ARCHIVE || job->source == CE_SOURCE_EXTERNAL_DIR;
}

/* Does it read a .part in the cache, which is ccenv's own? */
static inline bool ce_job_is_download(const struct ce_job *job)
{
	return job->source == CE_SOURCE_PART || job->source == CE_SOURCE_DOWNLOAD;
}

/* job.c. Keeps the first failure and stops everything. Any thread. */
void ce_job_fail(struct ce_fetch_run *run, const struct ccenv_error *err);
/* There is something for a worker to begin with. */
void ce_job_wake(struct ce_job *job);

/*
 * unpack.c: what a worker does with an open job: hashes, unpacks and publishes the entry. 0, a
 * negative code, or one of these:
 */
enum {
	/* The transfer was restarted or ended while it was read: try again. */
	CE_UNPACK_AGAIN = 1,
	/* The bytes are wrong, and there is another place to get them from. */
	CE_UNPACK_REFETCH = 2,
};
CE_MUST_CHECK int ce_job_unpack(struct ce_job *job, struct ccenv_error *err);

/* source.c: where the bytes come from. Calling thread only. */

/* Chooses a source and opens it, or starts the transfer. */
CE_MUST_CHECK int ce_job_open(struct ce_job *job, struct ccenv_error *err);
/* The same after CE_UNPACK_REFETCH: the next source, or the download from its beginning. */
CE_MUST_CHECK int ce_job_refetch(struct ce_job *job, struct ccenv_error *err);
/* Lets go of everything that the job holds, its lock included. Fine when it holds nothing. */
void ce_job_close(struct ce_job *job);
/* Is this failure to get the archive one that an existing entry may make good? */
bool ce_job_may_keep(const struct ce_job *job, int code);

#endif
