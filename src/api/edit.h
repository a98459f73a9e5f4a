/* SPDX-License-Identifier: MIT */
#ifndef CE_API_EDIT_H
#define CE_API_EDIT_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

struct ce_arena;
struct ce_lockfile;
struct ce_manifest;

/*
 * An edit of ccenv.json in progress: the new text, and the manifest that it makes, which the handle
 * uses meanwhile. Nothing is written before ce_edit_write(), and that only comes after a solve.
 *
 * Begin with {.c = c, .arena = a}; ce_edit_release() gives the handle its old manifest back.
 */
struct ce_edit {
	struct ccenv *c;
	struct ce_arena *arena; /* lives longer than the edit */
	struct ce_strs path;    /* of the object that is edited; set by the caller */
	struct ce_buf text;
	struct ce_manifest *old;
	struct ce_lockfile *old_lock, *lock; /* before, and as solved for the new text */
};

/* Takes the text of the manifest. CCENV_ENOTFOUND and CCENV_EUSAGE without a ccenv.json. */
CE_MUST_CHECK int ce_edit_begin(struct ce_edit *e, struct ccenv_error *err);
/* The path to `key` of a feature and a platform, each of which may be NULL (manifest/manifest_edit.h). The
 * array is from the arena. */
struct ce_strs ce_edit_path(
	struct ce_arena *a, const char *feature, const char *platform, const char *key);
void ce_edit_release(struct ce_edit *e);
/* Parses the new text and solves for it; packages of `prefer` (may be NULL) stay where they can. */
CE_MUST_CHECK int ce_edit_solve(
	struct ce_edit *e, const struct ce_lockfile *prefer, struct ccenv_error *err);
/* Writes manifest and lock. */
CE_MUST_CHECK int ce_edit_write(struct ce_edit *e, struct ccenv_error *err);

#endif
