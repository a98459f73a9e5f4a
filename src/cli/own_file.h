/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_OWN_FILE_H
#define CE_CLI_OWN_FILE_H

#include <stdbool.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * Writes a file that people commit or keep, with its directory, unless a file is there that does not
 * begin with `first_line`: that one is the user's (CCENV_EUSAGE).
 */
CE_MUST_CHECK int ce_own_file_write(
	const char *path, const char *first_line, const char *text, struct ccenv_error *err);
/* Writes where the user said: a regular file is replaced; a device, a pipe and /dev/stdout are written to; a link
 * to a regular file is refused (CCENV_EUSAGE). */
CE_MUST_CHECK int ce_own_file_put(
	const char *path, const char *text, bool *ret_changed, struct ccenv_error *err);

#endif
