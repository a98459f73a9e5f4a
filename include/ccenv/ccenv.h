/* SPDX-License-Identifier: MIT */
#ifndef CCENV_CCENV_H
#define CCENV_CCENV_H

/*
 * ccenv: a CUDA toolchain from conda-forge, locked and installed into a build tree.
 *
 * One handle (struct ccenv) is one project: a manifest, its lock file, a package cache and a
 * prefix. A call is one step of the pipeline (lock, install, emit); each call leaves the old state
 * whole when it fails.
 *
 * Threads: a handle is used by one thread at a time; different handles are independent.
 * Memory: when memory ends, the process aborts with a message (libsolv does the same).
 * Errors: a call returns 0 or a negative enum ccenv_code, and then *err holds one complete sentence
 * for a person: the thing, the cause and the way out. `err` is never NULL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CCENV_API __attribute__((visibility("default")))
#else
#define CCENV_API
#endif

#define CCENV_VERSION "0.1.0"

/* What failed, for programs. Values are stable; new ones are added below. */
enum ccenv_code {
	CCENV_EUSAGE = -1,      /* an argument or option that makes no sense */
	CCENV_EDATA = -2,       /* malformed input: manifest, repodata, lock, archive */
	CCENV_EIO = -3,         /* the file system said no */
	CCENV_ENET = -4,        /* the network or a server said no */
	CCENV_ENOSOLUTION = -5, /* no set of packages meets the request */
	CCENV_EHASH = -6,       /* bytes that are not what the lock or the index promised */
	CCENV_EOFFLINE = -7,    /* needed from the network, but --offline */
	CCENV_ESTALE = -8,      /* the lock does not fit the manifest */
	CCENV_EHOST = -9,       /* this machine lacks what the lock assumed */
	CCENV_EBUSY = -10,      /* another process holds a lock for too long */
	CCENV_ENOTFOUND = -11,  /* a named thing does not exist */
};

/* Filled on failure. `text` is complete: it can be printed as it is, without a trailing newline. */
struct ccenv_error {
	int code;
	char text[4096];
};

/*
 * Talk of a running call. All callbacks may be NULL. They come from the calling thread, never after
 * the call has returned. Texts are borrowed for the time of the callback.
 */
enum ccenv_level {
	CCENV_LOG_WARNING = 1, /* something the user should act on */
	CCENV_LOG_NOTICE = 2,  /* what was done, one line a step */
	CCENV_LOG_INFO = 3,    /* -v: why */
	CCENV_LOG_DEBUG = 4,   /* -vv */
};

enum ccenv_phase {
	CCENV_PHASE_REPODATA = 1,
	CCENV_PHASE_SOLVE = 2,
	CCENV_PHASE_FETCH = 3, /* download, verify, extract into the cache */
	CCENV_PHASE_LINK = 4,
};

/* A step of a phase. Totals may grow while the phase runs; done == total items ends it. */
struct ccenv_progress {
	enum ccenv_phase phase;
	const char *item; /* what is being worked on, or NULL */
	uint64_t bytes_done, bytes_total;
	uint64_t items_done, items_total;
};

struct ccenv_events {
	void *user;
	void (*log)(void *user, enum ccenv_level level, const char *text);
	void (*progress)(void *user, const struct ccenv_progress *progress);
};

#ifdef __cplusplus
}
#endif
#endif
