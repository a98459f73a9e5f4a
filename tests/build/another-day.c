/* SPDX-License-Identifier: MIT */
/*
 * Preloaded, it is CCENV_TEST_DAYS days later. As libfaketime, but without a lookup of the real functions, which allocates memory:
 * NVIDIA's compilers have an allocator of their own that asks for the time, and hang.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift(void)
{
	/* getenv() allocates nothing. */
	const char *days = getenv("CCENV_TEST_DAYS");
	time_t n = 0;

	for (; days && *days >= '0' && *days <= '9'; days++)
		n = n * 10 + (*days - '0');
	return n * 86400;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret);

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += shift();
	return r;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	ret->tv_sec = now.tv_sec;
	ret->tv_usec = (suseconds_t)(now.tv_nsec / 1000);
	return 0;
}

int timespec_get(struct timespec *ret, int base)
{
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret) == 0 ? base : 0;
}
