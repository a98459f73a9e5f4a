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
struct ce_indexer;
struct ce_name_index;
struct ce_shard_index;
struct ce_shard_preview;

/*
 * One subdir of one channel: gets an index of it, in one form or another, into the cache and opens
 * it.
 *
 *     state     event                                                    next state
 *     LOOKING   a fresh copy of the best form is cached                  READY
 *               none is: lock, then ask                                  ASKING
 *               offline: a copy of any age / no copy                     READY / FAILED
 *     ASKING    304, or a body that is a complete index                  READY
 *               no such form (404, 403), or a form that is no good,
 *                   and another form or mirror is left                   ASKING
 *               the same, and nothing is left                            ABSENT / FAILED
 *               the network fails                                        FAILED
 *     READY     a shard cannot be had or used (ce_source_leave_shards)   ASKING, READY or FAILED
 *               the cached index is damaged (ce_source_reload)           ASKING or FAILED
 *
 * ABSENT and FAILED are final. Mirrors are the downloader's business, but for one thing: what lacks
 * the whole subdir is asked for all forms before the next mirror is.
 */
enum ce_source_state {
	CE_SOURCE_LOOKING, /* into the cache */
	CE_SOURCE_ASKING,  /* the server for `form` */
	CE_SOURCE_READY,   /* exactly one of index and shards is open */
	CE_SOURCE_ABSENT,  /* the channel has no such subdir */
	CE_SOURCE_FAILED,  /* `err` says why */
};

struct ce_source;

struct ce_source_context {
	struct ce_downloader *downloader;
	const struct ccenv_events *events;
	char *dir;   /* of cached indexes; exists */
	char *locks; /* of lock files; exists */
	bool offline;
	int only;        /* one form, or -1 for any */
	bool revalidate; /* what is fresh is asked for too */
	unsigned parts;  /* in which an index of shards is asked for, over as many connections */
	struct ccenv_progress progress;
	void *user;
	/* An entry of the index of shards of `s`, which still arrives; s->shards_base_url is set. */
	void (*on_preview)(void *user, struct ce_source *s, const char *name, const char *hex);
	void (*on_settled)(void *user); /* some source has left ASKING while the downloader ran */
};

struct ce_source {
	struct ce_source_context *ctx;
	const char *channel, *subdir; /* borrowed */
	unsigned channel_rank;
	char *url;        /* <channel>/<subdir>, without credentials */
	char *shown;      /* the same, to be shown */
	size_t next_name; /* for the walk: names before this one were looked up */
	bool hinted;      /* for the walk: the shards that are expected have been asked for */
	/* For the walk: the cached index of shards was read while the server was asked about it, as
	 * far as the cache went (stuck); and the server said that it is still the one. */
	bool presumed, stuck, confirmed;

	enum ce_source_state state;
	struct ce_name_index *index;
	struct ce_shard_index *shards;
	struct ccenv_error err;
	char *base_url;        /* of package files; without credentials */
	char *shards_base_url; /* of shards; with the user part of the channel */
	unsigned place;        /* the mirror that answered (download.h) */

	/* ---- source.c's own ---- */
	bool local;           /* file:// */
	bool broke;           /* an answer broke off, or never came: no retries of other forms */
	bool reloaded;        /* the cached copy was found to be damaged, once */
	enum ce_form form;    /* the one that is asked for */
	bool lacked;          /* an earlier mirror has no index of this subdir at all */
	unsigned first_place; /* the mirrors before this one are such */
	int64_t began, trusted_since;
	struct ce_state known;
	char *state_path, *lock_path;
	struct ce_fs_lock *lock;
	struct ce_indexer *indexer;
	struct ce_buf body; /* of the index of shards */
	struct ce_shard_preview *preview;
	bool previewed;            /* shards_base_url is of the index that arrives */
	struct ccenv_error damage; /* of the first form that was no good */
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

/* Uses what is fresh in the cache. Still LOOKING: the server must be asked (lock, then ask). */
void ce_source_begin(struct ce_source *s);
/*
 * Takes the lock between processes: to be called in the order of lock_path over all sources.
 * Another process may have fetched the index meanwhile: then the source is READY.
 */
void ce_source_lock(struct ce_source *s);
void ce_source_ask(struct ce_source *s);

/*
 * `why` a shard cannot be had or used, from any mirror: one warning, and the next form takes its
 * place. That is remembered for an hour. Its records must come again.
 */
void ce_source_leave_shards(struct ce_source *s, const struct ccenv_error *why);
/* The cached copy that is open was found to be damaged: it is removed, and the server asked. */
void ce_source_reload(struct ce_source *s, const struct ccenv_error *why);

#endif
