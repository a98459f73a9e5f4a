/* SPDX-License-Identifier: MIT */
/* ccenv_add(), ccenv_remove(): the dependencies of the manifest. */
#include <string.h>

#include "api/edit.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/edit.h"
#include "base/error.h"
#include "base/event.h"
#include "base/json.h"
#include "manifest/manifest_edit.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/target_name.h"
#include "spec/pinning.h"
#include "spec/spec.h"
#include "spec/version.h"

/* ---- where ---- */

/* The objects of the text that an edit is about: that of the project, of a feature or of a target, or one
 * for each platform. */
struct places {
	struct ce_strs *paths;
	size_t n;
	const char *target; /* its own name, or NULL */
	enum ce_side side;  /* of it */
};

static int find_target(const struct ce_manifest *m, const char *wanted, struct ce_arena *a,
	const char **ret, struct ccenv_error *err)
{
	struct ce_target_id *items = ce_arena_array(a, m->n_targets + 1, sizeof(*items));
	const struct ce_target_ids ids = {items, m->n_targets};
	size_t index;
	int r;

	for (size_t i = 0; i < m->n_targets; i++) {
		const struct ce_target *t = &m->targets[i];

		items[i] = (struct ce_target_id){t->name, t->build, t->host, t->arm_variant};
	}
	r = ce_target_select(&ids, wanted, "", CE_TARGET_TO_LIST, &index, err);
	if (r < 0)
		return ce_context(err, r, "%s", m->path);
	*ret = items[index].name;
	return 0;
}

/* "grace", "grace:host" or "grace:build": the place of its dependencies, which the one of tools has apart. */
static int find_side(
	const struct ce_edit *e, const char *wanted, struct places *ret, struct ccenv_error *err)
{
	const char *colon = strchr(wanted, ':'), *side = colon ? colon + 1 : "host";
	const char *name =
		colon ? ce_arena_strndup(e->arena, wanted, (size_t)(colon - wanted)) : wanted;
	int r;

	if (strcmp(side, ce_side_name(CE_SIDE_BUILD)) == 0)
		ret->side = CE_SIDE_BUILD;
	else if (strcmp(side, ce_side_name(CE_SIDE_HOST)) == 0)
		ret->side = CE_SIDE_HOST;
	else
		return ce_fail(err, CCENV_EUSAGE,
			"\"%s\": the sides of a target are \"build\" and \"host\"", wanted);
	r = find_target(e->old, name, e->arena, &ret->target, err);
	if (r < 0)
		return r;
	ret->paths[0] = (struct ce_strs){ce_arena_array(e->arena, 3, sizeof(name)), 3};
	ret->paths[0].items[0] = "targets";
	ret->paths[0].items[1] = ret->target;
	ret->paths[0].items[2] = ret->side == CE_SIDE_BUILD ? "build-dependencies" : "dependencies";
	return 0;
}

static int find_places(const struct ce_edit *e, const struct ccenv_edit_options *o,
	struct places *ret, struct ccenv_error *err)
{
	const char *key = "dependencies";
	size_t n = o->n_platforms ? o->n_platforms : 1;

	if (o->target && (o->feature || o->n_platforms))
		return ce_fail(err, CCENV_EUSAGE,
			"a target has dependencies of its own: leave out %s",
			o->feature ? "--feature" : "--platform");
	*ret = (struct places){.paths = ce_arena_array(e->arena, n, sizeof(*ret->paths)), .n = n};
	for (size_t i = 0; i < n; i++)
		ret->paths[i] = ce_edit_path(
			e->arena, o->feature, o->n_platforms ? o->platforms[i] : NULL, key);
	return o->target ? find_side(e, o->target, ret, err) : 0;
}

/* Does the manifest build for the platform, natively or as a side of a target? */
static bool has_platform(const struct ce_manifest *m, const char *platform)
{
	for (size_t i = 0; i < m->n_targets; i++)
		if (strcmp(m->targets[i].build, platform) == 0 ||
			strcmp(m->targets[i].host, platform) == 0)
			return true;
	return ce_strs_has((struct ce_strs){m->platforms, m->n_platforms}, platform);
}

/* Adds the platforms that the manifest does not have, as pixi does: what is asked for on a platform that
 * nothing is locked for would have no effect. */
static void add_platforms(
	struct ce_edit *e, const struct ccenv_edit_options *o, struct ccenv_dependencies *list)
{
	const struct ce_strs top = {0};
	const char *key = "platforms";

	list->platforms = ce_arena_array(list->owner, o->n_platforms + 1, sizeof(key));
	for (size_t i = 0; i < o->n_platforms; i++) {
		const struct ce_strs added = {list->platforms, list->n_platforms};

		if (has_platform(e->old, o->platforms[i]) || ce_strs_has(added, o->platforms[i]))
			continue;
		/* The default counts no more once the list is written. */
		for (size_t k = 0;
			!ce_manifest_edit_list_has(&e->text, top, key) && k < e->old->n_platforms;
			k++)
			ce_manifest_edit_list_add(&e->text, top, key, e->old->platforms[k], false);
		ce_manifest_edit_list_add(&e->text, top, key, o->platforms[i], false);
		list->platforms[list->n_platforms++] =
			ce_arena_strdup(list->owner, o->platforms[i]);
	}
}

/* ---- what is added ---- */

/* A spec of the command line. What it says is written as a text behind the name, or as members of an
 * object. */
struct wanted {
	const struct ce_spec *spec;
	const char *text; /* behind the name, as it was written; NULL if nothing */
	bool object;      /* it says more than a text can */
};

static int parse_spec(
	const char *text, struct ce_arena *a, struct wanted *ret, struct ccenv_error *err)
{
	const struct ce_spec *spec;
	int r = ce_spec_parse(text, CE_SPEC_STRICT, a, &spec, err);
	const char *rest;

	if (r < 0)
		return err->code = CCENV_EUSAGE;
	if (spec->url || spec->fn)
		return ce_fail(err, CCENV_EUSAGE,
			"%s: a dependency is a package of a channel, not a file: add the channel with `ccenv channel add`",
			text);
	*ret = (struct wanted){.spec = spec, .object = spec->channel || strchr(text, '[')};
	if (ret->object)
		return 0;
	rest = text + strspn(text, " \t");
	rest += strlen(spec->name);
	rest += strspn(rest, " \t");
	ret->text = *rest ? ce_arena_strdup(a, rest) : NULL;
	return 0;
}

static const char *build_number_text(const struct ce_spec *s, struct ce_arena *a)
{
	static const char *const operators[] = {[CE_COMPARE_EQ] = "",
		[CE_COMPARE_NE] = "!=",
		[CE_COMPARE_LT] = "<",
		[CE_COMPARE_LE] = "<=",
		[CE_COMPARE_GT] = ">",
		[CE_COMPARE_GE] = ">="};

	if (s->build_number_op == CE_COMPARE_ANY)
		return NULL;
	return ce_arena_printf(
		a, "%s%llu", operators[s->build_number_op], (unsigned long long)s->build_number);
}

static struct ce_strs path_to(struct ce_strs path, const char *name, struct ce_arena *a)
{
	struct ce_strs ret = {ce_arena_array(a, path.n + 1, sizeof(*ret.items)), path.n + 1};

	for (size_t i = 0; i < path.n; i++)
		ret.items[i] = path.items[i];
	ret.items[path.n] = name;
	return ret;
}

/* "a, b" as a list. */
static void set_list(struct ce_edit *e, struct ce_strs path, const char *key, const char *words)
{
	CE_CLEANUP(ce_json_decrefp) json_t *list = ce_json_of_words(words);
	CE_AUTOFREE char *text = json_dumps(list, 0);

	ce_manifest_edit_set_json(&e->text, path, key, text);
}

/* Sets the members that the spec says something about; others of the object stay. */
static void set_members(struct ce_edit *e, const struct ce_spec *s)
{
	const struct ce_strs path = path_to(e->path, s->name, e->arena);
	const struct {
		const char *key, *value;
	} members[] = {
		{"version", s->version_text},
		{"build", s->build},
		{"build-number", build_number_text(s, e->arena)},
		{"channel", s->channel},
		{"subdir", s->subdir},
		{"md5", s->md5},
		{"sha256", s->sha256},
		{"license", s->license},
		{"track-features", s->track_features},
		{"when", s->when},
	};
	const struct {
		const char *key, *words;
	} lists[] = {{"extras", s->extras}, {"flags", s->flags}};

	for (size_t i = 0; i < CE_COUNT(members); i++)
		if (members[i].value)
			ce_manifest_edit_set(&e->text, path, members[i].key, members[i].value);
	for (size_t i = 0; i < CE_COUNT(lists); i++)
		if (lists[i].words)
			set_list(e, path, lists[i].key, lists[i].words);
}

/* The version that a value of the text asks for; NULL if none. `value` may be NULL. */
static const char *version_of(const char *value, struct ce_arena *a)
{
	CE_CLEANUP(ce_json_decrefp)
	json_t *v = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
	const char *text = json_string_value(json_is_object(v) ? json_object_get(v, "version") : v);

	return text && *text ? ce_arena_strdup(a, text) : NULL;
}

/* Makes an object of a dependency that is a text: "1.* h0" is its version and its build. */
static int make_object(
	struct ce_edit *e, const char *name, const char *old, struct ccenv_error *err)
{
	const char *constraint = version_of(old, e->arena);
	const char *text = ce_arena_printf(e->arena, "%s %s", name, constraint ? constraint : "*");
	const struct ce_spec *spec;
	int r = ce_spec_parse(text, CE_SPEC_STRICT, e->arena, &spec, err);

	if (r < 0)
		return r;
	ce_manifest_edit_set_json(&e->text, e->path, name, "{}");
	set_members(e, spec);
	return 0;
}

/* Writes one spec at one place. *ret_constraint is what is there now, and NULL where a bound is still
 * missing; *ret_kept: the place had it and nothing changed. */
static int write_spec(struct ce_edit *e, const struct wanted *w, const char **ret_constraint,
	bool *ret_kept, struct ccenv_error *err)
{
	const char *name = w->spec->name;
	CE_AUTOFREE char *old = ce_manifest_edit_get(&e->text, e->path, name);
	CE_AUTOFREE char *now = NULL;
	int r;

	*ret_kept = old && !w->text && !w->object;
	if (*ret_kept) {
		const char *version = version_of(old, e->arena);

		*ret_constraint = version ? version : "*";
		return 0;
	}
	if (!w->object && !(old && *old == '{')) {
		ce_manifest_edit_set(&e->text, e->path, name, w->text ? w->text : "*");
		*ret_constraint = w->text;
		return 0;
	}
	if (old && *old != '{') {
		r = make_object(e, name, old, err);
		if (r < 0)
			return r;
	}
	set_members(e, w->spec);
	now = ce_manifest_edit_get(&e->text, e->path, name);
	*ret_constraint = version_of(now, e->arena);
	return 0;
}

/* The lowest and the highest version that were solved for the name, where it was asked for; false if
 * nowhere. */
static bool find_versions(const struct ce_edit *e, const struct ccenv_edit_options *o,
	const struct places *at, const char *name, const struct ce_pkg *ret[2])
{
	const struct ce_strs platforms = {(const char **)o->platforms, o->n_platforms};

	ret[0] = ret[1] = NULL;
	for (size_t i = 0; i < e->lock->n_envs; i++)
		for (size_t k = 0; k < ce_lockfile_sets(&e->lock->envs[i]); k++) {
			const struct ce_lockfile_env *env = &e->lock->envs[i];
			const struct ce_lockfile_platform *p = ce_lockfile_set_at(env, k);
			const struct ce_lockfile_target *t =
				at->target ? ce_lockfile_target_find(env, at->target) : NULL;
			const struct ce_lockfile_platform *side = !t ? NULL
								  : at->side == CE_SIDE_BUILD
									  ? &t->build
									  : &t->host;
			const struct ce_pkg *pkg = ce_lockfile_pkg_find(p, name);

			if (!pkg || (platforms.n && !ce_strs_has(platforms, p->platform)) ||
				(at->target && p != side))
				continue;
			if (!ret[0] ||
				ce_version_compare(pkg->parsed_version, ret[0]->parsed_version) < 0)
				ret[0] = pkg;
			if (!ret[1] ||
				ce_version_compare(pkg->parsed_version, ret[1]->parsed_version) > 0)
				ret[1] = pkg;
		}
	return ret[0] != NULL;
}

/* What an edit adds, and where. `open` has, for each spec and place, whether a bound is missing. */
struct addition {
	const struct ccenv_edit_options *o;
	struct places at;
	struct wanted *wanted;
	bool *open;
	struct ccenv_dependencies *list;
};

static int write_specs(struct ce_edit *e, struct addition *add, size_t i, struct ccenv_error *err)
{
	struct ccenv_dependency *d = &add->list->items[i];

	*d = (struct ccenv_dependency){.name = add->wanted[i].spec->name, .kept = true};
	for (size_t k = 0; k < add->at.n; k++) {
		const char *constraint;
		bool kept;
		int r;

		e->path = add->at.paths[k];
		r = write_spec(e, &add->wanted[i], &constraint, &kept, err);
		if (r < 0)
			return r;
		add->open[i * add->at.n + k] = constraint == NULL;
		if (!d->constraint || d->kept)
			d->constraint = constraint;
		d->kept = d->kept && kept;
	}
	return 0;
}

static void write_bound(struct ce_edit *e, const struct addition *add, size_t i)
{
	struct ccenv_dependency *d = &add->list->items[i];

	for (size_t k = 0; k < add->at.n; k++) {
		const struct ce_strs path = add->at.paths[k];

		if (!add->open[i * add->at.n + k])
			continue;
		if (add->wanted[i].object)
			ce_manifest_edit_set(&e->text, path_to(path, d->name, e->arena), "version",
				d->constraint);
		else
			ce_manifest_edit_set(&e->text, path, d->name, d->constraint);
	}
}

/* Those without a version get one from the solution; returns how many. */
static size_t add_bounds(struct ce_edit *e, const struct addition *add)
{
	size_t n = 0;

	for (size_t i = 0; i < add->list->n; i++) {
		struct ccenv_dependency *d = &add->list->items[i];
		const struct ce_pkg *found[2];

		if (d->constraint)
			continue;
		d->constraint = "*";
		if (!find_versions(e, add->o, &add->at, d->name, found))
			continue;
		d->constraint = ce_pinning(d->name, found[0]->version, found[1]->version, e->arena);
		write_bound(e, add, i);
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

/* Solves, and once more with the bounds that come of it. */
static int solve(struct ce_edit *e, const struct addition *add, struct ccenv_error *err)
{
	const struct ccenv_events events = e->c->events;
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *first = NULL;
	int r = ce_edit_solve(e, e->old_lock, err);

	if (r < 0 || add_bounds(e, add) == 0)
		return r;
	/* The same packages again, of which the bounds were made: nothing to report. */
	first = CE_TAKE(e->lock);
	e->c->events = (struct ccenv_events){0};
	r = ce_edit_solve(e, first, err);
	e->c->events = events;
	return r;
}

static int write_all(struct ce_edit *e, struct addition *add, struct ccenv_error *err)
{
	const struct ccenv_edit_options *o = add->o;
	int r = find_places(e, o, &add->at, err);

	if (r < 0)
		return r;
	if (add->at.target)
		ce_manifest_edit_open_target(&e->text, add->at.target);
	add->wanted = ce_arena_array(e->arena, o->n_specs + 1, sizeof(*add->wanted));
	add->open = ce_arena_array(e->arena, o->n_specs * add->at.n + 1, sizeof(*add->open));
	for (size_t i = 0; i < o->n_specs; i++) {
		r = parse_spec(o->specs[i], e->arena, &add->wanted[i], err);
		if (r >= 0)
			r = write_specs(e, add, i, err);
		if (r < 0)
			return r;
		add->list->n++;
	}
	add_platforms(e, o, add->list);
	return 0;
}

static int add_all(struct ce_edit *e, struct addition *add, struct ccenv_error *err)
{
	int r = ce_edit_begin(e, err);

	if (r < 0)
		return r;
	r = write_all(e, add, err);
	if (r < 0)
		return r;
	r = solve(e, add, err);
	if (r < 0)
		return r;
	r = ce_edit_write(e, err);
	if (r == 0)
		warn_unused(e, add->o->feature);
	return r;
}

int ccenv_add(struct ccenv *c, const struct ccenv_edit_options *o, struct ccenv_dependencies *ret,
	struct ccenv_error *err)
{
	struct ccenv_dependencies list = {.owner = ce_owner_new()};
	CE_CLEANUP(ce_edit_release) struct ce_edit e = {.c = c, .arena = list.owner};
	struct addition add = {.o = o, .list = &list};
	int r;

	list.items = ce_arena_array(list.owner, o->n_specs + 1, sizeof(*list.items));
	r = add_all(&e, &add, err);
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

/* The dependency that was likely meant; NULL for none. */
static const char *nearest(const struct ce_manifest *m, const char *name)
{
	const char *found = NULL;
	size_t least = 3;

	for (size_t i = 0; i < m->n_features; i++)
		for (size_t k = 0; k < m->features[i].n_deps; k++) {
			const char *other = m->features[i].deps[k].spec->name;
			size_t distance = ce_edit_distance(other, name);

			if (distance < least) {
				least = distance;
				found = other;
			}
		}
	return found;
}

/* Where else the dependency is: options that lead there, or NULL. */
static const char *elsewhere(const struct ce_manifest *m, const char *name, struct ce_arena *a)
{
	for (size_t i = 0; i < m->n_features; i++)
		for (size_t k = 0; k < m->features[i].n_deps; k++) {
			const struct ce_feature *f = &m->features[i];
			const char *platform = f->deps[k].platform;
			bool top = strcmp(f->name, "default") == 0;

			if (strcmp(f->deps[k].spec->name, name) != 0)
				continue;
			return ce_arena_printf(a, "ccenv remove%s%s%s%s %s",
				top ? "" : " --feature ", top ? "" : f->name,
				platform ? " --platform " : "", platform ? platform : "", name);
		}
	return NULL;
}

static int fail_absent(const struct ce_edit *e, const struct ccenv_edit_options *o, size_t place,
	const char *name, struct ccenv_error *err)
{
	const char *where = elsewhere(e->old, name, e->arena);
	const char *other = where ? NULL : nearest(e->old, name);
	const char *platform = o->n_platforms ? o->platforms[place] : NULL;
	int r = ce_fail(err, CCENV_ENOTFOUND, "%s has no dependency \"%s\"%s%s%s%s%s%s",
		e->c->manifest_path, name, o->feature ? " in feature " : "",
		o->feature ? o->feature : "", platform ? " for " : "", platform ? platform : "",
		o->target ? " in target " : "", o->target ? o->target : "");

	if (where)
		return ce_hint(err, r, "(it is listed elsewhere: `%s`)", where);
	return other ? ce_hint(err, r, "(did you mean \"%s\"?)", other) : r;
}

static int remove_all(
	struct ce_edit *e, const struct ccenv_edit_options *o, struct ccenv_error *err)
{
	struct places at = {0};
	int r = find_places(e, o, &at, err);

	if (r < 0)
		return r;
	if (at.target)
		ce_manifest_edit_open_target(&e->text, at.target);
	for (size_t i = 0; i < o->n_specs; i++)
		for (size_t k = 0; k < at.n; k++)
			if (!ce_manifest_edit_remove(&e->text, at.paths[k], o->specs[i]))
				return fail_absent(e, o, k, o->specs[i], err);
	r = ce_edit_solve(e, e->old_lock, err);
	return r < 0 ? r : ce_edit_write(e, err);
}

int ccenv_remove(struct ccenv *c, const struct ccenv_edit_options *o, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_edit_release) struct ce_edit e = {.c = c, .arena = &a};
	int r = ce_edit_begin(&e, err);

	return r < 0 ? r : remove_all(&e, o, err);
}
