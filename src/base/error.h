/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_ERROR_H
#define CE_BASE_ERROR_H

#include "base/attr.h"

struct ccenv_error;

/*
 * Filling struct ccenv_error. A check is one line:
 *     return ce_fail(err, CCENV_EDATA, "%s: expected a string", key);
 *
 * The text is complete: thing, cause, way out. Callers may put context before it:
 *     if (r < 0)
 *             return ce_context(err, r, "%s", path);        ->  "path: expected a string"
 * What does not fit is cut from the context's end of the sentence, never from the cause.
 */

/* Sets code and text; returns code. */
int ce_fail(struct ccenv_error *err, int code, const char *fmt, ...) CE_PRINTF(3, 4);
/* As ce_fail() with CCENV_EIO, and ": " and strerror(errnum) behind the text. */
int ce_fail_errno(struct ccenv_error *err, int errnum, const char *fmt, ...) CE_PRINTF(3, 4);
/* Puts "<context>: " before the text; returns code, which must be the one already in err. */
int ce_context(struct ccenv_error *err, int code, const char *fmt, ...) CE_PRINTF(3, 4);
/* Puts " <hint>" (a way out) behind the text; returns code. */
int ce_hint(struct ccenv_error *err, int code, const char *fmt, ...) CE_PRINTF(3, 4);

#endif
