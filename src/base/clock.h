/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_CLOCK_H
#define CE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

enum ce_clock {
	CE_CLOCK_MONOTONIC = CLOCK_MONOTONIC, /* for durations and deadlines */
	CE_CLOCK_WALL = CLOCK_REALTIME,       /* since 1970; it may jump */
};

/* Milliseconds on that clock. */
static inline int64_t ce_now_ms(enum ce_clock clock)
{
	struct timespec t = {0};

	(void)clock_gettime((clockid_t)clock, &t); /* both clocks exist on every Linux */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
