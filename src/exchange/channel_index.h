/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_CHANNEL_INDEX_H
#define CE_EXCHANGE_CHANNEL_INDEX_H

#include <jansson.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_pkg;

/*
 * The index of one subdir of a channel in its three forms (CEP 36, CEP 16): repodata.json,
 * repodata.json.zst, and repodata_shards.msgpack.zst with a shard for each name in shards/. The same
 * records give the same bytes.
 *
 * The index in memory is the JSON of repodata.json.
 */

/* Empty: its records are in "packages" and "packages.conda", by file name. */
json_t *ce_channel_index_new(const char *subdir);
/* Reads one that is in `dir` already; *ret becomes NULL without one. CCENV_EDATA when it is none. */
CE_MUST_CHECK int ce_channel_index_read(const char *dir, json_t **ret, struct ccenv_error *err);
/* Adds a record, or replaces that of the same file. */
void ce_channel_index_add(json_t *index, const struct ce_pkg *p);
/* Writes all forms into `dir`, sorted; shards first, and what names them after that. Shards that are no
 * longer named are removed last. */
CE_MUST_CHECK int ce_channel_index_write(
	const char *dir, const json_t *index, struct ccenv_error *err);

#endif
