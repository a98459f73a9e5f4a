/* SPDX-License-Identifier: MIT */
/* Downloads of shards and their cache. */
#include "repodata/shard_fetch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "io/download.h"
#include "repodata/source.h"
#include "repodata/store.h"

enum {
	SHARD_MAX = 16 << 20,
};

static const uint64_t total_max = 1ULL << 30;

/* One shard on its way. */
struct shard {
	struct shard *next, **link; /* in f->shards */
	struct ce_shard_fetch *f;
	char *key;                /* in f->by_name */
	struct ce_source *source; /* NULL: it is of no interest any more */
	const char *name;         /* NULL: only expected so far */
	char hex[CE_SHA256_HEX + 1];
	struct ce_buf body;
};

struct ce_shard_fetch {
	struct ce_shard_fetch_options o;
	struct shard *shards;
	struct ce_map by_name; /* of source and name; NULL where it has come */
	size_t n_wanted;       /* on their way, with a source and a name */
	uint64_t total;        /* bytes of shards that came */
};

struct ce_shard_fetch *ce_shard_fetch_new(const struct ce_shard_fetch_options *o)
{
	struct ce_shard_fetch *f = ce_calloc(1, sizeof(*f));

	f->o = *o;
	return f;
}

static void shard_free(struct shard *h)
{
	*h->link = h->next;
	if (h->next)
		h->next->link = h->link;
	ce_map_set(&h->f->by_name, h->key, NULL);
	ce_buf_release(&h->body);
	free(h->key);
	free(h);
}

void ce_shard_fetch_free(struct ce_shard_fetch *f)
{
	if (!f)
		return;
	for (struct shard *h = f->shards, *next; h; h = next) {
		next = h->next;
		shard_free(h);
	}
	ce_map_release(&f->by_name);
	free(f);
}

static char *shard_path(const struct ce_shard_fetch *f, const char *hex)
{
	return ce_asprintf("%s/%s", f->o.dir, hex);
}

static bool has_hash(const struct ce_buf *body, const char *hex)
{
	char found[CE_SHA256_HEX + 1];

	ce_sha256_bytes(ce_buf_str(body), body->len, found);
	return strcmp(found, hex) == 0;
}

/* A damaged file in the cache is as good as none. */
bool ce_shard_cached(const struct ce_shard_fetch *f, const char *hex, struct ce_buf *ret_shard)
{
	CE_AUTOFREE char *path = shard_path(f, hex);
	struct ccenv_error ignored;

	return ce_fs_read(path, SHARD_MAX, ret_shard, &ignored) >= 0 && has_hash(ret_shard, hex);
}

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct shard *h = user;

	h->f->total += len;
	if (h->f->total > total_max)
		return ce_fail(err, CCENV_EDATA,
			"the shards of the wanted packages are larger than 1 GiB together; check the channels");
	h->f->o.progress->bytes_done += len;
	ce_buf_add(&h->body, data, len);
	return 0;
}

static int on_restart(void *user, struct ccenv_error *err)
{
	struct shard *h = user;

	(void)err;
	ce_buf_clear(&h->body);
	return 0;
}

static int check(
	const struct shard *h, const struct ce_download_result *result, struct ccenv_error *err)
{
	if (result->code == CCENV_ENOTFOUND)
		return ce_fail(err, result->code,
			"%s (the index names a shard that the server does not have: try again later)",
			result->text);
	if (result->code < 0)
		return ce_fail(err, result->code, "%s", result->text);
	if (!has_hash(&h->body, h->hex))
		return ce_fail(
			err, CCENV_EHASH, "%s does not have the sha256 in its name", result->from);
	return 0;
}

/* Hands it on, if it is still wanted. */
static void finish(struct shard *h, const struct ccenv_error *failure)
{
	const struct ce_shard_fetch_options *o = &h->f->o;

	if (!h->source || !h->name)
		return;
	struct ce_source *source = CE_TAKE(h->source); /* it has come, whatever is forgotten now */
	h->f->n_wanted--;
	if (failure)
		o->on_failure(o->user, source, h->name, failure);
	else
		o->on_shard(o->user, source, h->name, &h->body);
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *result)
{
	struct shard *h = user;
	const struct ce_shard_fetch_options *o = &h->f->o;
	CE_AUTOFREE char *path = shard_path(h->f, h->hex);
	struct ccenv_error err, ignored;
	int r = check(h, result, &err);

	if (r < 0 && result->more_places) {
		ce_log(o->events, CCENV_LOG_WARNING, "%s; trying the next mirror", err.text);
		return CE_DAMAGED;
	}
	/* That it cannot be kept is no reason not to use it. */
	if (r >= 0 && ce_store_write(path, ce_buf_str(&h->body), h->body.len, &ignored) < 0)
		ce_log(o->events, CCENV_LOG_INFO, "%s", ignored.text);
	finish(h, r < 0 ? &err : NULL);
	o->progress->items_done++;
	shard_free(h);
	o->on_step(o->user);
	return CE_TAKEN;
}

static char *key_of(const struct ce_source *s, const char *name)
{
	return ce_asprintf("%u %s %s", s->channel_rank, s->subdir, name);
}

static void forget(struct shard *h)
{
	h->f->n_wanted -= h->name != NULL;
	h->source = NULL;
}

/* The one on its way for this name. An index that came in two parts from two mirrors may have named
 * another first: that is not the one. */
static struct shard *find(
	struct ce_shard_fetch *f, const struct ce_source *s, const char *name, const char *hex)
{
	CE_AUTOFREE char *key = key_of(s, name);
	struct shard *h = ce_map_get(&f->by_name, key);

	if (!h || !h->source)
		return NULL;
	if (strcmp(h->hex, hex) == 0)
		return h;
	forget(h);
	return NULL;
}

static struct shard *ask(
	struct ce_shard_fetch *f, struct ce_source *s, const char *name, const char *hex)
{
	CE_AUTOFREE char *url = ce_asprintf("%s/%s.msgpack.zst", s->shards_base_url, hex);
	struct shard *h = ce_calloc(1, sizeof(*h));

	h->next = f->shards;
	h->link = &f->shards;
	if (h->next)
		h->next->link = &h->next;
	f->shards = h;
	h->f = f;
	h->source = s;
	h->key = key_of(s, name);
	ce_map_set(&f->by_name, h->key, h);
	memcpy(h->hex, hex, sizeof(h->hex));
	f->o.progress->items_total++;
	const struct ce_download t = {
		.url = url,
		.max_bytes = SHARD_MAX,
		.place = s->place,
		.user = h,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};
	ce_downloader_add(f->o.downloader, &t);
	return h;
}

bool ce_shard_want(struct ce_shard_fetch *f, struct ce_source *s, const char *name, const char *hex,
	struct ce_buf *ret_shard)
{
	struct shard *h = find(f, s, name, hex);

	if (!h && ce_shard_cached(f, hex, ret_shard))
		return true;
	ce_buf_clear(ret_shard);
	if (!h)
		h = ask(f, s, name, hex);
	f->n_wanted += h->name == NULL;
	h->name = name;
	return false;
}

void ce_shard_expect(
	struct ce_shard_fetch *f, struct ce_source *s, const char *name, const char *hex)
{
	CE_AUTOFREE char *path = shard_path(f, hex);

	if (!ce_fs_exists(path) && !find(f, s, name, hex))
		(void)ask(f, s, name, hex);
}

size_t ce_shard_n_wanted(const struct ce_shard_fetch *f)
{
	return f->n_wanted;
}

void ce_shard_forget(struct ce_shard_fetch *f, const struct ce_source *s)
{
	for (struct shard *h = f->shards; h; h = h->next) {
		if (h->source == s)
			forget(h);
	}
}
