/* SPDX-License-Identifier: MIT */
#ifndef CE_MANIFEST_MANIFEST_EDIT_H
#define CE_MANIFEST_MANIFEST_EDIT_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/strs.h"

struct ce_buf;

/*
 * Edits the text of ccenv.json, for `ccenv add` and `ccenv remove`: order, indentation, line ends and
 * unknown spacing of everything else stay byte for byte as they are. The text must be one that
 * ce_manifest_parse() accepted.
 *
 * `path` leads from the top to an object: {"target", "linux-64", "dependencies"}.
 */

/* Sets `key` there to a string; objects of the path that do not exist are made. A new member comes
 * last, on a line of its own if the others are. */
void ce_manifest_edit_set(
	struct ce_buf *text, struct ce_strs path, const char *key, const char *value);
/* Removes `key` there; false if there is no such member. `key` may be written in other case. */
bool ce_manifest_edit_remove(struct ce_buf *text, struct ce_strs path, const char *key);

#endif
