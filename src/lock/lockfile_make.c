/* SPDX-License-Identifier: MIT */
/* A lock of solutions. Everything is sorted, so that equal solutions are equal bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/url.h"
#include "lock/lockfile.h"
#include "lock/lockfile_origin.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/request.h"

static int by_pkg(const void *a, const void *b)
{
	return ce_pkg_compare(a, b);
}

static int by_pkg_pointer(const void *a, const void *b)
{
	return ce_pkg_compare(*(const struct ce_pkg *const *)a, *(const struct ce_pkg *const *)b);
}

static int by_solved(const void *a, const void *b)
{
	const struct ce_request *x = ((const struct ce_solved *)a)->request;
	const struct ce_request *y = ((const struct ce_solved *)b)->request;
	int c = strcmp(x->environment, y->environment);

	/* Platforms, then targets, the build side of each first. */
	if (c == 0 && !x->target != !y->target)
		return x->target ? 1 : -1;
	if (c == 0 && x->target && strcmp(x->target, y->target) != 0)
		return strcmp(x->target, y->target);
	if (c == 0 && x->target)
		return (int)x->side - (int)y->side;
	if (c == 0)
		return strcmp(x->platform, y->platform);
	if (strcmp(x->environment, "default") == 0)
		return -1;
	return strcmp(y->environment, "default") == 0 ? 1 : c;
}

/* The lock is committed: what a channel's URL brings to prove who asks does not go into it. */
static const char *public_text(const char *text, struct ce_arena *a)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(text);

	return ce_arena_strdup(a, plain);
}

static const char **public_texts(const char *const *list, size_t n, struct ce_arena *a)
{
	const char **copy = ce_arena_array(a, n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = public_text(list[i], a);
	return copy;
}

/* All packages of all solutions, each URL once, sorted; and where each URL went. */
static void collect_pkgs(
	const struct ce_solved *solved, size_t n, struct ce_lockfile *lock, struct ce_map *by_url)
{
	size_t room = 1;

	for (size_t i = 0; i < n; i++)
		room += solved[i].solution->n;
	lock->pkgs = ce_arena_array(&lock->arena, room, sizeof(*lock->pkgs));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < solved[i].solution->n; j++) {
			const struct ce_pkg *p = solved[i].solution->pkgs[j];

			if (ce_map_insert(by_url, p->url))
				ce_pkg_copy(p, &lock->arena, &lock->pkgs[lock->n_pkgs++]);
		}
	if (lock->n_pkgs)
		qsort(lock->pkgs, lock->n_pkgs, sizeof(*lock->pkgs), by_pkg);
	for (size_t i = 0; i < lock->n_pkgs; i++)
		ce_map_set(by_url, lock->pkgs[i].url, &lock->pkgs[i]);
}

static void fill_platform(const struct ce_solved *s, struct ce_lockfile *lock,
	const struct ce_map *by_url, struct ce_lockfile_platform *p)
{
	const struct ce_request *r = s->request;
	struct ce_arena *a = &lock->arena;

	p->platform = ce_arena_strdup(a, r->platform);
	p->specs = ce_arena_array(a, r->n_specs + 1, sizeof(*p->specs));
	for (; p->n_specs < r->n_specs; p->n_specs++)
		p->specs[p->n_specs] = public_text(r->specs[p->n_specs]->text, a);
	p->virtuals = ce_arena_array(a, r->n_virtuals + 1, sizeof(*p->virtuals));
	for (; p->n_virtuals < r->n_virtuals; p->n_virtuals++) {
		const struct ce_virtual *v = &r->virtuals[p->n_virtuals];

		p->virtuals[p->n_virtuals] = (struct ce_virtual){ce_arena_strdup(a, v->name),
			ce_arena_strdup(a, v->version), ce_arena_strdup(a, v->build)};
	}
	p->pkgs = ce_arena_array(a, s->solution->n + 1, sizeof(*p->pkgs));
	for (; p->n_pkgs < s->solution->n; p->n_pkgs++)
		p->pkgs[p->n_pkgs] = ce_map_get(by_url, s->solution->pkgs[p->n_pkgs]->url);
	if (p->n_pkgs)
		qsort(p->pkgs, p->n_pkgs, sizeof(*p->pkgs), by_pkg_pointer);
}

static int by_base(const void *a, const void *b)
{
	const struct ce_base_url *x = a, *y = b;
	int c = strcmp(x->channel, y->channel);

	return c ? c : strcmp(x->url, y->url);
}

/* The directories of packages that do not lie below their channel. */
static void fill_bases(struct ce_lockfile_env *env, struct ce_arena *a)
{
	size_t room = 0, n = 0;

	for (size_t k = 0; k < ce_lockfile_sets(env); k++)
		room += ce_lockfile_set_at(env, k)->n_pkgs;
	env->bases = ce_arena_array(a, room + 1, sizeof(*env->bases));
	for (size_t k = 0; k < ce_lockfile_sets(env); k++) {
		const struct ce_lockfile_platform *p = ce_lockfile_set_at(env, k);

		for (size_t i = 0; i < p->n_pkgs; i++) {
			const struct ce_pkg *pkg = p->pkgs[i];
			size_t dir = strlen(pkg->url) - strlen(pkg->fn) - 1;
			CE_AUTOFREE char *usual = ce_asprintf("%s/%s", pkg->channel, pkg->subdir);

			if (strlen(usual) == dir && memcmp(usual, pkg->url, dir) == 0)
				continue;
			env->bases[n++] = (struct ce_base_url){
				pkg->channel, ce_arena_strndup(a, pkg->url, dir)};
		}
	}
	if (n)
		qsort(env->bases, n, sizeof(*env->bases), by_base);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_base(&env->bases[i - 1], &env->bases[i]) != 0)
			env->bases[env->n_bases++] = env->bases[i];
}

/* Puts a solution where it belongs in its environment. */
static void fill_set(const struct ce_solved *s, struct ce_lockfile *lock,
	const struct ce_map *by_url, struct ce_lockfile_env *env)
{
	const struct ce_request *r = s->request;
	struct ce_lockfile_target *t;

	if (r->side == CE_SIDE_NATIVE) {
		fill_platform(s, lock, by_url, &env->platforms[env->n_platforms++]);
		return;
	}
	if (env->n_targets == 0 || strcmp(env->targets[env->n_targets - 1].name, r->target) != 0)
		env->targets[env->n_targets++].name = ce_arena_strdup(&lock->arena, r->target);
	t = &env->targets[env->n_targets - 1];
	fill_platform(s, lock, by_url, r->side == CE_SIDE_BUILD ? &t->build : &t->host);
}

/* One environment of all its solutions, which stand side by side. Returns how many those are. */
static size_t fill_env(const struct ce_solved *solved, size_t n, struct ce_lockfile *lock,
	const struct ce_map *by_url, struct ce_lockfile_env *env)
{
	const struct ce_request *r = solved->request;
	struct ce_arena *a = &lock->arena;
	size_t i = 0;

	env->name = ce_arena_strdup(a, r->environment);
	env->channels = public_texts(r->channels, r->n_channels, a);
	env->n_channels = r->n_channels;
	env->options = ce_arena_strdup(a, solved->options);
	env->platforms = ce_arena_array(a, n + 1, sizeof(*env->platforms));
	env->targets = ce_arena_array(a, n + 1, sizeof(*env->targets));
	for (; i < n && strcmp(solved[i].request->environment, env->name) == 0; i++)
		fill_set(&solved[i], lock, by_url, env);
	fill_bases(env, a);
	return i;
}

int ce_lockfile_from_solutions(const struct ce_solved *solved, size_t n,
	struct ce_lockfile **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = ce_lockfile_new();
	CE_CLEANUP(ce_map_release) struct ce_map by_url = {0};
	CE_AUTOFREE struct ce_solved *sorted = ce_calloc(n + 1, sizeof(*sorted));
	int r;

	if (n) {
		memcpy(sorted, solved, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), by_solved);
	}
	collect_pkgs(sorted, n, lock, &by_url);
	lock->envs = ce_arena_array(&lock->arena, n + 1, sizeof(*lock->envs));
	for (size_t i = 0; i < n;)
		i += fill_env(&sorted[i], n - i, lock, &by_url, &lock->envs[lock->n_envs++]);
	r = ce_lockfile_check_origins(lock, err);
	if (r < 0)
		return r;
	*ret_lock = CE_TAKE(lock);
	return 0;
}
