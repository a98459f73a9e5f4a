/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_IMPORT_UNPACKED_H
#define CE_FETCH_IMPORT_UNPACKED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_entry;
struct ce_pkg;

/*
 * Packages that conda, mamba, pixi or rattler has unpacked, from a cache that the user calls
 * trusted.
 *
 * The archive is gone, so its sha256 cannot be computed any more. What is compared: the sha256 that
 * the other program noted of the archive (rattler and pixi next to the package, conda and mamba in
 * info/repodata_record.json) with the locked one; and each file, while it is copied, with its
 * sha256 in info/paths.json. That finds every file that was edited, cut short or lost. What remains
 * is trust: that the list, and the rest of info/, is the archive's own, and that a link points
 * where it did. So this is for caches that nobody but the user writes to, and only when they are
 * named.
 *
 * Nothing is linked to the other cache and nothing in it is followed or written: files are copied,
 * links are made again.
 */

/* Does the other program say that `dir` is this package? */
bool ce_unpacked_is(const char *dir, const struct ce_pkg *pkg);
/* Fills an entry that has begun, lists included. CCENV_EDATA says what does not agree. The work
 * stops soon after `cancelled` is set. */
CE_MUST_CHECK int ce_import_unpacked(const char *dir, uint64_t max_bytes, struct ce_entry *entry,
	const _Atomic bool *cancelled, struct ccenv_error *err);

#endif
