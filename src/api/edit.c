/* SPDX-License-Identifier: MIT */
/* ccenv_add(), ccenv_remove(): edits of the manifest that are locked before they are written. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/archs.h"
#include "api/edit.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "lock/lockfile.h"
#include "manifest/manifest_edit.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/request.h"
#include "solve/solve.h"
#include "spec/spec.h"
#include "spec/version.h"

int ce_edit_begin(struct ce_edit *e, const char *feature, const char *platform, const char *key,
	struct ccenv_error *err)
{
	const char **path = ce_arena_array(e->arena, 6, sizeof(*path));
	int r = ce_project_need_manifest(e->c, err);

	if (r < 0)
		return r;
	if (!e->c->manifest_path)
		return ce_fail(err, CCENV_EUSAGE,
			"there is no ccenv.json to edit; `ccenv init` makes one");
	e->path.items = path;
	if (feature) {
		path[e->path.n++] = "features";
		path[e->path.n++] = feature;
	}
	if (platform) {
		path[e->path.n++] = "target";
		path[e->path.n++] = platform;
	}
	if (key)
		path[e->path.n++] = key;
	e->old = e->c->manifest;
	ce_buf_add(&e->text, ce_buf_str(&e->c->manifest_text), e->c->manifest_text.len);
	return ce_lockfile_read(e->c->lock_path, &e->old_lock, err);
}

void ce_edit_release(struct ce_edit *e)
{
	if (e->old && e->c->manifest != e->old) {
		ce_manifest_free(e->c->manifest);
		e->c->manifest = e->old;
	}
	ce_buf_release(&e->text);
	ce_lockfile_free(e->old_lock);
	ce_lockfile_free(e->lock);
}

/* Parses the new text and lets the handle use it. */
static int use_text(struct ce_edit *e, struct ccenv_error *err)
{
	struct ce_manifest *m = NULL;
	int r = ce_manifest_parse(ce_buf_str(&e->text), e->text.len, e->c->manifest_path, &m, err);

	if (r < 0)
		return r;
	assert(e->old); /* an edit begins with a manifest */
	m->home = e->old->home;
	if (e->c->manifest != e->old)
		ce_manifest_free(e->c->manifest);
	e->c->manifest = m;
	return 0;
}

int ce_edit_solve(struct ce_edit *e, const struct ce_lockfile *prefer, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	const struct ccenv_lock_options none = {0};
	struct ce_lockfile *lock = NULL;
	int r = use_text(e, err);

	if (r < 0)
		return r;
	r = ce_lock_plan_make(e->c, &plan, err);
	if (r < 0)
		return r;
	if (prefer)
		ce_lock_plan_prefer(&plan, prefer, &none);
	r = ce_lock_plan_solve(e->c, &plan, err);
	if (r < 0)
		return r;
	r = ce_archs_check_plan(e->c, &plan, err);
	if (r < 0)
		return r;
	r = ce_lock_plan_result(&plan, &lock, err);
	if (r < 0)
		return r;
	ce_lockfile_free(e->lock);
	e->lock = lock;
	return 0;
}

int ce_edit_write(struct ce_edit *e, struct ccenv_error *err)
{
	bool changed;
	int r = ce_fs_replace(e->c->manifest_path, ce_buf_str(&e->text), e->text.len, NULL, err);

	if (r < 0)
		return r;
	return ce_lockfile_write(e->c->lock_path, e->lock, &changed, err);
}

/* ---- what is added ---- */

/* "fmt >=10" and "fmt>=10" are the name fmt and the constraint ">=10"; "fmt" has none. */
static int split_spec(
	const char *text, struct ce_arena *a, struct ccenv_dependency *ret, struct ccenv_error *err)
{
	const struct ce_spec *spec;
	int r = ce_spec_parse(text, CE_SPEC_STRICT, a, &spec, err);
	const char *rest;

	if (r < 0)
		return err->code = CCENV_EUSAGE;
	if (spec->channel || spec->url || spec->subdir)
		return ce_fail(err, CCENV_EUSAGE,
			"%s: a dependency has no channel or URL of its own here; add the channel to \"channels\", or write the dependency as an object into ccenv.json",
			text);
	rest = text + strspn(text, " \t");
	rest += strlen(spec->name);
	rest += strspn(rest, " \t");
	*ret = (struct ccenv_dependency){spec->name, *rest ? ce_arena_strdup(a, rest) : NULL};
	return 0;
}

/* The lowest version that was solved for the name, where it was asked for; NULL if nowhere. */
static const char *lowest_version(const struct ce_edit *e, const char *platform, const char *name)
{
	const struct ce_pkg *lowest = NULL;

	for (size_t i = 0; i < e->lock->n_envs; i++)
		for (size_t k = 0; k < ce_lockfile_sets(&e->lock->envs[i]); k++) {
			const struct ce_lockfile_platform *p =
				ce_lockfile_set_at(&e->lock->envs[i], k);

			if (platform && strcmp(platform, p->platform) != 0)
				continue;
			for (size_t n = 0; n < p->n_pkgs; n++)
				if (strcmp(p->pkgs[n]->name, name) == 0 &&
					(!lowest || ce_version_compare(p->pkgs[n]->parsed_version,
							    lowest->parsed_version) < 0))
					lowest = p->pkgs[n];
		}
	return lowest ? lowest->version : NULL;
}

/* ">=2.8.0,<3"; below 1.0, where minor releases break things, ">=0.3.1,<0.4". Without a number in
 * front there is no next one. */
static const char *bound(const char *version, struct ce_arena *a)
{
	char *end;
	unsigned long long major, minor = 0;
	bool zero;

	if (!isdigit((unsigned char)version[0]) || strchr(version, '!'))
		return ce_arena_printf(a, ">=%s", version);
	major = strtoull(version, &end, 10);
	zero = major == 0 && end[0] == '.' && isdigit((unsigned char)end[1]);
	if (zero)
		minor = strtoull(end + 1, &end, 10);
	if (*end && *end != '.')
		return ce_arena_printf(a, ">=%s", version);
	if (zero)
		return ce_arena_printf(a, ">=%s,<0.%llu", version, minor + 1);
	return ce_arena_printf(a, ">=%s,<%llu", version, major + 1);
}

/* Those without a constraint get one from the solution; returns how many. */
static size_t add_bounds(struct ce_edit *e, const char *platform, struct ccenv_dependencies *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct ccenv_dependency *d = &list->items[i];
		const char *version = d->constraint ? NULL : lowest_version(e, platform, d->name);

		if (!d->constraint)
			d->constraint = version ? bound(version, e->arena) : "*";
		if (!version)
			continue;
		ce_manifest_edit_set(&e->text, e->path, d->name, d->constraint);
		n++;
	}
	return n;
}

static bool is_used(const struct ce_manifest *m, const char *feature)
{
	for (size_t i = 0; i < m->n_environments; i++)
		for (size_t k = 0; k < m->environments[i].n_features; k++)
			if (strcmp(m->environments[i].features[k]->name, feature) == 0)
				return true;
	return false;
}

/* What was added to a feature that no environment has is neither locked nor installed. */
static void warn_unused(const struct ce_edit *e, const char *feature)
{
	if (feature && !is_used(e->c->manifest, feature))
		ce_log(&e->c->events, CCENV_LOG_WARNING,
			"no environment of %s has the feature \"%s\", so nothing of it is locked: add it to one, as in \"environments\": {\"%s\": [\"%s\"]}",
			e->c->manifest_path, feature, feature, feature);
}

static int add_all(struct ce_edit *e, const struct ccenv_edit_options *o,
	struct ccenv_dependencies *list, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *first = NULL;
	int r = ce_edit_begin(e, o->feature, o->platform, "dependencies", err);

	if (r < 0)
		return r;
	for (; list->n < o->n_specs; list->n++) {
		struct ccenv_dependency *d = &list->items[list->n];

		r = split_spec(o->specs[list->n], e->arena, d, err);
		if (r < 0)
			return r;
		ce_manifest_edit_set(
			&e->text, e->path, d->name, d->constraint ? d->constraint : "*");
	}
	r = ce_edit_solve(e, e->old_lock, err);
	if (r < 0)
		return r;
	if (add_bounds(e, o->platform, list) > 0) {
		const struct ccenv_events events = e->c->events;

		/* The same packages again, of which the bounds were made: nothing to report. */
		first = CE_TAKE(e->lock);
		e->c->events = (struct ccenv_events){0};
		r = ce_edit_solve(e, first, err);
		e->c->events = events;
		if (r < 0)
			return r;
	}
	r = ce_edit_write(e, err);
	if (r == 0)
		warn_unused(e, o->feature);
	return r;
}

int ccenv_add(struct ccenv *c, const struct ccenv_edit_options *o, struct ccenv_dependencies *ret,
	struct ccenv_error *err)
{
	struct ccenv_dependencies list = {.owner = ce_owner_new()};
	CE_CLEANUP(ce_edit_release) struct ce_edit e = {.c = c, .arena = list.owner};
	int r;

	list.items = ce_arena_array(list.owner, o->n_specs + 1, sizeof(*list.items));
	r = add_all(&e, o, &list, err);
	if (r < 0)
		ccenv_dependencies_free(&list);
	else
		*ret = list;
	return r;
}

void ccenv_dependencies_free(struct ccenv_dependencies *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_dependencies){0};
}

/* ---- what is removed ---- */

int ccenv_remove(struct ccenv *c, const struct ccenv_edit_options *o, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_edit_release) struct ce_edit e = {.c = c, .arena = &a};
	int r = ce_edit_begin(&e, o->feature, o->platform, "dependencies", err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < o->n_specs; i++)
		if (!ce_manifest_edit_remove(&e.text, e.path, o->specs[i]))
			return ce_fail(err, CCENV_ENOTFOUND, "%s has no dependency \"%s\"%s%s%s%s",
				c->manifest_path, o->specs[i], o->feature ? " in feature " : "",
				o->feature ? o->feature : "", o->platform ? " for " : "",
				o->platform ? o->platform : "");
	r = ce_edit_solve(&e, e.old_lock, err);
	if (r < 0)
		return r;
	return ce_edit_write(&e, err);
}
