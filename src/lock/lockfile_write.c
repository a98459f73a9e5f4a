/* SPDX-License-Identifier: MIT */
/* Solutions -> lock -> text. Everything is sorted, so that equal solutions are equal bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/url.h"
#include "lock/lockfile.h"
#include "lock/lockfile_format.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_json.h"
#include "model/request.h"

static json_t *strings(const char *const *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(list[i]));
	return array;
}

static json_t *platform_to_json(const struct ce_lockfile_platform *p)
{
	json_t *o = json_object(), *virtuals = json_array(), *urls = json_array();

	for (size_t i = 0; i < p->n_virtuals; i++)
		json_array_append_new(
			virtuals, json_sprintf("%s=%s=%s", p->virtuals[i].name,
					  p->virtuals[i].version, p->virtuals[i].build));
	for (size_t i = 0; i < p->n_pkgs; i++)
		json_array_append_new(urls, json_string(p->pkgs[i]->url));
	json_object_set_new(o, "specs", strings(p->specs, p->n_specs));
	json_object_set_new(o, "virtual-packages", virtuals);
	json_object_set_new(o, "packages", urls);
	return o;
}

static json_t *pkg_to_json(const struct ce_pkg *p)
{
	CE_AUTOFREE char *usual = ce_asprintf("%s/%s/%s", p->channel, p->subdir, p->fn);
	json_t *o = ce_pkg_to_json(p);

	if (strcmp(usual, p->url) != 0)
		json_object_set_new(o, "channel", json_string(p->channel));
	return o;
}

void ce_lockfile_render(const struct ce_lockfile *lock, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object();
	json_t *envs = json_object(), *pkgs = json_array();

	json_object_set_new(root, "version", json_integer(CE_LOCKFILE_FORMAT));
	json_object_set_new(root, "environments", envs);
	json_object_set_new(root, "packages", pkgs);
	for (size_t i = 0; i < lock->n_envs; i++) {
		const struct ce_lockfile_env *env = &lock->envs[i];
		json_t *o = json_object(), *platforms = json_object();

		json_object_set_new(o, "channels", strings(env->channels, env->n_channels));
		if (env->options[0])
			json_object_set_new(o, "options", json_string(env->options));
		json_object_set_new(o, "platforms", platforms);
		for (size_t p = 0; p < env->n_platforms; p++)
			json_object_set_new(platforms, env->platforms[p].platform,
				platform_to_json(&env->platforms[p]));
		json_object_set_new(envs, env->name, o);
	}
	for (size_t i = 0; i < lock->n_pkgs; i++)
		json_array_append_new(pkgs, pkg_to_json(&lock->pkgs[i]));
	ce_json_format(root, out);
}

int ce_lockfile_write(const char *path, const struct ce_lockfile *lock, bool *ret_changed,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_lockfile_render(lock, &b);
	return ce_fs_replace(path, ce_buf_str(&b), b.len, ret_changed, err);
}

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

struct ce_lockfile *ce_lockfile_from_solutions(const struct ce_solved *solved, size_t n)
{
	CE_CLEANUP(ce_map_release) struct ce_map by_url = {0};
	CE_AUTOFREE struct ce_solved *sorted = ce_calloc(n, sizeof(*sorted));
	struct ce_lockfile *lock = ce_lockfile_new();
	struct ce_lockfile_env *env = NULL;

	if (n) {
		memcpy(sorted, solved, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), by_solved);
	}
	collect_pkgs(sorted, n, lock, &by_url);
	lock->envs = ce_arena_array(&lock->arena, n + 1, sizeof(*lock->envs));
	for (size_t i = 0; i < n; i++) {
		const struct ce_request *r = sorted[i].request;

		if (!env || strcmp(env->name, r->environment) != 0) {
			env = &lock->envs[lock->n_envs++];
			env->name = ce_arena_strdup(&lock->arena, r->environment);
			env->channels = public_texts(r->channels, r->n_channels, &lock->arena);
			env->n_channels = r->n_channels;
			env->options = ce_arena_strdup(&lock->arena, sorted[i].options);
			env->platforms =
				ce_arena_array(&lock->arena, n + 1, sizeof(*env->platforms));
		}
		fill_platform(&sorted[i], lock, &by_url, &env->platforms[env->n_platforms++]);
	}
	return lock;
}
