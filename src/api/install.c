/* SPDX-License-Identifier: MIT */
/* ccenv_install(): lock -> fetch -> install -> emit. */
#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/archs.h"
#include "api/bundle.h"
#include "api/host_check.h"
#include "api/imported.h"
#include "api/locked.h"
#include "api/plan.h"
#include "api/prefix.h"
#include "api/project.h"
#include "api/reproducible.h"
#include "api/root.h"
#include "api/trust.h"
#include "api/uptodate.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/stage.h"
#include "emit/emit.h"
#include "fetch/fetch.h"
#include "install/install.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/platform.h"

enum {
	CLEANED_MAX = 25
};

/* Locks again, and reads what was written: the install goes by the bytes of the file. */
static int lock_again(struct ccenv *c, const struct ccenv_install_options *o, struct ce_buf *text,
	struct ce_lockfile **ret_lock, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	const struct ccenv_lock_options options = {0};
	struct ccenv_lock_result result;
	int r;

	ce_log(&c->events, CCENV_LOG_NOTICE, "Locking: %s", err->text);
	r = ccenv_lock(c, &options, &result, err);
	if (r < 0)
		return r;
	ce_buf_clear(text);
	r = ce_lockfile_read_text(c->lock_path, text, &lock, err);
	if (r < 0)
		return r;
	r = ce_locked_check(c, lock, o->environment, o->platform, ret, err);
	if (r < 0)
		return r;
	*ret_lock = CE_TAKE(lock);
	return 0;
}

/*
 * The lock of the project, made or renewed if the mode allows. *ret points into *ret_lock; `text`
 * gets the bytes that it was read from.
 */
static int locked_platform(struct ccenv *c, const struct ccenv_install_options *o,
	struct ce_buf *text, struct ce_lockfile **ret_lock, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	int r = ce_lockfile_read_text(c->lock_path, text, &lock, err);

	if (r < 0)
		return r;
	if (!lock && o->mode != CCENV_LOCK_AUTO)
		return ce_fail(err, CCENV_ESTALE,
			"%s: no such file; run `ccenv lock` and commit it", c->lock_path);
	if (!lock)
		r = ce_fail(err, CCENV_ESTALE, "there is no lock yet");
	else if (o->mode == CCENV_LOCK_FROZEN)
		r = ce_locked_select(lock, o->environment, o->platform, ret, err);
	else
		r = ce_locked_check(c, lock, o->environment, o->platform, ret, err);
	if (r == CCENV_ESTALE && o->mode == CCENV_LOCK_AUTO)
		return lock_again(c, o, text, ret_lock, ret, err);
	if (r == CCENV_ESTALE)
		return ce_locked_stale(c->lock_path, err);
	if (r < 0)
		return r;
	*ret_lock = CE_TAKE(lock);
	return 0;
}

/*
 * Fetches into the cache and links from there, in rounds, because the two can disagree:
 *
 * - CCENV_ENOTFOUND from ce_install(): an entry has gone since ce_fetch() saw it. Another process
 *   runs `ccenv clean`, and may do so again: up to CLEANED_MAX rounds.
 * - CCENV_EDATA from ce_install(): an entry is not what its listing says. A fetch that looks at every
 *   file replaces it, so one more round is enough; with `repair` that has been done already.
 */
static int fetch_in_rounds(const struct ce_lockfile_platform *p, struct ce_fetch_options *fetch,
	const struct ce_install_options *install, struct ccenv_error *err)
{
	for (unsigned round = 0;; round++) {
		bool once_more;
		int r = ce_fetch(p->pkgs, p->n_pkgs, fetch, err);

		if (r < 0)
			return r;
		r = ce_install(p->pkgs, p->n_pkgs, install, err);
		once_more = (r == CCENV_ENOTFOUND && round < CLEANED_MAX) ||
			    (r == CCENV_EDATA && round == 0 && !install->force);
		if (!once_more)
			return r;
		fetch->check = CE_FETCH_CHECK_FILES;
	}
}

/* Nothing is fetched for a prefix that is as it should be. */
static int fetch_and_link(struct ccenv *c, const struct ce_lockfile_platform *p, const char *prefix,
	bool repair, struct ccenv_error *err)
{
	struct ce_fetch_options fetch = {
		.cache_dir = c->cache_dir,
		.offline = c->offline,
		.external_caches = (const char *const *)c->package_caches,
		.n_external_caches = c->n_package_caches,
		.trusted_caches = (const char *const *)c->trusted_caches,
		.n_trusted_caches = c->n_trusted_caches,
		.check = repair ? CE_FETCH_AGAIN : CE_FETCH_CHECK_NONE,
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
	r = ce_trust_check_cache(c, err);
	if (r < 0)
		return r;
	r = ce_host_check(c, p, err);
	if (r < 0)
		return r;
	return fetch_in_rounds(p, &fetch, &install, err);
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
	ce_stage_sweep(dir);
	while (r >= 0 && (e = readdir(d))) {
		CE_AUTOFREE char *path = ce_path_join(dir, e->d_name);
		size_t n = strlen(platform);

		/* <platform>-<12 hex digits>, and nothing that others may be building. */
		if (strncmp(e->d_name, platform, n) == 0 && e->d_name[n] == '-' &&
			strlen(e->d_name) == n + 13 && strcmp(path, keep) != 0)
			r = ce_stage_remove(path, err); /* never half a prefix under its name */
	}
	closedir(d);
	return r;
}

/* With the root's lock held. The order matters: the note that all is up to date goes first and comes
 * back last, and old prefixes go once the build files name the new one. */
static int install_and_emit(struct ccenv *c, const struct ce_lockfile_platform *p,
	const struct ccenv_install_options *o, struct ce_emit_input *emit, struct ccenv_error *err)
{
	int r = ce_uptodate_invalidate(c, err);

	if (r < 0)
		return r;
	r = fetch_and_link(c, p, emit->prefix, o->repair, err);
	if (r < 0)
		return r;
	r = ce_emit_all(emit, err);
	if (r < 0)
		return r;
	return prune(c->root, p->platform, emit->prefix, err);
}

static int install_root(struct ccenv *c, const struct ce_lockfile_platform *p,
	const struct ccenv_install_options *o, const struct ce_buf *lock_text,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *held = NULL;
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf made = {0};
	char hash[CE_SHA256_HEX + 1];
	CE_AUTOFREE char *prefix = ce_prefix_of_lock(c, p, hash);
	struct ce_strs archs;
	struct ce_emit_input emit = {
		.root = c->root,
		.prefix = prefix,
		.platform = p->platform,
		.pkgs = p->pkgs,
		.n_pkgs = p->n_pkgs,
		.manifest_path = c->manifest_path,
		.lock_path = c->lock_path,
		.content_hash = hash,
		.made = &made,
		.events = &c->events,
	};
	const struct ce_uptodate_result result = {lock_text, &made, prefix, p->n_pkgs};
	int r = ce_root_lock(c, &held, err);

	if (r < 0)
		return r;
	/* Another process may have done it while we waited. */
	if (ce_is_up_to_date(c, o, ret))
		return 0;
	r = ce_archs_chosen(c, o->environment, p, &a, &archs, err);
	if (r < 0)
		return r;
	emit.archs = archs;
	emit.reproducible = ce_manifest_reproducible(c->manifest);
	r = install_and_emit(c, p, o, &emit, err);
	if (r < 0)
		return r;
	r = ce_uptodate_record(c, o, &result, err);
	if (r < 0)
		return r;
	*ret = (struct ccenv_install_result){CE_TAKE(prefix), ce_strdup(c->root), p->n_pkgs};
	return 0;
}

static int install_prefix(struct ccenv *c, const struct ce_lockfile_platform *p,
	const struct ccenv_install_options *o, struct ccenv_install_result *ret,
	struct ccenv_error *err)
{
	CE_AUTOFREE char *prefix = ce_prefix_of_option(o->prefix);
	int r = fetch_and_link(c, p, prefix, o->repair, err);

	if (r < 0)
		return r;
	*ret = (struct ccenv_install_result){CE_TAKE(prefix), NULL, p->n_pkgs};
	return 0;
}

/* What is built for: so far always what is installed, and that runs here. */
static int check_target(const struct ccenv_install_options *o, struct ccenv_error *err)
{
	const char *platform = o->platform ? o->platform : ce_platform_host();
	const char *wanted = o->target ? ce_platform_of_target(o->target) : platform;

	if (!wanted)
		return ce_fail(err, CCENV_ENOTFOUND,
			"unknown target \"%s\"; known are x86_64-linux (linux-64) and sbsa-linux (linux-aarch64)",
			o->target);
	if (strcmp(wanted, platform) != 0)
		return ce_fail(err, CCENV_ENOTFOUND,
			"the target %s is asked for, and this machine is %s: building for another machine is not supported yet; build on a %s machine, with the same ccenv.json and ccenv.lock, or leave the target out",
			o->target, platform, wanted);
	return 0;
}

/*
 * Attestations (CEP 27) are Sigstore bundles. Without a verifier none can count, and to install all
 * the same, or to look only whether a file is there, would be the opposite of what was asked for.
 */
static int check_attestations(const struct ccenv_install_options *o, struct ccenv_error *err)
{
	if (!o->require_attestation)
		return 0;
	return ce_fail(err, CCENV_EUNTRUSTED,
		"--require-attestation: this ccenv cannot verify attestations (CEP 27), for want of a Sigstore verifier that it could use, so no package counts as attested and nothing was installed; verify them with cosign or sigstore-python when you commit ccenv.lock, and leave the option out: the sha256 of the lock then holds for every package");
}

static int install_all(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err);

/* The same with the archives, the manifest and the lock of a bundle. */
static int install_bundle(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_unbundled_drop) struct ce_unbundled bundle = {CE_STAGE_NONE};
	struct ccenv_install_options own = *o;
	int r = ce_unbundle(c, o, &bundle, err);

	if (r < 0)
		return r;
	own.from_bundle = NULL;
	if (!c->manifest)
		own.mode = CCENV_LOCK_FROZEN;
	else if (o->mode == CCENV_LOCK_AUTO)
		own.mode = CCENV_LOCK_LOCKED;
	return install_all(c, &own, ret, err);
}

static int install_all(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf lock_text = {0};
	const struct ce_lockfile_platform *p = NULL;
	int r = check_target(o, err);

	*ret = (struct ccenv_install_result){0};
	if (r < 0)
		return r;
	r = check_attestations(o, err);
	if (r < 0)
		return r;
	if (o->from_bundle)
		return install_bundle(c, o, ret, err);
	if (o->from_lock) {
		r = ce_project_use_lock(c, o->from_lock, err);
		if (r < 0)
			return r;
	}
	r = o->prefix ? ce_project_check(c, err) : ce_root_check_all(c, err);
	if (r < 0)
		return r;
	if (o->prefix && !*o->prefix)
		return ce_fail(err, CCENV_EUSAGE, "--prefix is empty");
	if (!o->cuda && ce_is_up_to_date(c, o, ret))
		return 0;
	r = o->from_lock ? ce_imported_platform(c, o, &lock_text, &lock, &p, err)
			 : locked_platform(c, o, &lock_text, &lock, &p, err);
	if (r < 0)
		return r;
	assert(p);
	if (o->cuda) {
		r = ce_archs_check_cuda(c, p, o->cuda, err);
		if (r < 0)
			return r;
	}
	if (o->prefix)
		return install_prefix(c, p, o, ret, err);
	return install_root(c, p, o, &lock_text, ret, err);
}

int ccenv_install(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	int r = install_all(c, o, ret, err);

	/* All is installed: what is left is one date. */
	if (r == 0 && ret->root && ce_reproducible_keep_date(c, err) < 0)
		ce_log(&c->events, CCENV_LOG_WARNING, "%s", err->text);
	return r;
}
