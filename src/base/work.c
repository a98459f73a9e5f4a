/* SPDX-License-Identifier: MIT */
/* A parallel loop. Threads live as long as the call: a pool would cost more than it saves at this
 * size. */
#include "base/work.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/os.h"
#include "ccenv/ccenv.h"

enum {
	THREADS_MAX = 64,
	TICK_MS = 100
};

struct run {
	const struct ce_work *work;
	pthread_mutex_t mutex;
	size_t next; /* item to be begun; guarded by mutex, as all below */
	size_t done;
	size_t failed_item;
	struct ccenv_error failure;
	bool failed;
};

static bool take(struct run *run, size_t *ret_i)
{
	bool got = false;

	pthread_mutex_lock(&run->mutex);
	if (!run->failed && run->next < run->work->n) {
		*ret_i = run->next++;
		got = true;
	}
	pthread_mutex_unlock(&run->mutex);
	return got;
}

/* Returns how many items are done. */
static size_t put(struct run *run, size_t i, int r, const struct ccenv_error *err)
{
	size_t done;

	pthread_mutex_lock(&run->mutex);
	if (r >= 0)
		run->done++;
	done = run->done;
	if (r < 0 && (!run->failed || i < run->failed_item)) {
		run->failed = true;
		run->failed_item = i;
		run->failure = *err;
	}
	pthread_mutex_unlock(&run->mutex);
	return done;
}

static void *worker(void *arg)
{
	struct run *run = arg;
	struct ccenv_error err;
	size_t i;

	while (take(run, &i)) {
		int r = run->work->item(run->work->user, i, &err);

		put(run, i, r, &err);
	}
	return NULL;
}

/* The calling thread's share, with ticks between its items. */
static void work_and_tick(struct run *run)
{
	const struct ce_work *work = run->work;
	int64_t last = ce_now_ms(CE_CLOCK_MONOTONIC);
	struct ccenv_error err;
	size_t i;

	while (take(run, &i)) {
		int r = work->item(work->user, i, &err);
		size_t done = put(run, i, r, &err);

		if (work->tick && ce_now_ms(CE_CLOCK_MONOTONIC) - last >= TICK_MS) {
			work->tick(work->user, done);
			last = ce_now_ms(CE_CLOCK_MONOTONIC);
		}
	}
}

unsigned ce_work_threads(unsigned wanted, size_t n)
{
	if (wanted == 0)
		wanted = ce_os_processors();
	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	if (wanted > n)
		wanted = (unsigned)n;
	return wanted > 0 ? wanted : 1;
}

int ce_work_run(const struct ce_work *work, struct ccenv_error *err)
{
	struct run run = {.work = work, .mutex = PTHREAD_MUTEX_INITIALIZER};
	unsigned wanted = ce_work_threads(work->threads, work->n);
	pthread_t threads[THREADS_MAX];
	unsigned n = 0;

	/* A thread that cannot be made is no failure: the others do its share. */
	while (n + 1 < wanted && pthread_create(&threads[n], NULL, worker, &run) == 0)
		n++;
	work_and_tick(&run);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	pthread_mutex_destroy(&run.mutex);
	if (!run.failed)
		return 0;
	*err = run.failure;
	return err->code;
}
