/* SPDX-License-Identifier: MIT */
/* Opening a project, and the way from its manifest to solutions. */
#include "api/project.h"

#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "io/host.h"
#include "lock/lock_file.h"
#include "manifest/manifest_file.h"
#include "model/layout.h"
#include "model/lock.h"
#include "model/manifest.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/platform.h"
#include "model/repodata.h"
#include "repodata/repodata_sync.h"
#include "solve/solve.h"

/* ---- opening ---- */

static const char *system_getenv(const char *name)
{
	return getenv(name);
}

/* The nearest ccenv.json, from the working directory upwards; NULL when there is none. */
static char *find_manifest(void)
{
	CE_AUTOFREE char *dir = ce_path_absolute(".");

	for (;;) {
		CE_AUTOFREE char *path = ce_path_join(dir, "ccenv.json");
		char *parent;

		if (ce_fs_exists(path))
			return CE_TAKE(path);
		if (strcmp(dir, "/") == 0)
			return NULL;
		parent = ce_path_dir(dir);
		ce_freep(&dir);
		dir = parent;
	}
}

/* A project of a few options: the manifest that `ccenv init` would write for them. */
static int manifest_from_options(
	const struct ccenv_options *o, struct ccenv *c, struct ccenv_error *err)
{
	const struct ce_manifest_new_options m = {
		.channels = o->channels,
		.n_channels = o->n_channels,
		.cuda_version = o->cuda_version,
		.components = o->components,
		.n_components = o->n_components,
	};

	ce_manifest_render(&m, &c->manifest_text);
	return ce_manifest_parse(ce_buf_str(&c->manifest_text), c->manifest_text.len,
		"the command line", &c->manifest, err);
}

/* The cache below the home that the user database knows, for services and `env -i`. A place that
 * others can write to is no cache: who makes an entry decides what is linked from it. */
static char *cache_of_user(void)
{
	char text[4096];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(getuid(), &pw, text, sizeof(text), &found) != 0 || !found ||
		found->pw_dir[0] != '/')
		return NULL;
	return ce_path_join(found->pw_dir, ".cache/ccenv");
}

static int set_paths(struct ccenv *c, const struct ccenv_options *o, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir =
		c->manifest_path ? ce_path_dir(c->manifest_path) : ce_path_absolute(".");
	CE_AUTOFREE char *root = ce_path_join(dir, "build/_ccenv");
	CE_AUTOFREE char *lock = NULL;

	c->root = ce_path_absolute(o->root ? o->root : root);
	lock = ce_path_join(c->manifest_path ? dir : c->root, "ccenv.lock");
	c->lock_path = ce_path_absolute(o->lock ? o->lock : lock);
	if (o->cache_dir)
		c->cache_dir = ce_path_absolute(o->cache_dir);
	else
		c->cache_dir = ce_layout_cache_default(c->getenv_fn);
	if (!c->cache_dir)
		c->cache_dir = cache_of_user();
	if (!c->cache_dir)
		return ce_fail(err, CCENV_EUSAGE,
			"there is no place for the cache: HOME is not set, and this user has no home directory; give --cache-dir or CCENV_CACHE_DIR");
	return 0;
}

/* Directories of an option, or else of a variable with colons between them; made absolute. */
static void set_dirs(
	const char *const *dirs, size_t n_dirs, const char *text, char ***ret, size_t *ret_n)
{
	char **list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < n_dirs; i++) {
		CE_GROW(list, n, cap);
		list[n++] = ce_path_absolute(dirs[i]);
	}
	while (n_dirs == 0 && text && *text) {
		size_t len = strcspn(text, ":");
		CE_AUTOFREE char *dir = ce_strndup(text, len);

		if (len > 0) {
			CE_GROW(list, n, cap);
			list[n++] = ce_path_absolute(dir);
		}
		text += len + (text[len] == ':');
	}
	*ret = list;
	*ret_n = n;
}

static void free_dirs(char **dirs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(dirs[i]);
	free(dirs);
}

int ccenv_open(const struct ccenv_options *o, struct ccenv **ret, struct ccenv_error *err)
{
	struct ccenv *c = ce_calloc(1, sizeof(*c));
	int r = 0;

	c->getenv_fn = o->getenv_fn ? o->getenv_fn : system_getenv;
	c->events = o->events;
	c->offline = o->offline;
	if (o->manifest)
		c->manifest_path = ce_path_absolute(o->manifest);
	else if (!o->cuda_version)
		c->manifest_path = find_manifest();
	r = set_paths(c, o, err);
	set_dirs(o->package_caches, o->n_package_caches, c->getenv_fn("CCENV_PACKAGE_CACHES"),
		&c->package_caches, &c->n_package_caches);
	set_dirs(o->trusted_caches, o->n_trusted_caches, c->getenv_fn("CCENV_TRUSTED_CACHES"),
		&c->trusted_caches, &c->n_trusted_caches);
	if (r == 0 && c->manifest_path)
		r = ce_manifest_read(c->manifest_path, &c->manifest_text, &c->manifest, err);
	else if (r == 0 && o->cuda_version)
		r = manifest_from_options(o, c, err);
	if (r < 0) {
		ccenv_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

void ccenv_close(struct ccenv *c)
{
	if (!c)
		return;
	ce_manifest_freep(&c->manifest);
	ce_buf_release(&c->manifest_text);
	free(c->manifest_path);
	free(c->lock_path);
	free(c->root);
	free(c->cache_dir);
	free_dirs(c->package_caches, c->n_package_caches);
	free_dirs(c->trusted_caches, c->n_trusted_caches);
	free(c);
}

/* ---- requests ---- */

static int request_for(const struct ce_manifest *m, const struct ce_environment *env,
	const char *platform, struct ce_arena *a, struct ce_request **ret, struct ccenv_error *err)
{
	struct ce_virtual *defaults;
	size_t n;

	ce_host_defaults(platform, a, &defaults, &n);
	return ce_manifest_request(
		m, env, platform, defaults, n, (uint64_t)ce_now_ms(CE_CLOCK_WALL), ret, err);
}

static int need_manifest(const struct ccenv *c, struct ccenv_error *err)
{
	if (c->manifest)
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND,
		"there is no ccenv.json here or in a parent directory; `ccenv init --cuda 13.0` makes one, or give --manifest FILE or --cuda VERSION");
}

void ce_plan_release(struct ce_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		ce_solution_free(plan->items[i].solution);
		ce_request_free(plan->items[i].request);
	}
	for (size_t i = 0; i < plan->n_repodata; i++)
		ce_repodata_free(plan->repodata[i]);
	ce_arena_release(&plan->arena);
	*plan = (struct ce_plan){0};
}

static int plan_manifest(const struct ce_manifest *m, struct ce_plan *plan, struct ccenv_error *err)
{
	const char *options = ce_manifest_options(m, &plan->arena);
	int r = 0;

	plan->items = ce_arena_array(
		&plan->arena, m->n_environments * m->n_platforms + 1, sizeof(*plan->items));
	for (size_t e = 0; r >= 0 && e < m->n_environments; e++) {
		const char **platforms;
		size_t n;

		ce_manifest_platforms(m, &m->environments[e], &plan->arena, &platforms, &n);
		for (size_t p = 0; r >= 0 && p < n; p++) {
			struct ce_plan_item *item = &plan->items[plan->n];

			item->options = options;
			r = request_for(m, &m->environments[e], platforms[p], &plan->arena,
				&item->request, err);
			plan->n += r >= 0;
		}
	}
	return r;
}

int ce_project_plan(struct ccenv *c, struct ce_plan *ret, struct ccenv_error *err)
{
	int r = need_manifest(c, err);

	return r < 0 ? r : plan_manifest(c->manifest, ret, err);
}

int ce_project_try(const struct ce_manifest *m, struct ccenv_error *err)
{
	CE_CLEANUP(ce_plan_release) struct ce_plan plan = {0};

	return plan_manifest(m, &plan, err);
}

/* ---- the old lock ---- */

int ce_stale(const char *lock_path, struct ccenv_error *err)
{
	ce_context(err, CCENV_ESTALE, "%s is out of date", lock_path);
	return ce_hint(err, CCENV_ESTALE, "(run `ccenv lock` and commit the result)");
}

int ce_lock_select(const struct ce_lock *lock, const char *env_name, const char *platform,
	const struct ce_lock_platform **ret, struct ccenv_error *err)
{
	const struct ce_lock_env *env = ce_lock_env_find(lock, env_name);
	const struct ce_lock_platform *p = env ? ce_lock_platform_find(env, platform) : NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf known = {0};

	if (p) {
		*ret = p;
		return 0;
	}
	for (size_t i = 0; !env && i < lock->n_envs; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", lock->envs[i].name);
	for (size_t i = 0; env && i < env->n_platforms; i++)
		ce_buf_addf(&known, "%s%s", i ? ", " : "", env->platforms[i].platform);
	if (!env)
		return ce_fail(err, CCENV_ENOTFOUND,
			"environment \"%s\" is not locked; locked are: %s", env_name,
			ce_buf_str(&known));
	return ce_fail(err, CCENV_ENOTFOUND,
		"platform %s is not locked; locked are: %s (add it to \"platforms\" and run `ccenv lock`)",
		platform, ce_buf_str(&known));
}

int ce_plan_is_locked(
	const struct ce_plan *plan, const struct ce_lock *old, struct ccenv_error *err)
{
	size_t locked = 0;

	for (size_t i = 0; i < plan->n; i++) {
		int r = ce_lock_check(
			old, plan->items[i].request, plan->items[i].options, NULL, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < old->n_envs; i++)
		locked += old->envs[i].n_platforms;
	if (locked != plan->n)
		return ce_fail(err, CCENV_ESTALE,
			"more environments or platforms are locked than asked for");
	return 0;
}

static bool is_updated(const struct ce_pkg *p, const struct ccenv_lock_options *o)
{
	for (size_t i = 0; i < o->n_update; i++)
		if (strcmp(o->update[i], p->name) == 0)
			return true;
	return o->update_all;
}

void ce_plan_favour(
	struct ce_plan *plan, const struct ce_lock *old, const struct ccenv_lock_options *o)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct ce_request *r = plan->items[i].request;
		const struct ce_lock_env *env = ce_lock_env_find(old, r->environment);
		const struct ce_lock_platform *p =
			env ? ce_lock_platform_find(env, r->platform) : NULL;

		if (!p)
			continue;
		r->locked = ce_arena_array(&r->arena, p->n_pkgs + 1, sizeof(*r->locked));
		for (size_t k = 0; k < p->n_pkgs; k++)
			if (!is_updated(p->pkgs[k], o))
				r->locked[r->n_locked++] = p->pkgs[k];
	}
}

/* ---- solving ---- */

/* The names that the requests of one platform begin with. */
static const char **wanted_names(
	const struct ce_plan *plan, const char *platform, struct ce_arena *a, size_t *ret_n)
{
	size_t room = 1, n = 0;
	const char **names;

	for (size_t i = 0; i < plan->n; i++)
		room += plan->items[i].request->n_specs;
	names = ce_arena_array(a, room, sizeof(*names));
	for (size_t i = 0; i < plan->n; i++) {
		const struct ce_request *r = plan->items[i].request;

		for (size_t k = 0; strcmp(r->platform, platform) == 0 && k < r->n_specs; k++)
			names[n++] = r->specs[k]->name;
	}
	*ret_n = n;
	return names;
}

static int load_records(struct ccenv *c, struct ce_plan *plan, struct ccenv_error *err)
{
	plan->repodata = ce_arena_array(&plan->arena, plan->n + 1, sizeof(*plan->repodata));
	for (size_t i = 0; i < plan->n; i++) {
		struct ce_plan_item *item = &plan->items[i];
		const struct ce_request *r = item->request;
		struct ce_repodata_query q = {
			.channels = r->channels,
			.n_channels = r->n_channels,
			.platforms = (const char *const *)&r->platform,
			.n_platforms = 1,
			.cache_dir = c->cache_dir,
			.offline = c->offline,
			.getenv_fn = c->getenv_fn,
			.events = &c->events,
		};
		int e;

		for (size_t k = 0; k < i && !item->repodata; k++)
			if (strcmp(plan->items[k].request->platform, r->platform) == 0)
				item->repodata = plan->items[k].repodata;
		if (item->repodata)
			continue;
		q.names = wanted_names(plan, r->platform, &plan->arena, &q.n_names);
		e = ce_repodata_sync(&q, &item->repodata, err);
		if (e < 0)
			return e;
		plan->repodata[plan->n_repodata++] = item->repodata;
	}
	return 0;
}

/* Items are handed out under the mutex; each is then one thread's own. */
struct solve_work {
	pthread_mutex_t mutex;
	struct ce_plan *plan;
	size_t next;
	struct ccenv_error *errors; /* one an item; code 0 when fine */
};

static void *solve_some(void *arg)
{
	struct solve_work *w = arg;

	for (;;) {
		struct ce_plan_item *item;
		size_t i;

		pthread_mutex_lock(&w->mutex);
		i = w->next++;
		pthread_mutex_unlock(&w->mutex);
		if (i >= w->plan->n)
			return NULL;
		item = &w->plan->items[i];
		w->errors[i].code = 0;
		if (ce_solve(item->request, item->repodata, &item->solution, NULL, &w->errors[i]) ==
			0)
			w->errors[i].code = 0;
	}
}

int ce_plan_solve(struct ccenv *c, struct ce_plan *plan, struct ccenv_error *err)
{
	enum {
		THREADS = 4
	};
	struct solve_work w = {.mutex = PTHREAD_MUTEX_INITIALIZER, .plan = plan};
	CE_AUTOFREE struct ccenv_error *errors = ce_calloc(plan->n, sizeof(*errors));
	struct ccenv_progress progress = {.phase = CCENV_PHASE_SOLVE};
	pthread_t threads[THREADS];
	size_t n = 0;
	int r = load_records(c, plan, err);

	if (r < 0)
		return r;
	w.errors = errors;
	progress.items_total = plan->n;
	ce_progress(&c->events, &progress);
	while (n + 1 < plan->n && n < THREADS - 1 &&
		pthread_create(&threads[n], NULL, solve_some, &w) == 0)
		n++;
	solve_some(&w);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	for (size_t i = 0; i < plan->n; i++) {
		const struct ce_request *q = plan->items[i].request;

		if (errors[i].code == 0)
			continue;
		*err = errors[i];
		return ce_context(
			err, err->code, "environment \"%s\" on %s", q->environment, q->platform);
	}
	progress.items_done = plan->n;
	ce_progress(&c->events, &progress);
	return 0;
}

struct ce_lock *ce_plan_lock(const struct ce_plan *plan)
{
	CE_AUTOFREE struct ce_solved *solved = ce_calloc(plan->n, sizeof(*solved));

	for (size_t i = 0; i < plan->n; i++)
		solved[i] = (struct ce_solved){
			plan->items[i].request, plan->items[i].solution, plan->items[i].options};
	return ce_lock_from_solutions(solved, plan->n);
}

bool ce_lock_differs(const struct ce_lock *a, const struct ce_lock *b)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf x = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf y = {0};

	ce_lock_render(a, &x);
	ce_lock_render(b, &y);
	return x.len != y.len || memcmp(ce_buf_str(&x), ce_buf_str(&y), x.len) != 0;
}

/* ---- checks of an install ---- */

int ce_project_check(struct ccenv *c, const struct ce_lock *lock, const char *env_name,
	const char *platform, const struct ce_lock_platform **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_request_freep) struct ce_request *request = NULL;
	const struct ce_environment *env;
	const char **platforms;
	bool known = false;
	size_t n;
	int r = need_manifest(c, err);

	if (r < 0)
		return r;
	env = ce_manifest_environment(c->manifest, env_name);
	if (!env)
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no environment \"%s\"",
			c->manifest->path, env_name);
	ce_manifest_platforms(c->manifest, env, &a, &platforms, &n);
	for (size_t i = 0; i < n; i++)
		known = known || strcmp(platforms[i], platform) == 0;
	if (!known)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: environment \"%s\" has no platform %s; add it to \"platforms\" and run `ccenv lock`",
			c->manifest->path, env_name, platform);
	r = request_for(c->manifest, env, platform, &a, &request, err);
	if (r < 0)
		return r;
	return ce_lock_check(lock, request, ce_manifest_options(c->manifest, &a), ret, err);
}

/* Does any locked package depend on the virtual package with a spec that `have` does not meet? */
static int check_needs(struct ccenv *c, const struct ce_lock_platform *p, const struct ce_map *have,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};

	for (size_t i = 0; i < p->n_pkgs; i++)
		for (size_t d = 0; d < p->pkgs[i]->n_depends; d++) {
			const struct ce_spec *spec;
			const struct ce_pkg *host;

			if (strncmp(p->pkgs[i]->depends[d], "__", 2) != 0 ||
				ce_spec_parse(p->pkgs[i]->depends[d], CE_SPEC_LENIENT, &a, &spec,
					err) < 0)
				continue;
			host = ce_map_get(have, spec->name);
			if (host && ce_spec_matches(spec, host))
				continue;
			if (strncmp(spec->name, "__cuda", 6) == 0) {
				ce_log(&c->events, CCENV_LOG_WARNING,
					"%s needs \"%s\", this machine has %s: it can be built with here, but not run",
					p->pkgs[i]->name, spec->text,
					host ? host->version : "no NVIDIA driver");
				continue;
			}
			return ce_fail(err, CCENV_EHOST,
				"%s %s needs \"%s\", this machine has %s; lower system-requirements in ccenv.json to what the machine has and run `ccenv lock`, or use a newer machine",
				p->pkgs[i]->name, p->pkgs[i]->version, spec->text,
				host ? host->version : "none");
		}
	return 0;
}

/* Most that are built with CUDA do not depend on a driver: it is for those that run. */
static bool needs_driver(const struct ce_lock_platform *p)
{
	for (size_t i = 0; i < p->n_pkgs; i++)
		for (size_t d = 0; d < p->pkgs[i]->n_depends; d++)
			if (strncmp(p->pkgs[i]->depends[d], "__cuda", 6) == 0)
				return true;
	return false;
}

int ce_project_check_host(
	struct ccenv *c, const struct ce_lock_platform *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_map_release) struct ce_map have = {0};
	struct ce_virtual *virtuals;
	size_t n;
	int r;

	/* Another platform's prefix is not run here. */
	if (strcmp(p->platform, ce_platform_host()) != 0)
		return 0;
	r = ce_host_virtuals(c->getenv_fn, needs_driver(p), &a, &virtuals, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct ce_pkg *pkg = ce_arena_alloc(&a, sizeof(*pkg));

		ce_virtual_as_pkg(&virtuals[i], &a, pkg);
		ce_map_set(&have, pkg->name, pkg);
	}
	return check_needs(c, p, &have, err);
}
