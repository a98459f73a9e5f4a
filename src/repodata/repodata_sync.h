/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_REPODATA_SYNC_H
#define CE_REPODATA_REPODATA_SYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;
struct ce_repodata;

/*
 * Channels -> records. Shards first (CEP 16), then repodata.json.zst, then repodata.json (CEP 36),
 * per subdir of each channel; kept fresh in the cache by ETag, Last-Modified and Cache-Control.
 * Only what the names reach is parsed. Whatever is wrong with one form, or with one shard, the next
 * form takes its place, with a warning.
 *
 * All three forms give the same records. A channel without the platform's subdir is fine if it has
 * noarch; a channel with neither is CCENV_ENOTFOUND. --offline uses what is cached, whatever its
 * age, and names what is missing.
 */
struct ce_repodata_query {
	const char *const *channels; /* URLs, in order of priority; credentials in them are used */
	size_t n_channels;
	const char *const *platforms; /* subdirs to be loaded together; noarch is always added */
	size_t n_platforms;
	const char *const *names; /* where the walk through depends begins */
	size_t n_names;
	/* Names that will probably be reached, such as those of an old lock: asked for at once. They
	 * change nothing about the result. */
	const char *const *likely;
	size_t n_likely;
	const char *cache_dir;
	bool offline;
	bool no_depends; /* only the names themselves: to look at, not to solve */
	bool revalidate; /* ask the servers even for what is fresh */
	/* The identity of the indexes for which the caller has an answer (ce_repodata.identity of an earlier
	 * result). If they are still the ones, nothing is read of them, and the result has no records
	 * (is_held). NULL: none. */
	const char *held;
	const char *(*getenv_fn)(const char *name);
	const struct ccenv_events *events;
	/* NULL: all; "shards", "zst" or "json": that one only, for tests and bench. */
	const char *form;
};

/* The caller frees with ce_repodata_free(). */
CE_MUST_CHECK int ce_repodata_sync(const struct ce_repodata_query *query,
	struct ce_repodata **ret_repodata, struct ccenv_error *err);

#endif
