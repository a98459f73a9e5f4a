/* SPDX-License-Identifier: MIT */
/*
 * The fetch stage. The calling thread looks at what is missing, takes the lock of each entry, and
 * drives the transfers; the workers unpack. The hard part is that nothing waits for anything it
 * does not need: see pick() and fetch_missing().
 */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "base/work.h"
#include "cache/entry.h"
#include "cache/layout.h"
#include "fetch/job.h"
#include "io/download.h"
#include "model/pkg.h"

enum {
	OPEN_MAX = 32, /* packages begun at the same time: each holds two files and a lock */
	LOOK_MS = 100,
	LOCK_TIMEOUT_S = 3600 /* another process may be downloading gigabytes */
};

/*
 * What a free worker should do next: the largest package that is complete; else the largest that is
 * arriving, but one worker is kept for those that become complete in the meantime. Called with the mutex
 * held.
 */
static struct ce_job *pick(struct ce_fetch_run *run, bool *ret_growing)
{
	struct ce_job *growing = NULL;

	for (size_t i = 0; i < run->n; i++) {
		struct ce_job *job = &run->jobs[i];
		uint64_t available;

		if (job->state != CE_JOB_OPEN || !job->readable)
			continue;
		if (job->source == CE_SOURCE_EXTERNAL_DIR) {
			*ret_growing = false;
			return job;
		}
		switch (ce_stream_look(&job->stream, &available)) {
		case CE_STREAM_COMPLETE:
			*ret_growing = false;
			return job;
		case CE_STREAM_GROWING:
			growing = growing ? growing : job;
			break;
		case CE_STREAM_BROKEN:
			break;
		}
	}
	*ret_growing = true;
	return run->n_growing + 1 < run->n_workers ? growing : NULL;
}

/*
 * Is this package more than one processor's share of what is left, so that the others would end
 * before it and wait? Called with the mutex held.
 */
static bool is_long(const struct ce_job *job)
{
	const struct ce_fetch_run *run = job->run;
	uint64_t left = 0;

	for (size_t i = 0; i < run->n; i++) {
		const struct ce_job *other = &run->jobs[i];
		uint64_t consumed = atomic_load(&other->consumed);

		if (other->state != CE_JOB_DONE && other->state != CE_JOB_ELSEWHERE &&
			other->pkg->size > consumed)
			left += other->pkg->size - consumed;
	}
	return job->pkg->size > left / ce_work_threads(run->o->threads, SIZE_MAX);
}

static void finish_job(struct ce_job *job, int r, const struct ccenv_error *err)
{
	struct ce_fetch_run *run = job->run;

	if (r < 0)
		ce_job_fail(run, err);
	pthread_mutex_lock(&run->mutex);
	if (r == 0 || r < 0)
		job->state = CE_JOB_DONE;
	else
		job->state = r == CE_UNPACK_REFETCH ? CE_JOB_REFETCH : CE_JOB_OPEN;
	run->n_news++;
	pthread_cond_signal(&run->news);
	pthread_mutex_unlock(&run->mutex);
}

static void *worker(void *arg)
{
	struct ce_fetch_run *run = arg;
	struct ccenv_error err;

	pthread_mutex_lock(&run->mutex);
	while (!run->closing && !atomic_load(&run->cancelled)) {
		bool growing;
		struct ce_job *job = pick(run, &growing);

		if (!job) {
			pthread_cond_wait(&run->work, &run->mutex);
			continue;
		}
		job->state = CE_JOB_RUNNING;
		job->split = is_long(job);
		run->n_growing += growing;
		pthread_mutex_unlock(&run->mutex);
		finish_job(job, ce_job_unpack(job, &err), &err);
		pthread_mutex_lock(&run->mutex);
		run->n_growing -= growing;
	}
	pthread_mutex_unlock(&run->mutex);
	return NULL;
}

/* What of the package has arrived. */
static uint64_t arrived(struct ce_job *job)
{
	uint64_t n = 0;

	if (job->state == CE_JOB_DONE)
		return job->pkg->size;
	if (job->opened)
		(void)ce_stream_look(&job->stream, &n);
	return n;
}

static void report(struct ce_fetch_run *run)
{
	struct ccenv_progress p = {.phase = CCENV_PHASE_FETCH};
	uint64_t most = 0;
	bool failed;

	pthread_mutex_lock(&run->mutex);
	failed = run->failed;
	for (size_t i = 0; i < run->n; i++) {
		struct ce_job *job = &run->jobs[i];
		uint64_t size = job->pkg->size, done = atomic_load(&job->consumed);

		if (job->cached)
			continue;
		p.items_total++;
		p.items_done += job->state == CE_JOB_DONE;
		p.bytes_total += size;
		p.bytes_done += done;
		p.bytes_here += arrived(job);
		if ((job->state == CE_JOB_OPEN || job->state == CE_JOB_RUNNING) &&
			(!p.item || (size > done && size - done > most))) {
			most = size > done ? size - done : 0;
			p.item = job->pkg->name;
		}
	}
	pthread_mutex_unlock(&run->mutex);
	/* A package that failed is DONE too, but "all done" would mean that all are cached. */
	if (p.items_total > 0 && !failed)
		ce_progress(run->o->events, &p);
}

static int check_entry(
	const struct ce_fetch_run *run, const struct ce_job *job, struct ccenv_error *err)
{
	switch (run->o->check) {
	case CE_FETCH_CHECK_NONE:
		break;
	case CE_FETCH_CHECK_FILES:
		return ce_entry_check(job->dir, job->pkg, err);
	case CE_FETCH_AGAIN:
		return ce_fail(err, CCENV_ENOTFOUND, "%s: to be unpacked again", job->dir);
	}
	if (ce_entry_exists(job->dir))
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND, "%s: not in the cache", job->dir);
}

/* The entry does not exist or is damaged; its lock is ours. */
static int open_job(struct ce_job *job, struct ccenv_error *err)
{
	const struct ce_fetch_options *o = job->run->o;

	/* With CE_FETCH_AGAIN it stays until the new one is ready. */
	if (o->check != CE_FETCH_AGAIN && ce_fs_exists(job->dir)) {
		/* Without a list it is what an interrupted run or an earlier ccenv left. */
		bool complete = ce_entry_exists(job->dir);
		int r = ce_entry_remove(job->dir, err);

		if (r < 0)
			return r;
		ce_log(o->events, complete ? CCENV_LOG_WARNING : CCENV_LOG_INFO,
			"%s: its files in the cache had changed or were missing; unpacking it again",
			job->pkg->fn);
	}
	return ce_job_open(job, err);
}

/*
 * The archive cannot be had. With CE_FETCH_AGAIN, what is cached may be all that there is: it stays
 * if every byte is what was noted when it was unpacked.
 */
static int keep_entry(struct ce_job *job, struct ccenv_error *err)
{
	struct ce_fetch_run *run = job->run;
	const struct ccenv_error why = *err;

	if (ce_entry_check_bytes(job->dir, job->pkg, err) < 0) {
		*err = why;
		return err->code;
	}
	ce_log(run->o->events, CCENV_LOG_WARNING,
		"%s; its files in the cache are kept, as they match what was noted when they were unpacked",
		why.text);
	pthread_mutex_lock(&run->mutex);
	job->state = CE_JOB_DONE;
	job->cached = true;
	pthread_mutex_unlock(&run->mutex);
	return 0;
}

/* Takes the entry's lock and opens its source. ELSEWHERE when another process is at it. */
static int begin(struct ce_job *job, struct ccenv_error *err)
{
	struct ce_fetch_run *run = job->run;
	CE_AUTOFREE char *path = ce_cache_entry_lock(run->o->cache_dir, job->key);
	enum ce_job_state state = CE_JOB_OPEN;
	int r = ce_fs_lock(path, 0, NULL, NULL, &job->lock, err);

	if (r == CCENV_EBUSY) {
		state = CE_JOB_ELSEWHERE;
	} else if (r < 0) {
		ce_hint(err, r, "(choose another cache with --cache-dir)");
		return ce_context(err, r, "cannot put %s into the cache", job->pkg->fn);
	} else if (check_entry(run, job, err) == 0) {
		/* Made since we looked. */
		state = CE_JOB_DONE;
		job->cached = true;
		ce_job_close(job);
	} else {
		r = open_job(job, err);
		if (ce_job_may_keep(job, r))
			return keep_entry(job, err);
		if (r < 0)
			return r;
	}
	pthread_mutex_lock(&run->mutex);
	job->state = state;
	pthread_cond_signal(&run->work);
	pthread_mutex_unlock(&run->mutex);
	return 0;
}

struct census {
	size_t open; /* begun, not done */
	unsigned n_news;
	struct ce_job *next;    /* to be begun */
	struct ce_job *refetch; /* to be downloaded again */
	struct ce_job *lost;    /* cannot be downloaded */
};

/* Counts the jobs, and lets go of what the finished ones hold. */
static struct census count_jobs(struct ce_fetch_run *run)
{
	struct census c = {0};

	pthread_mutex_lock(&run->mutex);
	c.n_news = run->n_news;
	for (size_t i = 0; i < run->n; i++) {
		struct ce_job *job = &run->jobs[i];

		switch (job->state) {
		case CE_JOB_WAITING:
			c.next = c.next ? c.next : job;
			break;
		case CE_JOB_REFETCH:
			c.refetch = job;
			c.open++;
			break;
		case CE_JOB_OPEN:
			c.lost = job->lost ? job : c.lost;
			c.open++;
			break;
		case CE_JOB_RUNNING:
			c.open++;
			break;
		case CE_JOB_ELSEWHERE:
			break;
		case CE_JOB_DONE:
			ce_job_close(job);
			break;
		}
	}
	pthread_mutex_unlock(&run->mutex);
	return c;
}

static int restart_download(struct ce_job *job, struct ccenv_error *err)
{
	int r;

	if (ce_job_is_external(job))
		ce_log(job->run->o->events, CCENV_LOG_NOTICE,
			"%s is not what is locked (%s): it is not used", job->archive,
			job->why ? job->why : "its sha256 is another one");
	else
		ce_log(job->run->o->events, CCENV_LOG_INFO,
			"%s: the part downloaded earlier is damaged; downloading it again",
			job->pkg->fn);
	r = ce_job_refetch(job, err);
	pthread_mutex_lock(&job->run->mutex);
	job->state = CE_JOB_OPEN;
	/* The next source may be complete already. */
	pthread_cond_signal(&job->run->work);
	pthread_mutex_unlock(&job->run->mutex);
	return r;
}

/* Waits for transfers, or for workers when there are none; not if a worker had news since the
 * count. */
static int wait_for_news(struct ce_fetch_run *run, unsigned n_news, struct ccenv_error *err)
{
	struct timespec until;
	int left = 0;

	if (run->downloader) {
		left = ce_downloader_run(run->downloader, LOOK_MS / 2, err);
		if (left < 0)
			return left;
	}
	if (left > 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_MS * 1000L * 1000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&run->mutex);
	if (!run->failed && run->n_news == n_news)
		pthread_cond_timedwait(&run->news, &run->mutex, &until);
	pthread_mutex_unlock(&run->mutex);
	return 0;
}

/* Drives all jobs until each is DONE or ELSEWHERE. */
static int drive(struct ce_fetch_run *run, struct ccenv_error *err)
{
	int r = 0;

	while (r == 0 && !atomic_load(&run->cancelled)) {
		struct census c = count_jobs(run);

		if (c.refetch) {
			r = restart_download(c.refetch, err);
		} else if (c.lost) {
			ce_fail(err, c.lost->lost_code, "%s", c.lost->lost);
			r = keep_entry(c.lost, err);
		} else if (c.next && c.open < OPEN_MAX) {
			r = begin(c.next, err);
		} else if (c.open == 0) {
			break;
		} else {
			report(run);
			r = wait_for_news(run, c.n_news, err);
		}
	}
	if (r < 0)
		ce_job_fail(run, err);
	return r;
}

static void start_workers(struct ce_fetch_run *run)
{
	/* One more than there are processors: one may be waiting for the network. */
	unsigned wanted = ce_work_threads(run->o->threads, run->n) + 1;

	pthread_mutex_lock(&run->mutex);
	while (run->n_workers < wanted && run->n_workers < CE_COUNT(run->workers) &&
		pthread_create(&run->workers[run->n_workers], NULL, worker, run) == 0)
		run->n_workers++;
	pthread_mutex_unlock(&run->mutex);
}

static void stop_workers(struct ce_fetch_run *run)
{
	pthread_mutex_lock(&run->mutex);
	run->closing = true;
	pthread_cond_broadcast(&run->work);
	/* A worker that waits for bytes must hear that none will come. */
	for (size_t i = 0; i < run->n; i++)
		if (run->jobs[i].opened)
			ce_stream_finish(&run->jobs[i].stream, false);
	pthread_mutex_unlock(&run->mutex);
	for (unsigned i = 0; i < run->n_workers; i++)
		pthread_join(run->workers[i], NULL);
	run->n_workers = 0;
	run->closing = false;
}

/* Fetches what is WAITING; what other processes are making is left ELSEWHERE. */
static int fetch_round(struct ce_fetch_run *run, struct ccenv_error *err)
{
	int r;

	report(run);
	start_workers(run);
	if (run->n_workers == 0)
		return ce_fail_errno(err, EAGAIN, "cannot start a thread");
	r = drive(run, err);
	stop_workers(run);
	ce_downloader_freep(&run->downloader);
	for (size_t i = 0; i < run->n; i++)
		ce_job_close(&run->jobs[i]);
	if (run->failed) {
		*err = run->failure;
		return err->code;
	}
	return r;
}

struct waiting {
	const struct ce_fetch_run *run;
	const struct ce_job *job;
};

static void tell_waiting(void *user, const char *holder)
{
	const struct waiting *w = user;

	ce_log(w->run->o->events, CCENV_LOG_NOTICE, "waiting for %s, which %s is fetching",
		w->job->pkg->fn, holder[0] ? holder : "another process");
}

/* Waits until nobody is making the entry; then it exists, or we make it ourselves in the next
 * round. */
static int wait_elsewhere(struct ce_fetch_run *run, bool *ret_again, struct ccenv_error *err)
{
	*ret_again = false;
	for (size_t i = 0; i < run->n; i++) {
		struct ce_job *job = &run->jobs[i];
		CE_AUTOFREE char *path = ce_cache_entry_lock(run->o->cache_dir, job->key);
		CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *lock = NULL;
		struct waiting w = {.run = run, .job = job};
		int r;

		if (job->state != CE_JOB_ELSEWHERE)
			continue;
		r = ce_fs_lock(path, LOCK_TIMEOUT_S, tell_waiting, &w, &lock, err);
		if (r < 0)
			return r;
		job->state = ce_entry_exists(job->dir) ? CE_JOB_DONE : CE_JOB_WAITING;
		job->cached = job->state == CE_JOB_DONE;
		*ret_again = *ret_again || job->state == CE_JOB_WAITING;
	}
	return 0;
}

static int write_cachedir_tag(const char *cache_dir, struct ccenv_error *err)
{
	/* https://bford.info/cachedir/ */
	static const char text[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
				   "# This directory is a cache of ccenv.\n";
	CE_AUTOFREE char *path = ce_path_join(cache_dir, "CACHEDIR.TAG");

	if (ce_fs_exists(path))
		return 0;
	return ce_fs_replace(path, text, sizeof(text) - 1, NULL, err);
}

static int prepare_cache(const char *cache_dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *locks = ce_cache_locks(cache_dir);
	int r = ce_fs_mkdirs(locks, err);

	if (r < 0)
		return ce_hint(err, r, "(choose another cache with --cache-dir)");
	r = write_cachedir_tag(cache_dir, err);
	if (r < 0)
		return ce_hint(err, r, "(choose another cache with --cache-dir)");
	ce_entry_sweep(cache_dir);
	return 0;
}

static void warn_missing(const char *const *dirs, size_t n, const struct ccenv_events *events)
{
	for (size_t i = 0; i < n; i++)
		if (!ce_fs_is_dir(dirs[i]))
			ce_log(events, CCENV_LOG_WARNING,
				"%s is not a directory: no packages are taken from it", dirs[i]);
}

static int fetch_missing(struct ce_fetch_run *run, struct ccenv_error *err)
{
	bool again = true;
	int r = prepare_cache(run->o->cache_dir, err);

	warn_missing(run->o->external_caches, run->o->n_external_caches, run->o->events);
	warn_missing(run->o->trusted_caches, run->o->n_trusted_caches, run->o->events);
	if (r < 0)
		return r;
	while (again) {
		r = fetch_round(run, err);
		if (r < 0)
			return r;
		r = wait_elsewhere(run, &again, err);
		if (r < 0)
			return r;
	}
	report(run);
	return 0;
}

static int compare_size(const void *a, const void *b)
{
	const struct ce_job *x = a, *y = b;

	if (x->pkg->size != y->pkg->size)
		return x->pkg->size > y->pkg->size ? -1 : 1;
	return strcmp(x->pkg->fn, y->pkg->fn);
}

/* An entry that exists and is right is DONE; what to do with a damaged one is decided under its
 * lock. */
static int check_one(void *user, size_t i, struct ccenv_error *err)
{
	struct ce_fetch_run *run = user;
	struct ce_job *job = &run->jobs[i];
	int r = check_entry(run, job, err);

	if (r == 0) {
		ce_entry_touch(job->dir);
		job->state = CE_JOB_DONE;
		job->cached = true;
		return 0;
	}
	return r == CCENV_ENOTFOUND || r == CCENV_EDATA ? 0 : r;
}

/* `seen` maps a digest to the package that has it. */
static int add_job(struct ce_fetch_run *run, const struct ce_pkg *pkg, struct ce_map *seen,
	struct ccenv_error *err)
{
	const char *key = ce_pkg_digest(pkg);
	const struct ce_pkg *other = key ? ce_map_get(seen, key) : NULL;

	if (!key)
		return ce_fail(err, CCENV_EDATA,
			"%s: the channel gives neither sha256 nor md5 for it: it cannot be checked, so it is not used",
			pkg->fn);
	if (other &&
		(strcmp(other->name, pkg->name) != 0 || strcmp(other->version, pkg->version) != 0))
		return ce_fail(err, CCENV_EDATA,
			"%s and %s have the same %s, so one of them has a false name: run `ccenv lock`",
			other->fn, pkg->fn, pkg->sha256 ? "sha256" : "md5");
	if (other)
		return 0;
	ce_map_set(seen, key, (void *)(uintptr_t)pkg);
	run->jobs[run->n++] = (struct ce_job){
		.run = run,
		.pkg = pkg,
		.key = key,
		.dir = ce_cache_entry(run->o->cache_dir, key),
	};
	return 0;
}

/* How much all may unpack to. Each has a limit of its own, with a floor that a thousand small
 * archives could use up. */
static uint64_t unpacked_limit(const struct ce_fetch_run *run)
{
	const uint64_t floor = 64ULL << 30, ratio = 32, most = UINT64_MAX / ratio;
	uint64_t sum = 0;

	for (size_t i = 0; i < run->n; i++)
		sum += run->jobs[i].pkg->size < most - sum ? run->jobs[i].pkg->size : most - sum;
	return sum * ratio > floor ? sum * ratio : floor;
}

static int add_jobs(struct ce_fetch_run *run, const struct ce_pkg *const *pkgs, size_t n,
	struct ccenv_error *err)
{
	struct ce_map seen = {0};
	int r = 0;

	run->jobs = ce_calloc(n + 1, sizeof(*run->jobs));
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_job(run, pkgs[i], &seen, err);
	run->unpacked_max = run->o->max_unpacked ? run->o->max_unpacked : unpacked_limit(run);
	ce_map_release(&seen);
	qsort(run->jobs, run->n, sizeof(*run->jobs), compare_size);
	return r;
}

static int fetch(struct ce_fetch_run *run, const struct ce_pkg *const *pkgs, size_t n,
	struct ccenv_error *err)
{
	/* To see that they exist takes less than to start a thread. */
	unsigned threads = run->o->check == CE_FETCH_CHECK_NONE ? 1 : run->o->threads;
	struct ce_work check = {.threads = threads, .user = run, .item = check_one};
	int r = add_jobs(run, pkgs, n, err);

	if (r < 0)
		return r;
	check.n = run->n;
	r = ce_work_run(&check, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < run->n; i++)
		if (run->jobs[i].state != CE_JOB_DONE)
			return fetch_missing(run, err);
	return 0;
}

int ce_fetch(const struct ce_pkg *const *pkgs, size_t n, const struct ce_fetch_options *o,
	struct ccenv_error *err)
{
	struct ce_fetch_run run = {
		.o = o,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.work = PTHREAD_COND_INITIALIZER,
		.news = PTHREAD_COND_INITIALIZER,
	};
	int r = fetch(&run, pkgs, n, err);

	for (size_t i = 0; i < run.n; i++)
		free(run.jobs[i].dir);
	free(run.jobs);
	return r;
}
