/* SPDX-License-Identifier: MIT */
/* ccenv_outdated(): what a new lock would take, and what holds packages back. */
#include <assert.h>
#include <string.h>

#include "api/outdated_note.h"
#include "api/plan.h"
#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "spec/spec.h"
#include "spec/version.h"

struct outdated {
	struct ce_arena *a;
	struct ccenv_outdated_package *items;
	size_t n, cap;
	const struct ce_lock_plan_item
		*item; /* of the environment and platform that is looked at */
};

/* The newest version of a name in the channels, as far as the request may see it. */
static const struct ce_pkg *newest(const struct ce_lock_plan_item *item, const char *name)
{
	size_t n;
	const struct ce_pkg *found = NULL, *pkgs = ce_repodata_find(item->repodata, name, &n);

	for (size_t i = 0; i < n; i++) {
		const struct ce_pkg *p = &pkgs[i];

		if (!p->parsed_version)
			continue;
		if (item->request->exclude_newer && ce_pkg_date(p) > item->request->exclude_newer)
			continue;
		if (!found || ce_version_compare(p->parsed_version, found->parsed_version) > 0)
			found = p;
	}
	return found;
}

/* What ccenv.json asks for of the name; NULL if it does not. Several are one text. */
static const char *asked_for(const struct ce_lock_plan_item *item, const char *name,
	const struct ce_pkg *than, struct ce_arena *a, bool *ret_admits)
{
	const char *text = NULL;

	*ret_admits = true;
	for (size_t i = 0; i < item->request->n_specs; i++) {
		const struct ce_spec *s = item->request->specs[i];

		if (strcmp(s->name, name) != 0)
			continue;
		if (than && !ce_spec_matches(s, than))
			*ret_admits = false;
		text = text ? ce_arena_printf(a, "%s, %s", text, s->text)
			    : ce_arena_strdup(a, s->text);
	}
	return text;
}

/* "linux-64"; of a target "grace:host", as `ccenv diff` says. */
static const char *part_name(const struct ce_request *q, struct ce_arena *a)
{
	return q->target ? ce_arena_printf(a, "%s:%s", q->target, ce_side_name(q->side))
			 : ce_arena_strdup(a, q->platform);
}

/* One package: before, and in a new lock; each may be NULL. */
static void add(struct outdated *o, const struct ce_pkg *before, const struct ce_pkg *after)
{
	const char *name, *asked;
	const struct ce_pkg *best;
	bool admits, changed, is_held;

	assert(before || after);
	name = before ? before->name : after->name;
	best = newest(o->item, name);
	asked = asked_for(o->item, name, best, o->a, &admits);
	changed = !before || !after || strcmp(before->url, after->url) != 0;
	is_held = asked && after && best &&
		  ce_version_compare(best->parsed_version, after->parsed_version) > 0;
	if (!changed && !is_held)
		return;
	CE_GROW(o->items, o->n, o->cap);
	o->items[o->n++] = (struct ccenv_outdated_package){
		.environment = ce_arena_strdup(o->a, o->item->request->environment),
		.platform = part_name(o->item->request, o->a),
		.name = ce_arena_strdup(o->a, name),
		.locked = before ? ce_arena_strdup(o->a, before->version) : NULL,
		.locked_build = before ? ce_arena_strdup(o->a, before->build) : NULL,
		.update = after ? ce_arena_strdup(o->a, after->version) : NULL,
		.update_build = after ? ce_arena_strdup(o->a, after->build) : NULL,
		.newest = best ? ce_arena_strdup(o->a, best->version) : NULL,
		.requested = asked,
		.held_by = is_held && !admits ? asked : NULL,
		.changes = changed,
		.is_held = is_held,
	};
}

static void compare(struct outdated *o, const struct ce_lockfile_platform *old)
{
	const struct ce_solution *s = o->item->solution;
	size_t i = 0, k = 0, n = old ? old->n_pkgs : 0;

	while (i < n || k < s->n) {
		const struct ce_pkg *x = i < n ? old->pkgs[i] : NULL;
		const struct ce_pkg *y = k < s->n ? s->pkgs[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);

		add(o, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

int ccenv_outdated(struct ccenv *c, struct ccenv_outdated *ret, struct ccenv_error *err)
{
	static const struct ccenv_lock_options all = {.update_all = true};
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *old = NULL;
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	CE_CLEANUP(ce_outdated_note_release) struct ce_outdated_note note = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct outdated o;
	int r = ce_lock_plan_make(c, &plan, err);

	if (r < 0)
		return r;
	r = ce_lockfile_read_text(c->lock_path, &text, &old, err);
	if (r < 0)
		return r;
	if (!old)
		return ce_project_no_lock(c, err);
	r = ce_trust_check_cache(c, err);
	if (r < 0)
		return r;
	ce_lock_plan_prefer(&plan, old, &all);
	ce_outdated_note_begin(&note, c, &plan, &text);
	plan.held = note.indexes;
	r = ce_lock_plan_solve(c, &plan, err);
	if (r < 0)
		return r;
	if (plan.is_held) {
		*ret = ce_outdated_note_take(&note);
		return 0;
	}
	o = (struct outdated){.a = ce_owner_new()};
	for (size_t i = 0; i < plan.n; i++) {
		const struct ce_request *q = plan.items[i].request;
		const struct ce_lockfile_env *env = ce_lockfile_env_find(old, q->environment);

		o.item = &plan.items[i];
		compare(&o, env ? ce_lockfile_answer_find(env, q) : NULL);
	}
	*ret = (struct ccenv_outdated){.n = o.n, .owner = o.a};
	ret->items = ce_arena_array(o.a, o.n + 1, sizeof(*ret->items));
	for (size_t i = 0; i < o.n; i++)
		ret->items[i] = o.items[i];
	ce_freep(&o.items);
	ce_outdated_note_write(&note, &plan, ret);
	return 0;
}

void ccenv_outdated_free(struct ccenv_outdated *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_outdated){0};
}
