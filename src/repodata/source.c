/* SPDX-License-Identifier: MIT */
/*
 * Getting one index into the cache. The hard part is the order of decisions: which form, is the
 * copy complete, is it fresh, what did the server say, and what if it is damaged.
 */
#include "repodata/source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/stage.h"
#include "base/url.h"
#include "io/download.h"
#include "repodata/indexer.h"
#include "repodata/name_index.h"
#include "repodata/shard_preview.h"
#include "repodata/shards.h"
#include "repodata/store.h"

enum {
	LOCK_TIMEOUT_S = 120,
	SHARD_INDEX_MAX = 64 << 20,
};

/* How long "the server has no such form" is believed, and how long shards that are no good are left
 * alone. */
static const int64_t absent_ms = 24 * 3600 * 1000LL;
static const int64_t broken_ms = 3600 * 1000LL;

static const struct {
	const char *file;
	const char *copy; /* what is behind the hash in the cached file's name */
	uint64_t max_bytes;
} forms[CE_FORM_COUNT] = {
	[CE_FORM_SHARDS] = {"repodata_shards.msgpack.zst", "shards", SHARD_INDEX_MAX},
	[CE_FORM_ZST] = {"repodata.json.zst", "zst.index", 512ULL << 20},
	[CE_FORM_JSON] = {"repodata.json", "json.index", 2ULL << 30},
};

static int64_t now_ms(void)
{
	return ce_now_ms(CE_CLOCK_WALL);
}

struct ce_source *ce_source_new(
	struct ce_source_context *ctx, const char *channel, const char *subdir, unsigned rank)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(channel);
	struct ce_source *s = ce_calloc(1, sizeof(*s));
	char hex[CE_SHA256_HEX + 1];

	s->ctx = ctx;
	s->channel = channel;
	s->subdir = subdir;
	s->channel_rank = rank;
	s->url = ce_asprintf("%s/%s", plain, subdir);
	s->shown = ce_url_redact(s->url);
	s->local = ce_url_has_scheme(channel, "file");
	ce_sha256_bytes(s->url, strlen(s->url), hex);
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
}

static bool is_open(const struct ce_source *s)
{
	return s->index || s->shards;
}

static void drop_body(struct ce_source *s)
{
	ce_indexer_free(CE_TAKE(s->indexer));
	ce_shard_preview_free(CE_TAKE(s->preview));
	s->previewed = false;
	ce_buf_clear(&s->body);
}

void ce_source_free(struct ce_source *s)
{
	if (!s)
		return;
	drop_body(s);
	close_copy(s);
	ce_fs_unlock(s->lock);
	ce_state_release(&s->known);
	ce_buf_release(&s->body);
	free(s->url);
	free(s->shown);
	free(s->base_url);
	free(s->shards_base_url);
	free(s->state_path);
	free(s->lock_path);
	free(s);
}

/* The cached file of a form: next to the state file, with the same hash. */
static char *copy_path(const struct ce_source *s, enum ce_form form)
{
	size_t stem = strlen(s->state_path) - strlen("state.json");

	return ce_asprintf("%.*s%s", (int)stem, s->state_path, forms[form].copy);
}

static void write_state(const struct ce_source *s)
{
	ce_state_write(&s->known, s->url, s->state_path);
}

void ce_source_tell_progress(const struct ce_source_context *ctx)
{
	if (ctx->progress.items_done < ctx->progress.items_total)
		ce_progress(ctx->events, &ctx->progress);
}

/* ---- the end of the search ---- */

static void settle(struct ce_source *s, enum ce_source_state state)
{
	s->state = state;
	ce_fs_unlock(CE_TAKE(s->lock));
	s->ctx->progress.items_done++;
	ce_source_tell_progress(s->ctx);
}

static void fail(struct ce_source *s, const struct ccenv_error *err)
{
	close_copy(s);
	s->err = *err;
	settle(s, CE_SOURCE_FAILED);
}

/*
 * A URL that the index names, made absolute. A server must not send us to local files, nor from
 * https to http, where anybody on the way decides what comes.
 */
static int resolve(const struct ce_source *s, const char *ref, char **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *url = ce_url_resolve(s->url, ref);
	CE_AUTOFREE char *shown = ce_url_redact(url);
	bool file = s->local && ce_url_has_scheme(url, "file");

	if (!ce_cursor_text_is_clean(ref, strlen(ref)) || ce_url_is_torn(url))
		return ce_fail(
			err, CCENV_EDATA, "the index of %s has a malformed base_url", s->shown);
	if (!file && !ce_url_is_web(url))
		return ce_fail(err, CCENV_EDATA,
			"the index of %s points its packages at %s: only http and https are allowed",
			s->shown, shown);
	if (ce_url_has_scheme(s->url, "https") && !ce_url_has_scheme(url, "https"))
		return ce_fail(err, CCENV_EDATA,
			"the index of %s points its packages at %s: https must not lead to plain http",
			s->shown, shown);
	*ret = CE_TAKE(url);
	return 0;
}

/* Where shards are, by the index. They may lie outside the channel, at the same server. */
static int find_shards(struct ce_source *s, const char *ref, struct ccenv_error *err)
{
	CE_AUTOFREE char *url = NULL;
	int r = resolve(s, ref, &url, err);

	if (r < 0)
		return r;
	free(s->shards_base_url);
	s->shards_base_url = ce_url_with_user_of(url, s->channel);
	return 0;
}

/* Where packages and shards are, by the copy that is open. */
static int find_files(struct ce_source *s, struct ccenv_error *err)
{
	CE_AUTOFREE char *base = NULL;
	const char *ref =
		s->index ? ce_name_index_base_url(s->index) : ce_shard_index_base_url(s->shards);
	int r = resolve(s, ref, &base, err);

	if (r < 0)
		return r;
	free(s->base_url);
	s->base_url = ce_url_strip_credentials(base);
	if (!s->shards)
		return 0;
	return find_shards(s, ce_shard_index_shards_base_url(s->shards), err);
}

/* The copy that is open becomes the answer. */
static void use_copy(struct ce_source *s)
{
	struct ccenv_error err;

	if (find_files(s, &err) < 0)
		fail(s, &err);
	else
		settle(s, CE_SOURCE_READY);
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
	if (strcmp(hex, s->known.form[CE_FORM_SHARDS].id) != 0)
		return ce_fail(err, CCENV_EDATA, "%s is damaged", path);
	return ce_shard_index_parse(ce_buf_str(&b), b.len, &s->shards, err);
}

static int open_name_index(
	struct ce_source *s, const char *path, const char *id, struct ccenv_error *err)
{
	int r = ce_name_index_open(path, &s->index, err);

	if (r < 0)
		return r;
	if (strcmp(ce_name_index_id(s->index), id) != 0)
		return ce_fail(
			err, CCENV_EDATA, "%s is not the file that the cache has notes of", path);
	return 0;
}

/* Opens the cached copy, if there is a complete one that fits the state. */
static bool open_copy(struct ce_source *s, enum ce_form form)
{
	const struct ce_form_state *known = &s->known.form[form];
	CE_AUTOFREE char *path = copy_path(s, form);
	struct ccenv_error err;
	int r;

	close_copy(s);
	if (!known->id)
		return false;
	if (form == CE_FORM_SHARDS)
		r = open_shard_index(s, path, &err);
	else
		r = open_name_index(s, path, known->id, &err);
	if (r >= 0)
		return true;
	ce_log(s->ctx->events, CCENV_LOG_INFO, "%s: the cached index is not used: %s", s->shown,
		err.text);
	close_copy(s);
	return false;
}

static bool is_fresh(const struct ce_source *s, enum ce_form form)
{
	const struct ce_form_state *known = &s->known.form[form];

	if (s->trusted_since && known->checked > s->trusted_since && known->checked <= now_ms())
		return true;
	return !s->ctx->revalidate && ce_state_is_within(known->checked, known->max_age * 1000);
}

static bool is_wanted(const struct ce_source *s, enum ce_form form)
{
	const struct ce_form_state *known = &s->known.form[form];

	if (s->ctx->only >= 0)
		return (int)form == s->ctx->only;
	/* The last form is always asked for: without it there is nothing. */
	if (form == CE_FORM_JSON)
		return true;
	if (ce_state_is_within(known->broken, broken_ms))
		return false;
	/* A file costs nothing to ask for. */
	return s->local || !ce_state_is_within(known->absent, absent_ms);
}

static void settle_offline(struct ce_source *s)
{
	struct ccenv_error err;
	bool absent = true, damaged = false;

	for (enum ce_form f = 0; f < CE_FORM_COUNT; f++) {
		const struct ce_form_state *known = &s->known.form[f];
		if (s->ctx->only >= 0 && (int)f != s->ctx->only)
			continue;
		/* A copy of what the server no longer has is older than what came instead. */
		if (known->absent || known->broken)
			continue;
		if (open_copy(s, f)) {
			use_copy(s);
			return;
		}
		absent = false;
		damaged = damaged || known->id;
	}
	if (absent) {
		settle(s, CE_SOURCE_ABSENT);
		return;
	}
	ce_fail(&err, CCENV_EOFFLINE,
		"%s of %s is in the cache, and --offline forbids fetching it; run once without --offline",
		damaged ? "only a damaged index" : "no index", s->shown);
	fail(s, &err);
}

/*
 * Looks at the forms from `form` on. True when that settled it; else s->form is the one to ask the
 * server for.
 */
static bool choose(struct ce_source *s, enum ce_form form)
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
	if (s->damage.code)
		fail(s, &s->damage);
	else
		settle(s, CE_SOURCE_ABSENT);
	write_state(s);
	return true;
}

void ce_source_begin(struct ce_source *s)
{
	s->began = now_ms();
	ce_state_read(&s->known, s->state_path);
	if (s->ctx->offline && !s->local)
		settle_offline(s);
	else
		(void)choose(s, 0);
}

static void on_waiting(void *user, const char *holder)
{
	struct ce_source *s = user;

	ce_log(s->ctx->events, CCENV_LOG_NOTICE, "waiting for %s, which is fetching %s", holder,
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
	/* What another process has fetched since we began is good enough for us. */
	s->trusted_since = s->began;
	ce_state_release(&s->known);
	ce_state_read(&s->known, s->state_path);
	(void)choose(s, 0);
}

/* ---- the network ---- */

static void ask_from(struct ce_source *s, enum ce_form form)
{
	drop_body(s);
	if (!choose(s, form))
		ce_source_ask(s);
}

static bool is_last_form(const struct ce_source *s)
{
	return s->form == CE_FORM_JSON || s->ctx->only >= 0;
}

/* This form is no good at any mirror: says so, and goes on to the next. */
static void give_up_form(struct ce_source *s, const struct ccenv_error *why)
{
	if (!is_last_form(s))
		ce_log(s->ctx->events, CCENV_LOG_WARNING, "%s; trying %s", why->text,
			forms[s->form + 1].file);
	if (!s->damage.code)
		s->damage = *why;
	s->place = s->first_place;
	ask_from(s, s->form + 1);
}

/* What arrived is no index. */
static enum ce_verdict on_damage(struct ce_source *s, const struct ce_download_result *result,
	const struct ccenv_error *cause)
{
	struct ccenv_error err = *cause;

	ce_context(&err, err.code, "cannot use %s", result->from);
	if (result->more_places) {
		ce_log(s->ctx->events, CCENV_LOG_WARNING, "%s; trying the next mirror", err.text);
		return CE_DAMAGED;
	}
	ce_hint(&err, err.code,
		"(the server's copy is damaged: try again later, or use another mirror of the channel)");
	give_up_form(s, &err);
	return CE_TAKEN;
}

static void on_preview(void *user, const char *base, const char *name, const char *hex)
{
	struct ce_source *s = user;
	struct ccenv_error ignored;

	if (!s->previewed && find_shards(s, base, &ignored) < 0)
		return; /* at its end the index is refused for that */
	s->previewed = true;
	s->ctx->on_preview(s->ctx->user, s, name, hex);
}

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct ce_source *s = user;

	s->ctx->progress.bytes_done += len;
	ce_source_tell_progress(s->ctx);
	if (s->form == CE_FORM_SHARDS) {
		ce_buf_add(&s->body, data, len);
		if (!s->preview)
			s->preview = ce_shard_preview_new();
		ce_shard_preview_feed(s->preview, data, len, on_preview, s);
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
	(void)err;
	drop_body(user);
	return 0;
}

/* A new copy is in the cache: its state is what the server said with it. */
static void remember(struct ce_source *s, const char *id, const struct ce_download_result *result)
{
	struct ce_form_state *known = &s->known.form[s->form];

	ce_state_set_text(&known->id, id);
	ce_state_set_text(&known->etag, result->etag);
	ce_state_set_text(&known->last_modified, result->last_modified);
	known->checked = now_ms();
	known->max_age = ce_state_freshness(result);
	known->absent = known->broken = 0;
	write_state(s);
}

static int take_shard_index(
	struct ce_source *s, const struct ce_download_result *result, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = copy_path(s, CE_FORM_SHARDS);
	char hex[CE_SHA256_HEX + 1];
	int r = ce_shard_index_parse(ce_buf_str(&s->body), s->body.len, &s->shards, err);

	if (r >= 0)
		r = find_files(s, err);
	if (r < 0)
		return r;
	r = ce_store_write(path, ce_buf_str(&s->body), s->body.len, err);
	if (r < 0)
		return r;
	ce_sha256_bytes(ce_buf_str(&s->body), s->body.len, hex);
	ce_buf_release(&s->body);
	remember(s, hex, result);
	return 0;
}

/* Waits for the indexer, which has all but the last few pieces behind it. */
static int take_repodata(
	struct ce_source *s, const struct ce_download_result *result, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = copy_path(s, s->form);
	int r = 0;

	/* An empty file has no data, but is an index all the same (CEP 36). */
	if (!s->indexer)
		r = on_data(s, "", 0, err);
	if (r < 0)
		return r;
	ce_indexer_end(s->indexer);
	r = ce_indexer_join(s->indexer, err);
	drop_body(s);
	if (r < 0)
		return r;
	r = ce_name_index_open(path, &s->index, err);
	if (r >= 0)
		r = find_files(s, err);
	if (r < 0)
		return r;
	remember(s, ce_name_index_id(s->index), result);
	return 0;
}

static enum ce_verdict on_body(struct ce_source *s, const struct ce_download_result *result)
{
	struct ccenv_error err;
	int r;

	close_copy(s);
	if (s->form == CE_FORM_SHARDS)
		r = take_shard_index(s, result, &err);
	else
		r = take_repodata(s, result, &err);
	if (r == CCENV_EDATA)
		return on_damage(s, result, &err);
	if (r < 0)
		fail(s, &err);
	else
		use_copy(s);
	return CE_TAKEN;
}

/* The copy that is open is still what the server has. */
static void confirm(struct ce_source *s, const struct ce_download_result *result)
{
	struct ce_form_state *known = &s->known.form[s->form];
	struct ce_download_result answer = *result;
	bool changed = known->absent || known->broken;

	s->confirmed = s->form == CE_FORM_SHARDS;
	/* A 304 need not repeat what was said with the copy. */
	if (!answer.last_modified)
		answer.last_modified = known->last_modified;
	known->checked = now_ms();
	known->max_age = ce_state_freshness(&answer);
	known->absent = known->broken = 0;
	if (known->max_age || changed)
		write_state(s);
	use_copy(s);
}

/* The mirror has no such form. */
static enum ce_verdict on_missing(struct ce_source *s, const struct ce_download_result *result)
{
	struct ce_form_state *known = &s->known.form[s->form];

	known->absent = s->local ? 0 : s->began;
	if (!is_last_form(s) || !result->more_places) {
		if (!result->more_places)
			ce_state_set_text(&known->id, NULL);
		ask_from(s, s->form + 1);
		return CE_TAKEN;
	}
	/* It has none at all: the next mirror, from the first form on. */
	s->lacked = s->lacked || !s->damage.code;
	if (s->ctx->only >= 0)
		return CE_MISSING;
	s->place = s->first_place = result->place + 1;
	for (enum ce_form f = 0; f < CE_FORM_COUNT; f++) {
		if (s->known.form[f].absent == s->began)
			s->known.form[f].absent = 0;
	}
	ask_from(s, 0);
	return CE_TAKEN;
}

static enum ce_verdict on_failure(struct ce_source *s, const struct ce_download_result *result)
{
	bool refused = result->status == 401 || result->status == 403;
	/* The server says no, or what it says breaks off or never comes: it may do better with another
	 * file. */
	bool other = result->status >= 400 || (result->code == CCENV_ENET && !result->unreachable);
	struct ccenv_error err;

	ce_fail(&err, result->code, "%s", result->text);
	if (result->code == CCENV_EDATA)
		return on_damage(s, result, &err);
	if (refused && !is_last_form(s)) {
		/* Some servers say "forbidden" for what they do not have. It is remembered when
		 * another form comes. */
		s->known.form[s->form].absent = s->began;
		ask_from(s, s->form + 1);
	} else if (other && !is_last_form(s)) {
		s->broke = s->broke || result->status < 400;
		give_up_form(s, &err);
	} else if (s->lacked) {
		/* A mirror's word that there is none is better than no word from the others: not
		 * all networks reach them. */
		ce_log(s->ctx->events, CCENV_LOG_INFO, "%s", err.text);
		settle(s, CE_SOURCE_ABSENT);
	} else {
		fail(s, &err);
	}
	return CE_TAKEN;
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *result)
{
	struct ce_source *s = user;
	enum ce_verdict verdict = CE_TAKEN;

	s->place = result->place;
	if (result->code < 0)
		verdict = on_failure(s, result);
	else if (result->status == 304 && is_open(s))
		confirm(s, result);
	else if (result->status == 200)
		verdict = on_body(s, result);
	else
		verdict = on_missing(s, result);
	if (s->state != CE_SOURCE_ASKING)
		s->ctx->on_settled(s->ctx->user);
	return verdict;
}

void ce_source_ask(struct ce_source *s)
{
	CE_AUTOFREE char *url = ce_asprintf("%s/%s", s->url, forms[s->form].file);
	const struct ce_form_state *known = &s->known.form[s->form];
	bool have = open_copy(s, s->form), tls = ce_url_has_scheme(s->url, "https");
	struct ccenv_error ignored;
	struct ce_download t = {
		.url = url,
		.max_bytes = forms[s->form].max_bytes,
		.if_none_match = have ? known->etag : NULL,
		.if_modified_since = have ? known->last_modified : NULL,
		.place = s->place,
		.text = s->form == CE_FORM_JSON,
		.parts = s->form == CE_FORM_SHARDS && !have && tls ? s->ctx->parts : 0,
		.missing_ok = true,
		.once = s->broke,
		.user = s,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};

	s->presumed = s->presumed || (s->shards && find_files(s, &ignored) >= 0);
	s->confirmed = false;
	s->state = CE_SOURCE_ASKING;
	ce_downloader_add(s->ctx->downloader, &t);
}

/* ---- second thoughts ---- */

/* What was settled is open again. */
static void reopen(struct ce_source *s)
{
	close_copy(s);
	s->state = CE_SOURCE_LOOKING;
	s->next_name = 0;
	s->hinted = false;
	s->ctx->progress.items_done--;
}

void ce_source_leave_shards(struct ce_source *s, const struct ccenv_error *why)
{
	reopen(s);
	if (s->ctx->only >= 0 || (s->ctx->offline && !s->local)) {
		fail(s, why);
		return;
	}
	ce_log(s->ctx->events, CCENV_LOG_WARNING, "%s; using %s/%s instead", why->text, s->shown,
		forms[CE_FORM_ZST].file);
	s->known.form[CE_FORM_SHARDS].broken = now_ms();
	write_state(s);
	s->damage = *why;
	s->place = s->first_place;
	ask_from(s, CE_FORM_ZST);
}

void ce_source_reload(struct ce_source *s, const struct ccenv_error *why)
{
	struct ccenv_error err = *why;

	reopen(s);
	if (s->ctx->offline && !s->local)
		ce_hint(&err, err.code, "(run once without --offline to fetch it again)");
	if (s->reloaded || (s->ctx->offline && !s->local)) {
		fail(s, &err);
		return;
	}
	ce_log(s->ctx->events, CCENV_LOG_WARNING, "%s; fetching it again", why->text);
	for (enum ce_form f = 0; f < CE_FORM_COUNT; f++) {
		CE_AUTOFREE char *path = copy_path(s, f);
		unlink(path);
	}
	unlink(s->state_path);
	ce_state_release(&s->known);
	s->reloaded = true;
	ask_from(s, 0);
}
