/* SPDX-License-Identifier: MIT */
#ifndef CE_API_OUTDATED_NOTE_H
#define CE_API_OUTDATED_NOTE_H

#include "base/digest.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

struct ccenv;
struct ce_buf;
struct ce_lock_plan;

/*
 * The last answer of ccenv_outdated() for a project, in the cache: to solve takes longer than all other
 * looks at a lock together. It is used only where all that it depends on is what it was: this version of ccenv, the
 * bytes of the manifest and of the lock, the requests made of them (with the virtual packages and the
 * dates of this very run), and the contents of the indexes, about which the servers are asked as ever.
 *
 * It is advice, not truth: a file that is absent, damaged or of something else is no note.
 */
struct ce_outdated_note {
	char *path;
	char key[CE_SHA256_HEX + 1]; /* of all but the indexes */
	struct ce_strs indexes;      /* those of the answer noted; n is 0: there is no note */
	struct ccenv_outdated answer;
};

/* Reads the note for this plan, if there is one. `lock` is the text of the lock. Release it with ce_outdated_note_release(). */
void ce_outdated_note_begin(struct ce_outdated_note *note, const struct ccenv *c,
	const struct ce_lock_plan *plan, const struct ce_buf *lock);
void ce_outdated_note_release(struct ce_outdated_note *note);
/* The answer noted; the caller frees it with ccenv_outdated_free(). */
struct ccenv_outdated ce_outdated_note_take(struct ce_outdated_note *note);
/* Notes the answer for the indexes of the plan. Best effort. */
void ce_outdated_note_write(const struct ce_outdated_note *note, const struct ce_lock_plan *plan,
	const struct ccenv_outdated *answer);

#endif
