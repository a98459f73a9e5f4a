/* SPDX-License-Identifier: MIT */
/* ccenv_adopt(): build files for a prefix that another program made. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/prefix.h"
#include "api/project.h"
#include "api/root.h"
#include "api/uptodate.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/exchange.h"
#include "emit/emit.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/pkg_read.h"
#include "model/platform.h"

enum {
	RECORD_MAX = 256 << 20,
	RECORDS_MAX = 10000,
};

/* What the records of a prefix say. */
struct adopted {
	struct ce_arena arena;
	struct ce_pkg *pkgs;
	const struct ce_pkg **sorted;
	size_t n, cap;
	const char *platform;
	char hash[CE_SHA256_HEX + 1];
};

static void adopted_release(struct adopted *a)
{
	ce_arena_release(&a->arena);
	free(a->pkgs);
	free(a->sorted);
}

static int by_pkg(const void *a, const void *b)
{
	return ce_pkg_compare(*(const struct ce_pkg *const *)a, *(const struct ce_pkg *const *)b);
}

/* One conda-meta/<name>-<version>-<build>.json; no part of its path may be a link. */
static int read_record(
	struct adopted *a, const char *prefix, const char *file, struct ccenv_error *err)
{
	CE_AUTOFREE char *rel = ce_asprintf("conda-meta/%s", file);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ce_cursor c;
	struct ce_pkg *p;
	int r = ce_fs_read_beneath(prefix, rel, RECORD_MAX, &text, err);

	if (r < 0)
		return r;
	if (a->n == RECORDS_MAX)
		return ce_fail(err, CCENV_EDATA, "more than %d records", RECORDS_MAX);
	CE_GROW(a->pkgs, a->n, a->cap);
	p = &a->pkgs[a->n];
	ce_cursor_json(&c, ce_buf_str(&text), text.len, &a->arena);
	r = ce_pkg_read(&c, NULL, p, err);
	if (r < 0)
		return r;
	if (!ce_has_prefix(file, p->name) || file[strlen(p->name)] != '-')
		return ce_fail(
			err, CCENV_EDATA, "it is the record of a package called %s", p->name);
	a->n++;
	return 0;
}

static int read_records(struct adopted *a, const char *prefix, struct ccenv_error *err)
{
	CE_AUTOFREE char *meta = ce_path_join(prefix, "conda-meta");
	struct dirent *d;
	struct stat st;
	DIR *dir;
	int r = 0;

	if (lstat(meta, &st) < 0)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s is not a conda prefix: it has no conda-meta directory (pixi's are .pixi/envs/NAME)",
			prefix);
	if (!S_ISDIR(st.st_mode))
		return ce_fail(err, CCENV_EDATA,
			"%s is not a directory, and a link is not followed there", meta);
	dir = opendir(meta);
	if (!dir)
		return ce_fail_errno(err, errno, "cannot read %s", meta);
	while (r >= 0 && (d = readdir(dir)))
		if (ce_has_suffix(d->d_name, ".json") && d->d_name[0] != '.') {
			r = read_record(a, prefix, d->d_name, err);
			if (r < 0)
				ce_context(err, r, "%s/%s", meta, d->d_name);
		}
	closedir(dir);
	return r < 0 ? r : 0;
}

static int check_records(struct adopted *a, const char *prefix, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map names = {0};

	if (a->n == 0)
		return ce_fail(err, CCENV_ENOTFOUND, "%s has no packages", prefix);
	a->sorted = ce_calloc(a->n, sizeof(*a->sorted));
	for (size_t i = 0; i < a->n; i++) {
		const struct ce_pkg *p = a->sorted[i] = &a->pkgs[i];

		if (!ce_map_insert(&names, p->name))
			return ce_fail(err, CCENV_EDATA, "%s/conda-meta has two records of %s",
				prefix, p->name);
		if (strcmp(p->subdir, "noarch") == 0)
			continue;
		if (a->platform && strcmp(a->platform, p->subdir) != 0)
			return ce_fail(err, CCENV_EDATA, "%s has packages of %s and of %s", prefix,
				a->platform, p->subdir);
		a->platform = p->subdir;
	}
	qsort(a->sorted, a->n, sizeof(*a->sorted), by_pkg);
	if (!a->platform)
		a->platform = ce_platform_host();
	if (strcmp(a->platform, ce_platform_host()) != 0)
		return ce_fail(err, CCENV_EUSAGE,
			"%s is for %s, and this machine is %s: to build for another machine, give ccenv.json a target (docs/cross.md) in place of adopting a prefix",
			prefix, a->platform, ce_platform_host());
	return 0;
}

/* Names the set of packages and where they are: another program may change them in place. */
static void hash_all(struct adopted *a, const char *prefix)
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);

	ce_digest_update(d, prefix, strlen(prefix) + 1);
	for (size_t i = 0; i < a->n; i++) {
		const char *digest = ce_pkg_digest(a->sorted[i]);

		ce_digest_update(d, a->sorted[i]->fn, strlen(a->sorted[i]->fn) + 1);
		if (digest)
			ce_digest_update(d, digest, strlen(digest) + 1);
	}
	ce_digest_final(d, a->hash);
}

static int emit(
	struct ccenv *c, const char *prefix, const struct adopted *a, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *held = NULL;
	const struct ce_emit_input in = {
		.root = c->root,
		.prefix = prefix,
		.platform = a->platform,
		.pkgs = a->sorted,
		.n_pkgs = a->n,
		.reproducible = ce_manifest_reproducible(c->manifest),
		.content_hash = a->hash,
		.events = &c->events,
	};
	int r = ce_root_lock(c, &held, err);

	if (r < 0)
		return r;
	/* What `ccenv install` made here is not what the build files name any more. */
	r = ce_uptodate_invalidate(c, NULL, err);
	if (r < 0)
		return r;
	return ce_emit_all(&in, err);
}

static bool is_below(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static int check_places(const struct ccenv *c, const char *prefix, struct ccenv_error *err)
{
	int r = ce_emit_check_path("prefix", prefix, err);

	if (r < 0)
		return r;
	if (is_below(prefix, c->root))
		return ce_fail(err, CCENV_EUSAGE,
			"the build files would be written into the prefix, to %s; give another directory with --root",
			c->root);
	return ce_root_check_all(c, err);
}

int ccenv_adopt(struct ccenv *c, const char *option, struct ccenv_install_result *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(adopted_release) struct adopted a = {0};
	CE_AUTOFREE char *prefix = *option ? ce_prefix_of_option(option) : NULL;
	int r;

	if (!prefix)
		return ce_fail(err, CCENV_EUSAGE, "the prefix is empty");
	r = check_places(c, prefix, err);
	if (r < 0)
		return r;
	r = read_records(&a, prefix, err);
	if (r < 0)
		return r;
	r = check_records(&a, prefix, err);
	if (r < 0)
		return r;
	hash_all(&a, prefix);
	r = emit(c, prefix, &a, err);
	if (r < 0)
		return r;
	*ret = (struct ccenv_install_result){CE_TAKE(prefix), ce_strdup(c->root), a.n};
	return 0;
}
