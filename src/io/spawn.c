/* SPDX-License-Identifier: MIT */
/* A child process whose output is read. */
#include "io/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "ccenv/ccenv.h"

extern char **environ;

enum drained {
	CLOSED,
	TOO_LATE,
	TOO_MUCH,
};

/* Reads until the other end is closed, or what it prints or the time is beyond its limit. */
static enum drained drain(int fd, int64_t end_ms, struct ce_buf *out)
{
	char block[8192];

	for (;;) {
		int64_t left = end_ms - ce_now_ms(CE_CLOCK_MONOTONIC);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;
		int r;

		if (out->overflow)
			return TOO_MUCH;
		if (left <= 0)
			return TOO_LATE;
		r = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (r <= 0)
			continue;
		n = read(fd, block, sizeof(block));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			return CLOSED;
		if (n > 0)
			ce_buf_add(out, block, (size_t)n);
	}
}

static int start(const char *const argv[], int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	CE_AUTOFREE char *program = strchr(argv[0], '/')
					    ? ce_strdup(argv[0])
					    : ce_fs_find_program(getenv("PATH"), argv[0]);
	int r;

	if (!program)
		return ENOENT;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	posix_spawnattr_init(&attributes);
	/* A group of its own, so that its children go with it. */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	r = posix_spawn(ret, program, &actions, &attributes, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Its exit status; it may have closed its output and go on. False: it was killed at the limit. */
static bool wait_for(pid_t child, int64_t end_ms, int *ret_status)
{
	pid_t r;

	while ((r = waitpid(child, ret_status, WNOHANG)) == 0 || (r < 0 && errno == EINTR)) {
		if (ce_now_ms(CE_CLOCK_MONOTONIC) >= end_ms)
			return false;
		usleep(1000);
	}
	return true;
}

static void kill_group(pid_t child)
{
	kill(-child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

int ce_spawn_read(const char *const argv[], int limit_s, struct ce_buf *out, int *ret_status,
	struct ccenv_error *err)
{
	int64_t end = ce_now_ms(CE_CLOCK_MONOTONIC) + limit_s * 1000LL;
	int ends[2], status = 0;
	pid_t child;

	if (ce_os_pipe(ends) < 0)
		return ce_fail_errno(err, errno, "cannot run %s", argv[0]);
	int r = start(argv, ends[1], &child);
	close(ends[1]);
	if (r != 0) {
		close(ends[0]);
		return ce_fail_errno(err, r, "cannot run %s", argv[0]);
	}
	enum drained drained = drain(ends[0], end, out);
	close(ends[0]);
	if (drained == CLOSED && wait_for(child, end, &status)) {
		*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		return 0;
	}
	kill_group(child);
	if (drained == TOO_MUCH)
		return ce_fail(err, CCENV_EIO, "%s prints more than %zu bytes", argv[0], out->max);
	return ce_fail(err, CCENV_EIO, "%s did not end within %d seconds", argv[0], limit_s);
}
