/* SPDX-License-Identifier: MIT */
/* ccenv_verify(): the files of a prefix against its records, and the records against the packages and
 * the lock. */
#include <dirent.h>
#include <string.h>

#include "api/locked.h"
#include "api/prefix.h"
#include "api/project.h"
#include "api/stamp.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"
#include "install/install.h"
#include "model/lockfile.h"
#include "model/pkg.h"

enum {
	RECORD_MAX = 256 << 20
};

/* Is the record of this package there, and made from the archive that is locked? */
static int check_record(const char *prefix, const struct ce_pkg *pkg, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_asprintf(
		"%s/conda-meta/%s-%s-%s.json", prefix, pkg->name, pkg->version, pkg->build);
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *record = NULL;
	const char *sha256 = NULL, *md5 = NULL;
	int r = ce_json_read(path, RECORD_MAX, &record, err);

	if (r < 0)
		return r;
	r = ce_json_string(record, "sha256", &a, &sha256, err);
	if (r < 0)
		return ce_context(err, r, "%s", path);
	r = ce_json_string(record, "md5", &a, &md5, err);
	if (r < 0)
		return ce_context(err, r, "%s", path);
	if (pkg->sha256 ? sha256 && strcmp(sha256, pkg->sha256) == 0
			: md5 && pkg->md5 && strcmp(md5, pkg->md5) == 0)
		return 0;
	return ce_fail(err, CCENV_EHASH,
		"%s is the record of another package than the one that is locked (%s); run `ccenv install --repair`",
		path, pkg->fn);
}

static size_t count_records(const char *prefix)
{
	CE_AUTOFREE char *dir = ce_path_join(prefix, "conda-meta");
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += ce_has_suffix(e->d_name, ".json");
	if (d)
		closedir(d);
	return n;
}

static int check_records(
	const char *prefix, const struct ce_lockfile_platform *p, struct ccenv_error *err)
{
	size_t n = count_records(prefix);

	for (size_t i = 0; i < p->n_pkgs; i++) {
		int r = check_record(prefix, p->pkgs[i], err);

		if (r < 0)
			return r;
	}
	if (n != p->n_pkgs)
		return ce_fail(err, CCENV_EHASH,
			"%s has %zu packages, and %zu are locked; run `ccenv install --repair`",
			prefix, n, p->n_pkgs);
	return 0;
}

/* Has another program made it? Then ccenv's own stamp is not there. */
static bool is_foreign(const char *prefix)
{
	CE_AUTOFREE char *stamp = ce_path_join(prefix, "conda-meta/ccenv");
	CE_AUTOFREE char *history = ce_path_join(prefix, "conda-meta/history");

	return !ce_fs_exists(stamp) && ce_fs_exists(history);
}

/* `p`: what is locked, or NULL. */
static int check_prefix(struct ccenv *c, const char *prefix, const struct ce_lockfile_platform *p,
	struct ccenv_error *err)
{
	struct ce_verify_options o = {
		.pkgs = p ? p->pkgs : NULL,
		.n_pkgs = p ? p->n_pkgs : 0,
		.cache_dir = c->cache_dir,
		.foreign = is_foreign(prefix),
		.events = &c->events,
	};

	if (!ce_fs_is_dir(prefix))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: nothing is installed there; run `ccenv install`", prefix);
	if (o.foreign) {
		o.cache_dir = NULL;
		return ce_install_verify(prefix, &o, err);
	}
	if (ce_trust_check_cache(c, err) < 0) {
		ce_log(&c->events, CCENV_LOG_WARNING,
			"the files are compared only with the records in %s/conda-meta: %s", prefix,
			err->text);
		o.cache_dir = NULL;
	}
	return ce_install_verify(prefix, &o, err);
}

/* What is locked for a prefix, if it was installed from the lock: any prefix can be named. */
static const struct ce_lockfile_platform *lock_of_prefix(struct ccenv *c,
	const struct ccenv_install_options *o, const char *prefix, struct ce_lockfile **ret_lock)
{
	struct ccenv_error ignored;
	struct ce_install_options installed = {.prefix = prefix};
	struct ce_locked part;

	if (ce_locked_read(c, &o->of, ret_lock, &part, &ignored) < 0)
		return NULL;
	installed.requested = part.packages->specs;
	installed.n_requested = part.packages->n_specs;
	return ce_install_is_current(part.packages->pkgs, part.packages->n_pkgs, &installed)
		       ? part.packages
		       : NULL;
}

/* `p` is NULL where nothing is locked for the prefix. */
static int check_all(struct ccenv *c, const char *prefix, const struct ce_lockfile_platform *p,
	struct ccenv_error *err)
{
	int r = check_prefix(c, prefix, p, err);

	if (r < 0 || !p)
		return r;
	return check_records(prefix, p, err);
}

static int check_locked(struct ccenv *c, const struct ce_lockfile_platform *p, enum ce_side side,
	struct ccenv_error *err)
{
	char hash[CE_SHA256_HEX + 1];
	CE_AUTOFREE char *prefix = ce_prefix_of_lock(c, p, side, hash);

	return check_all(c, prefix, p, err);
}

/* The prefix outside the root that its build files name, as after `ccenv adopt`; NULL if there is none. The
 * caller frees it. */
static char *adopted_prefix(const struct ccenv *c, const struct ccenv_selection *of)
{
	CE_CLEANUP(ce_json_decrefp) json_t *stamp = NULL;
	CE_AUTOFREE char *joined = NULL;
	struct ccenv_error ignored;
	const char *rel;

	if (of->target || of->environment || of->platform ||
		ce_stamp_read(c, NULL, &stamp, &ignored) < 0)
		return NULL;
	rel = json_string_value(json_object_get(stamp, "prefix"));
	if (!rel || (*rel != '/' && !ce_has_prefix(rel, "../")))
		return NULL;
	joined = *rel == '/' ? ce_strdup(rel) : ce_path_join(c->root, rel);
	return ce_path_absolute(joined);
}

int ccenv_verify(struct ccenv *c, const struct ccenv_install_options *o, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_AUTOFREE char *prefix = NULL;
	struct ce_locked part;
	int r;

	if (o->prefix && !*o->prefix)
		return ce_fail(err, CCENV_EUSAGE, "--prefix is empty");
	prefix = o->prefix ? ce_prefix_of_option(o->prefix) : adopted_prefix(c, &o->of);
	if (prefix) {
		const struct ce_lockfile_platform *locked = lock_of_prefix(c, o, prefix, &lock);

		r = check_all(c, prefix, locked, err);
		return r < 0 ? r : !locked;
	}
	r = ce_locked_read(c, &o->of, &lock, &part, err);
	if (r >= 0 && part.target)
		r = check_locked(c, &part.target->build, CE_SIDE_BUILD, err);
	if (r < 0)
		return r;
	return check_locked(c, part.packages, part.target ? CE_SIDE_HOST : CE_SIDE_NATIVE, err);
}
