/* SPDX-License-Identifier: MIT */
/* ccenv_setting_change(), ccenv_settings(): channels, platforms and system requirements. */
#include <string.h>

#include "api/edit.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/url.h"
#include "manifest/manifest_edit.h"
#include "model/manifest.h"
#include "spec/channel.h"

static const struct {
	const char *key, *noun;
} kinds[] = {
	[CCENV_SETTING_CHANNEL] = {"channels", "channel"},
	[CCENV_SETTING_PLATFORM] = {"platforms", "platform"},
	[CCENV_SETTING_SYSTEM_REQUIREMENT] = {"system-requirements", "system requirement"},
};

/* NULL if the manifest has no such feature. */
static const struct ce_feature *find_feature(const struct ce_manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n_features; i++)
		if (strcmp(m->features[i].name, name ? name : "default") == 0)
			return &m->features[i];
	return NULL;
}

/* Are both the same channel, in any of the ways to write it? */
static bool is_same_channel(const char *x, const char *y)
{
	const char *a = ce_channel_without_alias(x), *b = ce_channel_without_alias(y);
	size_t n = strlen(a), k = strlen(b);

	while (n > 1 && a[n - 1] == '/')
		n--;
	while (k > 1 && b[k - 1] == '/')
		k--;
	return n == k && memcmp(a, b, n) == 0;
}

/* ---- lists: channels and platforms ---- */

/* The list as it is meant now: what is written, or the default. */
static struct ce_strs current(const struct ce_edit *e, const struct ccenv_setting_options *o)
{
	const struct ce_manifest *m = e->old;
	const struct ce_feature *f = find_feature(m, o->feature);

	if (o->kind == CCENV_SETTING_CHANNEL)
		return (struct ce_strs){m->channels, m->n_channels};
	if (!o->feature)
		return (struct ce_strs){m->platforms, m->n_platforms};
	return f ? (struct ce_strs){f->platforms, f->n_platforms} : (struct ce_strs){0};
}

/* A list in progress: what the text has, as names. */
struct list {
	const char **names;
	size_t n;
};

static size_t find_name(const struct list *list, enum ccenv_setting_kind kind, const char *name)
{
	size_t i = 0;

	while (i < list->n &&
		!(kind == CCENV_SETTING_CHANNEL ? is_same_channel(list->names[i], name)
						: strcmp(list->names[i], name) == 0))
		i++;
	return i;
}

/* Adds a name to the text, after the defaults where those were not written down; false if it is there
 * already. */
static bool add_name(struct ce_edit *e, const struct ccenv_setting_options *o, const char *name,
	struct list *list)
{
	const char *key = kinds[o->kind].key;

	if (find_name(list, o->kind, name) < list->n)
		return false;
	if (!ce_manifest_edit_list_has(&e->text, e->path, key))
		for (size_t i = 0; i < list->n; i++)
			ce_manifest_edit_list_add(&e->text, e->path, key, list->names[i], false);
	ce_manifest_edit_list_add(&e->text, e->path, key, name, o->first);
	list->names[list->n++] = name;
	return true;
}

static int remove_name(struct ce_edit *e, const struct ccenv_setting_options *o, const char *name,
	struct list *list, struct ccenv_error *err)
{
	const char *key = kinds[o->kind].key, *noun = kinds[o->kind].noun;
	CE_AUTOFREE char *shown = ce_url_redact(name);
	size_t i = find_name(list, o->kind, name);

	if (i == list->n)
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no %s \"%s\"%s%s", e->c->manifest_path,
			noun, shown, o->feature ? " in feature " : "",
			o->feature ? o->feature : "");
	if (list->n == 1 && !o->feature)
		return ce_fail(err, CCENV_EUSAGE,
			"\"%s\" is the only %s of %s; add another one first", shown, noun,
			e->c->manifest_path);
	if (!ce_manifest_edit_list_remove(&e->text, e->path, key, i))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s does not name its %s: \"%s\" is the default", e->c->manifest_path, key,
			shown);
	memmove(&list->names[i], &list->names[i + 1], (list->n - i - 1) * sizeof(*list->names));
	list->n--;
	return 0;
}

static int change_list(struct ce_edit *e, const struct ccenv_setting_options *o, bool *ret_changed,
	struct ccenv_error *err)
{
	struct ce_strs now = current(e, o);
	struct list list = {.n = now.n};

	list.names = ce_arena_array(e->arena, now.n + o->n_names, sizeof(*list.names));
	for (size_t i = 0; i < now.n; i++)
		list.names[i] = now.items[i];
	for (size_t i = 0; i < o->n_names; i++) {
		/* Several that go first keep their order. */
		size_t k = o->first ? o->n_names - 1 - i : i;
		int r = 0;

		if (o->remove)
			r = remove_name(e, o, o->names[k], &list, err);
		else if (!add_name(e, o, o->names[k], &list))
			continue;
		if (r < 0)
			return r;
		*ret_changed = true;
	}
	return 0;
}

/* ---- system requirements ---- */

static bool has_requirement(const struct ce_edit *e, const struct ccenv_setting_options *o,
	const char *name, const char *version)
{
	const struct ce_feature *f = find_feature(e->old, o->feature);

	for (size_t i = 0; f && i < f->n_sysreqs; i++) {
		const struct ce_system_requirement *s = &f->sysreqs[i];
		bool same_platform = o->platform
					     ? s->platform && strcmp(s->platform, o->platform) == 0
					     : !s->platform;

		if (same_platform && strcmp(s->name, name) == 0 && strcmp(s->version, version) == 0)
			return true;
	}
	return false;
}

static int change_requirements(struct ce_edit *e, const struct ccenv_setting_options *o,
	bool *ret_changed, struct ccenv_error *err)
{
	for (size_t i = 0; i < o->n_names; i++) {
		const char *text = o->names[i], *equals = strchr(text, '=');
		const char *name =
			equals ? ce_arena_strndup(e->arena, text, (size_t)(equals - text)) : text;

		if (o->remove) {
			if (!ce_manifest_edit_remove(&e->text, e->path, name))
				return ce_fail(err, CCENV_ENOTFOUND,
					"%s has no system requirement \"%s\"%s%s%s%s",
					e->c->manifest_path, name, o->feature ? " in feature " : "",
					o->feature ? o->feature : "", o->platform ? " for " : "",
					o->platform ? o->platform : "");
			*ret_changed = true;
			continue;
		}
		if (!equals)
			return ce_fail(err, CCENV_EUSAGE,
				"%s: a version is missing, as in `cuda 12`", name);
		if (has_requirement(e, o, name, equals + 1))
			continue;
		ce_manifest_edit_set(&e->text, e->path, name, equals + 1);
		*ret_changed = true;
	}
	return 0;
}

/* ---- the calls ---- */

static int check_options(
	const struct ce_edit *e, const struct ccenv_setting_options *o, struct ccenv_error *err)
{
	if (o->remove && o->feature && !find_feature(e->old, o->feature))
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no feature \"%s\"",
			e->c->manifest_path, o->feature);
	if (o->feature && o->kind == CCENV_SETTING_CHANNEL)
		return ce_fail(err, CCENV_EUSAGE, "channels are of the project, not of a feature");
	if (o->platform && o->kind != CCENV_SETTING_SYSTEM_REQUIREMENT)
		return ce_fail(
			err, CCENV_EUSAGE, "%s are the same on all platforms", kinds[o->kind].key);
	return 0;
}

int ccenv_setting_change(struct ccenv *c, const struct ccenv_setting_options *o, bool *ret_changed,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_edit_release) struct ce_edit e = {.c = c, .arena = &a};
	bool is_list = o->kind != CCENV_SETTING_SYSTEM_REQUIREMENT, changed = false;
	int r = ce_edit_begin(&e, err);

	if (r < 0)
		return r;
	e.path = ce_edit_path(&a, o->feature, o->platform, is_list ? NULL : kinds[o->kind].key);
	r = check_options(&e, o, err);
	if (r < 0)
		return r;
	r = is_list ? change_list(&e, o, &changed, err) : change_requirements(&e, o, &changed, err);
	if (r < 0)
		return r;
	if (changed) {
		r = ce_edit_solve(&e, e.old_lock, err);
		if (r < 0)
			return r;
		r = ce_edit_write(&e, err);
		if (r < 0)
			return r;
	}
	*ret_changed = changed;
	return 0;
}

static void add_setting(struct ccenv_settings *list, const char *name, const char *value,
	const char *feature, const char *platform)
{
	CE_AUTOFREE char *shown = ce_url_redact(name);

	list->items[list->n++] = (struct ccenv_setting){
		.name = ce_arena_strdup(list->owner, shown),
		.value = ce_arena_strdup(list->owner, value),
		.feature = ce_arena_strdup(list->owner, feature),
		.platform = ce_arena_strdup(list->owner, platform),
	};
}

static int add_channels(
	const struct ce_manifest *m, struct ccenv_settings *list, struct ccenv_error *err)
{
	const struct ce_channel_base base = {m->dir, m->home};

	for (size_t i = 0; i < m->n_channels; i++) {
		const char *url;
		int r = ce_channel_url(m->channels[i], &base, list->owner, &url, err);
		CE_AUTOFREE char *shown = r < 0 ? NULL : ce_url_redact(url);

		if (r < 0)
			return r;
		add_setting(list, m->channels[i], shown, "default", NULL);
	}
	return 0;
}

static void add_feature(
	const struct ce_feature *f, enum ccenv_setting_kind kind, struct ccenv_settings *list)
{
	for (size_t i = 0; kind == CCENV_SETTING_PLATFORM && i < f->n_platforms; i++)
		add_setting(list, f->platforms[i], NULL, f->name, NULL);
	for (size_t i = 0; kind == CCENV_SETTING_SYSTEM_REQUIREMENT && i < f->n_sysreqs; i++)
		add_setting(list, f->sysreqs[i].name, f->sysreqs[i].version, f->name,
			f->sysreqs[i].platform);
}

static size_t count(const struct ce_manifest *m)
{
	size_t n = m->n_channels + m->n_platforms;

	for (size_t i = 0; i < m->n_features; i++)
		n += m->features[i].n_platforms + m->features[i].n_sysreqs;
	return n;
}

int ccenv_settings(struct ccenv *c, enum ccenv_setting_kind kind, struct ccenv_settings *ret,
	struct ccenv_error *err)
{
	const struct ce_manifest *m = c->manifest;
	struct ccenv_settings list = {0};
	int r = ce_project_need_manifest(c, err);

	if (r < 0)
		return r;
	list.owner = ce_owner_new();
	list.items = ce_arena_array(list.owner, count(m) + 1, sizeof(*list.items));
	if (kind == CCENV_SETTING_CHANNEL)
		r = add_channels(m, &list, err);
	for (size_t i = 0; kind == CCENV_SETTING_PLATFORM && i < m->n_platforms; i++)
		add_setting(&list, m->platforms[i], NULL, "default", NULL);
	for (size_t i = 0; i < m->n_features; i++)
		add_feature(&m->features[i], kind, &list);
	if (r < 0)
		ccenv_settings_free(&list);
	else
		*ret = list;
	return r;
}

void ccenv_settings_free(struct ccenv_settings *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_settings){0};
}
