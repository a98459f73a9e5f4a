/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_INFLOW_H
#define CE_REPODATA_INFLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * A thread that inflates and indexes one repodata.json while it arrives.
 *
 * The downloading thread pushes; a bounded buffer lies between, so a fast server waits for the
 * scanner and memory stays small. Nothing is left on disk unless the text was whole and
 * ce_inflow_end() was called.
 */
struct ce_inflow;

/* `path`: where the index will be (index.h). `zst`: what is pushed is compressed. */
CE_MUST_CHECK int ce_inflow_new(
	const char *path, bool zst, struct ce_inflow **ret, struct ccenv_error *err);
/* Stops the thread, whatever it does. */
void ce_inflow_free(struct ce_inflow *f);
CE_DEFINE_FREEP(struct ce_inflow, ce_inflow_free, ce_inflow_freep)

/* Fails when the thread has found the data to be bad: pushing more is pointless then. */
CE_MUST_CHECK int ce_inflow_push(
	struct ce_inflow *f, const void *data, size_t len, struct ccenv_error *err);
/* That was all. */
void ce_inflow_end(struct ce_inflow *f);
/* Would ce_inflow_join() return at once? */
bool ce_inflow_is_done(struct ce_inflow *f);
/* Waits for the thread after ce_inflow_end(). 0: the index is in its place. */
CE_MUST_CHECK int ce_inflow_join(struct ce_inflow *f, struct ccenv_error *err);

#endif
