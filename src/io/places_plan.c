/* SPDX-License-Identifier: MIT */
/* What the new root needs to have; see places.h. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "io/places.h"

enum {
	ENTRIES_MAX = 4096
};

struct plan {
	struct ce_arena *arena;
	struct ce_place_steps steps;
	size_t cap;
	const struct ce_place *places;
	size_t n_places;
	struct ccenv_error *err;
};

static struct ce_place_step *add(struct plan *p, const char *to)
{
	CE_GROW(p->steps.items, p->steps.n, p->cap);
	p->steps.items[p->steps.n] = (struct ce_place_step){.to = ce_arena_strdup(p->arena, to)};
	return &p->steps.items[p->steps.n++];
}

/* Is `path` a place, or on the way to one? */
static const struct ce_place *leads_to(const struct plan *p, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < p->n_places; i++)
		if (strncmp(p->places[i].to, path, n) == 0 &&
			(p->places[i].to[n] == '/' || !p->places[i].to[n]))
			return &p->places[i];
	return NULL;
}

/* What is there already stays at its path: a link as a link, the rest by a mount. `real` is the same
 * without links on the way, which would not lead there while the new root is made. */
static void keep(struct plan *p, const char *real, const char *path)
{
	char target[PATH_MAX];
	struct ce_place_step *step;
	struct stat st;
	ssize_t n;

	if (lstat(path, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			return;
		target[n] = '\0';
		step = add(p, path);
		step->kind = CE_PLACE_LINK;
		step->from = ce_arena_strdup(p->arena, target);
		return;
	}
	step = add(p, path);
	step->kind = CE_PLACE_BIND;
	step->from = ce_arena_strdup(p->arena, real);
	step->is_dir = S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The entries of a directory that are not on the way to a place. */
static int keep_entries(struct plan *p, const char *dir)
{
	CE_AUTOFREE char *real = realpath(dir, NULL);
	DIR *d = opendir(dir);
	char **names = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;

	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return ce_fail(p->err, CCENV_EUSAGE,
			"%s cannot be listed (%s), so nothing can get a place in it; choose another place with --at",
			dir, strerror(errno));
	while ((e = readdir(d)) && n <= ENTRIES_MAX) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		CE_GROW(names, n, cap);
		names[n++] = ce_strdup(e->d_name);
	}
	closedir(d);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		CE_AUTOFREE char *path = ce_path_join(dir, names[i]);
		CE_AUTOFREE char *from = ce_path_join(real ? real : dir, names[i]);

		if (n <= ENTRIES_MAX && !leads_to(p, path))
			keep(p, from, path);
		free(names[i]);
	}
	free(names);
	if (n > ENTRIES_MAX)
		return ce_fail(p->err, CCENV_EUSAGE,
			"%s has more than %d files; choose another place with --at", dir,
			ENTRIES_MAX);
	return 0;
}

static int plan_dir(struct plan *p, const char *dir);

/* The component of a place that comes next below `dir`; each only once. */
static int plan_place(struct plan *p, const struct ce_place *place, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	size_t len = n + 1 + strcspn(place->to + n + 1, "/");
	CE_AUTOFREE char *path = ce_strndup(place->to, len);
	struct ce_place_step *step;

	for (size_t i = 0; i < p->steps.n; i++)
		if (strcmp(p->steps.items[i].to, path) == 0)
			return 0;
	step = add(p, path);
	if (place->to[len]) {
		step->kind = CE_PLACE_DIR;
		return plan_dir(p, path);
	}
	step->kind = CE_PLACE_BIND;
	step->from = ce_arena_strdup(p->arena, place->from);
	step->is_dir = true;
	return 0;
}

static int plan_dir(struct plan *p, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	int r = keep_entries(p, dir);

	for (size_t i = 0; r >= 0 && i < p->n_places; i++)
		if (strncmp(p->places[i].to, dir, n) == 0 && p->places[i].to[n] == '/')
			r = plan_place(p, &p->places[i], dir);
	return r;
}

int ce_places_plan(const struct ce_place *places, size_t n, struct ce_place_steps *ret,
	struct ccenv_error *err)
{
	struct plan p = {.places = places, .n_places = n, .err = err};
	int r;

	p.arena = ce_calloc(1, sizeof(*p.arena));
	p.steps.owner = p.arena;
	r = plan_dir(&p, "/");
	if (r < 0)
		ce_places_release(&p.steps);
	else
		*ret = p.steps;
	return r;
}

void ce_places_release(struct ce_place_steps *steps)
{
	if (steps->owner)
		ce_arena_release(steps->owner);
	free(steps->owner);
	free(steps->items);
	*steps = (struct ce_place_steps){0};
}
