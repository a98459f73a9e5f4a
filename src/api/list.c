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
