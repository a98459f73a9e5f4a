/* SPDX-License-Identifier: MIT */
/*
 * ccenv_bundle(), and the way back: one file with all that an install needs.
 *
 * A bundle is a tar, so that it can be looked into with any tool. Its order is fixed: what says which
 * package comes from where is read before any package.
 *
 *     ccenv-bundle             "1\n", the version of the format
 *     ccenv.lock
 *     ccenv.json               unless the project has none
 *     packages/SHA256/FILE     sorted; each of these bytes
 */
#include "api/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handed.h"
#include "api/locked.h"
#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "base/strs.h"
#include "base/url.h"
#include "ccenv/exchange.h"
#include "fetch/archives.h"
#include "io/archive_tar.h"
#include "lock/lockfile.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"

enum {
	TEXT_MAX = 64 << 20, /* of the lock and the manifest */
	CHUNK = 256 << 10,
};

#define ARCHIVE_MAX ((uint64_t)16 << 30)

static const char format_name[] = "ccenv-bundle", format_text[] = "1\n";

/* ---- writing ---- */

static int by_digest(const void *a, const void *b)
{
	const struct ce_pkg *x = *(const struct ce_pkg *const *)a,
			    *y = *(const struct ce_pkg *const *)b;
	int c = strcmp(x->sha256, y->sha256);

	return c ? c : strcmp(x->fn, y->fn);
}

/* Strips the credentials from every URL below; true if there were any. */
static bool strip_urls(json_t *value)
{
	bool changed = false;
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_string(value) && strstr(json_string_value(value), "://")) {
		CE_AUTOFREE char *plain = ce_url_strip_credentials(json_string_value(value));

		changed = strcmp(plain, json_string_value(value)) != 0;
		json_string_set(value, plain);
	}
	json_object_foreach (value, key, v)
		changed |= strip_urls(v);
	json_array_foreach (value, i, v)
		changed |= strip_urls(v);
	return changed;
}

/* A manifest as it may be given to others: the same bytes, unless a URL in it has credentials. */
static int strip_manifest(const struct ce_buf *text, struct ce_buf *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	int r = ce_json_parse(ce_buf_str(text), text->len, &o, err);

	if (r < 0)
		return r;
	if (!strip_urls(o)) {
		ce_buf_add(ret, ce_buf_str(text), text->len);
		return 0;
	}
	ce_json_format(o, ret);
	return 0;
}

static int put_text(struct ce_tar_writer *w, const char *name, const void *data, size_t len,
	struct ccenv_error *err)
{
	int r = ce_tar_begin(w, name, len, err);

	return r < 0 || len == 0 ? r : ce_tar_data(w, data, len, err);
}

static int put_archive(
	struct ce_tar_writer *w, const struct ce_archive_place *place, struct ccenv_error *err)
{
	CE_AUTOFREE char *name = ce_asprintf("packages/%s/%s", place->pkg->sha256, place->pkg->fn);
	CE_CLEANUP(ce_fs_closep) int fd = ce_fs_open_file(AT_FDCWD, place->path, O_NOFOLLOW);
	CE_AUTOFREE char *chunk = ce_alloc(CHUNK);
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return ce_fail_errno(err, errno, "cannot read %s", place->path);
	r = ce_tar_begin(w, name, (uint64_t)st.st_size, err);
	while (r >= 0 && (n = read(fd, chunk, CHUNK)) != 0)
		r = n < 0 ? ce_fail_errno(err, errno, "cannot read %s", place->path)
			  : ce_tar_data(w, chunk, (size_t)n, err);
	return r;
}

static int write_bundle(struct ccenv *c, const struct ce_handed *h,
	const struct ce_archive_place *places, int fd, struct ccenv_error *err)
{
	CE_CLEANUP(ce_tar_writer_freep) struct ce_tar_writer *w = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf manifest = {0};
	int r = ce_tar_writer_new(fd, &w, err);

	if (r < 0)
		return r;
	r = put_text(w, format_name, format_text, sizeof(format_text) - 1, err);
	if (r >= 0)
		r = put_text(w, "ccenv.lock", ce_buf_str(&h->text), h->text.len, err);
	if (r >= 0 && c->manifest_path)
		r = strip_manifest(&c->manifest_text, &manifest, err);
	if (r >= 0 && c->manifest_path)
		r = put_text(w, "ccenv.json", ce_buf_str(&manifest), manifest.len, err);
	for (size_t i = 0; r >= 0 && i < h->n_pkgs; i++)
		r = put_archive(w, &places[i], err);
	return r < 0 ? r : ce_tar_finish(w, err);
}

/* The archives, in a temporary directory of the cache, one directory each: names may be the same. */
static int collect(struct ccenv *c, struct ce_handed *h, const char *dir,
	struct ce_archive_place **ret, struct ccenv_error *err)
{
	struct ce_archive_place *places = ce_arena_array(&h->arena, h->n_pkgs + 1, sizeof(*places));

	if (h->n_pkgs)
		qsort(h->pkgs, h->n_pkgs, sizeof(*h->pkgs), by_digest);
	for (size_t i = 0; i < h->n_pkgs; i++) {
		const char *own = ce_arena_printf(&h->arena, "%s/%zu", dir, i);
		int r = ce_fs_mkdirs(own, err);

		if (r < 0)
			return r;
		places[i] = (struct ce_archive_place){
			h->pkgs[i], ce_arena_printf(&h->arena, "%s/%s", own, h->pkgs[i]->fn)};
	}
	*ret = places;
	return ce_handed_fetch(c, places, h->n_pkgs, err);
}

static int stage_in_cache(struct ccenv *c, struct ce_stage *ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *place = ce_path_join(c->cache_dir, "bundle");
	int r = ce_trust_check_cache(c, err);

	if (r < 0)
		return r;
	ce_stage_sweep(c->cache_dir);
	return ce_stage_dir(place, ret, err);
}

int ccenv_bundle(struct ccenv *c, const struct ccenv_bundle_options *o, size_t *ret_n,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_handed_release) struct ce_handed h = {0};
	CE_CLEANUP(ce_stage_drop) struct ce_stage dir = CE_STAGE_NONE, file = CE_STAGE_NONE;
	struct ce_archive_place *places = NULL;
	int r;

	if (!*o->path)
		return ce_fail(err, CCENV_EUSAGE, "the name of the file is empty");
	r = ce_fs_check_output(o->path, err);
	if (r >= 0)
		r = ce_handed_select(c, &o->of, &h, err);
	if (r < 0)
		return r;
	r = stage_in_cache(c, &dir, err);
	if (r < 0)
		return r;
	r = collect(c, &h, dir.tmp, &places, err);
	if (r < 0)
		return r;
	r = ce_stage_file(o->path, 0644, &file, err);
	if (r < 0)
		return r;
	r = write_bundle(c, &h, places, file.fd, err);
	if (r < 0)
		return ce_context(err, r, "%s", o->path);
	*ret_n = h.n_pkgs;
	return ce_stage_commit(&file, err);
}

/* ---- reading ---- */

/* What is being read of a bundle. */
struct reader {
	struct ccenv *c;
	const struct ccenv_install_options *o;
	const char *dir; /* for the archives */
	struct ce_buf format, lock_text, manifest_text;
	struct ce_lockfile *lock;
	struct ce_map wanted; /* "packages/SHA256/FILE" -> struct ce_pkg */
	size_t n_found;
	bool has_manifest;
	/* The file that is read: a text, or an archive. */
	const char *name;
	struct ce_buf *text;
	const struct ce_pkg *pkg;
	int fd;
	uint64_t left;
	struct ce_digest *digest;
};

static void reader_release(struct reader *r)
{
	ce_buf_release(&r->format);
	ce_buf_release(&r->lock_text);
	ce_buf_release(&r->manifest_text);
	ce_lockfile_free(r->lock);
	ce_map_release(&r->wanted);
	ce_digest_free(r->digest);
	ce_fs_closep(&r->fd);
}

static void want(struct reader *r, const struct ce_lockfile_platform *p)
{
	for (size_t i = 0; i < p->n_pkgs; i++) {
		CE_AUTOFREE char *name =
			ce_asprintf("packages/%s/%s", p->pkgs[i]->sha256, p->pkgs[i]->fn);

		ce_map_set(&r->wanted, name, (void *)p->pkgs[i]);
	}
}

/* The lock says which of the packages behind it are needed. */
static int read_lock(struct reader *r, struct ccenv_error *err)
{
	struct ce_locked part;
	int e = ce_lockfile_parse(ce_buf_str(&r->lock_text), r->lock_text.len, &r->lock, err);

	if (e < 0)
		return ce_context(err, e, "ccenv.lock");
	e = ce_locked_select_named(r->lock, &r->o->of, CE_TARGET_TO_BUILD, &part, err);
	if (e < 0)
		return e;
	want(r, part.packages);
	if (part.target)
		want(r, &part.target->build);
	return 0;
}

static int begin_text(struct reader *r, const char *name, struct ce_buf *text, uint64_t size,
	struct ccenv_error *err)
{
	if (size > TEXT_MAX || text->len)
		return ce_fail(err, CCENV_EDATA, "%s is too large, or there twice", name);
	r->name = name;
	r->text = text;
	r->left = size;
	return 1;
}

static int begin_archive(struct reader *r, const char *name, uint64_t size, struct ccenv_error *err)
{
	const struct ce_pkg *pkg = ce_map_get(&r->wanted, name);
	CE_AUTOFREE char *path = NULL;

	/* Of another platform or environment, or none of the lock's. */
	if (!pkg)
		return 0;
	if (size > ARCHIVE_MAX || (pkg->size && size != pkg->size))
		return ce_fail(err, CCENV_EHASH, "%s does not have the size of the locked package",
			pkg->fn);
	/* The name of the file is the lock's, which has been checked. */
	path = ce_path_join(r->dir, pkg->fn);
	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (r->fd < 0 && errno == EEXIST)
		return ce_fail(err, CCENV_EDATA, "%s is there twice", pkg->fn);
	if (r->fd < 0)
		return ce_fail_errno(err, errno, "cannot create %s", path);
	r->pkg = pkg;
	r->name = pkg->fn;
	r->left = size;
	r->digest = ce_digest_new(CE_DIGEST_SHA256);
	return 1;
}

static int begin(void *user, const char *name, uint64_t size, struct ccenv_error *err)
{
	struct reader *r = user;

	if (strcmp(name, format_name) == 0)
		return begin_text(r, format_name, &r->format, size, err);
	if (strcmp(ce_buf_str(&r->format), format_text) != 0)
		return ce_fail(
			err, CCENV_EDATA, "it is not a bundle of ccenv, or one of a newer ccenv");
	if (strcmp(name, "ccenv.lock") == 0)
		return begin_text(r, "ccenv.lock", &r->lock_text, size, err);
	if (strcmp(name, "ccenv.json") == 0) {
		r->has_manifest = true;
		return begin_text(r, "ccenv.json", &r->manifest_text, size, err);
	}
	if (!r->lock)
		return ce_fail(err, CCENV_EDATA, "there is no ccenv.lock before the packages");
	return begin_archive(r, name, size, err);
}

static int take_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct reader *r = user;

	if (len > r->left)
		return ce_fail(err, CCENV_EDATA, "%s is longer than its header says", r->name);
	r->left -= len;
	if (r->text) {
		ce_buf_add(r->text, data, len);
		return 0;
	}
	ce_digest_update(r->digest, data, len);
	if (ce_fs_write_all(r->fd, data, len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", r->name);
	return 0;
}

static int end(void *user, struct ccenv_error *err)
{
	struct reader *r = user;
	char hex[CE_SHA256_HEX + 1] = "";

	if (r->text) {
		bool is_lock = r->text == &r->lock_text;

		r->text = NULL;
		return is_lock ? read_lock(r, err) : 0;
	}
	ce_digest_final(CE_TAKE(r->digest), hex);
	ce_fs_closep(&r->fd);
	if (strcmp(hex, r->pkg->sha256) != 0)
		return ce_fail(err, CCENV_EHASH, "%s has sha256 %s, and %s is locked", r->pkg->fn,
			hex, r->pkg->sha256);
	r->n_found++;
	return 0;
}

static int read_bundle(struct reader *r, struct ccenv_error *err)
{
	const struct ce_tar_reader tar = {r, begin, take_data, end};
	int e = ce_tar_read(r->o->from_bundle, &tar, err);

	if (e < 0)
		return e;
	if (!r->lock)
		return ce_fail(err, CCENV_EDATA, "%s has no ccenv.lock", r->o->from_bundle);
	if (r->n_found < r->wanted.n)
		return ce_fail(err, CCENV_EDATA,
			"%s has %zu of the %zu packages that its lock names for this environment and platform; make it again with `ccenv bundle`",
			r->o->from_bundle, r->n_found, r->wanted.n);
	return 0;
}

/* ---- the project ---- */

static bool is_equal(const struct ce_buf *a, const struct ce_buf *b)
{
	return a->len == b->len && memcmp(ce_buf_str(a), ce_buf_str(b), a->len) == 0;
}

/*
 * Is what is there the same? A file that is not there is fine, and then *ret_keep is false: with
 * true it need not be written, and must not where it has the credentials that the bundle lacks.
 */
static int check_same(
	const char *path, const struct ce_buf *text, bool *ret_keep, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf old = {0}, plain = {0};
	struct ccenv_error ignored;
	int r = ce_fs_read(path, TEXT_MAX, &old, err);

	*ret_keep = r >= 0;
	if (r == CCENV_ENOTFOUND)
		return 0;
	if (r < 0 || is_equal(&old, text))
		return r;
	if (strip_manifest(&old, &plain, &ignored) >= 0 && is_equal(&plain, text))
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"%s is not the one that the bundle was made from; move it away, or make the bundle again",
		path);
}

/* Manifest and lock to their places, and the handle to that project. */
static int place_project(struct reader *r, struct ccenv_error *err)
{
	struct ccenv *c = r->c;
	CE_AUTOFREE char *manifest =
		c->manifest_path ? ce_strdup(c->manifest_path) : ce_path_absolute("ccenv.json");
	CE_AUTOFREE char *dir = ce_path_dir(manifest);
	CE_AUTOFREE char *lock =
		c->lock_is_named ? ce_strdup(c->lock_path) : ce_path_join(dir, "ccenv.lock");
	CE_AUTOFREE char *root = ce_strdup(c->root);
	struct ce_manifest *m = NULL;
	bool keep_manifest = false, keep_lock = false;
	int e = 0;

	if (r->has_manifest)
		e = check_same(manifest, &r->manifest_text, &keep_manifest, err);
	if (e >= 0)
		e = check_same(lock, &r->lock_text, &keep_lock, err);
	if (e >= 0 && r->has_manifest)
		e = ce_manifest_parse(
			ce_buf_str(&r->manifest_text), r->manifest_text.len, manifest, &m, err);
	/* The manifest last: one without its lock would be locked again by the next install. */
	if (e >= 0 && !keep_lock)
		e = ce_fs_replace(lock, ce_buf_str(&r->lock_text), r->lock_text.len, NULL, err);
	if (e >= 0 && r->has_manifest && !keep_manifest)
		e = ce_fs_replace(
			manifest, ce_buf_str(&r->manifest_text), r->manifest_text.len, NULL, err);
	if (e >= 0)
		e = ce_project_use_lock(c, lock, err);
	if (e < 0) {
		ce_manifest_free(m);
		return e;
	}
	/* The root stays where it would have been without the bundle. */
	free(c->root);
	c->root = CE_TAKE(root);
	if (m) {
		m->home = ce_arena_strdup(&m->arena, c->getenv_fn("HOME"));
		c->manifest = m;
		c->manifest_path = CE_TAKE(manifest);
		ce_buf_add(&c->manifest_text, ce_buf_str(&r->manifest_text), r->manifest_text.len);
	}
	return 0;
}

static void add_package_cache(struct ccenv *c, const char *dir)
{
	c->package_caches =
		ce_reallocarray(c->package_caches, c->n_package_caches + 1, sizeof(char *));
	c->package_caches[c->n_package_caches++] = ce_strdup(dir);
	c->offline = true;
}

int ce_unbundle(struct ccenv *c, const struct ccenv_install_options *o, struct ce_unbundled *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(reader_release) struct reader r = {.c = c, .o = o, .fd = -1};
	int e;

	*ret = (struct ce_unbundled){CE_STAGE_NONE};
	if (!*o->from_bundle)
		return ce_fail(err, CCENV_EUSAGE, "the name of the bundle is empty");
	e = ce_project_check(c, err);
	if (e < 0)
		return e;
	e = stage_in_cache(c, &ret->stage, err);
	if (e < 0)
		return e;
	r.dir = ret->stage.tmp;
	e = read_bundle(&r, err);
	if (e >= 0)
		e = place_project(&r, err);
	if (e < 0)
		return strstr(err->text, o->from_bundle) ? e
							 : ce_context(err, e, "%s", o->from_bundle);
	add_package_cache(c, r.dir);
	return 0;
}

void ce_unbundled_drop(struct ce_unbundled *u)
{
	ce_stage_drop(&u->stage);
}
