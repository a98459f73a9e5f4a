/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_SHARDS_H
#define CE_REPODATA_SHARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/digest.h"

struct ccenv_error;
struct ce_arena;
struct ce_buf;
struct ce_cursor;

/*
 * Sharded repodata (CEP 16): the index that maps names to shards, and the records of a shard.
 *
 * Caps: 256 MiB for an inflated index, 64 MiB for an inflated shard, 1 million names.
 */
struct ce_shard_index;

/* `data` is the file as served: zstd over msgpack. */
CE_MUST_CHECK int ce_shard_index_parse(
	const void *data, size_t len, struct ce_shard_index **ret, struct ccenv_error *err);
void ce_shard_index_free(struct ce_shard_index *i);
CE_DEFINE_FREEP(struct ce_shard_index, ce_shard_index_free, ce_shard_index_freep)

const char *ce_shard_index_base_url(const struct ce_shard_index *i); /* "" when absent; borrowed */
const char *ce_shard_index_shards_base_url(const struct ce_shard_index *i);
/* What it declares and nobody follows, by declared.h; "" when nothing. Borrowed. */
const char *ce_shard_index_declared(const struct ce_shard_index *i);
/* Hands each name to `each` (not NUL-terminated, borrowed), in the order of the index. */
void ce_shard_index_each_name(const struct ce_shard_index *i,
	void (*each)(void *user, const char *name, size_t len), void *user);
/* The sha256 of the shard with the records of `name`; false when the subdir has none. */
bool ce_shard_index_find(
	const struct ce_shard_index *i, const char *name, char hex[CE_SHA256_HEX + 1]);

/* Inflates a shard as served into `ret_text`, which must be empty. */
CE_MUST_CHECK int ce_shard_inflate(
	const void *data, size_t len, struct ce_buf *ret_text, struct ccenv_error *err);
/* A file name in a shard. */
struct ce_shard_file {
	const char *fn; /* with its extension, which the keys of "v3" lack */
	size_t fn_len;
	bool is_v3; /* listed in "v3" (CEP 48) */
};

/*
 * Hands each record of an inflated shard that is not removed to `each`, which must read or skip the
 * one value that the cursor stands at. `arena` of the cursor is for the strings.
 */
typedef int ce_shard_each_fn(
	void *user, struct ce_cursor *c, const struct ce_shard_file *file, struct ccenv_error *err);
CE_MUST_CHECK int ce_shard_each(const struct ce_buf *text, struct ce_arena *arena,
	ce_shard_each_fn *each, void *user, struct ccenv_error *err);

#endif
