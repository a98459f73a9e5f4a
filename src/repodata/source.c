/* SPDX-License-Identifier: MIT */
/*
 * Bringing one index into the cache. The hard part is the order of decisions: which form, is the
 * copy whole, is it fresh, what did the server say, and what if it is damaged.
 */
#include "repodata/source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/stage.h"
#include "base/url.h"
#include "io/download.h"
#include "repodata/indexer.h"
#include "repodata/name_index.h"
#include "repodata/shards.h"
#include "repodata/store.h"

enum {
	LOCK_TIMEOUT_S = 120,
	SHARD_INDEX_MAX = 64 << 20,
};

/* How long "the server has no such form" is believed. */
static const int64_t absent_ms = 24 * 3600 * 1000LL;

static const struct {
	const char *file;
	const char *copy; /* what is behind the hash in the cached file's name */
	uint64_t max_bytes;
} forms[CE_FORM_COUNT] = {
	[CE_FORM_SHARDS] = {"repodata_shards.msgpack.zst", "shards", SHARD_INDEX_MAX},
	[CE_FORM_ZST] = {"repodata.json.zst", "zst.index", 512ULL << 20},
	[CE_FORM_JSON] = {"repodata.json", "json.index", 2ULL << 30},
};

struct ce_source *ce_source_new(
	struct ce_source_context *ctx, const char *channel, const char *subdir, unsigned rank)
{
	struct ce_source *s = ce_calloc(1, sizeof(*s));
	char hex[CE_SHA256_HEX + 1];

	s->ctx = ctx;
	s->channel = channel;
	s->subdir = subdir;
	s->channel_rank = rank;
	s->url = ce_asprintf("%s/%s", channel, subdir);
	s->shown = ce_url_strip_credentials(s->url);
	s->local = ce_url_has_scheme(channel, "file");
	ce_sha256_bytes(s->shown, strlen(s->shown), hex);
	s->state_path = ce_asprintf("%s/%.16s.state.json", ctx->dir, hex);
	s->lock_path = ce_asprintf("%s/repodata-%.16s.lock", ctx->locks, hex);
	ce_buf_init(&s->body, SHARD_INDEX_MAX);
	return s;
}

static void close_copy(struct ce_source *s)
{
	ce_name_index_close(s->index);
	s->index = NULL;
	ce_shard_index_free(s->shards);
	s->shards = NULL;
	s->have = false;
}

void ce_source_free(struct ce_source *s)
{
	if (!s)
		return;
	ce_indexer_free(s->indexer);
	close_copy(s);
	ce_fs_unlock(s->lock);
	ce_state_release(&s->state);
	ce_buf_release(&s->body);
	free(s->url);
	free(s->shown);
	free(s->base_url);
	free(s->shards_base_url);
	free(s->state_path);
	free(s->lock_path);
	free(s->from);
	free(s->etag);
	free(s->last_modified);
	free(s);
}

/* The cached file of a form: beside the state file, with the same hash. */
static char *copy_path(const struct ce_source *s, int form)
{
	size_t stem = strlen(s->state_path) - strlen("state.json");

	return ce_asprintf("%.*s%s", (int)stem, s->state_path, forms[form].copy);
}

static char *form_url(const struct ce_source *s, bool shown)
{
	return ce_asprintf("%s/%s", shown ? s->shown : s->url, forms[s->form].file);
}

static void set_text(char **slot, const char *text)
{
	free(*slot);
	*slot = text ? ce_strdup(text) : NULL;
}

void ce_source_tell_progress(const struct ce_source_context *ctx)
{
	if (ctx->progress.items_done < ctx->progress.items_total)
		ce_progress(ctx->events, &ctx->progress);
}

/* ---- the end of the search ---- */

static void become_ready(struct ce_source *s)
{
	s->ready = true;
	ce_fs_unlock(s->lock);
	s->lock = NULL;
	s->ctx->progress.items_done++;
	ce_source_tell_progress(s->ctx);
}

static void fail(struct ce_source *s, const struct ccenv_error *err)
{
	close_copy(s);
	s->err = *err;
	become_ready(s);
}

/* A URL that the index names, made absolute. A server must not send us to local files. */
static int resolve(const struct ce_source *s, const char *dir, const char *ref, char **ret,
	struct ccenv_error *err)
{
	CE_AUTOFREE char *url = ce_url_resolve(dir, ref);
	CE_AUTOFREE char *shown = ce_url_redact(url);
	bool web = ce_url_has_scheme(url, "http") || ce_url_has_scheme(url, "https");

	if (!web && !(s->local && ce_url_has_scheme(url, "file")))
		return ce_fail(err, CCENV_EDATA,
			"the index of %s says that its files are at %s, which is no place for them; tell the channel's keepers, or use another mirror",
			s->shown, shown);
	*ret = CE_TAKE(url);
	return 0;
}

/* The copy that is open becomes the answer. */
static void use_copy(struct ce_source *s)
{
	CE_AUTOFREE char *base = NULL;
	const char *ref =
		s->index ? ce_name_index_base_url(s->index) : ce_shard_index_base_url(s->shards);
	struct ccenv_error err;
	int r = resolve(s, s->shown, ref, &base, &err);

	if (r >= 0 && s->shards)
		r = resolve(s, s->url, ce_shard_index_shards_base_url(s->shards),
			&s->shards_base_url, &err);
	if (r < 0) {
		fail(s, &err);
		return;
	}
	s->base_url = ce_url_strip_credentials(base);
	become_ready(s);
}

/* ---- the cache ---- */

static int open_shard_index(struct ce_source *s, const char *path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	char hex[CE_SHA256_HEX + 1];
	int r = ce_fs_read(path, SHARD_INDEX_MAX, &b, err);

	if (r < 0)
		return r;
	ce_sha256_bytes(ce_buf_str(&b), b.len, hex);
	if (strcmp(hex, s->state.form[CE_FORM_SHARDS].id) != 0)
		return ce_fail(err, CCENV_EDATA, "%s is damaged", path);
	return ce_shard_index_parse(ce_buf_str(&b), b.len, &s->shards, err);
}

/* Opens the cached copy, if there is a whole one that fits the state. */
static bool open_copy(struct ce_source *s, int form)
{
	const struct ce_form_state *state = &s->state.form[form];
	CE_AUTOFREE char *path = copy_path(s, form);
	struct ccenv_error err;
	int r;

	close_copy(s);
	if (!state->id || s->ctx->ignore_cache)
		return false;
	if (form == CE_FORM_SHARDS)
		r = open_shard_index(s, path, &err);
	else
		r = ce_name_index_open(path, &s->index, &err);
	if (r >= 0 && form != CE_FORM_SHARDS && strcmp(ce_name_index_id(s->index), state->id) != 0)
		r = ce_fail(&err, CCENV_EDATA, "%s does not belong to its state", path);
	if (r < 0) {
		ce_log(s->ctx->events, CCENV_LOG_INFO, "%s: the cached index is not used: %s",
			s->shown, err.text);
		close_copy(s);
		return false;
	}
	s->have = true;
	return true;
}

void ce_source_forget(struct ce_source *s)
{
	for (int f = 0; f < CE_FORM_COUNT; f++) {
		CE_AUTOFREE char *path = copy_path(s, f);
		unlink(path);
	}
	unlink(s->state_path);
}

static bool is_fresh(const struct ce_source *s, int form)
{
	const struct ce_form_state *state = &s->state.form[form];
	int64_t now = ce_now_ms(CE_CLOCK_WALL);

	if (!state->checked || state->checked > now)
		return false;
	return now - state->checked < state->max_age * 1000 ||
	       (s->trusted_since && state->checked > s->trusted_since);
}

static bool is_wanted(const struct ce_source *s, int form)
{
	const struct ce_form_state *state = &s->state.form[form];
	int64_t age = ce_now_ms(CE_CLOCK_WALL) - state->absent;

	if (s->ctx->only >= 0)
		return form == s->ctx->only;
	/* The last form is always asked for: without it there is nothing. A file costs nothing to
	 * ask for. */
	return form == CE_FORM_JSON || s->local || !state->absent || age < 0 || age >= absent_ms;
}

static void settle_offline(struct ce_source *s)
{
	struct ccenv_error err;
	bool absent = true, damaged = false;

	for (int f = 0; f < CE_FORM_COUNT; f++) {
		if (s->ctx->only >= 0 && f != s->ctx->only)
			continue;
		/* A copy of what the server no longer has is older than what came instead. */
		if (s->state.form[f].absent)
			continue;
		if (open_copy(s, f)) {
			use_copy(s);
			return;
		}
		absent = false;
		damaged = damaged || s->state.form[f].id;
	}
	if (absent) {
		s->absent = true;
		become_ready(s);
		return;
	}
	ce_fail(&err, CCENV_EOFFLINE,
		"%s of %s is in the cache, and --offline forbids to fetch it; run once without --offline",
		damaged ? "only a damaged index" : "no index", s->shown);
	fail(s, &err);
}

/*
 * Looks at the forms from `form` on. True when that settled it; else s->form is the one to ask the
 * server for.
 */
static bool choose(struct ce_source *s, int form)
{
	for (; form < CE_FORM_COUNT; form++) {
		if (!is_wanted(s, form))
			continue;
		s->form = form;
		if (!is_fresh(s, form) || !open_copy(s, form))
			return false;
		use_copy(s);
		return true;
	}
	close_copy(s);
	if (s->damage.code) {
		fail(s, &s->damage);
	} else {
		s->absent = true;
		become_ready(s);
	}
	ce_state_write(&s->state, s->shown, s->state_path);
	return true;
}

bool ce_source_begin(struct ce_source *s)
{
	s->began = ce_now_ms(CE_CLOCK_WALL);
	ce_state_read(&s->state, s->state_path);
	if (s->ctx->offline && !s->local) {
		settle_offline(s);
		return true;
	}
	return choose(s, 0);
}

static void on_waiting(void *user, const char *holder)
{
	struct ce_source *s = user;

	ce_log(s->ctx->events, CCENV_LOG_NOTICE, "waiting for %s, which fetches %s too", holder,
		s->shown);
}

void ce_source_lock(struct ce_source *s)
{
	struct ccenv_error err;

	/* Without the lock all is still correct, only perhaps fetched twice. */
	if (ce_fs_lock(s->lock_path, LOCK_TIMEOUT_S, on_waiting, s, &s->lock, &err) < 0)
		ce_log(s->ctx->events, CCENV_LOG_INFO, "going on without a lock: %s", err.text);
	else
		ce_stage_sweep(s->ctx->dir);
	/* What another process has brought since we began is good enough for us. */
	s->trusted_since = s->began;
	ce_state_release(&s->state);
	ce_state_read(&s->state, s->state_path);
	(void)choose(s, 0);
}

/* ---- the network ---- */

static void ask_from(struct ce_source *s, int form)
{
	ce_indexer_free(s->indexer);
	s->indexer = NULL;
	ce_buf_clear(&s->body);
	if (!choose(s, form))
		ce_source_ask(s);
}

/* What this mirror has is no good: asks those behind it for `form` and what comes after it. */
static void next_place(struct ce_source *s, int form)
{
	s->place++;
	s->more_places = false;
	for (int f = form; f < CE_FORM_COUNT; f++) {
		/* What it lacks, another may have. */
		if (s->state.form[f].absent == s->began)
			s->state.form[f].absent = 0;
	}
	ask_from(s, form);
}

static void next_form(struct ce_source *s)
{
	bool last = s->form == CE_FORM_JSON || s->ctx->only >= 0;

	if (last && s->more_places) {
		s->lacked = s->lacked || !s->damage.code;
		next_place(s, s->ctx->only >= 0 ? s->form : 0);
	} else
		ask_from(s, s->form + 1);
}

/* This form is no good: say so, and go on to the next. */
static void form_is_damaged(struct ce_source *s, const struct ccenv_error *cause)
{
	CE_AUTOFREE char *url = form_url(s, true);
	struct ccenv_error err = *cause;

	ce_context(&err, err.code, "cannot use %s", s->from ? s->from : url);
	if (s->more_places) {
		ce_log(s->ctx->events, CCENV_LOG_WARNING, "%s; trying the next mirror", err.text);
		next_place(s, s->form);
		return;
	}
	ce_hint(&err, err.code,
		"(the server's copy is damaged: try again later, or use another mirror of the channel)");
	if (s->form < CE_FORM_JSON && s->ctx->only < 0)
		ce_log(s->ctx->events, CCENV_LOG_WARNING, "%s; trying %s", err.text,
			forms[s->form + 1].file);
	if (!s->damage.code)
		s->damage = err;
	next_form(s);
}

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct ce_source *s = user;

	s->ctx->progress.bytes_done += len;
	ce_source_tell_progress(s->ctx);
	if (s->form == CE_FORM_SHARDS) {
		ce_buf_add(&s->body, data, len);
		return 0;
	}
	if (!s->indexer) {
		CE_AUTOFREE char *path = copy_path(s, s->form);
		int r = ce_indexer_new(path, s->form == CE_FORM_ZST, &s->indexer, err);
		if (r < 0)
			return r;
	}
	return ce_indexer_push(s->indexer, data, len, err);
}

static int on_restart(void *user, struct ccenv_error *err)
{
	struct ce_source *s = user;

	(void)err;
	ce_indexer_free(s->indexer);
	s->indexer = NULL;
	ce_buf_clear(&s->body);
	return 0;
}

/* A new copy is in the cache: its state is what the server said with it. */
static void remember(struct ce_source *s, const char *id)
{
	struct ce_form_state *state = &s->state.form[s->form];

	set_text(&state->id, id);
	set_text(&state->etag, s->etag);
	set_text(&state->last_modified, s->last_modified);
	state->checked = ce_now_ms(CE_CLOCK_WALL);
	state->max_age = s->max_age;
	state->absent = 0;
	ce_state_write(&s->state, s->shown, s->state_path);
}

static void take_shard_index(struct ce_source *s)
{
	CE_AUTOFREE char *path = copy_path(s, CE_FORM_SHARDS);
	char hex[CE_SHA256_HEX + 1];
	struct ccenv_error err;

	close_copy(s);
	int r = ce_shard_index_parse(ce_buf_str(&s->body), s->body.len, &s->shards, &err);
	if (r < 0) {
		form_is_damaged(s, &err);
		return;
	}
	r = ce_store_write(path, ce_buf_str(&s->body), s->body.len, &err);
	if (r < 0) {
		fail(s, &err);
		return;
	}
	ce_sha256_bytes(ce_buf_str(&s->body), s->body.len, hex);
	ce_buf_release(&s->body);
	remember(s, hex);
	use_copy(s);
}

static void on_body_end(struct ce_source *s, const struct ce_download_result *result)
{
	struct ccenv_error err;

	set_text(&s->etag, result->etag);
	set_text(&s->last_modified, result->last_modified);
	s->max_age = ce_state_max_age(result->cache_control);
	if (s->form == CE_FORM_SHARDS) {
		take_shard_index(s);
		return;
	}
	/* An empty file has no data, but is an index all the same (CEP 36). */
	if (!s->indexer && on_data(s, "", 0, &err) < 0) {
		fail(s, &err);
		return;
	}
	ce_indexer_end(s->indexer);
	s->ending = true;
}

static void on_failure(struct ce_source *s, const struct ce_download_result *result)
{
	bool refused = result->status == 401 || result->status == 403;
	struct ccenv_error err;

	ce_fail(&err, result->code, "%s", result->text);
	if (result->code == CCENV_EDATA)
		form_is_damaged(s, &err);
	else if (refused && s->form < CE_FORM_JSON && s->ctx->only < 0) {
		/* Some servers say "forbidden" for what they do not have. It is remembered when
		 * another form comes. */
		s->state.form[s->form].absent = s->began;
		next_form(s);
	} else if (s->lacked) {
		/* A mirror's word that there is none is better than no word from the others: not
		 * all networks reach them. */
		ce_log(s->ctx->events, CCENV_LOG_INFO, "%s", err.text);
		s->absent = true;
		become_ready(s);
	} else
		fail(s, &err);
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *result)
{
	struct ce_source *s = user;
	struct ce_form_state *state = &s->state.form[s->form];

	s->place = result->place;
	s->more_places = result->more_places;
	set_text(&s->from, result->from);
	if (result->code < 0) {
		on_failure(s, result);
	} else if (result->status == 304 && s->have) {
		state->checked = ce_now_ms(CE_CLOCK_WALL);
		state->max_age = ce_state_max_age(result->cache_control);
		bool was_absent = state->absent != 0;
		state->absent = 0;
		if (state->max_age || was_absent)
			ce_state_write(&s->state, s->shown, s->state_path);
		use_copy(s);
	} else if (result->status == 200) {
		on_body_end(s, result);
	} else {
		state->absent = s->local ? 0 : s->began;
		if (!s->more_places)
			set_text(&state->id, NULL);
		next_form(s);
	}
	if (s->ready)
		s->ctx->on_ready(s->ctx->user);
	return CE_TAKEN;
}

void ce_source_ask(struct ce_source *s)
{
	CE_AUTOFREE char *url = form_url(s, false);
	const struct ce_form_state *state = &s->state.form[s->form];
	bool have = s->have || open_copy(s, s->form);
	struct ce_download t = {
		.url = url,
		.max_bytes = forms[s->form].max_bytes,
		.if_none_match = have ? state->etag : NULL,
		.if_modified_since = have ? state->last_modified : NULL,
		.place = s->place,
		.text = s->form == CE_FORM_JSON,
		.missing_ok = true,
		.user = s,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};

	ce_downloader_add(s->ctx->downloader, &t);
}

bool ce_source_is_ending(const struct ce_source *s)
{
	return s->ending && !s->ready;
}

bool ce_source_is_done(const struct ce_source *s)
{
	return ce_source_is_ending(s) && ce_indexer_is_done(s->indexer);
}

void ce_source_finish(struct ce_source *s)
{
	CE_AUTOFREE char *path = copy_path(s, s->form);
	struct ccenv_error err;
	int r = ce_indexer_join(s->indexer, &err);

	s->ending = false;
	ce_indexer_free(s->indexer);
	s->indexer = NULL;
	close_copy(s);
	if (r == CCENV_EDATA) {
		form_is_damaged(s, &err);
		return;
	}
	if (r >= 0)
		r = ce_name_index_open(path, &s->index, &err);
	if (r < 0) {
		fail(s, &err);
		return;
	}
	remember(s, ce_name_index_id(s->index));
	use_copy(s);
}
