/* SPDX-License-Identifier: MIT */
/* The programs and shared libraries of a build tree; see binaries.h. */
#include "api/binaries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/elf_types.h"
#include "base/error.h"
#include "base/path.h"
#include "ccenv/ccenv.h"

enum {
	DEPTH_MAX = 64,
	FILES_MAX = 100000
};

struct walk {
	struct ce_arena *arena;
	const char *skip;
	const char **items;
	size_t n, cap;
	struct ccenv_error *err;
};

/* An executable or a shared object, not a .o file. */
static bool is_loadable(const char *path)
{
	unsigned char head[EI_NIDENT + 2];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	unsigned type;

	if (fd >= 0)
		close(fd);
	if (n != sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	type = head[EI_DATA] == ELFDATA2MSB ? head[EI_NIDENT + 1] : head[EI_NIDENT];
	return type == ET_EXEC || type == ET_DYN;
}

static int add_file(struct walk *w, const char *path)
{
	if (!is_loadable(path))
		return 0;
	if (w->n == FILES_MAX)
		return ce_fail(w->err, CCENV_EDATA,
			"%s: more than %d programs and libraries; name a smaller directory", path,
			FILES_MAX);
	CE_GROW(w->items, w->n, w->cap);
	w->items[w->n++] = ce_arena_strdup(w->arena, path);
	return 0;
}

static bool is_skipped(const struct walk *w, const char *dir)
{
	CE_AUTOFREE char *real = realpath(dir, NULL);

	/* Meson tries its compilers there, for a target also those of the build machine. */
	return strcmp(ce_path_base(dir), "meson-private") == 0 ||
	       (real && strcmp(real, w->skip) == 0);
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int walk(struct walk *w, const char *dir, unsigned depth)
{
	CE_CLEANUP(closedirp) DIR *d = NULL;
	struct dirent *e;

	if (is_skipped(w, dir))
		return 0;
	if (depth > DEPTH_MAX)
		return ce_fail(
			w->err, CCENV_EDATA, "%s: more than %d directories deep", dir, DEPTH_MAX);
	d = opendir(dir);
	if (!d)
		return ce_fail_errno(w->err, errno, "cannot open %s", dir);
	while ((e = readdir(d))) {
		CE_AUTOFREE char *path = NULL;
		struct stat st;
		int r = 0;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		path = ce_path_join(dir, e->d_name);
		if (lstat(path, &st) < 0)
			continue; /* a build may be running */
		if (S_ISDIR(st.st_mode))
			r = walk(w, path, depth + 1);
		else if (S_ISREG(st.st_mode))
			r = add_file(w, path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int ce_binaries_find(const char *dir, const char *skip, struct ce_arena *a, struct ce_strs *ret,
	struct ccenv_error *err)
{
	struct walk w = {.arena = a, .skip = skip, .err = err};
	int r = walk(&w, dir, 0);
	const char **items;

	if (r < 0) {
		free(w.items);
		return r;
	}
	items = ce_arena_array(a, w.n + 1, sizeof(*items));
	for (size_t i = 0; i < w.n; i++)
		items[i] = w.items[i];
	free(w.items);
	qsort(items, w.n, sizeof(*items), by_name);
	*ret = (struct ce_strs){items, w.n};
	return 0;
}
