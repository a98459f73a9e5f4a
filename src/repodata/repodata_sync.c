/* SPDX-License-Identifier: MIT */
/*
 * The walk from the wanted names through depends, over all subdirs of all channels at once. The
 * hard part is that names, indexes and shards arrive in any order: each source remembers how many
 * of the names it has looked up.
 */
#include "repodata/repodata_sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/url.h"
#include "cache/layout.h"
#include "ccenv/ccenv.h"
#include "io/download.h"
#include "model/repodata.h"
#include "repodata/hint.h"
#include "repodata/name_index.h"
#include "repodata/shard_fetch.h"
#include "repodata/shards.h"
#include "repodata/similar_names.h"
#include "repodata/source.h"
#include "repodata/walk.h"

enum {
	PARALLEL = 32,
	MULTIPLEXED = 256, /* streams of a few connections; most servers allow 128 each */
	MISSING_NAMED = 8, /* names in a message */
	RUN_MS = 50,       /* until a failure is looked for */
	PARTS = 8,         /* of an index of shards */
	CONNECTIONS = 16,  /* for the parts of all */
	PRESUMED_AT_ONCE = 16,
};

struct sync {
	const struct ce_repodata_query *query;
	struct ce_source_context ctx;
	struct ce_source **sources;
	size_t n_sources;
	char *shard_dir;
	struct ce_shard_fetch *shards;
	struct ce_walk walk;
	struct ce_map expected; /* names that will probably be reached */
	char *hint_path;        /* where those of the last time are noted */
	struct ce_map missing;  /* names whose shards are not here, when offline */
	const char *missing_at;
	bool compared, is_held; /* the indexes are known, and are those of query->held */
};

/* A shard is no good, or none comes: all records of the source, from another form. */
static void leave_shards(struct sync *y, struct ce_source *s, const struct ccenv_error *why)
{
	ce_walk_drop(&y->walk, s);
	ce_shard_forget(y->shards, s);
	ce_source_leave_shards(s, why);
}

static void take_shard(
	struct sync *y, struct ce_source *s, const char *name, const struct ce_buf *shard)
{
	struct ccenv_error err;

	if (ce_walk_take_shard(&y->walk, s, name, shard, &err) >= 0 || y->walk.err.code)
		return;
	ce_context(&err, err.code, "cannot use the shard of %s in %s", name, s->shown);
	leave_shards(y, s, &err);
}

static void on_shard(void *user, struct ce_source *s, const char *name, const struct ce_buf *shard)
{
	take_shard(user, s, name, shard);
}

static void on_shard_failure(
	void *user, struct ce_source *s, const char *name, const struct ccenv_error *why)
{
	(void)name;
	leave_shards(user, s, why);
}

static void look_in_index(struct sync *y, struct ce_source *s, const char *name)
{
	struct ccenv_error err;

	if (ce_walk_take_index(&y->walk, s, name, &err) >= 0 || y->walk.err.code)
		return;
	ce_walk_drop(&y->walk, s);
	ce_source_reload(s, &err);
}

static void look_in_shards(struct sync *y, struct ce_source *s, const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf shard = {0};
	char hex[CE_SHA256_HEX + 1];

	if (!ce_shard_index_find(s->shards, name, hex))
		return;
	if (y->ctx.offline && ce_url_is_web(s->shards_base_url)) {
		if (ce_shard_cached(y->shards, hex, &shard)) {
			take_shard(y, s, name, &shard);
			return;
		}
		ce_map_insert(&y->missing, name);
		y->missing_at = s->shown;
	} else if (ce_shard_want(y->shards, s, name, hex, &shard)) {
		take_shard(y, s, name, &shard);
	}
}

/*
 * While a server is asked whether a cached index is still the one, what it leads to is read from the
 * cache: there is time, and the answer is mostly yes. Where it is another, settle_presumed() takes
 * that back. Nothing is asked for on a mere guess.
 */
static void presume(struct sync *y, struct ce_source *s, const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf shard = {0};
	char hex[CE_SHA256_HEX + 1];
	struct ccenv_error ignored;

	if (ce_shard_index_find(s->shards, name, hex) &&
		(!ce_shard_cached(y->shards, hex, &shard) ||
			ce_walk_take_shard(&y->walk, s, name, &shard, &ignored) < 0))
		s->stuck = true;
	else
		s->next_name++;
}

/* A few names, so that no answer waits long. True when there are more. */
static bool presume_some(struct sync *y)
{
	unsigned left = PRESUMED_AT_ONCE;

	for (size_t i = 0; i < y->n_sources && left; i++) {
		struct ce_source *s = y->sources[i];
		while (left && s->state == CE_SOURCE_ASKING && s->presumed && !s->stuck &&
			s->shards && s->next_name < y->walk.names.n && !y->walk.err.code) {
			presume(y, s, y->walk.names.entries[s->next_name].key);
			left--;
		}
	}
	return left == 0;
}

/* Names stay: what is looked up in vain does no harm. */
static void settle_presumed(struct sync *y)
{
	for (size_t i = 0; i < y->n_sources; i++) {
		struct ce_source *s = y->sources[i];
		if (s->state == CE_SOURCE_ASKING || !s->presumed)
			continue;
		s->presumed = false;
		if (s->confirmed)
			continue;
		ce_walk_drop(&y->walk, s);
		s->next_name = 0;
	}
}

static bool is_behind(const struct sync *y, const struct ce_source *s)
{
	return s->state == CE_SOURCE_READY && s->next_name < y->walk.names.n && !y->walk.err.code;
}

/* Looks up in each source that is ready what it has not looked up yet. Names found on the way are
 * done too. */
static void advance(void *user)
{
	struct sync *y = user;
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < y->n_sources; i++) {
			struct ce_source *s = y->sources[i];
			while (is_behind(y, s)) {
				const char *name = y->walk.names.entries[s->next_name++].key;
				more = true;
				if (s->index)
					look_in_index(y, s, name);
				else
					look_in_shards(y, s, name);
			}
		}
	}
}

/* Asks for the shards of the names that will probably be reached, all in one flight. */
static void ask_expected(struct sync *y)
{
	char hex[CE_SHA256_HEX + 1];

	for (size_t i = 0; i < y->n_sources; i++) {
		struct ce_source *s = y->sources[i];
		bool due = s->state == CE_SOURCE_READY && s->shards && !s->hinted;
		if (!due || y->ctx.offline || !ce_url_is_web(s->shards_base_url))
			continue;
		s->hinted = true;
		for (size_t n = 0; n < y->expected.n; n++) {
			const char *name = y->expected.entries[n].key;
			if (ce_shard_index_find(s->shards, name, hex))
				ce_shard_expect(y->shards, s, name, hex);
		}
	}
}

/* The same for an index that still arrives. */
static void on_preview(void *user, struct ce_source *s, const char *name, const char *hex)
{
	struct sync *y = user;

	if (ce_map_has(&y->expected, name) && ce_url_is_web(s->shards_base_url))
		ce_shard_expect(y->shards, s, name, hex);
}

/* Is there anything to wait for? What is only expected is not waited for. */
static bool is_busy(const struct sync *y)
{
	for (size_t i = 0; i < y->n_sources; i++) {
		if (y->sources[i]->state == CE_SOURCE_ASKING)
			return true;
	}
	return ce_shard_n_wanted(y->shards) > 0;
}

/* Which indexes these are, and what is in them: one line each, in the order of the sources. */
static void identify(const struct sync *y, struct ce_buf *out)
{
	for (size_t i = 0; i < y->n_sources; i++) {
		const struct ce_source *s = y->sources[i];
		const char *id = "";

		if (s->index)
			id = ce_name_index_id(s->index);
		else if (s->shards)
			id = s->known.form[CE_FORM_SHARDS].id;
		ce_buf_addf(
			out, "%s %s %s\n", s->url, s->base_url ? s->base_url : "", id ? id : "");
	}
}

/* Is there nothing to look up yet, because the caller may have the answer? Known when no server is left to
 * be asked. */
static bool is_held(struct sync *y)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf now = {0};

	if (!y->query->held || y->compared)
		return y->is_held;
	for (size_t i = 0; i < y->n_sources; i++)
		if (y->sources[i]->state == CE_SOURCE_ASKING)
			return true;
	y->compared = true;
	identify(y, &now);
	y->is_held = strcmp(ce_buf_str(&now), y->query->held) == 0;
	return y->is_held;
}

/* Something has come: first what is now known to be needed, then what may be. */
static void on_step(void *user)
{
	struct sync *y = user;

	settle_presumed(y);
	if (!is_held(y)) {
		advance(y);
		ask_expected(y);
	}
	if (!is_busy(y) || y->walk.err.code)
		ce_downloader_interrupt(y->ctx.downloader);
}

static int by_lock_path(const void *a, const void *b)
{
	const struct ce_source *const *x = a, *const *y = b;

	return strcmp((*x)->lock_path, (*y)->lock_path);
}

/* Locks are taken in one order by all processes, so that no two wait for each other. */
static void ask_all(struct sync *y)
{
	CE_AUTOFREE struct ce_source **ask = ce_calloc(y->n_sources, sizeof(struct ce_source *));
	size_t n = 0;

	for (size_t i = 0; i < y->n_sources; i++) {
		ce_source_begin(y->sources[i]);
		if (y->sources[i]->state == CE_SOURCE_LOOKING)
			ask[n++] = y->sources[i];
	}
	if (n)
		qsort(ask, n, sizeof(struct ce_source *), by_lock_path);
	for (size_t i = 0; i < n; i++)
		ce_source_lock(ask[i]);
	/* The first source is the largest: it begins first. */
	for (size_t i = 0; i < y->n_sources; i++) {
		if (y->sources[i]->state == CE_SOURCE_LOOKING)
			ce_source_ask(y->sources[i]);
	}
}

/* Source errors come first: in the order of the channels, so that the message is the same each
 * time. */
static int failure(const struct sync *y, struct ccenv_error *err)
{
	for (size_t i = 0; i < y->n_sources; i++) {
		if (y->sources[i]->state == CE_SOURCE_FAILED) {
			*err = y->sources[i]->err;
			return err->code;
		}
	}
	if (y->walk.err.code)
		*err = y->walk.err;
	return y->walk.err.code;
}

static int gather(struct sync *y, struct ccenv_error *err)
{
	ce_source_tell_progress(&y->ctx);
	ask_all(y);
	for (bool more = true;;) {
		on_step(y);
		int r = failure(y, err);
		if (r < 0 || !is_busy(y))
			return r;
		r = ce_downloader_run(y->ctx.downloader, more ? 0 : RUN_MS, err);
		more = presume_some(y);
		if (r < 0)
			return r;
	}
}

static int check_missing(const struct sync *y, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t n = y->missing.n;

	if (!n)
		return 0;
	for (size_t i = 0; i < n && i < MISSING_NAMED; i++)
		ce_buf_addf(&b, "%s%s", i ? ", " : "", y->missing.entries[i].key);
	if (n > MISSING_NAMED)
		ce_buf_addf(&b, " and %zu more", n - MISSING_NAMED);
	return ce_fail(err, CCENV_EOFFLINE,
		"the records of %s (%s) are not in the cache, and --offline forbids fetching them; run once without --offline",
		ce_buf_str(&b), y->missing_at);
}

static int check_channel(const struct sync *y, size_t channel, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < y->n_sources; i++) {
		const struct ce_source *s = y->sources[i];
		if (s->channel_rank != channel)
			continue;
		if (s->state != CE_SOURCE_ABSENT)
			return 0;
		ce_buf_addf(&b, "%s%s", b.len ? " nor " : "", s->subdir);
	}
	if (!b.len)
		return 0; /* it was there before */
	CE_AUTOFREE char *url = ce_url_redact(y->query->channels[channel]);
	return ce_fail(err, CCENV_ENOTFOUND,
		"there is no channel at %s: it has no index for %s; check the channel's name", url,
		ce_buf_str(&b));
}

/* A channel must have at least one of the subdirs. */
static int check_channels(const struct sync *y, struct ccenv_error *err)
{
	for (size_t c = 0; c < y->query->n_channels; c++) {
		int r = check_channel(y, c, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void add_source(struct sync *y, size_t channel, const char *subdir)
{
	struct ce_source **s = &y->sources[y->n_sources++];

	*s = ce_source_new(&y->ctx, y->query->channels[channel], subdir, (unsigned)channel);
}

/* A channel that is there twice has one source: a second would wait for the lock of the first. */
static void make_sources(struct sync *y)
{
	CE_CLEANUP(ce_map_release) struct ce_map channels = {0};
	const struct ce_repodata_query *q = y->query;

	y->sources = ce_calloc(q->n_channels * (q->n_platforms + 1), sizeof(struct ce_source *));
	for (size_t c = 0; c < q->n_channels; c++) {
		CE_AUTOFREE char *plain = ce_url_strip_credentials(q->channels[c]);
		if (!ce_map_insert(&channels, plain))
			continue;
		for (size_t p = 0; p < q->n_platforms; p++) {
			if (strcmp(q->platforms[p], "noarch") != 0)
				add_source(y, c, q->platforms[p]);
		}
		add_source(y, c, "noarch");
	}
	y->ctx.progress.items_total = y->n_sources;
	y->ctx.parts =
		y->n_sources * PARTS <= CONNECTIONS ? PARTS : CONNECTIONS / (unsigned)y->n_sources;
}

static int check_query(const struct ce_repodata_query *q, struct ccenv_error *err)
{
	if (q->form && ce_form_find(q->form) < 0)
		return ce_fail(err, CCENV_EUSAGE,
			"unknown form of an index \"%s\"; use shards, zst or json", q->form);
	for (size_t i = 0; i < q->n_channels; i++) {
		CE_AUTOFREE char *shown = ce_url_redact(q->channels[i]);
		if (ce_url_is_torn(q->channels[i]))
			return ce_fail(err, CCENV_EUSAGE,
				"the password in the URL of the channel %s has a / ? or #: write %%2F, %%3F or %%23",
				shown);
	}
	return 0;
}

static int make_places(struct sync *y, struct ccenv_error *err)
{
	int r;

	y->ctx.dir = ce_cache_repodata(y->query->cache_dir);
	y->ctx.locks = ce_cache_locks(y->query->cache_dir);
	y->shard_dir = ce_asprintf("%s/shards", y->ctx.dir);
	r = ce_fs_mkdirs(y->shard_dir, err);
	if (r >= 0)
		r = ce_fs_mkdirs(y->ctx.locks, err);
	return r < 0 ? ce_hint(err, r, "(choose another cache with --cache-dir)") : 0;
}

/* One file for each request: the same channels, platforms and names. */
static char *hint_path(const struct sync *y)
{
	const struct ce_repodata_query *q = y->query;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	char hex[CE_SHA256_HEX + 1];

	for (size_t i = 0; i < y->n_sources; i++)
		ce_buf_addf(&b, "%s\n", y->sources[i]->url);
	for (size_t i = 0; i < q->n_names; i++)
		ce_buf_addf(&b, "%s\n", q->names[i]);
	ce_sha256_bytes(ce_buf_str(&b), b.len, hex);
	return ce_asprintf("%s/%.16s.names", y->ctx.dir, hex);
}

static void expect_names(struct sync *y)
{
	const struct ce_repodata_query *q = y->query;

	for (size_t i = 0; i < y->walk.names.n; i++)
		ce_map_insert(&y->expected, y->walk.names.entries[i].key);
	ce_hint_expand(&y->expected, q->platforms, q->n_platforms);
	y->hint_path = hint_path(y);
	ce_hint_recall(&y->expected, y->hint_path);
	for (size_t i = 0; i < q->n_likely; i++)
		ce_map_insert(&y->expected, q->likely[i]);
}

static int prepare(struct sync *y, struct ccenv_error *err)
{
	const struct ce_repodata_query *q = y->query;
	const struct ce_downloader_options o = {
		.getenv_fn = q->getenv_fn,
		.offline = q->offline,
		.parallel = PARALLEL,
		.multiplexed = MULTIPLEXED,
		.channels = q->channels,
		.n_channels = q->n_channels,
		.events = q->events,
	};
	int r = check_query(q, err);

	if (r < 0)
		return r;
	y->ctx.events = q->events;
	y->ctx.offline = q->offline;
	y->ctx.revalidate = q->revalidate;
	y->ctx.only = q->form ? ce_form_find(q->form) : -1;
	y->ctx.user = y;
	y->ctx.on_preview = on_preview;
	y->ctx.on_settled = on_step;
	y->ctx.progress.phase = CCENV_PHASE_REPODATA;
	r = make_places(y, err);
	if (r < 0)
		return r;
	r = ce_downloader_new(&o, &y->ctx.downloader, err);
	if (r < 0)
		return r;
	const struct ce_shard_fetch_options shards = {
		.downloader = y->ctx.downloader,
		.dir = y->shard_dir,
		.events = q->events,
		.progress = &y->ctx.progress,
		.user = y,
		.on_shard = on_shard,
		.on_failure = on_shard_failure,
		.on_step = on_step,
	};
	y->shards = ce_shard_fetch_new(&shards);
	return 0;
}

static void sync_release(struct sync *y)
{
	/* Its transfers hold shards and point at sources. */
	ce_downloader_free(y->ctx.downloader);
	ce_shard_fetch_free(y->shards);
	for (size_t i = 0; i < y->n_sources; i++)
		ce_source_free(y->sources[i]);
	free(y->sources);
	free(y->ctx.dir);
	free(y->ctx.locks);
	free(y->shard_dir);
	free(y->hint_path);
	ce_map_release(&y->expected);
	ce_map_release(&y->missing);
	ce_walk_release(&y->walk);
}

/* Of the indexes that were used: one that is not what it was is seen by then. */
static void warn_of_declared(const struct sync *y)
{
	for (size_t i = 0; i < y->n_sources; i++) {
		const struct ce_source *s = y->sources[i];

		if (s->state == CE_SOURCE_READY && (s->index || s->shards))
			ce_log_lines(y->query->events, CCENV_LOG_WARNING, s->shown,
				s->index ? ce_name_index_declared(s->index)
					 : ce_shard_index_declared(s->shards));
	}
}

/* Puts the records in order, or takes those out that were read for nothing. */
static void finish(struct sync *y)
{
	const struct ce_repodata_query *q = y->query;
	struct ce_repodata *records = y->walk.repodata;
	CE_CLEANUP(ce_buf_release) struct ce_buf identity = {0};

	identify(y, &identity);
	records->identity = ce_arena_strdup(&records->arena, ce_buf_str(&identity));
	records->is_held = y->is_held;
	ce_progress(q->events, &y->ctx.progress);
	if (y->is_held) {
		records->n = records->n_refused = 0;
		return;
	}
	ce_hint_note(&y->walk.names, y->hint_path);
	ce_log(q->events, CCENV_LOG_INFO, "%zu names reach %zu records (%u left out)",
		y->walk.names.n, records->n, y->walk.n_left_out);
	ce_similar_names(records, q->names, q->n_names, y->sources, y->n_sources);
	ce_repodata_finish(records);
}

int ce_repodata_sync(const struct ce_repodata_query *q, struct ce_repodata **ret_repodata,
	struct ccenv_error *err)
{
	CE_CLEANUP(sync_release) struct sync y = {.query = q};
	int r;

	ce_walk_init(&y.walk, q->events);
	y.walk.stays = q->no_depends;
	r = prepare(&y, err);
	if (r < 0)
		return r;
	make_sources(&y);
	for (size_t i = 0; i < q->n_names; i++)
		ce_walk_add_name(&y.walk, q->names[i], strlen(q->names[i]));
	expect_names(&y);
	r = gather(&y, err);
	if (r < 0)
		return r;
	r = check_channels(&y, err);
	if (r < 0)
		return r;
	r = check_missing(&y, err);
	if (r < 0)
		return r;
	warn_of_declared(&y);
	finish(&y);
	*ret_repodata = CE_TAKE(y.walk.repodata);
	return 0;
}
