/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_IMPORT_PARTS_H
#define CE_EXCHANGE_IMPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/attr.h"
#include "exchange/import.h"

/* What the importers share; one importer a file. */

CE_MUST_CHECK int ce_import_pixi_lock(const json_t *root, const char *text, size_t len,
	struct ce_import *im, struct ccenv_error *err);
CE_MUST_CHECK int ce_import_pixi_manifest(
	const json_t *root, struct ce_import *im, struct ccenv_error *err);
CE_MUST_CHECK int ce_import_conda_lock(
	const json_t *root, struct ce_import *im, struct ccenv_error *err);
CE_MUST_CHECK int ce_import_environment(
	const json_t *root, struct ce_import *im, struct ccenv_error *err);
CE_MUST_CHECK int ce_import_explicit(
	const char *text, size_t len, struct ce_import *im, struct ccenv_error *err);

/* Notes something without counterpart, if it is new: "WHAT" or "WHAT (NAME, NAME)"; `names` may be
 * NULL, an object's keys or an array of strings. */
void ce_import_leave_out(struct ce_import *im, const char *what, const json_t *names);

/* ---- the tree of a file ---- */

/* The text of a member, or NULL where it is absent or no string. Borrowed. */
const char *ce_tree_text(const json_t *o, const char *key);
/* Sets `key` to the member `from` of another object, if that has it and it is not null. */
void ce_tree_copy(json_t *to, const char *key, const json_t *o, const char *from);
/* The object or array at `key`, which is made if it is absent. Borrowed. */
json_t *ce_tree_object(json_t *o, const char *key);
json_t *ce_tree_array(json_t *o, const char *key);
/* Appends a text that is not there yet. */
void ce_tree_add_once(json_t *array, const char *text);
bool ce_tree_has(const json_t *array, const char *text);

/* ---- a lock in the making ---- */

/* im->lock, made on first use; its environment, and the platform of that. Borrowed. */
json_t *ce_lock_tree(struct ce_import *im);
json_t *ce_lock_tree_env(struct ce_import *im, const char *env);
json_t *ce_lock_tree_platform(struct ce_import *im, const char *env, const char *platform);
/*
 * Adds a channel as the lock writes it: a URL without a slash at the end and without credentials.
 * CCENV_EDATA for one that is no channel.
 */
CE_MUST_CHECK int ce_lock_tree_channel(
	struct ce_import *im, const char *env, const char *channel, struct ccenv_error *err);
/*
 * Adds a record to the list of packages, unless it has one of that URL, and to the platform. What the
 * record lacks of name, version, build, build number, subdir and noarch follows from its URL; its channel
 * becomes one of the environment's. Takes `record`. CCENV_EDATA for a URL that is none of a package.
 */
CE_MUST_CHECK int ce_lock_tree_add(struct ce_import *im, const char *env, const char *platform,
	json_t *record, struct ccenv_error *err);
/* Completes the lock from the note of an exported one (note.h): specs, virtual packages, options, base
 * URLs, and fields of records. */
void ce_lock_tree_apply_note(struct ce_import *im, const json_t *note);

#endif
