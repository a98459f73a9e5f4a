/* SPDX-License-Identifier: MIT */
#ifndef CE_LOCK_LOCKFILE_H
#define CE_LOCK_LOCKFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;
struct ce_lockfile;
struct ce_lockfile_platform;
struct ce_lockfile_target;
struct ce_request;
struct ce_solution;

/*
 * ccenv.lock: the exact packages of each environment and platform, as JSON.
 *
 * One package an entry, sorted, each once; environments refer to packages by URL. Equal solutions
 * give equal bytes: no time stamp, no tool version. A newer format version is refused. What is read
 * is checked like any input from outside: names, file names, hashes, URL schemes.
 */

/* No file is no error: *ret_lock becomes NULL. */
CE_MUST_CHECK int ce_lockfile_read(
	const char *path, struct ce_lockfile **ret_lock, struct ccenv_error *err);
/* The same, and appends the bytes that were read to `text`. */
CE_MUST_CHECK int ce_lockfile_read_text(const char *path, struct ce_buf *text,
	struct ce_lockfile **ret_lock, struct ccenv_error *err);
CE_MUST_CHECK int ce_lockfile_parse(
	const char *text, size_t len, struct ce_lockfile **ret_lock, struct ccenv_error *err);
void ce_lockfile_render(const struct ce_lockfile *lock, struct ce_buf *out);
/* Replaces `path` atomically; does nothing when the bytes are the same. A link stays, and the lock that it
 * leads to is replaced; one that leads to anything but a lock is an error, for locks come with projects. */
CE_MUST_CHECK int ce_lockfile_write(const char *path, const struct ce_lockfile *lock,
	bool *ret_changed, struct ccenv_error *err);

/* A solved request, and the options text of its manifest (ce_manifest_options()). */
struct ce_solved {
	const struct ce_request *request;
	const struct ce_solution *solution;
	const char *options;
};

/*
 * Makes a lock of solutions, in any order; everything is copied. CCENV_EDATA when a reader would
 * refuse it (lock/lockfile_origin.h): a package without sha256, or from where it must not come.
 */
CE_MUST_CHECK int ce_lockfile_from_solutions(const struct ce_solved *solved, size_t n,
	struct ce_lockfile **ret_lock, struct ccenv_error *err);

/*
 * Does the lock still answer the request? Decided from the two alone, with no network
 * (docs/design/lockfile.md): channels, options, specs and virtual packages are the same; each spec
 * and each dependency is met; no package is there twice. CCENV_ESTALE says which one is not.
 * *ret_platform (may be NULL) is borrowed from the lock.
 */
CE_MUST_CHECK int ce_lockfile_check(const struct ce_lockfile *lock,
	const struct ce_request *request, const char *options,
	const struct ce_lockfile_platform **ret_platform, struct ccenv_error *err);

/* Do the two sides of a locked target agree (model/pair.h)? CCENV_ESTALE says where not. */
CE_MUST_CHECK int ce_lockfile_check_target(
	const struct ce_lockfile_target *t, struct ccenv_error *err);

#endif
