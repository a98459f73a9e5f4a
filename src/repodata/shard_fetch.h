/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_SHARD_FETCH_H
#define CE_REPODATA_SHARD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;
struct ccenv_progress;
struct ce_buf;
struct ce_downloader;
struct ce_source;

/*
 * Shards, from the cache or on their way into it. One with a wrong hash is asked for at the next
 * mirror; none gets into the cache, so what is there may be kept for ever.
 *
 * Some are asked for before anybody knows that they are needed (ce_shard_expect()): most solves
 * reach the same names as the one before, and a shard costs less than waiting for the record that
 * names it. Those that nobody wants in the end stay in the cache.
 *
 * Caps: 16 MiB a shard as served, 1 GiB in all.
 */
struct ce_shard_fetch;

struct ce_shard_fetch_options {
	struct ce_downloader *downloader; /* borrowed */
	const char *dir;                  /* of the cached shards; exists. Borrowed. */
	const struct ccenv_events *events;
	struct ccenv_progress *progress; /* is counted up */
	void *user;
	/* A shard that was wanted has come. `name` as it was given; its hash is right. */
	void (*on_shard)(
		void *user, struct ce_source *s, const char *name, const struct ce_buf *shard);
	/* It cannot be had anywhere. */
	void (*on_failure)(
		void *user, struct ce_source *s, const char *name, const struct ccenv_error *why);
	void (*on_step)(void *user); /* after each of both */
};

struct ce_shard_fetch *ce_shard_fetch_new(const struct ce_shard_fetch_options *o);
/* After the downloader, whose transfers point at it. */
void ce_shard_fetch_free(struct ce_shard_fetch *f);

/*
 * The shard of `name` (borrowed until it has come) in `s`, whose index of shards is open and has it.
 * True: it was cached, and is in `ret_shard`; false: it was asked for.
 */
bool ce_shard_want(struct ce_shard_fetch *f, struct ce_source *s, const char *name, const char *hex,
	struct ce_buf *ret_shard);
/* Reads it from the cache alone. */
bool ce_shard_cached(const struct ce_shard_fetch *f, const char *hex, struct ce_buf *ret_shard);
/* It will probably be wanted: asked for, unless it is cached. */
void ce_shard_expect(
	struct ce_shard_fetch *f, struct ce_source *s, const char *name, const char *hex);
/* How many of those that are wanted have not come yet. */
size_t ce_shard_n_wanted(const struct ce_shard_fetch *f);
/* Whatever comes for this source is of no interest any more. */
void ce_shard_forget(struct ce_shard_fetch *f, const struct ce_source *s);

#endif
