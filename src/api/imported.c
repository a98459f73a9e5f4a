/* SPDX-License-Identifier: MIT */
/* Locks of other programs, completed and checked; see imported.h. */
#include "api/imported.h"

#include <stdlib.h>
#include <string.h>

#include "api/locked.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/strs.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_json.h"
#include "model/repodata.h"
#include "repodata/repodata_sync.h"
#include "spec/name.h"

static void warn_of(struct ccenv *c, const char *path, const char *what, struct ce_buf *lines)
{
	CE_AUTOFREE char *prefix = ce_asprintf("%s: %s", path, what);

	ce_log_lines(&c->events, CCENV_LOG_WARNING, prefix, ce_buf_str(lines));
	ce_buf_clear(lines);
}

/* The file's text; warnings say what has no counterpart. */
static int translate(struct ccenv *c, const char *path, const struct ce_buf *text,
	struct ce_import *im, enum ce_import_kind *ret_kind, struct ccenv_error *err)
{
	int r = ce_import_text(path, ce_buf_str(text), text->len, im, ret_kind, err);

	if (r < 0)
		return r;
	warn_of(c, path, "not taken over", &im->left_out);
	warn_of(c, path,
		"a package is from none of the channels in the list, so this becomes a channel",
		&im->foreign);
	return 0;
}

int ce_imported_read(struct ccenv *c, const char *path, struct ce_import *im,
	enum ce_import_kind *ret_kind, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = ce_fs_read(path, CE_IMPORT_BYTES_MAX, &text, err);

	return r < 0 ? r : translate(c, path, &text, im, ret_kind, err);
}

/* ---- completing ---- */

/* A list of texts without doubles. */
struct names {
	struct ce_map map;
	struct ce_arena arena;
	const char **items;
};

static void names_release(struct names *n)
{
	ce_map_release(&n->map);
	ce_arena_release(&n->arena);
}

static void names_list(struct names *n)
{
	n->items = ce_arena_array(&n->arena, n->map.n + 1, sizeof(*n->items));
	for (size_t i = 0; i < n->map.n; i++)
		n->items[i] = n->map.entries[i].key;
}

static void names_add(struct names *n, const char *text)
{
	if (text)
		(void)ce_map_insert(&n->map, text);
}

/* What to ask the channels for. */
struct wanted {
	struct names channels, platforms, names;
};

static void wanted_release(struct wanted *w)
{
	names_release(&w->channels);
	names_release(&w->platforms);
	names_release(&w->names);
}

static void collect(const json_t *lock, struct wanted *w)
{
	const char *env, *platform;
	json_t *e, *v;
	size_t i;

	json_object_foreach (json_object_get(lock, "environments"), env, e) {
		json_array_foreach (json_object_get(e, "channels"), i, v)
			names_add(&w->channels, json_string_value(v));
		json_object_foreach (json_object_get(e, "platforms"), platform, v)
			names_add(&w->platforms, platform);
	}
	json_array_foreach (json_object_get(lock, "packages"), i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));
		CE_AUTOFREE char *lower = name ? ce_strdup(name) : NULL;

		if (!lower)
			continue;
		ce_name_to_lower(lower);
		if (ce_name_is_valid(lower, strlen(lower)))
			names_add(&w->names, lower);
	}
	names_list(&w->channels);
	names_list(&w->platforms);
	names_list(&w->names);
}

/* Is the index's record the one that the file means? A digest that both have must be the same. */
static bool is_same(const json_t *record, const struct ce_pkg *p)
{
	const char *sha256 = json_string_value(json_object_get(record, "sha256"));
	const char *md5 = json_string_value(json_object_get(record, "md5"));

	if (sha256 && p->sha256)
		return strcasecmp(sha256, p->sha256) == 0;
	return !md5 || (p->md5 && strcasecmp(md5, p->md5) == 0);
}

static void complete_record(struct ccenv *c, json_t *record, const struct ce_pkg *p)
{
	CE_CLEANUP(ce_json_decrefp) json_t *full = ce_pkg_to_json(p);
	CE_AUTOFREE char *usual = ce_asprintf("%s/%s/%s", p->channel, p->subdir, p->fn);

	if (!is_same(record, p)) {
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s: the channel's file of that name is no longer the locked one", p->url);
		return;
	}
	if (strcmp(usual, p->url) != 0)
		json_object_set_new(full, "channel", json_string(p->channel));
	json_object_clear(record);
	json_object_update(record, full);
}

/* Fills in what the index has. Without it the records stay as they are: all but the sha256 can be
 * done without. */
static void complete(struct ccenv *c, struct ce_import *im, const char *path)
{
	CE_CLEANUP(wanted_release) struct wanted w = {0};
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *data = NULL;
	CE_CLEANUP(ce_map_release) struct ce_map by_url = {0};
	struct ccenv_error err;
	size_t missing = 0, i;
	json_t *v;

	collect(im->lock, &w);
	const struct ce_repodata_query q = {
		.channels = w.channels.items,
		.n_channels = w.channels.map.n,
		.platforms = w.platforms.items,
		.n_platforms = w.platforms.map.n,
		.names = w.names.items,
		.n_names = w.names.map.n,
		.cache_dir = c->cache_dir,
		.offline = c->offline,
		.no_depends = true,
		.getenv_fn = c->getenv_fn,
		.events = &c->events,
	};

	if (w.names.map.n == 0)
		return;
	if (ce_repodata_sync(&q, &data, &err) < 0) {
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s: dependencies and sizes stay incomplete: %s", path, err.text);
		return;
	}
	for (i = 0; i < data->n; i++)
		ce_map_set(&by_url, data->pkgs[i].url, &data->pkgs[i]);
	json_array_foreach (json_object_get(im->lock, "packages"), i, v) {
		const char *url = json_string_value(json_object_get(v, "url"));
		const struct ce_pkg *p = url ? ce_map_get(&by_url, url) : NULL;

		if (p)
			complete_record(c, v, p);
		else
			missing++;
	}
	if (missing)
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s: %zu package%s not in the channels' indexes: what the file says of them is all that is known",
			path, missing, missing == 1 ? " is" : "s are");
}

int ce_imported_lock(struct ccenv *c, struct ce_import *im, const char *path,
	struct ce_lockfile **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *text = NULL;
	int r;

	if (im->sparse)
		complete(c, im, path);
	im->sparse = false;
	text = json_dumps(im->lock, JSON_COMPACT);
	if (!text)
		abort();
	r = ce_lockfile_parse(text, strlen(text), ret, err);
	return r < 0 ? ce_context(err, r, "%s", path) : 0;
}

/* ---- without a project ---- */

/* Sorted as a lock of ccenv's is: what it is called by depends on the order. */
static int normalize(
	const struct ce_lockfile *found, struct ce_lockfile **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	size_t room = 0;

	for (size_t e = 0; e < found->n_envs; e++)
		room += found->envs[e].n_platforms;
	plan.items = ce_arena_array(&plan.arena, room + 1, sizeof(*plan.items));
	for (size_t e = 0; e < found->n_envs; e++)
		for (size_t i = 0; i < found->envs[e].n_platforms; i++) {
			int r = ce_lock_plan_add_locked(
				&plan, &found->envs[e], &found->envs[e].platforms[i], err);

			if (r < 0)
				return r;
		}
	return ce_lock_plan_result(&plan, ret, err);
}

static int translate_lock(struct ccenv *c, const struct ce_buf *text, struct ce_lockfile **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_import_release) struct ce_import im = {0};
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *found = NULL;
	enum ce_import_kind kind;
	int r = translate(c, c->lock_path, text, &im, &kind, err);

	if (r < 0)
		return r;
	if (!ce_import_kind_is_lock(kind))
		return ce_fail(err, CCENV_EUSAGE,
			"%s is not a lock: it does not name exact packages; `ccenv import` makes a project of it",
			c->lock_path);
	r = ce_imported_lock(c, &im, c->lock_path, &found, err);
	return r < 0 ? r : normalize(found, ret, err);
}

int ce_imported_platform(struct ccenv *c, const struct ccenv_install_options *o,
	struct ce_buf *text, struct ce_lockfile **ret_lock, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	struct ce_locked part;
	int r = ce_fs_read(c->lock_path, CE_IMPORT_BYTES_MAX, text, err);

	if (r < 0)
		return r;
	if (ce_buf_str(text)[0] == '{')
		r = ce_lockfile_parse(ce_buf_str(text), text->len, &lock, err);
	else
		r = translate_lock(c, text, &lock, err);
	if (r < 0)
		return ce_has_prefix(err->text, c->lock_path)
			       ? r
			       : ce_context(err, r, "%s", c->lock_path);
	r = ce_locked_select(lock, &o->of, NULL, &part, err);
	if (r < 0)
		return ce_context(err, r, "%s", c->lock_path);
	*ret = part.packages;
	*ret_lock = CE_TAKE(lock);
	return 0;
}
