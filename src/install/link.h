/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_LINK_H
#define CE_INSTALL_LINK_H

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;
struct ce_install_plan;

/* How files come from the cache into the prefix; the numbers are those of conda-meta (CEP 32). */
enum ce_link_method {
	CE_LINK_HARD = 1,
	CE_LINK_COPY = 3,
	CE_LINK_REF = 5, /* a copy that shares its blocks; recorded as a copy */
};

/*
 * Fills the empty directory `root` as the plan says, on several threads, and notes hashes and sizes
 * in the plan's paths.
 *
 * A file is a reflink, a hard link or a copy, whichever the file systems allow, in this order,
 * found out once. Files with a placeholder, and those that must not be linked, are always new files. No
 * file of the cache is ever opened for writing. A hard link is as read-only as the
 * cache's file; a file of the prefix's own is writable by its owner.
 */
CE_MUST_CHECK int ce_link(struct ce_install_plan *plan, const char *root, unsigned threads,
	const struct ccenv_events *events, enum ce_link_method *ret_method,
	struct ccenv_error *err);

#endif
