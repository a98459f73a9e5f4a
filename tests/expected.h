/* SPDX-License-Identifier: MIT */
#ifndef CE_TESTS_EXPECTED_H
#define CE_TESTS_EXPECTED_H

#include <stdbool.h>

/*
 * Expected texts that are kept in files. With UPDATE_EXPECTED=1 in the environment a call writes
 * what the test got instead of comparing; scripts/update-expected sets it. Both calls end the test
 * with a message on failure.
 */

/* Is the variable set? */
bool expected_is_updated(void);
/* The whole file is `got`. */
void expected_check(const char *path, const char *got);
/*
 * The file is `got` once lines that begin with "#" are left out. An update keeps those comments
 * above their line, which is recognized by its text up to the first colon.
 */
void expected_check_lines(const char *path, const char *got);

#endif
