/* SPDX-License-Identifier: MIT */
/* ccenv_list(): the packages of a lock; and how packages reach the caller. */
#include <string.h>

#include "api/locked.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
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

static void add_all_edges(struct ccenv_packages *list)
{
	CE_CLEANUP(ce_map_release) struct ce_map at = {0};
	size_t *numbers = ce_arena_array(list->owner, list->n + 1, sizeof(*numbers));

	for (size_t i = 0; i < list->n; i++) {
		numbers[i] = i;
		ce_map_set(&at, list->items[i].name, &numbers[i]);
	}
	for (size_t i = 0; i < list->n; i++)
		add_edges(&list->items[i], &at, list->owner);
}

void ce_packages_fill(const struct ce_pkg *const *pkgs, size_t n, const char *const *requested,
	size_t n_requested, struct ccenv_packages *ret)
{
	struct ce_arena *owner = ce_owner_new();

	*ret = (struct ccenv_packages){.owner = owner};
	ret->items = ce_arena_array(owner, n + 1, sizeof(*ret->items));
	for (; ret->n < n; ret->n++) {
		const struct ce_pkg *p = pkgs[ret->n];

		ret->items[ret->n] = (struct ccenv_package){
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
			.requested = is_requested(p, requested, n_requested),
			.depends = copy_depends(p, owner),
			.n_depends = p->n_depends,
		};
	}
	add_all_edges(ret);
}

void ccenv_packages_free(struct ccenv_packages *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_packages){0};
}

/* The names that the specs begin with. */
static void requested_names(
	const struct ce_lockfile_platform *p, struct ce_arena *a, const char ***ret)
{
	const char **names = ce_arena_array(a, p->n_specs + 1, sizeof(*names));

	for (size_t i = 0; i < p->n_specs; i++) {
		const char *at;
		size_t n = ce_dependency_name(p->specs[i], &at);

		names[i] = n ? ce_arena_strndup(a, at, n) : "";
	}
	*ret = names;
}

int ccenv_list(struct ccenv *c, const char *environment, const char *platform,
	struct ccenv_packages *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_lockfile_platform *p;
	const char **names;
	int r = ce_locked_read(c, environment, platform, &lock, &p, err);

	if (r < 0)
		return r;
	requested_names(p, &a, &names);
	ce_packages_fill(p->pkgs, p->n_pkgs, names, p->n_specs, ret);
	return 0;
}
