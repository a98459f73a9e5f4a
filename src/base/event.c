/* SPDX-License-Identifier: MIT */
/* Events to the front end. */
#include "base/event.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void ce_log(const struct ccenv_events *ev, enum ccenv_level level, const char *fmt, ...)
{
	va_list ap;

	if (!ev || !ev->log)
		return;
	va_start(ap, fmt);
	CE_AUTOFREE char *text = ce_vasprintf(fmt, ap);
	va_end(ap);
	ev->log(ev->user, level, text);
}

void ce_log_lines(const struct ccenv_events *ev, enum ccenv_level level, const char *prefix,
	const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		ce_log(ev, level, "%s: %.*s", prefix, (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

void ce_progress(const struct ccenv_events *ev, const struct ccenv_progress *progress)
{
	if (ev && ev->progress)
		ev->progress(ev->user, progress);
}
