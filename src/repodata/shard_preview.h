/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_SHARD_PREVIEW_H
#define CE_REPODATA_SHARD_PREVIEW_H

#include <stddef.h>

#include "base/attr.h"
#include "base/digest.h"

/*
 * The entries of an index of shards while it still arrives. On a slow line an index takes as long as
 * several round trips, and shards that will be needed need not wait for its end.
 *
 * It is a preview: it never fails, but says nothing more where it does not understand; whether the
 * index is good is for ce_shard_index_parse() to say. Cap: 32 MiB of inflated index.
 */
struct ce_shard_preview;

struct ce_shard_preview *ce_shard_preview_new(void);
void ce_shard_preview_free(struct ce_shard_preview *p);
/* Takes the next bytes as served, and hands on each entry that is complete now. `base` is the index's
 * shards_base_url. All are borrowed for the call. */
void ce_shard_preview_feed(struct ce_shard_preview *p, const void *data, size_t len,
	void (*each)(void *user, const char *base, const char *name, const char *hex), void *user);

#endif
