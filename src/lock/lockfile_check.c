/* SPDX-License-Identifier: MIT */
/* Is a lock still the answer? Compares what was asked with what is asked, and the packages with
 * each other. */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/strs.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/match.h"
#include "model/pair.h"
#include "model/pkg.h"
#include "model/request.h"
#include "spec/spec.h"

/* Does the lock, which holds no credentials, say what is asked for? One of an older ccenv may. */
static bool says_the_same(const char *locked, const char *wanted)
{
	CE_AUTOFREE char *plain = NULL;

	if (strcmp(locked, wanted) == 0)
		return true;
	plain = ce_url_strip_credentials(wanted);
	return strcmp(locked, plain) == 0;
}

static int check_channels(
	const struct ce_lockfile_env *env, const struct ce_request *r, struct ccenv_error *err)
{
	bool same = env->n_channels == r->n_channels;

	for (size_t i = 0; same && i < r->n_channels; i++)
		same = says_the_same(env->channels[i], r->channels[i]);
	if (!same)
		return ce_fail(err, CCENV_ESTALE, "the channels have changed");
	return 0;
}

/* Both lists are sorted: names the first difference. */
static int check_specs(
	const struct ce_lockfile_platform *p, const struct ce_request *r, struct ccenv_error *err)
{
	size_t i = 0;

	while (i < p->n_specs && i < r->n_specs && says_the_same(p->specs[i], r->specs[i]->text))
		i++;
	if (i == p->n_specs && i == r->n_specs)
		return 0;
	if (i == p->n_specs || (i < r->n_specs && strcmp(r->specs[i]->text, p->specs[i]) < 0))
		return ce_fail(
			err, CCENV_ESTALE, "\"%s\" is asked for but not locked", r->specs[i]->text);
	return ce_fail(err, CCENV_ESTALE, "\"%s\" is locked but no longer asked for", p->specs[i]);
}

static const char *virtual_text(
	const struct ce_virtual *list, size_t n, size_t i, struct ce_arena *a)
{
	return i < n ? ce_arena_printf(a, "%s %s", list[i].name, list[i].version) : "nothing";
}

static int check_virtuals(
	const struct ce_lockfile_platform *p, const struct ce_request *r, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	size_t i = 0;

	for (; i < p->n_virtuals && i < r->n_virtuals; i++) {
		const struct ce_virtual *x = &p->virtuals[i], *y = &r->virtuals[i];

		if (strcmp(x->name, y->name) != 0 || strcmp(x->version, y->version) != 0 ||
			strcmp(x->build, y->build) != 0)
			break;
	}
	if (i == p->n_virtuals && i == r->n_virtuals)
		return 0;
	return ce_fail(err, CCENV_ESTALE,
		"the system requirements have changed (%s was assumed, %s is declared)",
		virtual_text(p->virtuals, p->n_virtuals, i, &a),
		virtual_text(r->virtuals, r->n_virtuals, i, &a));
}

static int fill_members(const struct ce_lockfile_platform *p, struct ce_arena *a,
	struct ce_map *members, struct ccenv_error *err)
{
	struct ce_pkg *virtuals = ce_arena_array(a, p->n_virtuals + 1, sizeof(*virtuals));

	for (size_t i = 0; i < p->n_virtuals; i++) {
		ce_virtual_as_pkg(&p->virtuals[i], a, &virtuals[i]);
		ce_map_set(members, virtuals[i].name, &virtuals[i]);
	}
	for (size_t i = 0; i < p->n_pkgs; i++)
		if (ce_map_set(members, p->pkgs[i]->name, (void *)p->pkgs[i]))
			return ce_fail(err, CCENV_ESTALE, "%s is locked twice", p->pkgs[i]->name);
	return 0;
}

static int check_met(const struct ce_spec *spec, const struct ce_map *members, const char *who,
	struct ccenv_error *err)
{
	const struct ce_pkg *p = ce_map_get(members, spec->name);

	if (p && ce_spec_matches(spec, p))
		return 0;
	if (p)
		return ce_fail(err, CCENV_ESTALE, "%s needs \"%s\", locked is %s %s", who,
			spec->text, p->name, p->version);
	return ce_fail(err, CCENV_ESTALE, "%s needs \"%s\", which is not locked", who, spec->text);
}

/* Unless a condition that does not hold stands before it. */
static int check_needed(const struct ce_spec *spec, const struct ce_map *members, const char *who,
	struct ccenv_error *err)
{
	if (spec->condition && !ce_condition_holds(spec->condition, members))
		return 0;
	return check_met(spec, members, who, err);
}

static bool asks_for(const struct ce_spec *spec, const char *group)
{
	const char *rest = spec->extras, *word;
	size_t n;

	while (ce_next_word(&rest, &word, &n))
		if (n == strlen(group) && memcmp(word, group, n) == 0)
			return true;
	return false;
}

/* What is needed, with the groups that are asked for of a package that is locked. */
static int check_all(const struct ce_spec *spec, const struct ce_map *members, struct ce_arena *a,
	const char *who, struct ccenv_error *err)
{
	const struct ce_pkg *pkg = ce_map_get(members, spec->name);
	int r = check_needed(spec, members, who, err);

	if (r < 0 || !spec->extras || !pkg ||
		(spec->condition && !ce_condition_holds(spec->condition, members)))
		return r;
	for (size_t i = 0; i < pkg->n_extras; i++) {
		const struct ce_pkg_extra *x = &pkg->extras[i];

		for (size_t d = 0; asks_for(spec, x->group) && d < x->n_depends; d++) {
			const struct ce_spec *needed;
			int e = ce_spec_parse(x->depends[d], CE_SPEC_LENIENT, a, &needed, err);

			if (e >= 0)
				e = check_needed(needed, members, pkg->name, err);
			if (e < 0)
				return e;
		}
	}
	return 0;
}

static int check_dependency(const char *text, const struct ce_map *members, struct ce_arena *a,
	const char *who, struct ccenv_error *err)
{
	const struct ce_spec *spec;
	int e = ce_spec_parse(text, CE_SPEC_LENIENT, a, &spec, err);

	return e < 0 ? e : check_all(spec, members, a, who, err);
}

static int check_members(
	const struct ce_lockfile_platform *p, const struct ce_request *r, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map members = {0};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	int e = fill_members(p, &a, &members, err);

	for (size_t i = 0; e >= 0 && i < r->n_specs; i++)
		e = check_all(r->specs[i], &members, &a, "the request", err);
	for (size_t i = 0; e >= 0 && i < p->n_pkgs; i++)
		for (size_t d = 0; e >= 0 && d < p->pkgs[i]->n_depends; d++)
			e = check_dependency(
				p->pkgs[i]->depends[d], &members, &a, p->pkgs[i]->name, err);
	return e;
}

int ce_lockfile_check(const struct ce_lockfile *lock, const struct ce_request *request,
	const char *options, const struct ce_lockfile_platform **ret_platform,
	struct ccenv_error *err)
{
	const struct ce_lockfile_env *env = ce_lockfile_env_find(lock, request->environment);
	const struct ce_lockfile_platform *p = env ? ce_lockfile_answer_find(env, request) : NULL;
	int r;

	if (!env)
		return ce_fail(err, CCENV_ESTALE, "environment \"%s\" is not locked",
			request->environment);
	if (!p && request->target)
		return ce_fail(err, CCENV_ESTALE, "target \"%s\" is not locked for %s (%s)",
			request->target, ce_side_name(request->side), request->platform);
	if (!p)
		return ce_fail(err, CCENV_ESTALE, "platform %s is not locked", request->platform);
	r = check_channels(env, request, err);
	if (r >= 0 && strcmp(env->options, options) != 0)
		r = ce_fail(err, CCENV_ESTALE, "the options have changed (\"%s\", now \"%s\")",
			env->options, options);
	if (r >= 0)
		r = check_virtuals(p, request, err);
	if (r >= 0)
		r = check_specs(p, request, err);
	if (r >= 0)
		r = check_members(p, request, err);
	if (r < 0)
		return r;
	if (ret_platform)
		*ret_platform = p;
	return 0;
}

int ce_lockfile_check_target(const struct ce_lockfile_target *t, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_pair pair = {.build = {t->build.pkgs, t->build.n_pkgs},
		.host = {t->host.pkgs, t->host.n_pkgs},
		.host_platform = t->host.platform};
	struct ce_pair_conflict conflict;
	bool found;
	int r = ce_pair_find_conflict(&pair, &a, &conflict, &found, err);

	if (r < 0 || !found)
		return r;
	return ce_fail(err, CCENV_ESTALE, "target \"%s\": %s", t->name, conflict.why);
}
