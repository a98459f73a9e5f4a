/* SPDX-License-Identifier: MIT */
/* Names reached through depends, and their records. */
#include "repodata/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/event.h"
#include "base/url.h"
#include "model/pkg.h"
#include "model/pkg_read.h"
#include "model/repodata.h"
#include "repodata/name_index.h"
#include "repodata/shards.h"
#include "repodata/source.h"
#include "spec/name.h"

enum {
	NAMES_MAX = 200 * 1000,
	/* Of one solve. conda-forge has some 900,000 for a platform, and no real request reaches a
	 * tenth. */
	RECORDS_MAX = 512 << 10,
};

/* All strings of the records that are reached. */
static const size_t bytes_max = 512 << 20;
static const uint64_t inflated_max = 4ULL << 30;

void ce_walk_init(struct ce_walk *w, const struct ccenv_events *events)
{
	*w = (struct ce_walk){.events = events, .repodata = ce_repodata_new()};
}

void ce_walk_release(struct ce_walk *w)
{
	ce_map_release(&w->names);
	ce_repodata_free(w->repodata);
	w->repodata = NULL;
}

void ce_walk_add_name(struct ce_walk *w, const char *name, size_t len)
{
	char text[129];

	/* "__glibc" and its like are facts about the machine, in no channel. */
	if (len == 0 || len >= sizeof(text) || (len > 2 && name[0] == '_' && name[1] == '_'))
		return;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
	text[len] = '\0';
	if (ce_map_has(&w->names, text) || !ce_name_is_valid(text, len))
		return;
	if (w->names.n < NAMES_MAX)
		ce_map_insert(&w->names, text);
	else if (!w->err.code)
		ce_fail(&w->err, CCENV_EDATA,
			"the wanted packages reach more than %d names; check the channels",
			NAMES_MAX);
}

static void add_names_of(struct ce_walk *w, const char *const *depends, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name;
		size_t len = ce_dependency_name(depends[i], &name);

		ce_walk_add_name(w, name, len);
	}
}

static int keep(struct ce_walk *w, const struct ce_pkg *p)
{
	struct ce_repodata *r = w->repodata;

	if (r->n >= RECORDS_MAX || r->arena.bytes > bytes_max)
		return ce_fail(&w->err, CCENV_EDATA,
			"the wanted packages reach too many records (%zu); check the channels",
			r->n);
	CE_GROW(r->pkgs, r->n, w->cap);
	r->pkgs[r->n++] = *p;
	if (w->stays)
		return 0;
	add_names_of(w, p->depends, p->n_depends);
	for (size_t i = 0; i < p->n_extras; i++)
		add_names_of(w, p->extras[i].depends, p->extras[i].n_depends);
	return 0;
}

/* One name in one source. */
struct lookup {
	struct ce_walk *walk;
	const struct ce_source *source;
	struct ce_pkg_origin origin;
	bool refused;     /* one record was, and is noted */
	bool other_names; /* a file of another name was seen */
	bool own_name;    /* a file of this name was seen */
};

static struct lookup lookup_of(struct ce_walk *w, const struct ce_source *s, const char *name)
{
	struct ce_arena *a = &w->repodata->arena;
	CE_AUTOFREE char *channel = ce_url_strip_credentials(s->channel);

	return (struct lookup){
		.walk = w,
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
	struct ce_walk *w = l->walk;
	struct ce_repodata *r = w->repodata;

	w->n_left_out++;
	ce_log(w->events, CCENV_LOG_DEBUG, "%s: a record is left out: %s", l->source->shown, why);
	if (l->refused)
		return;
	l->refused = true;
	CE_GROW(r->refused, r->n_refused, w->cap_refused);
	r->refused[r->n_refused++] = (struct ce_refused){
		.name = l->origin.name,
		.channel = l->origin.channel,
		.subdir = l->origin.subdir,
		.why = ce_arena_strdup(&r->arena, why),
	};
}

/* Reads the record at the cursor. 1: it is kept; 0: it is no good; <0: the walk is over. */
static int take_record(struct lookup *l, struct ce_cursor *c, const struct ce_shard_file *file)
{
	struct ccenv_error why = {0};
	struct ce_pkg p;

	l->origin.fn = file->fn;
	l->origin.fn_len = file->fn_len;
	l->origin.is_v3 = file->is_v3;
	if (ce_pkg_read(c, &l->origin, &p, &why) < 0) {
		note_refused(l, why.text);
		return 0;
	}
	return keep(l->walk, &p) < 0 ? -1 : 1;
}

static int take_json(void *user, const struct ce_repo_scan_record *rec,
	enum ce_repo_scan_section section, struct ccenv_error *err)
{
	struct lookup *l = user;
	const char *extension = ce_repo_scan_extension(section);
	struct ce_shard_file file = {rec->fn, rec->fn_len, *extension != '\0'};
	CE_AUTOFREE char *fn = NULL;
	struct ce_cursor c;

	if (file.is_v3) {
		file.fn = fn = ce_asprintf("%.*s%s", (int)rec->fn_len, rec->fn, extension);
		file.fn_len = strlen(fn);
	}
	ce_cursor_json(&c, rec->object, rec->object_len, &l->walk->repodata->arena);
	if (take_record(l, &c, &file) >= 0)
		return 0;
	*err = l->walk->err;
	return err->code;
}

static int take_msgpack(
	void *user, struct ce_cursor *c, const struct ce_shard_file *file, struct ccenv_error *err)
{
	struct lookup *l = user;
	struct ce_cursor at = *c;
	size_t n = ce_name_index_fn_name(file->fn, file->fn_len);
	int r = take_record(l, c, file);

	if (r < 0) {
		*err = l->walk->err;
		return err->code;
	}
	if (n == strlen(l->origin.name) && memcmp(file->fn, l->origin.name, n) == 0)
		l->own_name = true;
	else
		l->other_names = true;
	if (r > 0)
		return 0;
	/* The cursor stopped somewhere within. */
	*c = at;
	return c->ops->skip(c) ? 0 : ce_fail(err, CCENV_EDATA, "damaged msgpack: a record");
}

int ce_walk_take_index(
	struct ce_walk *w, const struct ce_source *s, const char *name, struct ccenv_error *err)
{
	struct lookup l = lookup_of(w, s, name);

	return ce_name_index_each(s->index, name, take_json, &l, err);
}

int ce_walk_take_shard(struct ce_walk *w, const struct ce_source *s, const char *name,
	const struct ce_buf *shard, struct ccenv_error *err)
{
	struct lookup l = lookup_of(w, s, name);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = ce_shard_inflate(ce_buf_str(shard), shard->len, &text, err);

	if (r < 0)
		return r;
	w->inflated += text.len;
	if (w->inflated > inflated_max)
		return ce_fail(&w->err, CCENV_EDATA,
			"the shards of the wanted packages inflate to more than 4 GiB; check the channels");
	r = ce_shard_each(&text, &w->repodata->arena, take_msgpack, &l, err);
	if (r < 0)
		return r;
	if (l.other_names && !l.own_name)
		return ce_fail(err, CCENV_EDATA,
			"the shard of %s has the records of another package", name);
	return 0;
}

void ce_walk_drop(struct ce_walk *w, const struct ce_source *s)
{
	CE_AUTOFREE char *channel = ce_url_strip_credentials(s->channel);
	struct ce_repodata *r = w->repodata;
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct ce_pkg *p = &r->pkgs[i];
		if (p->channel_rank != s->channel_rank || strcmp(p->subdir, s->subdir) != 0)
			r->pkgs[n++] = *p;
	}
	r->n = n;
	n = 0;
	for (size_t i = 0; i < r->n_refused; i++) {
		const struct ce_refused *f = &r->refused[i];
		if (strcmp(f->subdir, s->subdir) != 0 || strcmp(f->channel, channel) != 0)
			r->refused[n++] = *f;
	}
	r->n_refused = n;
}
