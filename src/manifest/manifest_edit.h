/* SPDX-License-Identifier: MIT */
#ifndef CE_MANIFEST_MANIFEST_EDIT_H
#define CE_MANIFEST_MANIFEST_EDIT_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/strs.h"

struct ce_buf;

/*
 * Edits the text of ccenv.json, for `ccenv add` and its like: order, indentation, line ends and
 * unknown spacing of everything else stay byte for byte as they are. The text must be one that
 * ce_manifest_parse() accepted.
 *
 * `path` leads from the top to an object: {"target", "linux-64", "dependencies"}.
 */

/* Sets `key` there to a string; objects of the path that do not exist are made. A new member comes
 * last, on a line of its own if the others are. */
void ce_manifest_edit_set(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value);
/* The same with a value that is JSON text. */
void ce_manifest_edit_set_json(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value);
/* The JSON text of the value of `key` there; NULL if there is no such member. The caller frees it. */
char *ce_manifest_edit_get(const struct ce_buf *text, struct ce_strs path, const char *key);
/* Makes the target `name` of "targets" an object, for the path {"targets", name} to lead to it: a list of
 * platforms becomes an object by their names, a platform {"host": …}. The text must have that target. */
void ce_manifest_edit_open_target(struct ce_buf *text, const char *name);
/* Removes `key` there; false if there is no such member. `key` may be written in other case. */
bool ce_manifest_edit_remove(struct ce_buf *text, struct ce_strs path, const char *key);
/* Is there a list `key`, perhaps an empty one? */
bool ce_manifest_edit_list_has(const struct ce_buf *text, struct ce_strs path, const char *key);
/* Adds a text to the list `key` there, behind or before all others; a list that does not exist is made. */
void ce_manifest_edit_list_add(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value, bool first);
/* Removes the item at `index`, counted from 0; false if there is no such item. */
bool ce_manifest_edit_list_remove(
	struct ce_buf *text, struct ce_strs path, const char *key, size_t index);

#endif
