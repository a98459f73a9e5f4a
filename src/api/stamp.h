/* SPDX-License-Identifier: MIT */
#ifndef CE_API_STAMP_H
#define CE_API_STAMP_H

#include <jansson.h>

#include "base/attr.h"
#include "base/strs.h"

struct ccenv;
struct ccenv_error;
struct ce_arena;

/* The stamps of a root: one for what the machine builds for itself, and one for each target installed there. */

/* The stamp of a target, by any of its names; NULL for the machine itself. CCENV_ENOTFOUND says what is
 * installed. The caller decrefs it. */
CE_MUST_CHECK int ce_stamp_read(
	const struct ccenv *c, const char *target, json_t **ret, struct ccenv_error *err);
/* Removes what says that the target is installed under another label than this: whether it has CUDA's name or
 * its own depends on the other targets of the manifest. */
CE_MUST_CHECK int ce_stamp_drop_others(
	const struct ccenv *c, const char *name, const char *label, struct ccenv_error *err);
/* All prefixes that stamps of the root name: absolute, from the arena. False where the directory or a stamp
 * cannot be read: then any prefix may be in use, and none may be removed. */
CE_MUST_CHECK bool ce_stamp_prefixes(const char *root, struct ce_arena *a, struct ce_strs *ret);

#endif
