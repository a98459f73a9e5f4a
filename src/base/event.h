/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_EVENT_H
#define CE_BASE_EVENT_H

#include "base/attr.h"
#include "ccenv/ccenv.h"

/* Sending events to the front end; `ev` may be NULL. Only from the thread of the public call. */

/* A message for people: one line without a newline. */
void ce_log(const struct ccenv_events *ev, enum ccenv_level level, const char *fmt, ...)
	CE_PRINTF(3, 4);
/* A message for each line of `lines`, which begins with "PREFIX: ". */
void ce_log_lines(const struct ccenv_events *ev, enum ccenv_level level, const char *prefix,
	const char *lines);
/* How far a phase has come; also once at its beginning, or its time is wrong. */
void ce_progress(const struct ccenv_events *ev, const struct ccenv_progress *progress);

#endif
