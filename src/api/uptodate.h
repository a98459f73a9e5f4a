/* SPDX-License-Identifier: MIT */
#ifndef CE_API_UPTODATE_H
#define CE_API_UPTODATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"

struct ce_buf;
struct ccenv;

/*
 * Is the root as `ccenv install` left it? Told from one file, <root>/installed, before the lock is
 * parsed or anything is hashed. Part of api/.
 *
 * The file begins with all that the outcome depends on, as it is: the sources of the ccenv that
 * wrote it (one hash), where root, manifest and lock are, environment and platform, whether the
 * lock was held against the manifest, and the bytes of manifest and lock. Behind that stands what
 * came of it: the prefix, and each file and link that was made, with its size and time.
 *
 * What is noticed, and done again: any change to those inputs, and anything the emitters make, or
 * the prefix's own stamp, that is gone, edited or replaced. The CMake module and ccenv.mk look at a
 * part of this before they start ccenv at all, so what they find wanting is found wanting here.
 * What is not noticed: a file of a package that was edited or removed within the prefix. That is
 * for `ccenv verify` to tell and for `ccenv install --repair` to mend.
 *
 * The file is removed before anything is changed and written last, so that it is never beside a
 * root that is half made. There is none where the outcome depends on the machine, too
 * (architecture "native").
 */

/* Fills `ret` (prefix, root, number of packages; the caller frees) when nothing is to be done. */
bool ce_is_up_to_date(
	struct ccenv *c, const struct ccenv_install_options *o, struct ccenv_install_result *ret);
/* Before the first change. */
CE_MUST_CHECK int ce_uptodate_invalidate(const struct ccenv *c, struct ccenv_error *err);

/* What was done: the lock's bytes as they were parsed, and ce_emit_input.made. */
struct ce_uptodate_result {
	const struct ce_buf *lock_text;
	const struct ce_buf *made;
	const char *prefix;
	size_t n_packages;
};
/* After the last change. Writes nothing when something of it is not there. */
CE_MUST_CHECK int ce_uptodate_record(struct ccenv *c, const struct ccenv_install_options *o,
	const struct ce_uptodate_result *result, struct ccenv_error *err);

#endif
