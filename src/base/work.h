/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_WORK_H
#define CE_BASE_WORK_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * The same work on many items, on several threads; the calling thread is one of them.
 *
 * Items are begun in order. After a failure no further item is begun, and the error of the lowest
 * failed item is the one returned, so that the same damage gives the same message.
 */
struct ce_work {
	size_t n;
	unsigned threads; /* 0: as many as there are processors */
	void *user;
	int (*item)(void *user, size_t i, struct ccenv_error *err);
	/*
	 * May be NULL. In the calling thread only, at most ten times a second, with the number of
	 * items that were done and did not fail: for progress events.
	 */
	void (*tick)(void *user, size_t done);
};

/* Returns when all items are done, or one has failed and those begun have ended. */
CE_MUST_CHECK int ce_work_run(const struct ce_work *work, struct ccenv_error *err);
/* How many threads ce_work_run() uses for n items. */
unsigned ce_work_threads(unsigned wanted, size_t n);

#endif
