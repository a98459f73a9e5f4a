/* SPDX-License-Identifier: MIT */
#ifndef CE_API_CHANGES_H
#define CE_API_CHANGES_H

#include "ccenv/ccenv.h"

struct ce_lockfile;

/* How two locks differ; either may be NULL, for none. All strings are copied. Sorted by environment,
 * "default" first, platform and name. */
void ce_changes_make(const struct ce_lockfile *before, const struct ce_lockfile *after,
	struct ccenv_changes *ret);

#endif
