/* SPDX-License-Identifier: MIT */
#ifndef CE_API_TRUST_H
#define CE_API_TRUST_H

#include <stdbool.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"

struct ccenv;

/*
 * What was found without being named (a manifest in a parent directory, the root next to it, the
 * default cache) decides which programs run, so it must not be another user's. It must belong to
 *
 * - the user, or root;
 * - the owner of the working directory: who works in a directory relies on its owner, and that is how
 *   the root of a container works in a checkout, and anybody on a server that maps owners;
 * - for root: the user who called sudo; and the owner of the directory that it is in, unless others
 *   can write there: whoever owns a directory above the working directory can replace all of it.
 *
 * Links must belong to them too, and where they lead. What a user names is not checked: that is the
 * way out of every refusal, which is CCENV_EUNTRUSTED.
 */

/* Is it one of theirs? What does not exist is fine. */
bool ce_trust_has_owner(const struct ccenv *c, const char *path);
/* The same as a refusal; `option` and `value` are the way out. */
CE_MUST_CHECK int ce_trust_check_owner(const struct ccenv *c, const char *path, const char *option,
	const char *value, struct ccenv_error *err);
/* The root of a project, unless it was named. */
CE_MUST_CHECK int ce_trust_check_root(const struct ccenv *c, struct ccenv_error *err);
/*
 * A cache that others can write to decides what is installed: verify and --repair compare with
 * lists that are in it. Such a cache, and a default one that is another user's, needs consent
 * (ccenv_options.shared_cache).
 */
CE_MUST_CHECK int ce_trust_check_cache(const struct ccenv *c, struct ccenv_error *err);

#endif
