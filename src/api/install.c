/* SPDX-License-Identifier: MIT */
/* ccenv_install(): lock -> fetch -> install -> emit. */
#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/archs.h"
#include "api/bundle.h"
#include "api/emulator.h"
#include "api/host_check.h"
#include "api/imported.h"
#include "api/locked.h"
#include "api/plan.h"
#include "api/prefix.h"
#include "api/project.h"
#include "api/reproducible.h"
#include "api/root.h"
#include "api/stamp.h"
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
#include "io/place.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/platform.h"
#include "model/target_name.h"

enum {
	CLEANED_MAX = 25
};

/* The lock, the bytes that it was read from, and the part of it that is to be installed. */
struct locked_text {
	struct ce_buf text;
	struct ce_lockfile *lock;
	struct ce_locked part;
};

static void locked_text_release(struct locked_text *l)
{
	ce_buf_release(&l->text);
	ce_lockfile_free(l->lock);
}

/* Locks again, and reads what was written: the install goes by the bytes of the file. */
static int lock_again(struct ccenv *c, const struct ce_target *target,
	const struct ccenv_install_options *o, struct locked_text *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	const struct ccenv_lock_options options = {0};
	struct ccenv_lock_result result;
	int r;

	ce_log(&c->events, CCENV_LOG_NOTICE, "Locking: %s", err->text);
	r = ccenv_lock(c, &options, &result, err);
	if (r < 0)
		return r;
	ce_buf_clear(&ret->text);
	r = ce_lockfile_read_text(c->lock_path, &ret->text, &lock, err);
	if (r < 0)
		return r;
	r = ce_locked_check(c, lock, &o->of, target, &ret->part, err);
	if (r < 0)
		return r;
	ret->lock = CE_TAKE(lock);
	return 0;
}

/* The lock of the project, made or renewed if the mode allows. */
static int read_locked(struct ccenv *c, const struct ce_target *target,
	const struct ccenv_install_options *o, struct locked_text *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	int r = ce_lockfile_read_text(c->lock_path, &ret->text, &lock, err);

	if (r < 0)
		return r;
	if (!lock && o->mode != CCENV_LOCK_AUTO)
		return ce_fail(err, CCENV_ESTALE,
			"%s: no such file; run `ccenv lock` and commit it", c->lock_path);
	if (!lock)
		r = ce_fail(err, CCENV_ESTALE, "there is no lock yet");
	else if (o->mode == CCENV_LOCK_FROZEN)
		r = ce_locked_select(lock, &o->of, target, &ret->part, err);
	else
		r = ce_locked_check(c, lock, &o->of, target, &ret->part, err);
	if (r == CCENV_ESTALE && o->mode == CCENV_LOCK_AUTO)
		return lock_again(c, target, o, ret, err);
	if (r == CCENV_ESTALE)
		return ce_locked_stale(c->lock_path, err);
	if (r < 0)
		return r;
	ret->lock = CE_TAKE(lock);
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

/* <platform>-<12 hex digits>, and nothing that others may be building. */
static bool is_prefix_of(const char *name, const char *platform)
{
	size_t n = strlen(platform);

	return strncmp(name, platform, n) == 0 && name[n] == '-' && strlen(name) == n + 13;
}

/* Removes the prefixes of earlier locks, which no build files of the root name, and what was left of
 * making them. `below` is "env" or "host". */
static int prune(const char *root, const char *below, const char *platform, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_AUTOFREE char *dir = ce_path_join(root, below);
	struct ce_strs keep;
	DIR *d;
	struct dirent *e;
	int r = 0;

	/* Without all of their names nothing is removed; the next install tries again. */
	if (!ce_stamp_prefixes(root, &a, &keep))
		return 0;
	d = opendir(dir);
	if (!d)
		return 0;
	ce_stage_sweep(dir);
	while (r >= 0 && (e = readdir(d))) {
		CE_AUTOFREE char *path = ce_path_join(dir, e->d_name);

		if (is_prefix_of(e->d_name, platform) && !ce_strs_has(keep, path))
			r = ce_stage_remove(path, err); /* never half a prefix under its name */
	}
	closedir(d);
	return r;
}

/* The same of another program's lock, or of a ccenv.lock that is used without its manifest. */
static int read_imported(struct ccenv *c, const struct ce_locked_choice *w,
	const struct ccenv_install_options *o, struct locked_text *ret, struct ccenv_error *err)
{
	if (w->target)
		return ce_fail(err, CCENV_EUSAGE,
			"--from-lock takes the packages of one platform; a target comes from ccenv.lock only");
	return ce_imported_platform(c, o, &ret->text, &ret->lock, &ret->part.packages, err);
}

/* What goes into a root: one prefix, or the two of a target. */
struct job {
	struct ce_arena arena;
	const struct ce_lockfile_platform *packages; /* of a target: those of the host */
	const struct ce_lockfile_platform *tools;    /* NULL natively */
	char *prefix, *tools_prefix;
	const struct ce_target *target;
	const char *label;               /* NULL natively */
	char content[CE_SHA256_HEX + 1]; /* names both sets of packages */
	struct ce_emit_target emit;
};

static void job_release(struct job *j)
{
	free(j->prefix);
	free(j->tools_prefix);
	ce_arena_release(&j->arena);
}

static const char *assumed_glibc(const struct ce_lockfile_platform *p)
{
	for (size_t i = 0; i < p->n_virtuals; i++)
		if (strcmp(p->virtuals[i].name, "__glibc") == 0)
			return p->virtuals[i].version;
	return NULL;
}

/* The name of both sets. */
static void join_hashes(const char *tools, char content[CE_SHA256_HEX + 1])
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);

	ce_digest_update(d, tools, CE_SHA256_HEX);
	ce_digest_update(d, content, CE_SHA256_HEX);
	ce_digest_final(d, content);
}

static void job_add_target(const struct ccenv *c, struct job *j, const struct ce_locked *part,
	const struct ce_locked_choice *w)
{
	char hash[CE_SHA256_HEX + 1];
	const char *sysroot, *libraries;

	j->tools = &part->target->build;
	j->tools_prefix = ce_prefix_of_lock(c, j->tools, CE_SIDE_BUILD, hash);
	join_hashes(hash, j->content);
	sysroot = ce_arena_printf(&j->arena, "%s/%s/sysroot", j->tools_prefix,
		ce_platform_triplet(j->packages->platform));
	libraries = ce_arena_printf(&j->arena, "%s/lib:%s/%s/lib", j->prefix, j->tools_prefix,
		ce_platform_triplet(j->packages->platform));
	j->label = w->label;
	j->emit = (struct ce_emit_target){.name = w->target->name,
		.label = j->label,
		.cuda_dir = ce_target_cuda_dir(&w->ids.items[w->index]),
		.names = ce_target_names(&w->ids, w->index, &j->arena),
		.prefix = j->tools_prefix,
		.platform = j->tools->platform,
		.pkgs = j->tools->pkgs,
		.n_pkgs = j->tools->n_pkgs,
		.glibc = assumed_glibc(j->packages),
		.emulator = ce_emulator_find(
			c->getenv_fn("PATH"), w->target, sysroot, libraries, &j->arena)};
}

static void job_init(const struct ccenv *c, struct job *j, const struct ce_locked *part,
	const struct ce_locked_choice *w)
{
	*j = (struct job){.packages = part->packages, .target = w->target};
	j->prefix = ce_prefix_of_lock(
		c, j->packages, w->target ? CE_SIDE_HOST : CE_SIDE_NATIVE, j->content);
	if (w->target)
		job_add_target(c, j, part, w);
}

/* With the root's lock held. The order matters: the note that all is up to date goes first and comes
 * back last, and old prefixes go once the build files name the new one. */
static int install_and_emit(struct ccenv *c, const struct job *j,
	const struct ccenv_install_options *o, struct ce_emit_input *emit, struct ccenv_error *err)
{
	int r = ce_uptodate_invalidate(c, j->label, err);

	if (r >= 0 && j->tools)
		r = fetch_and_link(c, j->tools, j->tools_prefix, o->repair, err);
	if (r >= 0)
		r = fetch_and_link(c, j->packages, j->prefix, o->repair, err);
	if (r >= 0)
		r = ce_emit_all(emit, err);
	if (r >= 0 && j->target)
		r = ce_stamp_drop_others(c, j->target->name, j->label, err);
	if (r >= 0)
		r = prune(c->root, "env", (j->tools ? j->tools : j->packages)->platform, err);
	if (r >= 0 && j->tools)
		r = prune(c->root, "host", j->packages->platform, err);
	return r;
}

/* Build files are for gcc and CUDA's directories of Linux: said before anything is downloaded. */
static int check_buildable(const char *platform, struct ccenv_error *err)
{
	const char *why = "conda-forge has no CUDA for it";

	if (ce_platform_triplet(platform) && ce_platform_cuda_target(platform))
		return 0;
	if (ce_platform_is_win(platform))
		why = "nvcc needs Microsoft's compiler there, which conda-forge does not have";
	else if (ce_platform_is_osx(platform))
		why = "there is no CUDA for macOS";
	return ce_fail(err, CCENV_EUSAGE,
		"%s can be locked and listed, but not installed for a build: %s; `ccenv install --prefix DIR` installs its packages alone",
		platform, why);
}

static int install_root(struct ccenv *c, struct job *j, const struct ccenv_install_options *o,
	const struct ce_buf *lock_text, struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *held = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf made = {0};
	const struct ce_archs_subject subject = {
		o->of.environment, j->target ? j->target->name : NULL, j->packages};
	size_t n = j->packages->n_pkgs + (j->tools ? j->tools->n_pkgs : 0);
	struct ce_emit_input emit = {
		.root = c->root,
		.prefix = j->prefix,
		.platform = j->packages->platform,
		.target = j->tools ? &j->emit : NULL,
		.pkgs = j->packages->pkgs,
		.n_pkgs = j->packages->n_pkgs,
		.manifest_path = c->manifest_path,
		.lock_path = c->lock_path,
		.content_hash = j->content,
		.made = &made,
		.events = &c->events,
	};
	const struct ce_uptodate_result result = {
		lock_text, &made, j->label, j->prefix, j->tools_prefix, n};
	int r = ce_root_lock(c, &held, err);

	if (r < 0)
		return r;
	/* Another process may have done it while we waited. */
	if (ce_is_up_to_date(c, o, j->label, ret))
		return 0;
	r = ce_archs_chosen(c, &subject, &j->arena, &emit.archs, err);
	if (r < 0)
		return r;
	emit.reproducible = ce_manifest_reproducible(c->manifest);
	r = install_and_emit(c, j, o, &emit, err);
	if (r < 0)
		return r;
	r = ce_uptodate_record(c, o, &result, err);
	if (r < 0)
		return r;
	ret->prefix = CE_TAKE(j->prefix);
	ret->root = ce_strdup(c->root);
	ret->n_packages = n;
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

/* What the options ask for, before anything is read or written. */
static int find_wanted(struct ccenv *c, const struct ccenv_install_options *o,
	struct ce_locked_choice *ret, struct ccenv_error *err)
{
	int r = 0;

	if (o->from_lock)
		r = ce_project_use_lock(c, o->from_lock, err);
	if (r < 0)
		return r;
	r = ce_locked_choose(c, &o->of, ret, err);
	if (r < 0)
		return r;
	if (o->prefix && ret->target)
		return ce_fail(err, CCENV_EUSAGE,
			"a target has two prefixes, one for each machine: --prefix cannot be combined with --target");
	if (o->prefix && !*o->prefix)
		return ce_fail(err, CCENV_EUSAGE, "--prefix is empty");
	return o->prefix ? ce_project_check(c, err) : ce_root_check_all(c, err);
}

static int install_all(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_locked_choice_release) struct ce_locked_choice w = {0};
	CE_CLEANUP(locked_text_release) struct locked_text locked = {0};
	CE_CLEANUP(job_release) struct job j = {0};
	int r = check_attestations(o, err);

	*ret = (struct ccenv_install_result){0};
	if (r < 0)
		return r;
	if (o->from_bundle)
		return install_bundle(c, o, ret, err);
	r = find_wanted(c, o, &w, err);
	if (r < 0)
		return r;
	if (!o->cuda && ce_is_up_to_date(c, o, w.label, ret))
		return 0;
	r = o->from_lock ? read_imported(c, &w, o, &locked, err)
			 : read_locked(c, w.target, o, &locked, err);
	if (r < 0)
		return r;
	assert(locked.part.packages);
	if (o->cuda) {
		r = ce_archs_check_cuda(c, locked.part.packages, o->cuda, err);
		if (r < 0)
			return r;
	}
	if (o->prefix)
		return install_prefix(c, locked.part.packages, o, ret, err);
	r = check_buildable(locked.part.packages->platform, err);
	if (r < 0)
		return r;
	job_init(c, &j, &locked.part, &w);
	return install_root(c, &j, o, &locked.text, ret, err);
}

/* All works as far as ccenv goes, and then no compiler starts. */
static void warn_of_noexec(const struct ccenv *c)
{
	struct ce_place place;

	if (ce_place_look(c->root, &place) && place.no_exec)
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s is on a file system that is mounted noexec: compilers there cannot be run; choose another place with --root DIR (in CMake, CCENV_ROOT_DIR)",
			c->root);
}

int ccenv_install(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err)
{
	int r = install_all(c, o, ret, err);

	/* All is installed: what is left is one date. */
	if (r == 0 && ret->root && ce_reproducible_keep_date(c, err) < 0)
		ce_log(&c->events, CCENV_LOG_WARNING, "%s", err->text);
	if (r == 0 && ret->root)
		warn_of_noexec(c);
	return r;
}
