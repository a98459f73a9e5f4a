/* SPDX-License-Identifier: MIT */
/* Locked packages that are handed on; see handed.h. */
#include "api/handed.h"

#include <string.h>

#include "api/locked.h"
#include "api/project.h"
#include "base/error.h"
#include "base/map.h"
#include "fetch/archives.h"
#include "fetch/fetch.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"

void ce_handed_release(struct ce_handed *h)
{
	ce_lockfile_free(h->lock);
	ce_buf_release(&h->text);
	ce_arena_release(&h->arena);
}

/* Marks the URLs of one set of packages. */
static void mark(const struct ce_lockfile_platform *p, struct ce_handed *h, struct ce_map *urls)
{
	if (!ce_strs_has(h->platforms, p->platform))
		h->platforms.items[h->platforms.n++] = p->platform;
	for (size_t k = 0; k < p->n_pkgs; k++)
		ce_map_set(urls, p->pkgs[k]->url, (void *)p->pkgs[k]);
}

/* Is the set asked for? `target` is the one that `of` names, NULL for the machine itself. */
static bool is_asked(const struct ce_lockfile_env *env, const struct ce_lockfile_platform *set,
	const struct ccenv_selection *of, const struct ce_lockfile_target *target)
{
	if (!of->target)
		return !of->platform || set == ce_lockfile_part_find(env, of->platform);
	if (target)
		return set == &target->build || set == &target->host;
	return set == ce_lockfile_platform_find(env, ce_locked_platform(of));
}

/* Those sets of an environment that are asked for; *ret_n counts them. CCENV_ENOTFOUND: it has no such target. */
static int mark_env(const struct ce_lockfile_env *env, const struct ccenv_selection *of,
	struct ce_handed *h, struct ce_map *urls, size_t *ret_n, struct ccenv_error *err)
{
	const struct ce_lockfile_target *target = NULL;
	int r = ce_locked_find_target(env, of, CE_TARGET_TO_LIST, &target, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ce_lockfile_sets(env); i++) {
		const struct ce_lockfile_platform *set = ce_lockfile_set_at(env, i);

		if (!is_asked(env, set, of, target))
			continue;
		mark(set, h, urls);
		(*ret_n)++;
	}
	return 0;
}

static int mark_all(const struct ccenv_selection *of, struct ce_handed *h, struct ce_map *urls,
	size_t *ret_n, struct ccenv_error *err)
{
	size_t room = 1;
	int r = 0;

	for (size_t e = 0; e < h->lock->n_envs; e++)
		room += ce_lockfile_sets(&h->lock->envs[e]);
	h->platforms.items = ce_arena_array(&h->arena, room, sizeof(*h->platforms.items));
	for (size_t e = 0; e < h->lock->n_envs; e++) {
		const struct ce_lockfile_env *env = &h->lock->envs[e];

		if (of->environment && strcmp(of->environment, env->name) != 0)
			continue;
		/* Another environment may have the target. */
		r = mark_env(env, of, h, urls, ret_n, err);
		if (r < 0 && r != CCENV_ENOTFOUND)
			return r;
	}
	return *ret_n ? 0 : r;
}

static int fail_nothing(
	const struct ccenv *c, const struct ccenv_selection *of, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_ENOTFOUND,
		"%s: nothing is locked%s%s%s%s%s; add what is missing to ccenv.json and run `ccenv lock`",
		c->lock_path, of->environment ? " for environment \"" : "",
		of->environment ? of->environment : "", of->environment ? "\"" : "",
		of->platform ? " for " : "", of->platform ? of->platform : "");
}

int ce_handed_select(struct ccenv *c, const struct ccenv_selection *of, struct ce_handed *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map urls = {0};
	size_t n = 0;
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	r = ce_lockfile_read_text(c->lock_path, &ret->text, &ret->lock, err);
	if (r < 0)
		return r;
	if (!ret->lock)
		return ce_project_no_lock(c, err);
	r = mark_all(of, ret, &urls, &n, err);
	if (r < 0)
		return ce_context(err, r, "%s", c->lock_path);
	if (n == 0)
		return fail_nothing(c, of, err);
	ret->pkgs = ce_arena_array(&ret->arena, urls.n + 1, sizeof(*ret->pkgs));
	for (size_t i = 0; i < ret->lock->n_pkgs; i++)
		if (ce_map_get(&urls, ret->lock->pkgs[i].url))
			ret->pkgs[ret->n_pkgs++] = &ret->lock->pkgs[i];
	return 0;
}

int ce_handed_fetch(
	struct ccenv *c, const struct ce_archive_place *places, size_t n, struct ccenv_error *err)
{
	const struct ce_fetch_options o = {
		.offline = c->offline,
		.external_caches = (const char *const *)c->package_caches,
		.n_external_caches = c->n_package_caches,
		.trusted_caches = (const char *const *)c->trusted_caches,
		.n_trusted_caches = c->n_trusted_caches,
		.channels = c->manifest ? c->manifest->channels : NULL,
		.n_channels = c->manifest ? c->manifest->n_channels : 0,
		.getenv_fn = c->getenv_fn,
		.events = &c->events,
	};

	return ce_fetch_archives(places, n, &o, err);
}
