/* SPDX-License-Identifier: MIT */
/* Is a prefix as it was installed? Every path of every record is compared with the package, and every
 * file is hashed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"
#include "base/work.h"
#include "ccenv/ccenv.h"
#include "install/compare.h"
#include "install/install.h"
#include "install/record.h"
#include "model/pkg.h"
#include "model/pkg_read.h"

enum {
	RECORD_BYTES_MAX = 512 << 20,
	TARGET_MAX = 4096,
	CHUNK = 256 << 10,
	TICK_MS = 100,
	NAMED_MAX = 5
};

struct verify {
	const char *prefix;
	struct ce_arena arena;
	struct ce_recorded *items;
	size_t n, cap;
	size_t n_records, n_expected; /* expected: 0 when not known */
	bool foreign;
	/* The packages that the records stand for, as far as they can be read. */
	struct ce_pkg *pkgs;
	size_t n_pkgs, cap_pkgs;
	/* Progress, reported by the calling thread, between two chunks if need be: */
	const struct ccenv_events *events;
	pthread_t caller;
	int64_t reported;
	uint64_t bytes;
	_Atomic uint64_t bytes_done;
	_Atomic size_t n_done;
};

/*
 * Others note the hash in the prefix only where they have changed the file. What they note of a link is
 * the hash of its text or of what it leads to: whether it is there is all that can be said.
 */
static int add_foreign_hash(
	struct verify *v, const json_t *o, struct ce_recorded *item, struct ccenv_error *err)
{
	const char *placeholder = NULL;
	int r = ce_json_string(o, "prefix_placeholder", &v->arena, &placeholder, err);

	if (r < 0)
		return r;
	if (strcmp(item->type, "hardlink") != 0) {
		item->sha256 = NULL;
		return 0;
	}
	return item->sha256 || placeholder
		       ? 0
		       : ce_json_string(o, "sha256", &v->arena, &item->sha256, err);
}

static int add_item(struct verify *v, const char *record, const json_t *o, struct ccenv_error *err)
{
	struct ce_recorded item = {.type = "hardlink", .record = record};
	int r = ce_json_string(o, "_path", &v->arena, &item.path, err);

	if (r < 0)
		return r;
	r = ce_json_string(o, "path_type", &v->arena, &item.type, err);
	if (r < 0)
		return r;
	r = ce_json_string(o, "sha256_in_prefix", &v->arena, &item.sha256, err);
	if (r < 0)
		return r;
	if (v->foreign) {
		r = add_foreign_hash(v, o, &item, err);
		if (r < 0)
			return r;
	}
	r = ce_json_uint(o, "size_in_bytes", &item.size, err);
	if (r < 0)
		return r;
	if (!item.path || !ce_path_is_safe(item.path))
		return ce_fail(err, CCENV_EDATA, "unsafe or missing _path");
	CE_GROW(v->items, v->n, v->cap);
	v->items[v->n++] = item;
	return 0;
}

/* The record's own head. Another program's may be one that cannot be read: nothing is said of it. */
static void add_pkg(struct verify *v, const struct ce_buf *text)
{
	struct ce_cursor c;
	struct ccenv_error ignored;

	ce_cursor_json(&c, ce_buf_str(text), text->len, &v->arena);
	CE_GROW(v->pkgs, v->n_pkgs, v->cap_pkgs);
	if (ce_pkg_read(&c, NULL, &v->pkgs[v->n_pkgs], &ignored) == 0 &&
		ce_pkg_digest(&v->pkgs[v->n_pkgs]))
		v->n_pkgs++;
}

static int add_items(struct verify *v, const char *path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	json_t *data = NULL, *paths = NULL, *entry;
	const char *base = ce_path_base(path),
		   *record = ce_arena_strndup(&v->arena, base, strlen(base) - strlen(".json"));
	size_t i;
	int r = ce_fs_read(path, RECORD_BYTES_MAX, &text, err);

	if (r < 0)
		return r;
	r = ce_json_parse(ce_buf_str(&text), text.len, &o, err);
	if (r < 0)
		return r;
	add_pkg(v, &text);
	r = ce_json_object(o, "paths_data", &data, err);
	if (r < 0 || !data)
		return r;
	r = ce_json_array(data, "paths", &paths, err);
	if (r < 0)
		return r;
	json_array_foreach (paths, i, entry) {
		r = add_item(v, record, entry, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_record(struct verify *v, const char *path, struct ccenv_error *err)
{
	int r = add_items(v, path, err);

	v->n_records++;
	if (r == 0)
		return 0;
	if (!strstr(err->text, path))
		ce_context(err, r, "%s", path);
	return v->foreign ? r : ce_hint(err, r, "(run `ccenv install --repair`)");
}

static int read_records(struct verify *v, struct ccenv_error *err)
{
	CE_AUTOFREE char *meta = ce_path_join(v->prefix, "conda-meta");
	DIR *dir = opendir(meta);
	struct dirent *d;
	int r = 0;

	if (!dir)
		return ce_fail_errno(err, errno, "cannot read %s", meta);
	while (r == 0 && (d = readdir(dir))) {
		CE_AUTOFREE char *path = ce_path_join(meta, d->d_name);

		if (ce_has_suffix(d->d_name, ".json"))
			r = read_record(v, path, err);
	}
	closedir(dir);
	if (r == 0 && v->n_expected && v->n_records != v->n_expected)
		r = ce_fail(err, CCENV_EHASH,
			"%s has %zu records of packages where %zu packages were installed: run `ccenv install --repair`",
			meta, v->n_records, v->n_expected);
	return r;
}

static const char *check_link(const struct ce_recorded *item, const char *path)
{
	char target[TARGET_MAX], hex[CE_SHA256_HEX + 1];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n < 0)
		return "is not a link any more";
	ce_sha256_bytes(target, (size_t)n, hex);
	return strcmp(hex, item->sha256) == 0 ? NULL : "points elsewhere";
}

static void tell_progress(struct verify *v)
{
	const struct ccenv_progress p = {
		.phase = CCENV_PHASE_VERIFY,
		.bytes_done = atomic_load(&v->bytes_done),
		.bytes_total = v->bytes,
		.items_done = atomic_load(&v->n_done),
		.items_total = v->n,
	};

	ce_progress(v->events, &p);
}

static void tick(struct verify *v)
{
	int64_t now;

	if (!pthread_equal(pthread_self(), v->caller))
		return;
	now = ce_now_ms(CE_CLOCK_MONOTONIC);
	if (now - v->reported < TICK_MS || atomic_load(&v->n_done) == v->n)
		return;
	v->reported = now;
	tell_progress(v);
}

/* false when it cannot be read. */
static bool hash_file(struct verify *v, const char *path, char hex[CE_SHA256_HEX + 1])
{
	CE_CLEANUP(ce_digest_freep) struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);
	CE_AUTOFREE char *buf = ce_alloc(CHUNK);
	int fd = ce_fs_open_file(AT_FDCWD, path, O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0) {
		n = read(fd, buf, CHUNK);
		if (n < 0 && errno == EINTR) {
			n = 1;
		} else if (n > 0) {
			ce_digest_update(d, buf, (size_t)n);
			atomic_fetch_add(&v->bytes_done, (uint64_t)n);
			tick(v);
		}
	}
	if (fd >= 0)
		close(fd);
	if (n == 0)
		ce_digest_final(CE_TAKE(d), hex);
	return n == 0;
}

static const char *check_item(struct verify *v, const struct ce_recorded *item, const char *path)
{
	char hex[CE_SHA256_HEX + 1];
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? "is missing" : "cannot be read";
	if (strcmp(item->type, "directory") == 0)
		return S_ISDIR(st.st_mode) ? NULL : "is not a directory any more";
	if (!item->sha256)
		return NULL; /* another program's record may have none */
	if (strcmp(item->type, "softlink") == 0)
		return check_link(item, path);
	if (!S_ISREG(st.st_mode))
		return "is not a file any more";
	/* Others note the size before the prefix was written in. */
	if (!v->foreign && (uint64_t)st.st_size != item->size)
		return "has another size";
	if (!hash_file(v, path, hex))
		return "cannot be read";
	return strcmp(hex, item->sha256) == 0 ? NULL : "has other bytes";
}

static int check_one(void *user, size_t i, struct ccenv_error *err)
{
	struct verify *v = user;
	CE_AUTOFREE char *path = ce_path_join(v->prefix, v->items[i].path);

	(void)err;
	if (!v->items[i].wrong)
		v->items[i].wrong = check_item(v, &v->items[i], path);
	atomic_fetch_add(&v->n_done, 1);
	tick(v);
	return 0;
}

/* The largest first, so that no thread is left alone with one at the end. */
static int by_size(const void *a, const void *b)
{
	const struct ce_recorded *x = a, *y = b;

	return x->size > y->size ? -1 : x->size < y->size;
}

static int by_path(const void *a, const void *b)
{
	const struct ce_recorded *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int tell(struct verify *v, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	size_t n = 0;

	qsort(v->items, v->n, sizeof(*v->items), by_path);
	for (size_t i = 0; i < v->n; i++) {
		if (!v->items[i].wrong)
			continue;
		if (n++ < NAMED_MAX)
			ce_buf_addf(&text, "%s%s %s", n > 1 ? ", " : "", v->items[i].path,
				v->items[i].wrong);
	}
	if (n == 0)
		return 0;
	return ce_fail(err, CCENV_EHASH,
		"%s: %zu of %zu paths are not as they were installed: %s%s; %s", v->prefix, n, v->n,
		text.data, n > NAMED_MAX ? ", …" : "",
		v->foreign ? "repair it with the program that made it"
			   : "run `ccenv install --repair`");
}

/* Said plainly: for these, nothing but the prefix's own records was there to compare with. */
static void warn_absent(const struct verify *v, const struct ce_compare *c)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf names = {0};

	if (c->absent.n == 0)
		return;
	for (size_t i = 0; i < c->absent.n && i < NAMED_MAX; i++)
		ce_buf_addf(&names, "%s%s", i ? ", " : "", c->absent.items[i]);
	ce_log(v->events, CCENV_LOG_WARNING,
		"the cache does not have %zu of %zu packages (%s%s): their files are compared only with the records in %s/conda-meta; `ccenv install --repair` fetches them again",
		c->absent.n, c->n_pkgs, names.data, c->absent.n > NAMED_MAX ? ", …" : "",
		v->prefix);
}

/* What the packages themselves say, as far as the cache has them. */
static int compare(struct verify *v, const struct ce_verify_options *o, struct ccenv_error *err)
{
	CE_AUTOFREE const struct ce_pkg **own = ce_calloc(v->n_pkgs + 1, sizeof(*own));
	struct ce_compare c = {
		.pkgs = o->pkgs ? o->pkgs : own,
		.n_pkgs = o->pkgs ? o->n_pkgs : v->n_pkgs,
		.cache_dir = o->cache_dir,
		.prefix = v->prefix,
		.threads = o->threads,
		.arena = &v->arena,
		.items = v->items,
		.n = v->n,
		.cap = v->cap,
	};
	int r;

	for (size_t i = 0; i < v->n_pkgs; i++)
		own[i] = &v->pkgs[i];
	r = ce_install_compare(&c, err);
	v->items = c.items;
	v->n = c.n;
	v->cap = c.cap;
	if (r < 0)
		return r;
	warn_absent(v, &c);
	return 0;
}

static int verify(struct verify *v, const struct ce_verify_options *o, struct ccenv_error *err)
{
	struct ce_work work = {.threads = o->threads, .user = v, .item = check_one};
	int r = read_records(v, err);

	if (r < 0)
		return r;
	if (o->cache_dir) {
		r = compare(v, o, err);
		if (r < 0)
			return r;
	}
	if (v->n > 0)
		qsort(v->items, v->n, sizeof(*v->items), by_size);
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->items[i].type, "hardlink") == 0 && v->items[i].sha256)
			v->bytes += v->items[i].size;
	work.n = v->n;
	tell_progress(v);
	r = ce_work_run(&work, err);
	if (r == 0 && v->n > 0)
		tell_progress(v);
	return r < 0 || v->n == 0 ? r : tell(v, err);
}

static int check_stamp(struct verify *v, struct ccenv_error *err)
{
	if (!ce_stamp_is_there(v->prefix) && errno == EACCES)
		return ce_fail_errno(err, errno, "cannot read %s/conda-meta", v->prefix);
	if (!ce_stamp_is_there(v->prefix))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s was not installed by ccenv, or not completely: run `ccenv install`",
			v->prefix);
	return ce_stamp_check_place(v->prefix, &v->n_expected, err);
}

int ce_install_verify(
	const char *prefix, const struct ce_verify_options *o, struct ccenv_error *err)
{
	struct verify v = {.prefix = prefix,
		.events = o->events,
		.caller = pthread_self(),
		.foreign = o->foreign};
	int r = o->foreign ? 0 : check_stamp(&v, err);

	if (r == 0)
		r = verify(&v, o, err);
	free(v.items);
	free(v.pkgs);
	ce_arena_release(&v.arena);
	return r;
}
