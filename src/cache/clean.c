/* SPDX-License-Identifier: MIT */
/* Choosing what leaves the cache: by kind, age and size, the least recently used first. */
#include "cache/clean.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "cache/entry.h"
#include "cache/layout.h"
#include "ccenv/ccenv.h"

/* Something in the cache that is removed in one piece. */
struct thing {
	char *path;
	char *lock;     /* the lock file of whoever may be making it, or NULL */
	time_t used;    /* last */
	uint64_t bytes; /* all that it has */
	uint64_t alone; /* of these, what no other name shares */
	bool shared;
	bool package;
};

struct things {
	struct thing *items;
	size_t n, cap;
};

/* Adds what is below `path` to `t`. Links are not followed; a directory that vanishes meanwhile
 * counts nothing. */
static void measure(struct thing *t, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		CE_AUTOFREE char *child = NULL;
		struct stat st;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		child = ce_path_join(path, d->d_name);
		if (lstat(child, &st) < 0)
			continue;
		t->bytes += (uint64_t)st.st_blocks * 512;
		if (S_ISDIR(st.st_mode)) {
			measure(t, child);
		} else if (st.st_nlink > 1) {
			t->shared = true;
			continue;
		}
		t->alone += (uint64_t)st.st_blocks * 512;
	}
	if (dir)
		closedir(dir);
}

/* Is this the name of an entry (sha256 or md5), and not "tmp" or somebody's note? */
static bool is_key(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef");

	return (n == CE_SHA256_HEX || n == CE_MD5_HEX) && name[n] == '\0';
}

static void add_thing(struct things *list, const char *dir, const char *name, const char *locks)
{
	struct thing t = {.path = ce_path_join(dir, name), .package = is_key(name)};
	struct stat st;

	if (lstat(t.path, &st) < 0) {
		free(t.path);
		return;
	}
	t.used = st.st_mtim.tv_sec;
	t.bytes = t.alone = (uint64_t)st.st_blocks * 512;
	if (S_ISDIR(st.st_mode))
		measure(&t, t.path);
	if (t.package) {
		CE_AUTOFREE char *note = ce_asprintf("%s.list", t.path);
		uint64_t bytes = lstat(note, &st) < 0 ? 0 : (uint64_t)st.st_blocks * 512;

		t.bytes += bytes;
		t.alone += bytes;
	}
	/* A download has the lock of the entry it becomes: "<key>.part". */
	if (locks)
		t.lock = ce_asprintf("%s/%.*s.lock", locks, (int)strcspn(name, "."), name);
	CE_GROW(list->items, list->n, list->cap);
	list->items[list->n++] = t;
}

/* "<digest>.list" of an entry that somebody has removed by hand? */
static bool is_lone_list(const char *dir, const char *name)
{
	CE_AUTOFREE char *entry = ce_path_join(dir, name);
	size_t n = strlen(entry) - (ce_has_suffix(entry, ".list") ? strlen(".list") : 0);

	if (!entry[n])
		return false;
	entry[n] = '\0';
	return is_key(ce_path_base(entry)) && !ce_fs_exists(entry);
}

static void add_all(struct things *list, const char *dir, const char *locks, bool keys)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' &&
			(!keys || is_key(e->d_name) || is_lone_list(dir, e->d_name)))
			add_thing(list, dir, e->d_name, locks);
	if (d)
		closedir(d);
}

static int by_use(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	if (x->used != y->used)
		return x->used < y->used ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int remove_thing(const struct ce_clean_options *o, const struct thing *t, bool *ret_removed,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_unlockp) struct ce_fs_lock *lock = NULL;
	int r;

	*ret_removed = true;
	if (o->dry_run)
		return 0;
	r = t->lock ? ce_fs_lock(t->lock, 0, NULL, NULL, &lock, err) : 0;
	if (r == CCENV_EBUSY) {
		*ret_removed = false;
		return 0;
	}
	if (r < 0)
		return r;
	return t->package ? ce_entry_remove(t->path, err) : ce_fs_remove_tree(t->path, err);
}

static int clean(const struct ce_clean_options *o, struct things *list,
	struct ce_clean_result *result, struct ccenv_error *err)
{
	time_t now = time(NULL);
	uint64_t left = 0;

	for (size_t i = 0; i < list->n; i++)
		left += list->items[i].package ? list->items[i].bytes : 0;
	if (list->n > 0)
		qsort(list->items, list->n, sizeof(*list->items), by_use);
	for (size_t i = 0; i < list->n; i++) {
		const struct thing *t = &list->items[i];
		/* A file's clock may be ahead of time() by a tick. */
		bool removed, young = o->min_age_s > 0 &&
				      (t->used > now || (uint64_t)(now - t->used) < o->min_age_s);
		int r;

		if (young || (t->package && o->unshared && t->shared) ||
			(t->package && o->keep_bytes && left <= o->keep_bytes))
			continue;
		r = remove_thing(o, t, &removed, err);
		if (r < 0)
			return r;
		if (!removed)
			continue;
		left -= t->package ? t->bytes : 0;
		result->n++;
		result->bytes += t->alone;
		ce_log(o->events, CCENV_LOG_INFO, "%s %s", o->dry_run ? "would remove" : "removed",
			t->path);
	}
	return 0;
}

int ce_clean(const struct ce_clean_options *o, struct ce_clean_result *ret_result,
	struct ccenv_error *err)
{
	CE_AUTOFREE char *pkgs = ce_cache_pkgs(o->cache_dir);
	CE_AUTOFREE char *archives = ce_cache_archives(o->cache_dir);
	CE_AUTOFREE char *repodata = ce_cache_repodata(o->cache_dir);
	CE_AUTOFREE char *locks = ce_cache_locks(o->cache_dir);
	struct ce_clean_result result = {0};
	struct things list = {0};
	int r;

	if (!ce_fs_is_dir(o->cache_dir)) {
		*ret_result = result;
		return 0;
	}
	if (o->kinds & CE_CLEAN_PACKAGES) {
		ce_entry_sweep(o->cache_dir);
		add_all(&list, pkgs, locks, true);
	}
	if (o->kinds & CE_CLEAN_DOWNLOADS)
		add_all(&list, archives, locks, false);
	if (o->kinds & CE_CLEAN_REPODATA)
		add_all(&list, repodata, NULL, false);
	r = clean(o, &list, &result, err);
	for (size_t i = 0; i < list.n; i++) {
		free(list.items[i].path);
		free(list.items[i].lock);
	}
	free(list.items);
	if (r < 0)
		return r;
	*ret_result = result;
	return 0;
}
