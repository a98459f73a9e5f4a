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
 * Is the root as `ccenv install` left it? One file, <root>/installed, answers that before the lock is
 * parsed; of a target it is <root>/installed-<target>, and likewise for the stamp.
 *
 * The file begins with all that the outcome depends on: the sources of the ccenv that wrote it (one
 * hash), the paths of root, manifest and lock, environment and platform, whether the lock was
 * checked against the manifest, and the hashes of manifest and lock. After that comes what the install
 * made: the prefix, and each file and link, with its size and time.
 *
 * What is noticed, and done again: any change to those inputs, and anything the emitters make, or
 * the prefix's own stamp, that is gone, edited or replaced. The CMake module and ccenv.mk check a
 * part of this before they start ccenv at all, so what they find missing is found missing here.
 * What is not noticed: a file of a package that was edited or removed within the prefix. `ccenv
 * verify` finds that and `ccenv install --repair` repairs it.
 *
 * The file is removed before anything is changed and written last, so a root that is half made never
 * has it. Where the outcome depends on the machine, too (architecture "native"), it is written so that
 * it never fits.
 *
 * It is one of four files that say what is installed, each for its own reader:
 *
 *     <root>/installed              all inputs, and all files made       this file: nothing to do?
 *     <root>/stamp.json             versions, paths, hash of the lock    build systems, ccenv_tools()
 *     <prefix>/conda-meta/ccenv     the set of packages in the prefix    install/: is the prefix done?
 *     <view>/.ccenv-view            the prefix a view was made from      emit/: is the view done?
 *
 * A prefix can be done in a root that is not (an interrupted run), and prefixes exist without a root
 * (--prefix), so none of them can replace another.
 */

/* Fills `ret` (prefix, root, number of packages; the caller frees) if there is nothing to do. `label` is a
 * target's (model/target_name.h), or NULL. */
bool ce_is_up_to_date(struct ccenv *c, const struct ccenv_install_options *o, const char *label,
	struct ccenv_install_result *ret);
/* Before the first change. */
CE_MUST_CHECK int ce_uptodate_invalidate(
	const struct ccenv *c, const char *label, struct ccenv_error *err);

/* What was done: the lock's bytes as they were parsed, and ce_emit_input.made. */
struct ce_uptodate_result {
	const struct ce_buf *lock_text;
	const struct ce_buf *made;
	const char *label;                 /* of a target; NULL natively */
	const char *prefix, *tools_prefix; /* the latter NULL natively */
	size_t n_packages;
};
/* After the last change. Writes nothing if one of the files does not exist. */
CE_MUST_CHECK int ce_uptodate_record(struct ccenv *c, const struct ccenv_install_options *o,
	const struct ce_uptodate_result *result, struct ccenv_error *err);

/* Has the manifest changed since the last install? False where that is not known. */
bool ce_manifest_has_changed(const struct ccenv *c, const char *label);

#endif
