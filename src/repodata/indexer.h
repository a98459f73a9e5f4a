/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_INDEXER_H
#define CE_REPODATA_INDEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * A thread that inflates and indexes one repodata.json while it arrives.
 *
 * The downloading thread pushes; a bounded buffer lies between, so a fast server waits for the
 * scanner and memory stays small. Nothing is left on disk unless the text was complete and
 * ce_indexer_end() was called.
 */
struct ce_indexer;

/* `path`: where the index will be (name_index.h). `zst`: what is pushed is compressed. */
CE_MUST_CHECK int ce_indexer_new(
	const char *path, bool zst, struct ce_indexer **ret, struct ccenv_error *err);
/* Stops the thread, whatever it does. */
void ce_indexer_free(struct ce_indexer *f);
CE_DEFINE_FREEP(struct ce_indexer, ce_indexer_free, ce_indexer_freep)

/* Fails when the thread has found the data to be bad: pushing more is pointless then. */
CE_MUST_CHECK int ce_indexer_push(
	struct ce_indexer *f, const void *data, size_t len, struct ccenv_error *err);
/* That was all. */
void ce_indexer_end(struct ce_indexer *f);
/* Waits for the thread after ce_indexer_end(). 0: the index is in its place. */
CE_MUST_CHECK int ce_indexer_join(struct ce_indexer *f, struct ccenv_error *err);

#endif
