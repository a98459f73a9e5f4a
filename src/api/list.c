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

static bool is_requested(const struct ce_pkg *p, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], p->name) == 0)
			return true;
	return false;
}

static const char *const *copy_depends(const struct ce_pkg *p, struct ce_arena *a)
{
	const char **texts = ce_arena_array(a, p->n_depends + 1, sizeof(*texts));

	for (size_t i = 0; i < p->n_depends; i++)
		texts[i] = ce_arena_strdup(a, p->depends[i]);
	return texts;
}

/* Those of the list that the dependencies name. `at`: the index of each, by name. */
static void add_edges(struct ccenv_package *p, const struct ce_map *at, struct ce_arena *a)
{
	size_t *to = ce_arena_array(a, p->n_depends + 1, sizeof(*to));

	for (size_t i = 0; i < p->n_depends; i++) {
		const char *text;
		size_t n = ce_dependency_name(p->depends[i], &text), k = 0;
		CE_AUTOFREE char *name = ce_strndup(text, n);
		const size_t *index;

		ce_name_to_lower(name);
		index = n ? ce_map_get(at, name) : NULL;
		while (index && k < p->n_depends_on && to[k] != *index)
			k++;
		if (index && k == p->n_depends_on)
			to[p->n_depends_on++] = *index;
	}
	p->depends_on = to;
}

/* Between the packages of one set, which are the last ones of the list. */
static void add_all_edges(struct ccenv_packages *list, size_t first)
{
	CE_CLEANUP(ce_map_release) struct ce_map at = {0};
	size_t *numbers = ce_arena_array(list->owner, list->n - first + 1, sizeof(*numbers));

	for (size_t i = first; i < list->n; i++) {
		numbers[i - first] = i;
		ce_map_set(&at, list->items[i].name, &numbers[i - first]);
	}
	for (size_t i = first; i < list->n; i++)
		add_edges(&list->items[i], &at, list->owner);
}

/* Appends a set; `ret` has room for it. */
static void fill_set(const struct ce_pkg *const *pkgs, size_t n, struct ce_strs requested,
	const char *side, struct ccenv_packages *ret)
{
	struct ce_arena *owner = ret->owner;
	size_t first = ret->n;

	for (size_t i = 0; i < n; i++) {
		const struct ce_pkg *p = pkgs[i];

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
			.requested = is_requested(p, requested.items, requested.n),
			.depends = copy_depends(p, owner),
			.n_depends = p->n_depends,
		};
	}
	add_all_edges(ret, first);
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

/* The names that the specs begin with. */
static struct ce_strs requested_names(const struct ce_lockfile_platform *p, struct ce_arena *a)
{
	const char **names = ce_arena_array(a, p->n_specs + 1, sizeof(*names));

	for (size_t i = 0; i < p->n_specs; i++) {
		const char *at;
		size_t n = ce_dependency_name(p->specs[i], &at);

		names[i] = n ? ce_arena_strndup(a, at, n) : "";
	}
	return (struct ce_strs){names, p->n_specs};
}

int ccenv_list(struct ccenv *c, const struct ccenv_selection *of, struct ccenv_packages *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_lockfile_platform *p, *tools;
	struct ce_locked part;
	int r = ce_locked_read(c, of, &lock, &part, err);

	if (r < 0)
		return r;
	p = part.packages;
	if (!part.target) {
		ce_packages_fill(p->pkgs, p->n_pkgs, requested_names(p, &a), ret);
		return 0;
	}
	tools = &part.target->build;
	packages_init(ret, tools->n_pkgs + p->n_pkgs);
	fill_set(tools->pkgs, tools->n_pkgs, requested_names(tools, &a), "build", ret);
	fill_set(p->pkgs, p->n_pkgs, requested_names(p, &a), "host", ret);
	return 0;
}
