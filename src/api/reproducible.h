/* SPDX-License-Identifier: MIT */
#ifndef CE_API_REPRODUCIBLE_H
#define CE_API_REPRODUCIBLE_H

#include <stdbool.h>

#include "base/attr.h"

struct ccenv;
struct ccenv_error;
struct ce_arena;

/*
 * What "reproducible" is in this run: CCENV_REPRODUCIBLE of the environment where it is set, else
 * `manifest`, which is what ce_manifest_reproducible() gives. *ret is in the same words. CCENV_EUSAGE
 * for a word of the environment that is none.
 */
CE_MUST_CHECK int ce_reproducible_mode(
	const struct ccenv *c, const char *manifest, const char **ret, struct ccenv_error *err);
/* Are paths and times to be left out of what is built? */
bool ce_reproducible_is_on(const char *mode);
/*
 * For SOURCE_DATE_EPOCH: what the environment says, else the time of the last commit in the
 * manifest's directory. NULL without either. From `a`.
 */
const char *ce_reproducible_date(const struct ccenv *c, struct ce_arena *a);
/*
 * For build tools that start compilers without SOURCE_DATE_EPOCH, as ninja does for Meson: keeps the
 * date in the root, where the scripts of the compilers read it. Nothing is done in a build that need
 * not be reproducible, nor without a date.
 */
CE_MUST_CHECK int ce_reproducible_keep_date(const struct ccenv *c, struct ccenv_error *err);

#endif
