/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_PRINTABLE_H
#define CE_BASE_PRINTABLE_H

#include <stdbool.h>

struct ce_buf;

/*
 * Text from outside (names in archives, manifests, locks, indexes, answers of servers) on its way to
 * a terminal or a log. Whatever could move the cursor, change the title, reorder or forge lines is
 * written as an escape that can be seen: "\x1b" for a byte, "\u202e" for a character.
 *
 * That is: control characters (C0, DEL, C1), characters that end a line or reverse the direction of
 * text, and bytes that are not UTF-8. With `lines`, newlines stay: explanations have several lines.
 */
void ce_buf_add_printable(struct ce_buf *out, const char *text, bool lines);
/* The same as a new string; the caller frees it. */
char *ce_printable(const char *text, bool lines);

#endif
