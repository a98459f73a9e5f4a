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
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "io/download.h"
#include "model/layout.h"
#include "model/pkg.h"
#include "model/pkg_read.h"
#include "model/repodata.h"
#include "repodata/name_index.h"
#include "repodata/shards.h"
#include "repodata/source.h"
#include "repodata/store.h"
#include "spec/name.h"

enum {
	PARALLEL = 32,
	NAMES_MAX = 200 * 1000,
	/* Of one solve. conda-forge has some 900,000 for a platform, and no real request reaches a
	 * tenth. */
	RECORDS_MAX = 512 << 10,
	SHARD_MAX = 16 << 20, /* as served */
	MISSING_NAMED = 8,    /* names in a message */
};

/* All strings of the records that are reached. */
static const size_t bytes_max = 512 << 20;

struct sync {
	const struct ce_repodata_query *query;
	struct ce_source_context ctx;
	struct ce_source **sources;
	size_t n_sources;
	char *shard_dir;
	struct shard *under_way;
	struct ce_map names;
	struct ce_repodata *repodata;
	size_t cap, cap_refused;
	struct ce_map missing; /* names whose shards are not here, when offline */
	const char *missing_at;
	struct ccenv_error err;    /* the first failure of the walk */
	struct ce_source *damaged; /* whose cached index failed its check sums */
	unsigned skipped;
};

/* One shard on its way. */
struct shard {
	struct shard *next, **link; /* in y->under_way */
	struct sync *y;
	struct ce_source *source;
	const char *name; /* key of y->names */
	char hex[CE_SHA256_HEX + 1];
	char *url;
	struct ce_buf body;
};

static void advance(void *user);

static void add_name(struct sync *y, const char *name, size_t len)
{
	char text[129];

	/* "__glibc" and its like are facts about the machine, in no channel. */
	if (len == 0 || len >= sizeof(text) || (len > 2 && name[0] == '_' && name[1] == '_'))
		return;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
	text[len] = '\0';
	if (ce_map_has(&y->names, text) || !ce_name_is_valid(text, len))
		return;
	if (y->names.n >= NAMES_MAX) {
		if (!y->err.code)
			ce_fail(&y->err, CCENV_EDATA,
				"the wanted packages reach more than %d names; check the channels",
				NAMES_MAX);
		return;
	}
	ce_map_insert(&y->names, text);
}

static void add_dependency(struct sync *y, const char *spec)
{
	const char *name = "";
	size_t len = ce_dependency_name(spec, &name);

	add_name(y, name, len);
}

static int keep(struct sync *y, const struct ce_pkg *p, struct ccenv_error *err)
{
	struct ce_repodata *r = y->repodata;

	if (r->n >= RECORDS_MAX || r->arena.bytes > bytes_max)
		return ce_fail(err, CCENV_EDATA,
			"the wanted packages reach too many records (%zu); check the channels",
			r->n);
	CE_GROW(r->pkgs, r->n, y->cap);
	r->pkgs[r->n++] = *p;
	for (size_t i = 0; i < p->n_depends; i++)
		add_dependency(y, p->depends[i]);
	return 0;
}

struct lookup {
	struct sync *y;
	const struct ce_source *source;
	struct ce_pkg_origin origin;
	bool refused; /* one record was, and is noted */
};

static struct lookup lookup_of(struct sync *y, const struct ce_source *s, const char *name)
{
	struct ce_arena *a = &y->repodata->arena;
	CE_AUTOFREE char *channel = ce_url_strip_credentials(s->channel);

	return (struct lookup){
		.y = y,
		.source = s,
		.origin =
			{
				.name = ce_arena_strdup(a, name),
				.subdir = ce_arena_strdup(a, s->subdir),
				.channel = ce_arena_strdup(a, channel),
				.base_url = s->base_url,
				.channel_rank = s->channel_rank,
			},
	};
}

/* Whoever asks for the name hears of the first record that cannot be used. */
static void note_refused(struct lookup *l, const char *why)
{
	struct ce_repodata *r = l->y->repodata;

	if (l->refused)
		return;
	l->refused = true;
	CE_GROW(r->refused, r->n_refused, l->y->cap_refused);
	r->refused[r->n_refused++] = (struct ce_refused){
		.name = l->origin.name,
		.channel = l->origin.channel,
		.subdir = l->origin.subdir,
		.why = ce_arena_strdup(&r->arena, why),
	};
}

/* Reads the record at the cursor; one that cannot be used is left out. */
static int take_record(struct lookup *l, struct ce_cursor *c, const char *fn, size_t fn_len,
	struct ccenv_error *err)
{
	struct ce_pkg p;

	l->origin.fn = fn;
	l->origin.fn_len = fn_len;
	if (ce_pkg_read(c, &l->origin, &p, err) >= 0)
		return keep(l->y, &p, err) < 0 ? -1 : 1;
	l->y->skipped++;
	note_refused(l, err->text);
	ce_log(l->y->query->events, CCENV_LOG_DEBUG, "%s: a record is left out: %s",
		l->source->shown, err->text);
	err->code = 0;
	return 0;
}

static int take_json(void *user, const struct ce_repo_scan_record *rec, struct ccenv_error *err)
{
	struct lookup *l = user;
	struct ce_cursor c;

	ce_cursor_json(&c, rec->object, rec->object_len, &l->y->repodata->arena);
	if (take_record(l, &c, rec->fn, rec->fn_len, err) < 0) {
		l->y->err = *err;
		return err->code;
	}
	return 0;
}

static int take_msgpack(
	void *user, struct ce_cursor *c, const char *fn, size_t fn_len, struct ccenv_error *err)
{
	struct ce_cursor at = *c;
	int r = take_record(user, c, fn, fn_len, err);

	if (r < 0)
		return err->code;
	if (r > 0)
		return 0;
	/* The cursor stopped somewhere within. */
	*c = at;
	return c->ops->skip(c) ? 0 : ce_fail(err, CCENV_EDATA, "damaged msgpack: a record");
}

static void look_in_index(struct sync *y, struct ce_source *s, const char *name)
{
	struct lookup l = lookup_of(y, s, name);
	struct ccenv_error err;

	if (ce_name_index_each(s->index, name, take_json, &l, &err) >= 0 || y->err.code)
		return;
	y->err = err;
	y->damaged = s;
}

static int take_shard(struct sync *y, struct ce_source *s, const char *name,
	const struct ce_buf *body, struct ccenv_error *err)
{
	struct lookup l = lookup_of(y, s, name);

	return ce_shard_each(
		ce_buf_str(body), body->len, &y->repodata->arena, take_msgpack, &l, err);
}

static char *shard_path(const struct sync *y, const char *hex)
{
	return ce_asprintf("%s/%s", y->shard_dir, hex);
}

static void shard_free(struct shard *h)
{
	*h->link = h->next;
	if (h->next)
		h->next->link = h->link;
	ce_buf_release(&h->body);
	free(h->url);
	free(h);
}

static int on_shard_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct shard *h = user;

	(void)err;
	h->y->ctx.progress.bytes_done += len;
	ce_buf_add(&h->body, data, len);
	return 0;
}

static int on_shard_restart(void *user, struct ccenv_error *err)
{
	struct shard *h = user;

	(void)err;
	ce_buf_clear(&h->body);
	return 0;
}

/* Only bytes with the right hash get into the cache, so what is there may be kept for ever. */
static int store_shard(struct shard *h, const char *from, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = shard_path(h->y, h->hex);
	char hex[CE_SHA256_HEX + 1];

	ce_sha256_bytes(ce_buf_str(&h->body), h->body.len, hex);
	if (strcmp(hex, h->hex) != 0)
		return ce_fail(err, CCENV_EHASH, "%s has the sha256 %s, not the one in its name",
			from, hex);
	return ce_store_write(path, ce_buf_str(&h->body), h->body.len, err);
}

static enum ce_verdict on_shard_done(void *user, const struct ce_download_result *result)
{
	struct shard *h = user;
	struct sync *y = h->y;
	struct ccenv_error err;
	int r = result->code;

	if (r < 0)
		ce_fail(&err, r, "%s%s", result->text,
			r == CCENV_ENOTFOUND
				? " (the index names a shard that the server does not have: its copy is being changed or is damaged; try again later)"
				: "");
	if (r >= 0)
		r = store_shard(h, result->from, &err);
	if (r == CCENV_EHASH && result->more_places) {
		ce_log(y->query->events, CCENV_LOG_WARNING, "%s; trying the next mirror", err.text);
		return CE_DAMAGED;
	}
	if (r == CCENV_EHASH)
		ce_hint(&err, r,
			"(the server's copy is damaged: try again later, or use another mirror of the channel)");
	if (r >= 0) {
		r = take_shard(y, h->source, h->name, &h->body, &err);
		if (r < 0) {
			CE_AUTOFREE char *url = ce_url_redact(h->url);
			ce_context(&err, r, "cannot use %s", url);
			if (!y->err.code && r == CCENV_EDATA)
				ce_hint(&err, r,
					"(the channel itself is damaged: tell its keepers, or leave it out)");
		}
	}
	if (r < 0 && !y->err.code)
		y->err = err;
	y->ctx.progress.items_done++;
	ce_source_tell_progress(&y->ctx);
	shard_free(h);
	advance(y);
	return CE_TAKEN;
}

/* 0: read from the cache. A damaged file there is as good as none. */
static int read_cached_shard(struct sync *y, struct ce_source *s, const char *name, const char *hex)
{
	CE_AUTOFREE char *path = shard_path(y, hex);
	CE_CLEANUP(ce_buf_release) struct ce_buf body = {0};
	char found[CE_SHA256_HEX + 1];
	struct ccenv_error err;
	int r;

	if (ce_fs_read(path, SHARD_MAX, &body, &err) < 0)
		return -1;
	ce_sha256_bytes(ce_buf_str(&body), body.len, found);
	if (strcmp(found, hex) != 0)
		return -1;
	r = take_shard(y, s, name, &body, &err);
	if (r < 0 && !y->err.code) {
		ce_context(&err, r, "cannot use the shard of %s in %s", name, s->shown);
		y->err = err;
	}
	return 0;
}

static void send_shard(struct shard *h)
{
	const struct ce_download t = {
		.url = h->url,
		.max_bytes = SHARD_MAX,
		.place = h->source->place,
		.user = h,
		.on_data = on_shard_data,
		.on_restart = on_shard_restart,
		.on_done = on_shard_done,
	};

	ce_downloader_add(h->y->ctx.downloader, &t);
}

static void ask_shard(struct sync *y, struct ce_source *s, const char *name, const char *hex)
{
	struct shard *h = ce_calloc(1, sizeof(*h));

	h->next = y->under_way;
	h->link = &y->under_way;
	if (h->next)
		h->next->link = &h->next;
	y->under_way = h;
	h->y = y;
	h->source = s;
	h->name = name;
	memcpy(h->hex, hex, sizeof(h->hex));
	h->url = ce_asprintf("%s/%s.msgpack.zst", s->shards_base_url, hex);
	y->ctx.progress.items_total++;
	send_shard(h);
}

static void look_in_shards(struct sync *y, struct ce_source *s, const char *name)
{
	char hex[CE_SHA256_HEX + 1];

	if (!ce_shard_index_find(s->shards, name, hex) || read_cached_shard(y, s, name, hex) == 0)
		return;
	if (!y->ctx.offline || s->local) {
		ask_shard(y, s, name, hex);
		return;
	}
	ce_map_insert(&y->missing, name);
	y->missing_at = s->shown;
}

/* Looks up in each source that is ready what it has not looked up yet. Names found on the way are
 * done too. */
static void advance(void *user)
{
	struct sync *y = user;
	bool more = true;

	while (more && !y->err.code) {
		more = false;
		for (size_t i = 0; i < y->n_sources; i++) {
			struct ce_source *s = y->sources[i];
			while (s->ready && s->next_name < y->names.n && !y->err.code) {
				const char *name = y->names.entries[s->next_name++].key;
				more = true;
				if (s->index)
					look_in_index(y, s, name);
				else if (s->shards)
					look_in_shards(y, s, name);
			}
		}
	}
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
		if (!ce_source_begin(y->sources[i]))
			ask[n++] = y->sources[i];
	}
	if (n)
		qsort(ask, n, sizeof(struct ce_source *), by_lock_path);
	for (size_t i = 0; i < n; i++)
		ce_source_lock(ask[i]);
	/* The first source is the largest: it begins first. */
	for (size_t i = 0; i < y->n_sources; i++) {
		if (!y->sources[i]->ready)
			ce_source_ask(y->sources[i]);
	}
}

/* Source errors come first: in the order of the channels, so that the message is the same each
 * time. */
static int failure(struct sync *y, struct ccenv_error *err)
{
	for (size_t i = 0; i < y->n_sources; i++) {
		if (y->sources[i]->err.code) {
			*err = y->sources[i]->err;
			return err->code;
		}
	}
	if (y->err.code)
		*err = y->err;
	return y->err.code;
}

static int gather(struct sync *y, struct ccenv_error *err)
{
	int r, left;

	ce_source_tell_progress(&y->ctx);
	ask_all(y);
	do {
		struct ce_source *ending = NULL;
		advance(y);
		r = failure(y, err);
		if (r < 0)
			return r;
		for (size_t i = 0; i < y->n_sources; i++) {
			if (ce_source_is_done(y->sources[i]))
				ce_source_finish(y->sources[i]);
			else if (ce_source_is_ending(y->sources[i]))
				ending = y->sources[i];
		}
		left = ce_downloader_run(y->ctx.downloader, 5, err);
		if (left < 0)
			return left;
		if (left == 0 && ending) {
			ce_source_finish(ending);
			left = 1;
		}
		for (size_t i = 0; i < y->n_sources && !left; i++)
			left = !y->sources[i]->ready || y->sources[i]->next_name < y->names.n;
	} while (left);
	return failure(y, err);
}

static int check_missing(struct sync *y, struct ccenv_error *err)
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
		"the records of %s (%s) are not in the cache, and --offline forbids to fetch them; run once without --offline",
		ce_buf_str(&b), y->missing_at);
}

/* A channel must have at least one of the subdirs. */
static int check_channels(struct sync *y, struct ccenv_error *err)
{
	const struct ce_repodata_query *q = y->query;

	for (size_t c = 0; c < q->n_channels; c++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
		bool any = false;
		for (size_t i = 0; i < y->n_sources; i++) {
			const struct ce_source *s = y->sources[i];
			if (s->channel_rank != c)
				continue;
			any = any || !s->absent;
			ce_buf_addf(&b, "%s%s", b.len ? " nor " : "", s->subdir);
		}
		if (any)
			continue;
		CE_AUTOFREE char *url = ce_url_redact(q->channels[c]);
		return ce_fail(err, CCENV_ENOTFOUND,
			"there is no channel at %s: it has no index for %s; check the channel's name",
			url, ce_buf_str(&b));
	}
	return 0;
}

static void add_source(struct sync *y, size_t channel, const char *subdir)
{
	struct ce_source **s = &y->sources[y->n_sources++];

	*s = ce_source_new(&y->ctx, y->query->channels[channel], subdir, (unsigned)channel);
}

static void make_sources(struct sync *y)
{
	const struct ce_repodata_query *q = y->query;

	y->sources = ce_calloc(q->n_channels * (q->n_platforms + 1), sizeof(struct ce_source *));
	for (size_t c = 0; c < q->n_channels; c++) {
		for (size_t p = 0; p < q->n_platforms; p++) {
			if (strcmp(q->platforms[p], "noarch") != 0)
				add_source(y, c, q->platforms[p]);
		}
		add_source(y, c, "noarch");
	}
	y->ctx.progress.items_total = y->n_sources;
}

static int prepare(struct sync *y, struct ccenv_error *err)
{
	const struct ce_repodata_query *q = y->query;
	const struct ce_downloader_options o = {
		.getenv_fn = q->getenv_fn,
		.offline = q->offline,
		.parallel = PARALLEL,
		.events = q->events,
	};
	int r;

	y->ctx.events = q->events;
	y->ctx.offline = q->offline;
	y->ctx.only = q->form ? ce_form_find(q->form) : -1;
	if (q->form && y->ctx.only < 0)
		return ce_fail(err, CCENV_EUSAGE,
			"\"%s\" is no form of an index; use shards, zst or json", q->form);
	y->ctx.user = y;
	y->ctx.on_ready = advance;
	y->ctx.progress.phase = CCENV_PHASE_REPODATA;
	y->ctx.dir = ce_layout_repodata(q->cache_dir);
	y->ctx.locks = ce_layout_locks(q->cache_dir);
	y->shard_dir = ce_asprintf("%s/shards", y->ctx.dir);
	r = ce_fs_mkdirs(y->shard_dir, err);
	if (r >= 0)
		r = ce_fs_mkdirs(y->ctx.locks, err);
	if (r >= 0)
		r = ce_downloader_new(&o, &y->ctx.downloader, err);
	return r;
}

static void sync_release(struct sync *y)
{
	/* Its transfers hold shards and point at sources. */
	ce_downloader_free(y->ctx.downloader);
	for (struct shard *h = y->under_way, *next; h; h = next) {
		next = h->next;
		shard_free(h);
	}
	for (size_t i = 0; i < y->n_sources; i++)
		ce_source_free(y->sources[i]);
	free(y->sources);
	free(y->ctx.dir);
	free(y->ctx.locks);
	free(y->shard_dir);
	ce_map_release(&y->names);
	ce_map_release(&y->missing);
	ce_repodata_free(y->repodata);
}

/* ---- names that were perhaps meant ---- */

enum {
	OTHERS_MAX = 4096
};

struct others {
	const char *wanted;
	struct ce_map *found;
};

/* Coarse: the same beginning, or the wanted name within it. What is near enough is for others to
 * say. */
static void note_other(void *user, const char *name, size_t len)
{
	struct others *o = user;
	size_t n = strlen(o->wanted);
	bool begins =
		len >= 2 && n >= 2 && memcmp(name, o->wanted, 2) == 0 && len + 4 > n && n + 8 > len;
	char *copy;

	if (o->found->n >= OTHERS_MAX || (!begins && !memmem(name, len, o->wanted, n)))
		return;
	copy = ce_strndup(name, len);
	ce_map_insert(o->found, copy);
	free(copy);
}

static bool has_records(const struct ce_repodata *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->pkgs[i].name, name) == 0)
			return true;
	return false;
}

static void collect_others(struct sync *y)
{
	CE_CLEANUP(ce_map_release) struct ce_map found = {0};
	struct ce_repodata *r = y->repodata;

	for (size_t i = 0; i < y->query->n_names; i++) {
		struct others o = {y->query->names[i], &found};

		if (!*o.wanted || has_records(r, o.wanted))
			continue;
		for (size_t s = 0; s < y->n_sources; s++) {
			if (y->sources[s]->index)
				ce_name_index_each_name(y->sources[s]->index, note_other, &o);
			if (y->sources[s]->shards)
				ce_shard_index_each_name(y->sources[s]->shards, note_other, &o);
		}
	}
	r->others = ce_arena_array(&r->arena, found.n + 1, sizeof(*r->others));
	for (; r->n_others < found.n; r->n_others++)
		r->others[r->n_others] = ce_arena_strdup(&r->arena, found.entries[r->n_others].key);
}

static int sync_once(const struct ce_repodata_query *q, bool ignore_cache, bool *ret_damaged,
	struct ce_repodata **ret, struct ccenv_error *err)
{
	CE_CLEANUP(sync_release) struct sync y = {.query = q, .repodata = ce_repodata_new()};
	int r;

	y.ctx.ignore_cache = ignore_cache;
	r = prepare(&y, err);
	if (r < 0)
		return r;
	make_sources(&y);
	for (size_t i = 0; i < q->n_names; i++)
		add_name(&y, q->names[i], strlen(q->names[i]));
	r = gather(&y, err);
	*ret_damaged = y.damaged != NULL;
	if (y.damaged && (!q->offline || y.damaged->local))
		ce_source_forget(y.damaged);
	if (r >= 0)
		r = check_channels(&y, err);
	if (r >= 0)
		r = check_missing(&y, err);
	if (r < 0)
		return r;
	ce_progress(q->events, &y.ctx.progress);
	ce_log(q->events, CCENV_LOG_INFO, "%zu names reach %zu records (%u left out)", y.names.n,
		y.repodata->n, y.skipped);
	collect_others(&y);
	ce_repodata_finish(y.repodata);
	*ret = CE_TAKE(y.repodata);
	return 0;
}

int ce_repodata_sync(const struct ce_repodata_query *query, struct ce_repodata **ret_repodata,
	struct ccenv_error *err)
{
	bool damaged = false;
	int r = sync_once(query, false, &damaged, ret_repodata, err);

	if (damaged && query->offline)
		return ce_hint(err, r, "(run once without --offline to fetch it again)");
	if (r >= 0 || !damaged)
		return r;
	ce_log(query->events, CCENV_LOG_WARNING, "%s; fetching it again", err->text);
	return sync_once(query, true, &damaged, ret_repodata, err);
}
