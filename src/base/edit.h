/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_EDIT_H
#define CE_BASE_EDIT_H

#include <stddef.h>

/* Texts longer than this are never near to anything. */
enum {
	CE_EDIT_MAX = 64
};

/*
 * How many edits make `b` of `a`: a letter put in, taken out or changed, or two neighbours swapped
 * (optimal string alignment). CE_EDIT_MAX when one is too long. For "did you mean".
 */
size_t ce_edit_distance(const char *a, const char *b);

#endif
