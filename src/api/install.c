/* SPDX-License-Identifier: MIT */
/*
 * The public API: each call is the pipeline, or a part of it. The only file that sees every stage:
 *
 *     manifest -> repodata -> solve -> lock -> fetch -> install -> emit
 */
#include "ccenv/ccenv.h"

#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "api/uptodate.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "emit/emit.h"
#include "fetch/fetch.h"
#include "install/install.h"
#include "lock/lock_file.h"
#include "manifest/manifest_file.h"
#include "model/layout.h"
#include "model/lock.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/platform.h"
#include "spec/name.h"

enum {
	ROOT_LOCK_TIMEOUT_S = 1800,
	CLEANED_MAX = 25
};

/* ---- packages for the caller ---- */

struct packages_owner {
	struct ce_arena arena;
};

static bool is_requested(const struct ce_pkg *p, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], p->name) == 0)
			return true;
	return false;
}

void ce_packages_fill(const struct ce_pkg *const *pkgs, size_t n, const char *const *requested,
	size_t n_requested, struct ccenv_packages *ret)
{
	struct packages_owner *owner = ce_calloc(1, sizeof(*owner));
	struct ce_arena *a = &owner->arena;

	*ret = (struct ccenv_packages){.owner = owner};
	ret->items = ce_arena_array(a, n + 1, sizeof(*ret->items));
	for (; ret->n < n; ret->n++) {
		const struct ce_pkg *p = pkgs[ret->n];

		ret->items[ret->n] = (struct ccenv_package){
			.name = ce_arena_strdup(a, p->name),
			.version = ce_arena_strdup(a, p->version),
			.build = ce_arena_strdup(a, p->build),
			.subdir = ce_arena_strdup(a, p->subdir),
			.channel = ce_arena_strdup(a, ce_channel_name(p->channel)),
			.url = ce_arena_strdup(a, p->url),
			.sha256 = ce_arena_strdup(a, p->sha256),
			.license = ce_arena_strdup(a, p->license),
			.size = p->size,
			.timestamp = p->timestamp,
			.build_number = p->build_number,
			.requested = is_requested(p, requested, n_requested),
		};
	}
}

void ccenv_packages_free(struct ccenv_packages *list)
{
	struct packages_owner *owner = list->owner;

	if (!owner)
		return;
	ce_arena_release(&owner->arena);
	free(owner);
	*list = (struct ccenv_packages){0};
}

/* ---- init ---- */

int ccenv_init(const struct ccenv_init_options *o, struct ccenv_error *err)
{
	static const char *const conda_forge[] = {"conda-forge"};
	const char *host = ce_platform_host();
	const char *path = o->path ? o->path : "ccenv.json";
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *checked = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ce_manifest_new_options m = {
		.name = o->name,
		.channels = o->n_channels ? o->channels : conda_forge,
		.n_channels = o->n_channels ? o->n_channels : 1,
		.platforms = o->n_platforms ? o->platforms : &host,
		.n_platforms = o->n_platforms ? o->n_platforms : 1,
		.cuda_version = o->cuda_version,
		.components = o->components,
		.n_components = o->n_components,
	};
	int r;

	if (ce_fs_exists(path))
		return ce_fail(err, CCENV_EUSAGE,
			"%s is there already; edit it, or remove it first", path);
	ce_manifest_render(&m, &b);
	/* What is written must be what `ccenv lock` can read. */
	r = ce_manifest_parse(ce_buf_str(&b), b.len, path, &checked, err);
	if (r >= 0)
		r = ce_project_try(checked, err);
	if (r < 0)
		return r;
	return ce_fs_replace(path, ce_buf_str(&b), b.len, NULL, err);
}

/* ---- lock ---- */

int ccenv_lock(struct ccenv *c, const struct ccenv_lock_options *o, struct ccenv_lock_result *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_freep) struct ce_lock *old = NULL;
	CE_CLEANUP(ce_lock_freep) struct ce_lock *lock = NULL;
	CE_CLEANUP(ce_plan_release) struct ce_plan plan = {0};
	int r;

	*ret = (struct ccenv_lock_result){0};
	r = ce_project_plan(c, &plan, err);
	if (r < 0)
		return r;
	r = ce_lock_read(c->lock_path, &old, err);
	if (r < 0)
		return r;
	if (old && !o->update_all && !o->n_update && ce_plan_is_locked(&plan, old, err) == 0) {
		ret->n_packages = old->n_pkgs;
		return ce_lock_check_archs(c, old, err);
	}
	if (o->check && old && !o->update_all && !o->n_update)
		return ce_stale(c->lock_path, err);
	if (old)
		ce_plan_favour(&plan, old, o);
	r = ce_plan_solve(c, &plan, err);
	if (r >= 0)
		r = ce_plan_check_archs(c, &plan, err);
	if (r < 0)
		return r;
	lock = ce_plan_lock(&plan);
	ret->n_packages = lock->n_pkgs;
	if (o->check) {
		ret->changed = !old || ce_lock_differs(old, lock);
		if (!ret->changed)
			return 0;
		ce_fail(err, CCENV_ESTALE, old ? "a new lock would differ" : "there is no lock");
		return ce_stale(c->lock_path, err);
	}
	return ce_lock_write(c->lock_path, lock, &ret->changed, err);
}

/* The lock as it is; CCENV_ENOTFOUND without one. */
static int read_lock(struct ccenv *c, struct ce_lock **ret, struct ccenv_error *err)
{
	int r = ce_lock_read(c->lock_path, ret, err);

	if (r >= 0 && !*ret)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file; run `ccenv lock` first",
			c->lock_path);
	return r;
}

/* ---- install ---- */

/*
 * The lock of a project, made or renewed if the mode allows. *ret_platform points into *ret_lock;
 * `text` gets the bytes that it was read from.
 */
static int locked_platform(struct ccenv *c, const struct ccenv_install_options *o,
	struct ce_buf *text, struct ce_lock **ret_lock,
	const struct ce_lock_platform **ret_platform, struct ccenv_error *err)
{
	const char *env = o->environment ? o->environment : "default";
	const char *platform = o->platform ? o->platform : ce_platform_host();
	CE_CLEANUP(ce_lock_freep) struct ce_lock *lock = NULL;
	const struct ccenv_lock_options anew = {0};
	struct ccenv_lock_result result;
	int r = ce_lock_read_text(c->lock_path, text, &lock, err);

	if (r < 0)
		return r;
	if (!lock && o->mode != CCENV_LOCK_AUTO)
		return ce_fail(err, CCENV_ESTALE,
			"%s: no such file; run `ccenv lock` and commit it", c->lock_path);
	if (o->mode == CCENV_LOCK_FROZEN)
		r = ce_lock_select(lock, env, platform, ret_platform, err);
	else
		r = lock ? ce_project_check(c, lock, env, platform, ret_platform, err)
			 : ce_fail(err, CCENV_ESTALE, "there is no lock yet");
	if (r == CCENV_ESTALE && o->mode == CCENV_LOCK_AUTO) {
		ce_log(&c->events, CCENV_LOG_NOTICE, "Locking: %s", err->text);
		ce_lock_freep(&lock);
		r = ccenv_lock(c, &anew, &result, err);
		ce_buf_clear(text);
		if (r >= 0)
			r = ce_lock_read_text(c->lock_path, text, &lock, err);
		if (r >= 0)
			r = ce_project_check(c, lock, env, platform, ret_platform, err);
	} else if (r == CCENV_ESTALE) {
		return ce_stale(c->lock_path, err);
	}
	if (r < 0)
		return r;
	*ret_lock = CE_TAKE(lock);
	return 0;
}

/* Names the set: the same packages give the same directory, whatever the lock says of others. */
static void content_hash(const struct ce_lock_platform *p, char hex[CE_SHA256_HEX + 1])
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);

	for (size_t i = 0; i < p->n_pkgs; i++) {
		const char *digest = ce_pkg_digest(p->pkgs[i]);

		ce_digest_update(d, p->pkgs[i]->fn, strlen(p->pkgs[i]->fn) + 1);
		/* One without is refused later, by fetch. */
		if (digest)
			ce_digest_update(d, digest, strlen(digest) + 1);
	}
	ce_digest_final(d, hex);
}

/* Fetches and links; nothing is fetched for a prefix that is as it should be. */
static int fetch_and_link(struct ccenv *c, const struct ce_lock_platform *p, const char *prefix,
	bool repair, struct ccenv_error *err)
{
	struct ce_fetch_options fetch = {
		.cache_dir = c->cache_dir,
		.offline = c->offline,
		.foreign = (const char *const *)c->package_caches,
		.n_foreign = c->n_package_caches,
		.trusted = (const char *const *)c->trusted_caches,
		.n_trusted = c->n_trusted_caches,
		.check = repair ? CE_FETCH_CHECK_BYTES : CE_FETCH_CHECK_NONE,
		.channels = c->manifest ? c->manifest->channels : NULL,
		.n_channels = c->manifest ? c->manifest->n_channels : 0,
		.getenv_fn = c->getenv_fn,
		.events = &c->events,
	};
	const struct ce_install_options install = {
		.cache_dir = c->cache_dir,
		.prefix = prefix,
		.requested = p->specs,
		.n_requested = p->n_specs,
		.force = repair,
		.events = &c->events,
	};
	int r;

	if (!repair && ce_install_is_current(p->pkgs, p->n_pkgs, &install))
		return 0;
	r = ce_project_check_host(c, p, err);
	if (r >= 0)
		r = ce_fetch(p->pkgs, p->n_pkgs, &fetch, err);
	if (r < 0)
		return r;
	r = ce_install(p->pkgs, p->n_pkgs, &install, err);
	/* It may be the cache, which a look at every file mends. Somebody who cleans it meanwhile
	 * may do so again. */
	for (unsigned i = 0; i < CLEANED_MAX; i++) {
		if (r != CCENV_ENOTFOUND && (r != CCENV_EDATA || repair || i > 0))
			return r;
		if (!repair)
			fetch.check = CE_FETCH_CHECK_FILES;
		r = ce_fetch(p->pkgs, p->n_pkgs, &fetch, err);
		if (r < 0)
			return r;
		r = ce_install(p->pkgs, p->n_pkgs, &install, err);
	}
	return r;
}

/* Removes the prefixes of earlier locks, which the build files no longer name, and what was left of
 * making them. */
static int prune(const char *root, const char *platform, const char *keep, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_join(root, "env");
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = 0;

	if (!d)
		return 0;
	ce_fs_sweep(dir);
	while (r >= 0 && (e = readdir(d))) {
		CE_AUTOFREE char *path = ce_path_join(dir, e->d_name);
		size_t n = strlen(platform);

		/* <platform>-<12 hex digits>, and nothing that others may be building. */
		if (strncmp(e->d_name, platform, n) == 0 && e->d_name[n] == '-' &&
			strlen(e->d_name) == n + 13 && strcmp(path, keep) != 0)
			r = ce_fs_remove_tree(path, err);
	}
	closedir(d);
	return r;
}

static void tell_waiting(void *user, const char *holder)
{
	struct ccenv *c = user;

	ce_log(&c->events, CCENV_LOG_NOTICE, "Waiting for %s, which is at work on %s", holder,
		c->root);
}

/* With the root's lock held. */
static int install_root(struct ccenv *c, const struct ce_lock_platform *p,
	const struct ccenv_install_options *o, const struct ce_buf *lock_text,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf made = {0};
	CE_AUTOFREE char *prefix = NULL;
	char hash[CE_SHA256_HEX + 1];
	struct ce_emit_input emit = {
		.root = c->root,
		.platform = p->platform,
		.pkgs = p->pkgs,
		.n_pkgs = p->n_pkgs,
		.manifest_path = c->manifest_path,
		.lock_path = c->lock_path,
		.content_hash = hash,
		.made = &made,
		.events = &c->events,
	};
	struct ce_current_facts facts = {
		.lock_text = lock_text, .made = &made, .n_packages = p->n_pkgs};
	const char **archs;
	int r = ce_project_archs(c, o->environment, p, &a, &archs, &emit.n_archs, err);

	content_hash(p, hash);
	prefix = ce_layout_env(c->root, p->platform, hash);
	emit.prefix = facts.prefix = prefix;
	emit.archs = archs;
	if (r >= 0)
		r = ce_current_forget(c, err);
	if (r >= 0)
		r = fetch_and_link(c, p, prefix, o->repair, err);
	if (r >= 0)
		r = ce_emit_all(&emit, err);
	if (r >= 0)
		r = prune(c->root, p->platform, prefix, err);
	if (r >= 0)
		r = ce_current_remember(c, o, &facts, err);
	if (r < 0)
		return r;
	ret->prefix = CE_TAKE(prefix);
	ret->root = ce_strdup(c->root);
	return 0;
}

static int lock_root(struct ccenv *c, struct ce_fs_lock **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *guard = ce_path_join(c->root, "lock");
	int r = ce_fs_mkdirs(c->root, err);

	return r < 0 ? r : ce_fs_lock(guard, ROOT_LOCK_TIMEOUT_S, tell_waiting, c, ret, err);
}

/* What is built for: so far always what is installed, and that runs here. */
static int check_target(const struct ccenv_install_options *o, struct ccenv_error *err)
{
	const char *platform = o->platform ? o->platform : ce_platform_host();
	const char *wanted = o->target ? ce_platform_of_target(o->target) : platform;

	if (!wanted)
		return ce_fail(err, CCENV_ENOTFOUND,
			"there is no target \"%s\"; known are x86_64-linux (linux-64) and sbsa-linux (linux-aarch64)",
			o->target);
	if (strcmp(wanted, platform) != 0)
		return ce_fail(err, CCENV_ENOTFOUND,
			"the target %s is asked for, and this machine is %s: building for another machine is not supported yet; build on a %s machine, with the same ccenv.json and ccenv.lock, or leave the target out",
			o->target, platform, wanted);
	return 0;
}

/* The prefix that is meant: where a link leads, since what stands there is what is exchanged. */
static char *prefix_of(const char *option)
{
	CE_AUTOFREE char *path = ce_path_absolute(option);
	char at[1];
	char *real = readlink(path, at, sizeof(at)) < 0 ? NULL : realpath(path, NULL);

	return real ? real : CE_TAKE(path);
}

int ccenv_install(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_freep) struct ce_lock *lock = NULL;
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *held = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf lock_text = {0};
	const struct ce_lock_platform *p = NULL;
	int r = check_target(o, err);

	*ret = (struct ccenv_install_result){0};
	if (r < 0)
		return r;
	if (!o->cuda && ce_current_is(c, o, ret))
		return 0;
	r = locked_platform(c, o, &lock_text, &lock, &p, err);
	if (r < 0)
		return r;
	assert(p);
	r = o->cuda ? ce_project_check_cuda(c, p, o->cuda, err) : 0;
	if (r < 0)
		return r;
	ret->n_packages = p->n_pkgs;
	if (!o->prefix) {
		r = lock_root(c, &held, err);
		/* Another process may have done it while we waited. */
		if (r >= 0 && ce_current_is(c, o, ret))
			return 0;
		return r < 0 ? r : install_root(c, p, o, &lock_text, ret, err);
	}
	ret->prefix = prefix_of(o->prefix);
	r = fetch_and_link(c, p, ret->prefix, o->repair, err);
	if (r < 0)
		ce_freep(&ret->prefix);
	return r;
}

int ccenv_verify(struct ccenv *c, const struct ccenv_install_options *o, struct ccenv_error *err)
{
	const char *platform = o->platform ? o->platform : ce_platform_host();
	CE_CLEANUP(ce_lock_freep) struct ce_lock *lock = NULL;
	CE_AUTOFREE char *prefix = NULL;
	const struct ce_lock_platform *p = NULL;
	char hash[CE_SHA256_HEX + 1];
	int r = 0;

	if (o->prefix) {
		prefix = prefix_of(o->prefix);
	} else {
		r = read_lock(c, &lock, err);
		if (r >= 0)
			r = ce_lock_select(lock, o->environment ? o->environment : "default",
				platform, &p, err);
		if (r < 0)
			return r;
		assert(p);
		content_hash(p, hash);
		prefix = ce_layout_env(c->root, p->platform, hash);
	}
	if (!ce_fs_is_dir(prefix))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: nothing is installed there; run `ccenv install`", prefix);
	return ce_install_verify(prefix, 0, &c->events, err);
}

/* ---- looking ---- */

int ccenv_list(struct ccenv *c, const char *environment, const char *platform,
	struct ccenv_packages *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_freep) struct ce_lock *lock = NULL;
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_lock_platform *p;
	const char **names;
	int r = read_lock(c, &lock, err);

	if (r < 0)
		return r;
	r = ce_lock_select(lock, environment ? environment : "default",
		platform ? platform : ce_platform_host(), &p, err);
	if (r < 0)
		return ce_context(err, r, "%s", c->lock_path);
	names = ce_arena_array(&a, p->n_specs + 1, sizeof(*names));
	for (size_t i = 0; i < p->n_specs; i++) {
		const char *at;
		size_t n = ce_dependency_name(p->specs[i], &at);

		names[i] = n ? ce_arena_strndup(&a, at, n) : "";
	}
	ce_packages_fill(p->pkgs, p->n_pkgs, names, p->n_specs, ret);
	return 0;
}
