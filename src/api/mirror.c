/* SPDX-License-Identifier: MIT */
/* ccenv_mirror(): a channel of exactly the locked packages. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handed.h"
#include "api/locked.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/exchange.h"
#include "exchange/channel_index.h"
#include "fetch/archives.h"
#include "model/lockfile.h"
#include "model/pkg.h"

static const char marker[] = ".ccenv-mirror";
static const char marker_text[] = "A channel that ccenv writes, and may remove packages from.\n";

/* The subdirs of a mirror in the making, each with its index and, while that is replaced, the old one. */
struct mirror {
	const char *dir;
	struct ce_map subdirs; /* name -> struct subdir */
	struct ce_arena arena;
};

struct subdir {
	char *dir;
	json_t *index, *old;
};

static void mirror_release(struct mirror *m)
{
	for (size_t i = 0; i < m->subdirs.n; i++) {
		struct subdir *s = m->subdirs.entries[i].value;

		json_decref(s->index);
		json_decref(s->old);
		free(s->dir);
	}
	ce_map_release(&m->subdirs);
	ce_arena_release(&m->arena);
}

/* Is the directory a mirror, or can it become one? */
static int check_dir(const char *dir, bool add, struct ccenv_error *err)
{
	CE_AUTOFREE char *mark = ce_path_join(dir, marker);
	struct dirent *e;
	struct stat st;
	bool other = false;
	DIR *d;

	if (lstat(mark, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	if (add)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s is not a mirror that ccenv made, so there is nothing to add to; leave --add out",
			dir);
	d = opendir(dir);
	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return ce_fail_errno(err, errno, "cannot open %s", dir);
	while ((e = readdir(d)))
		other = other || (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0);
	closedir(d);
	if (other)
		return ce_fail(err, CCENV_EUSAGE,
			"%s is in use and is not a mirror that ccenv made; give an empty or new directory",
			dir);
	return 0;
}

/* A link would lead to files that are not the mirror's. */
static int check_own_dir(const char *path, struct ccenv_error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISDIR(st.st_mode))
		return 0;
	return ce_fail(err, CCENV_EDATA,
		"%s is not a directory of the mirror's own: remove it, or give another directory",
		path);
}

/* The subdir, made if it is new. With `add` its index begins with what was there. */
static int use_subdir(
	struct mirror *m, const char *name, bool add, struct subdir **ret, struct ccenv_error *err)
{
	struct subdir *s = ce_map_get(&m->subdirs, name);
	CE_AUTOFREE char *shards = NULL;
	int r;

	*ret = s;
	if (s)
		return 0;
	*ret = s = ce_arena_alloc(&m->arena, sizeof(*s));
	ce_map_set(&m->subdirs, name, s);
	s->dir = ce_path_join(m->dir, name);
	shards = ce_path_join(s->dir, "shards");
	r = check_own_dir(s->dir, err);
	if (r >= 0)
		r = check_own_dir(shards, err);
	if (r >= 0)
		r = ce_fs_mkdirs(s->dir, err);
	if (r < 0)
		return r;
	r = ce_channel_index_read(s->dir, &s->old, err);
	if (r < 0)
		return r;
	s->index = add && s->old ? json_incref(s->old) : ce_channel_index_new(name);
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Subdirs of an earlier run, which may have nothing to hold any more. Sorted, so that of two that
 * are damaged the same one is named everywhere.
 */
static int use_old_subdirs(struct mirror *m, bool add, struct ccenv_error *err)
{
	struct dirent **names = NULL;
	const int n = scandir(m->dir, &names, NULL, by_name);
	int r = 0;

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		CE_AUTOFREE char *index = ce_asprintf("%s/%s/repodata.json", m->dir, name);
		struct subdir *s;

		if (r >= 0 && name[0] != '.' && ce_fs_exists(index))
			r = use_subdir(m, name, add, &s, err);
		free(names[i]);
	}
	free(names);
	return r;
}

/* Two channels may have a package of the same name, version and build, with other bytes. */
static int check_same(const struct subdir *s, const struct ce_pkg *p, struct ccenv_error *err)
{
	const json_t *record = json_object_get(
		json_object_get(s->index, ce_pkg_is_conda(p) ? "packages.conda" : "packages"),
		p->fn);
	const char *sha256 = json_string_value(json_object_get(record, "sha256"));

	if (!sha256 || strcmp(sha256, p->sha256) == 0)
		return 0;
	return ce_fail(err, CCENV_EDATA,
		"%s/%s is there with another sha256: one channel cannot hold both; use a mirror for each",
		p->subdir, p->fn);
}

static int fill(struct mirror *m, const struct ce_handed *h, bool add, struct ccenv_error *err)
{
	struct subdir *s;
	int r = use_old_subdirs(m, add, err);

	if (r < 0)
		return r;
	/* A channel without noarch is none (CEP 36). */
	r = use_subdir(m, "noarch", add, &s, err);
	for (size_t i = 0; r >= 0 && i < h->platforms.n; i++)
		r = use_subdir(m, h->platforms.items[i], add, &s, err);
	for (size_t i = 0; r >= 0 && i < h->n_pkgs; i++) {
		r = use_subdir(m, h->pkgs[i]->subdir, add, &s, err);
		if (r < 0)
			return r;
		r = check_same(s, h->pkgs[i], err);
		ce_channel_index_add(s->index, h->pkgs[i]);
	}
	return r;
}

static int fetch(
	struct ccenv *c, struct mirror *m, const struct ce_handed *h, struct ccenv_error *err)
{
	struct ce_archive_place *places = ce_arena_array(&m->arena, h->n_pkgs + 1, sizeof(*places));

	for (size_t i = 0; i < h->n_pkgs; i++)
		places[i] = (struct ce_archive_place){
			h->pkgs[i], ce_arena_printf(&m->arena, "%s/%s/%s", m->dir,
					    h->pkgs[i]->subdir, h->pkgs[i]->fn)};
	return ce_handed_fetch(c, places, h->n_pkgs, err);
}

/* Removes the packages that the old index has and the new one does not. */
static void remove_old(const struct subdir *s)
{
	static const char *const sections[] = {"packages", "packages.conda"};

	for (size_t i = 0; s->old != s->index && i < CE_COUNT(sections); i++) {
		const json_t *now = json_object_get(s->index, sections[i]);
		const char *fn;
		json_t *record;

		json_object_foreach (json_object_get(s->old, sections[i]), fn, record) {
			CE_AUTOFREE char *path = ce_path_join(s->dir, fn);

			if (!json_object_get(now, fn))
				ce_ignore(unlink(path)); /* the index does not name it */
		}
	}
}

static int write_all(struct mirror *m, struct ccenv_error *err)
{
	for (size_t i = 0; i < m->subdirs.n; i++) {
		const struct subdir *s = m->subdirs.entries[i].value;
		int r = ce_channel_index_write(s->dir, s->index, err);

		if (r < 0)
			return r;
		remove_old(s);
	}
	return 0;
}

static int mark(const char *dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(dir, marker);
	int r = ce_fs_mkdirs(dir, err);

	if (r < 0)
		return r;
	return ce_fs_replace(path, marker_text, sizeof(marker_text) - 1, NULL, err);
}

int ccenv_mirror(struct ccenv *c, const struct ccenv_mirror_options *o, size_t *ret_n,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_handed_release) struct ce_handed h = {0};
	CE_CLEANUP(mirror_release) struct mirror m = {0};
	int r;

	if (!*o->dir)
		return ce_fail(err, CCENV_EUSAGE, "the name of the directory is empty");
	m.dir = ce_arena_strdup(&m.arena, o->dir);
	r = ce_handed_select(c, &o->of, &h, err);
	if (r < 0)
		return r;
	r = check_dir(m.dir, o->add, err);
	if (r < 0)
		return r;
	r = mark(m.dir, err);
	if (r < 0)
		return r;
	r = fill(&m, &h, o->add, err);
	if (r < 0)
		return r;
	r = fetch(c, &m, &h, err);
	if (r < 0)
		return r;
	*ret_n = h.n_pkgs;
	return write_all(&m, err);
}
