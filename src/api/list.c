/* SPDX-License-Identifier: MIT */
/* ccenv_list(): the packages of a lock; and how packages reach the caller. */
#include <string.h>

#include "api/locked.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/strs.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "spec/channel.h"
#include "spec/name.h"
#include "spec/spec.h"

/* What the first of the specs that begin with the package's name says behind it; NULL: none does. */
static const char *requested_spec(
	const struct ce_pkg *p, const struct ce_strs *specs, struct ce_arena *a)
{
	for (size_t i = 0; i < specs->n; i++) {
		const char *text = specs->items[i], *name;
		size_t n = ce_dependency_name(text, &name);

		if (n != strlen(p->name) || strncasecmp(name, p->name, n) != 0)
			continue;
		text = name + n;
		text += strspn(text, " ");
		return *text ? ce_arena_strdup(a, text) : "*";
	}
	return NULL;
}

static const char *const *copy_texts(const char *const *texts, size_t n, struct ce_arena *a)
{
	const char **copies = ce_arena_array(a, n + 1, sizeof(*copies));

	for (size_t i = 0; i < n; i++)
		copies[i] = ce_arena_strdup(a, texts[i]);
	return copies;
}

static const char *noarch_text(enum ce_noarch noarch)
{
	switch (noarch) {
	case CE_NOARCH_GENERIC:
		return "generic";
	case CE_NOARCH_PYTHON:
		return "python";
	case CE_NOARCH_NONE:
		break;
	}
	return NULL;
}

/* What of a set its packages can depend on. */
struct set {
	struct ce_map at;     /* the index of each, by name */
	struct ce_map groups; /* those that somebody asks for, as "name[group" */
};

static void set_release(struct set *s)
{
	ce_map_release(&s->at);
	ce_map_release(&s->groups);
}

/* To the one of the list that the dependency names, if it does. `to` has room for it. */
static void add_edge(
	struct ccenv_package *p, const char *dependency, const struct ce_map *at, size_t *to)
{
	const char *text;
	size_t n = ce_dependency_name(dependency, &text), k = 0;
	CE_AUTOFREE char *name = ce_strndup(text, n);
	const size_t *index;

	ce_name_to_lower(name);
	index = n ? ce_map_get(at, name) : NULL;
	while (index && k < p->n_depends_on && to[k] != *index)
		k++;
	if (index && k == p->n_depends_on)
		to[p->n_depends_on++] = *index;
}

/* Those of its dependencies, and of its groups. */
static void add_edges(struct ccenv_package *p, const struct ce_pkg *pkg, const struct set *set,
	struct ce_arena *a)
{
	size_t n = pkg->n_depends + 1;
	size_t *to;

	for (size_t i = 0; i < pkg->n_extras; i++)
		n += pkg->extras[i].n_depends;
	to = ce_arena_array(a, n, sizeof(*to));
	for (size_t i = 0; i < pkg->n_depends; i++)
		add_edge(p, pkg->depends[i], &set->at, to);
	for (size_t i = 0; i < pkg->n_extras; i++) {
		const struct ce_pkg_extra *x = &pkg->extras[i];
		CE_AUTOFREE char *key = ce_asprintf("%s[%s", pkg->name, x->group);

		for (size_t d = 0; d < x->n_depends && ce_map_has(&set->groups, key); d++)
			add_edge(p, x->depends[d], &set->at, to);
	}
	p->depends_on = to;
}

/* The groups that a dependency asks for. Few do, and only these are parsed. */
static void note_groups(struct set *set, const char *text)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_spec *spec;
	struct ccenv_error ignored;
	const char *rest, *group;
	size_t n;

	if (!strstr(text, "extras") ||
		ce_spec_parse(text, CE_SPEC_LENIENT, &a, &spec, &ignored) < 0)
		return;
	rest = spec->extras;
	while (ce_next_word(&rest, &group, &n)) {
		CE_AUTOFREE char *key = ce_asprintf("%s[%.*s", spec->name, (int)n, group);

		ce_map_insert(&set->groups, key);
	}
}

static void note_all_groups(
	struct set *set, const struct ce_pkg *const *pkgs, size_t n, struct ce_strs requested)
{
	for (size_t i = 0; i < requested.n; i++)
		note_groups(set, requested.items[i]);
	for (size_t i = 0; i < n; i++) {
		for (size_t d = 0; d < pkgs[i]->n_depends; d++)
			note_groups(set, pkgs[i]->depends[d]);
		for (size_t x = 0; x < pkgs[i]->n_extras; x++)
			for (size_t d = 0; d < pkgs[i]->extras[x].n_depends; d++)
				note_groups(set, pkgs[i]->extras[x].depends[d]);
	}
}

/* Between the packages of one set, which are the last ones of the list. */
static void add_all_edges(struct ccenv_packages *list, size_t first,
	const struct ce_pkg *const *pkgs, struct ce_strs requested)
{
	CE_CLEANUP(set_release) struct set set = {0};
	size_t *numbers = ce_arena_array(list->owner, list->n - first + 1, sizeof(*numbers));

	for (size_t i = first; i < list->n; i++) {
		numbers[i - first] = i;
		ce_map_set(&set.at, list->items[i].name, &numbers[i - first]);
	}
	note_all_groups(&set, pkgs, list->n - first, requested);
	for (size_t i = first; i < list->n; i++)
		add_edges(&list->items[i], pkgs[i - first], &set, list->owner);
}

/* Appends a set; `ret` has room for it. */
static void fill_set(const struct ce_pkg *const *pkgs, size_t n, struct ce_strs requested,
	const char *side, struct ccenv_packages *ret)
{
	struct ce_arena *owner = ret->owner;
	size_t first = ret->n;

	for (size_t i = 0; i < n; i++) {
		const struct ce_pkg *p = pkgs[i];
		const char *spec = requested_spec(p, &requested, owner);

		ret->items[ret->n++] = (struct ccenv_package){
			.name = ce_arena_strdup(owner, p->name),
			.version = ce_arena_strdup(owner, p->version),
			.build = ce_arena_strdup(owner, p->build),
			.subdir = ce_arena_strdup(owner, p->subdir),
			.channel = ce_channel_shown(p->channel, p->url, owner),
			.url = ce_arena_strdup(owner, p->url),
			.sha256 = ce_arena_strdup(owner, p->sha256),
			.license = ce_arena_strdup(owner, p->license),
			.size = p->size,
			.timestamp = p->timestamp,
			.build_number = p->build_number,
			.side = side,
			.requested = spec,
			.requested_spec = spec,
			.depends = copy_texts(p->depends, p->n_depends, owner),
			.n_depends = p->n_depends,
			.constrains = copy_texts(p->constrains, p->n_constrains, owner),
			.n_constrains = p->n_constrains,
			.source = ce_arena_strdup(owner, p->channel),
			.md5 = ce_arena_strdup(owner, p->md5),
			.license_family = ce_arena_strdup(owner, p->license_family),
			.noarch = noarch_text(p->noarch),
		};
	}
	add_all_edges(ret, first, pkgs, requested);
}

static void packages_init(struct ccenv_packages *ret, size_t room)
{
	*ret = (struct ccenv_packages){.owner = ce_owner_new()};
	ret->items = ce_arena_array(ret->owner, room + 1, sizeof(*ret->items));
}

void ce_packages_fill(const struct ce_pkg *const *pkgs, size_t n, struct ce_strs requested,
	struct ccenv_packages *ret)
{
	packages_init(ret, n);
	fill_set(pkgs, n, requested, NULL, ret);
}

void ccenv_packages_free(struct ccenv_packages *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_packages){0};
}

static struct ce_strs specs_of(const struct ce_lockfile_platform *p)
{
	return (struct ce_strs){p->specs, p->n_specs};
}

int ccenv_list(struct ccenv *c, const struct ccenv_selection *of, struct ccenv_packages *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	const struct ce_lockfile_platform *p, *tools;
	struct ce_locked part;
	int r = ce_locked_read(c, of, &lock, &part, err);

	if (r < 0)
		return r;
	p = part.packages;
	if (!part.target) {
		ce_packages_fill(p->pkgs, p->n_pkgs, specs_of(p), ret);
		return 0;
	}
	tools = &part.target->build;
	packages_init(ret, tools->n_pkgs + p->n_pkgs);
	fill_set(tools->pkgs, tools->n_pkgs, specs_of(tools), "build", ret);
	fill_set(p->pkgs, p->n_pkgs, specs_of(p), "host", ret);
	return 0;
}
