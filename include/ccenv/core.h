/* SPDX-License-Identifier: MIT */
#ifndef CCENV_CORE_H
#define CCENV_CORE_H

/* What all calls share: the version, failures, and events. Rules as in ccenv/ccenv.h. */

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

/* The version of the library that is running, as CCENV_VERSION is of the header. */
CCENV_API const char *ccenv_version(void);

/* The kind of failure, for programs. Values are stable; new ones are added at the end. */
enum ccenv_code {
	CCENV_EUSAGE = -1,      /* an argument or option that is wrong */
	CCENV_EDATA = -2,       /* malformed input: manifest, repodata, lock, archive */
	CCENV_EIO = -3,         /* a file system operation failed */
	CCENV_ENET = -4,        /* a network operation or a server failed */
	CCENV_ENOSOLUTION = -5, /* no set of packages satisfies the request */
	CCENV_EHASH = -6,       /* bytes that do not match the lock or the index */
	CCENV_EOFFLINE = -7,    /* needed from the network, but --offline */
	CCENV_ESTALE = -8,      /* the lock does not fit the manifest */
	CCENV_EHOST = -9,       /* this machine lacks what the lock assumed */
	CCENV_EBUSY = -10,      /* another process holds a lock for too long */
	CCENV_ENOTFOUND = -11,  /* a named thing does not exist */
	CCENV_EUNTRUSTED = -12, /* another user could have made it */
};

/* Filled on failure. `text` is complete: it can be printed as it is, without a trailing newline. */
struct ccenv_error {
	int code;
	char text[4096];
};

/*
 * What a running call reports. Both callbacks may be NULL. They are called from the calling thread,
 * never after the call has returned. Texts are valid during the callback only, and are not yet safe
 * to show on a terminal: they may quote names from outside.
 */
enum ccenv_level {
	CCENV_LOG_WARNING = 1, /* something the user should act on */
	CCENV_LOG_NOTICE = 2,  /* what was done, one line per step */
	CCENV_LOG_INFO = 3,    /* -v: why */
	CCENV_LOG_DEBUG = 4,   /* -vv */
};

enum ccenv_phase {
	CCENV_PHASE_REPODATA = 1,
	CCENV_PHASE_SOLVE = 2,
	CCENV_PHASE_FETCH = 3, /* download, verify, extract into the cache */
	CCENV_PHASE_LINK = 4,
	CCENV_PHASE_VERIFY = 5,
};

/*
 * Progress of a phase. Totals may change while the phase runs; items_done == items_total ends it.
 * Work that turns out not to be needed (a package that is in the cache) is not counted.
 */
struct ccenv_progress {
	enum ccenv_phase phase;
	const char *item; /* the item with the most work left, or NULL */
	uint64_t bytes_done, bytes_total;
	/* Bytes downloaded so far (>= bytes_done); 0 if the phase does not download. */
	uint64_t bytes_here;
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
