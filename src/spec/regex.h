/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_REGEX_H
#define CE_SPEC_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ce_scan;

/*
 * Regular expressions of builds: "^py3[0-9]+_.*$".
 *
 * They come from indexes and locks, so they are matched by states and never by backtracking: the
 * time is at most the length of the text times the size of the expression (Thompson, 1968), whatever
 * the expression is. conda-forge's records have none; conda and rattler take them.
 *
 * Known are . [a-z] [^a-z] \d \w \s \D \W \S, an escaped sign, ( ) (?: ) |, * + ? {m} {m,} {m,n},
 * ^ and $. Bytes are compared as written. At most 128 characters, and what counts expand to is
 * limited as well.
 */

/* Is this one? CCENV_EDATA points at the character. */
CE_MUST_CHECK int ce_regex_check(const struct ce_scan *s, size_t begin, size_t end);
/* Is it found anywhere in the text? False for an expression that ce_regex_check() refuses. */
bool ce_regex_matches(const char *pattern, const char *text);

#endif
