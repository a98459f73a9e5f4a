/* SPDX-License-Identifier: MIT */
/* Locked packages that are handed on; see handed.h. */
#include "api/handed.h"

#include <string.h>

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

static bool is_asked(const char *asked, const char *name)
{
	return !asked || strcmp(asked, name) == 0;
}

/* Marks the URLs that are asked for, and collects the platforms. Returns how many platforms matched. */
static size_t mark(
	const char *environment, const char *platform, struct ce_handed *h, struct ce_map *urls)
{
	size_t n = 0, room = 1;

	for (size_t e = 0; e < h->lock->n_envs; e++)
		room += h->lock->envs[e].n_platforms;
	h->platforms.items = ce_arena_array(&h->arena, room, sizeof(*h->platforms.items));
	for (size_t e = 0; e < h->lock->n_envs; e++) {
		const struct ce_lockfile_env *env = &h->lock->envs[e];

		for (size_t i = 0; i < env->n_platforms; i++) {
			const struct ce_lockfile_platform *p = &env->platforms[i];

			if (!is_asked(environment, env->name) || !is_asked(platform, p->platform))
				continue;
			n++;
			if (!ce_strs_has(h->platforms, p->platform))
				h->platforms.items[h->platforms.n++] = p->platform;
			for (size_t k = 0; k < p->n_pkgs; k++)
				ce_map_set(urls, p->pkgs[k]->url, (void *)p->pkgs[k]);
		}
	}
	return n;
}

int ce_handed_select(struct ccenv *c, const char *environment, const char *platform,
	struct ce_handed *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map urls = {0};
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	r = ce_lockfile_read_text(c->lock_path, &ret->text, &ret->lock, err);
	if (r < 0)
		return r;
	if (!ret->lock)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file; run `ccenv lock` first",
			c->lock_path);
	if (mark(environment, platform, ret, &urls) == 0)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: nothing is locked for environment \"%s\" on %s", c->lock_path,
			environment ? environment : "any", platform ? platform : "any platform");
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
