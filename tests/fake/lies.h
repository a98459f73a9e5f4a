/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAKE_LIES_H
#define TESTS_FAKE_LIES_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How a fake driver library misbehaves: the value of an environment variable. */
static inline int lies(const char *variable, const char *lie)
{
	const char *value = getenv(variable);

	return value && strcmp(value, lie) == 0;
}

/* Crashes or hangs, where it was told to. */
static inline void misbehave(const char *variable, const char *where)
{
	const char *value = getenv(variable);
	size_t n = strlen(where);

	if (!value || strncmp(value, where, n) != 0)
		return;
	if (strcmp(value + n, "-crash") == 0)
		abort();
	if (strcmp(value + n, "-exit") == 0)
		_exit(0);
	if (strcmp(value + n, "-hang") == 0)
		sleep(600);
}

#endif
