/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_SOURCE_H
#define CE_REPODATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "ccenv/ccenv.h"
#include "repodata/state.h"

struct ce_downloader;
struct ce_fs_lock;
struct ce_name_index;
struct ce_indexer;
struct ce_shard_index;

/*
 * One subdir of one channel: brings an index of it, in one form or another, into the cache and
 * opens it.
 *
 * Life: new, begin, perhaps lock and ask; the downloader runs; finish when it is ending. When
 * `ready`, exactly one of index, shards, absent and err.code is set.
 */
struct ce_source;

struct ce_source_context {
	struct ce_downloader *downloader;
	const struct ccenv_events *events;
	char *dir;   /* of cached indexes; exists */
	char *locks; /* of lock files; exists */
	bool offline;
	int only;          /* one form, or -1 for any */
	bool ignore_cache; /* what is cached was found to be damaged */
	struct ccenv_progress progress;
	void *user;
	void (*on_ready)(void *user); /* some source has become ready while the downloader ran */
};

struct ce_source {
	struct ce_source_context *ctx;
	const char *channel, *subdir; /* borrowed */
	unsigned channel_rank;
	char *url;   /* <channel>/<subdir>, with its credentials */
	char *shown; /* the same without them */

	bool ready;
	bool absent; /* the channel has no such subdir */
	struct ce_name_index *index;
	struct ce_shard_index *shards;
	struct ccenv_error err;
	char *base_url;        /* of package files; without credentials */
	char *shards_base_url; /* of shards */

	/* While it is being brought. */
	bool local; /* file:// */
	int form;   /* which is being asked for */
	bool have;  /* a whole copy of it is cached, and open */
	int64_t began, trusted_since;
	struct ce_state state;
	char *state_path, *lock_path;
	struct ce_fs_lock *lock;
	struct ce_indexer *indexer;
	struct ce_buf body; /* of the shards' index */
	bool ending;        /* all has arrived, the thread is still at work */
	/* Of the mirrors (download.h): the one that answered, and whether others are left. */
	unsigned place;
	bool more_places;
	char *from;                 /* its URL, to be shown */
	bool lacked;                /* an earlier place has no index of this subdir at all */
	char *etag, *last_modified; /* of what arrived */
	int64_t max_age;
	struct ccenv_error damage; /* of the first form that was no good */
	size_t next_name;          /* for the walk: names before this one were looked up */
};

struct ce_source *ce_source_new(
	struct ce_source_context *ctx, const char *channel, const char *subdir, unsigned rank);
void ce_source_free(struct ce_source *s);
CE_DEFINE_FREEP(struct ce_source, ce_source_free, ce_source_freep)

/*
 * Tells how far the search is. Not when all that was asked for has come: it may name more to ask
 * for, or have failed, so the end is for whoever walks the index to tell.
 */
void ce_source_tell_progress(const struct ce_source_context *ctx);

/* Uses what is fresh in the cache; false when the server must be asked (then lock, then ask). */
bool ce_source_begin(struct ce_source *s);
/*
 * Takes the lock between processes: to be called in the order of lock_path over all sources.
 * Another process may have brought the index meanwhile: then the source is ready.
 */
void ce_source_lock(struct ce_source *s);
void ce_source_ask(struct ce_source *s);
/* All has arrived, and its thread is to be waited for: ce_source_finish() blocks unless it is done.
 */
bool ce_source_is_ending(const struct ce_source *s);
bool ce_source_is_done(const struct ce_source *s);
void ce_source_finish(struct ce_source *s);
/* Removes what is cached: it was found to be damaged. */
void ce_source_forget(struct ce_source *s);

#endif
