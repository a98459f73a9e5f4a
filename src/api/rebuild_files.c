/* SPDX-License-Identifier: MIT */
/* The artefacts of a build: what is there but for what build systems keep for themselves. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/rebuild.h"
#include "api/root.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"
#include "base/path.h"

enum {
	DEPTH_MAX = 64,
	FILES_MAX = 500000
};

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static bool ends_with_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ce_has_suffix(name, list[i]))
			return true;
	return false;
}

bool ce_artefact_is_bookkeeping(const char *path)
{
	/* Of CMake, CTest, CPack, Ninja, make, Meson, ccache, git and ccenv. */
	static const char *const names[] = {"CMakeCache.txt", "Makefile", "build.ninja",
		"cmake_install.cmake", "CTestTestfile.cmake", "DartConfiguration.tcl",
		"CPackConfig.cmake", "CPackSourceConfig.cmake", "compile_commands.json",
		"install_manifest.txt", "rules.ninja", ".ninja_log", ".ninja_deps", "config.log",
		"config.status", "CMakeLists.txt", ".clangd", "ccenv.lock"};
	static const char *const ends[] = {".d", ".log", ".tmp", ".ninja", ".dep", ".deps", ".Plo",
		".Po", ".lock", ".gcda", ".module_id"};
	/* In CMakeFiles only what a compiler makes counts. */
	static const char *const made[] = {".o", ".obj", ".a", ".so", ".cubin", ".fatbin", ".ptx",
		".ltoir", ".optixir", ".lo"};
	const char *name = ce_path_base(path);

	if (is_one_of(name, names, CE_COUNT(names)) || ends_with_one_of(name, ends, CE_COUNT(ends)))
		return true;
	return strstr(path, "CMakeFiles/") && !ends_with_one_of(name, made, CE_COUNT(made));
}

/* Directories of build systems, of version control, and roots of ccenv. */
static bool is_skipped(const char *path, const char *rel)
{
	static const char *const names[] = {".git", ".hg", ".svn", ".cmake", "Testing",
		"_CPack_Packages", "meson-logs", "meson-info", "meson-private", "__pycache__",
		"CMakeScratch", "CMakeTmp", "ccenv-rebuild-check"};
	const char *name = ce_path_base(rel);
	CE_AUTOFREE char *dir = ce_path_dir(rel);

	if (is_one_of(name, names, CE_COUNT(names)) || ce_has_suffix(name, "-subbuild") ||
		ce_has_suffix(name, "_autogen"))
		return true;
	/* CMakeFiles/3.25.1: tests of the compilers. */
	if (strcmp(ce_path_base(dir), "CMakeFiles") == 0 && name[0] >= '0' && name[0] <= '9')
		return true;
	return ce_root_has_marker(path);
}

struct walk {
	const char *top;
	struct ccenv_error *err;
	/* What to do with a file: its path from the top, and what it is. */
	void (*file)(void *user, const char *rel, const struct stat *st);
	void *user;
	size_t n;
};

static int walk_dir(struct walk *w, const char *rel, unsigned depth)
{
	CE_AUTOFREE char *dir = ce_path_join(w->top, rel);
	DIR *d = depth > DEPTH_MAX ? NULL : opendir(dir);
	struct dirent *e;
	int r = 0;

	if (depth > DEPTH_MAX)
		return ce_fail(
			w->err, CCENV_EDATA, "%s: more than %d directories deep", dir, DEPTH_MAX);
	if (!d)
		return ce_fail_errno(w->err, errno, "cannot open %s", dir);
	while (r == 0 && (e = readdir(d))) {
		CE_AUTOFREE char *path = NULL, *below = NULL;
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		below = *rel ? ce_path_join(rel, e->d_name) : ce_strdup(e->d_name);
		path = ce_path_join(dir, e->d_name);
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && !is_skipped(path, below))
			r = walk_dir(w, below, depth + 1);
		else if (S_ISREG(st.st_mode) && w->n++ < FILES_MAX)
			w->file(w->user, below, &st);
	}
	closedir(d);
	if (r == 0 && w->n > FILES_MAX)
		return ce_fail(w->err, CCENV_EDATA, "%s: more than %d files", w->top, FILES_MAX);
	return r;
}

static char *state_of(const struct stat *st)
{
	return ce_asprintf("%lld %lld.%09ld %llu", (long long)st->st_size,
		(long long)st->st_mtim.tv_sec, (long)st->st_mtim.tv_nsec,
		(unsigned long long)st->st_ino);
}

struct found {
	const struct ce_map *before;
	struct ce_arena *arena;
	const char **items;
	size_t n, cap;
};

static void add_artefact(void *user, const char *rel, const struct stat *st)
{
	struct found *f = user;

	if (ce_artefact_is_bookkeeping(rel))
		return;
	if (f->before) {
		const char *was = ce_map_get(f->before, rel);
		CE_AUTOFREE char *now = state_of(st);

		if (was && strcmp(was, now) == 0)
			return;
	}
	CE_GROW(f->items, f->n, f->cap);
	f->items[f->n++] = ce_arena_strdup(f->arena, rel);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int ce_artefacts_find(const char *dir, const struct ce_map *before, struct ce_arena *a,
	struct ce_strs *ret, struct ccenv_error *err)
{
	struct found f = {.before = before, .arena = a};
	struct walk w = {.top = dir, .err = err, .file = add_artefact, .user = &f};
	int r = walk_dir(&w, "", 0);
	const char **items;

	if (r >= 0) {
		items = ce_arena_array(a, f.n + 1, sizeof(*items));
		for (size_t i = 0; i < f.n; i++)
			items[i] = f.items[i];
		qsort(items, f.n, sizeof(*items), by_name);
		*ret = (struct ce_strs){items, f.n};
	}
	free(f.items);
	return r;
}

struct states {
	struct ce_arena *arena;
	struct ce_map *map;
};

static void add_state(void *user, const char *rel, const struct stat *st)
{
	struct states *s = user;
	CE_AUTOFREE char *state = state_of(st);

	ce_map_set(s->map, rel, ce_arena_strdup(s->arena, state));
}

int ce_artefacts_state(
	const char *dir, struct ce_arena *a, struct ce_map *ret, struct ccenv_error *err)
{
	struct states s = {a, ret};
	struct walk w = {.top = dir, .err = err, .file = add_state, .user = &s};

	return walk_dir(&w, "", 0);
}
