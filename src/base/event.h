/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_EVENT_H
#define CE_BASE_EVENT_H

#include "base/attr.h"
#include "ccenv/ccenv.h"

/* Sending events to the front end; `ev` may be NULL. Only from the thread of the public call. */

void ce_log(const struct ccenv_events *ev, enum ccenv_level level, const char *fmt, ...)
	CE_PRINTF(3, 4);
void ce_progress(const struct ccenv_events *ev, const struct ccenv_progress *progress);

#endif
