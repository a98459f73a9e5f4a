/* SPDX-License-Identifier: MIT */
/*
 * Paths of one package below what is a link to a directory in another: "sysroot/lib/udev/a" where
 * the sysroot has "sysroot/lib -> lib64". As conda and mamba have it, the file goes to lib64 and the
 * link stays. It is found by the names alone, before anything is written, so nothing is ever written
 * through a link, and the order of the two packages does not matter.
 *
 * This is rare. It runs only when conflict.c has met such a link.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "base/os.h"
#include "base/path.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "model/pkg.h"

enum {
	HOPS_MAX = 40 /* as the kernel has it */
};

struct links {
	struct ce_install_plan *plan;
	struct ce_map links; /* path -> the struct ce_planned_path of the link that stands there */
	struct ce_map dirs;  /* all directories that any package has */
};

static bool is_dir(const struct ce_planned_path *p)
{
	return p->content && p->content->kind == CE_CONTENT_DIR;
}

/* Adds the directory that `path` begins with, n bytes, and all above it. */
static void add_dirs(struct links *l, const char *path, size_t n)
{
	CE_AUTOFREE char *dir = ce_strndup(path, n);

	while (*dir && ce_map_insert(&l->dirs, dir)) {
		char *slash = strrchr(dir, '/');

		*(slash ? slash : dir) = '\0';
	}
}

static void collect(struct links *l)
{
	for (size_t i = 0; i < l->plan->n_pkgs; i++) {
		struct ce_planned_pkg *pkg = &l->plan->pkgs[i];

		for (size_t k = 0; k < pkg->n_paths; k++) {
			struct ce_planned_path *p = &pkg->paths[k];
			const char *slash = strrchr(p->path, '/');
			bool link = p->content && p->content->kind == CE_CONTENT_LINK;

			if (is_dir(p))
				add_dirs(l, p->path, strlen(p->path));
			else if (slash)
				add_dirs(l, p->path, (size_t)(slash - p->path));
			/* The last package has the path. */
			if (link || ce_map_has(&l->links, p->path))
				ce_map_set(&l->links, p->path, link ? p : NULL);
		}
	}
}

/* `target` as seen from the directory of `link`. The caller frees; NULL: it leads out of the
 * prefix. */
static char *target_of(const struct ce_planned_path *link)
{
	CE_AUTOFREE char *dir = strchr(link->path, '/') ? ce_path_dir(link->path) : ce_strdup("");
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	const char *target = link->content->target;

	if (target[0] == '/')
		return NULL;
	ce_buf_adds(&out, dir);
	for (const char *p = target; *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			const char *slash = out.len ? ce_os_memrchr(out.data, '/', out.len) : NULL;

			if (out.len == 0)
				return NULL;
			out.len = slash ? (size_t)(slash - out.data) : 0;
			out.data[out.len] = '\0';
		} else if (!(n == 1 && p[0] == '.')) {
			ce_buf_adds(&out, out.len ? "/" : "");
			ce_buf_add(&out, p, n);
		}
		p += n;
	}
	return ce_buf_steal(&out);
}

/* The first link on the way to `path`, or at it; its length in ret_n. NULL when there is none. */
static const struct ce_planned_path *first_link(
	const struct links *l, const char *path, size_t *ret_n)
{
	CE_AUTOFREE char *copy = ce_strdup(path);

	for (char *slash = copy;; slash++) {
		const struct ce_planned_path *link;
		char c;

		slash += strcspn(slash, "/");
		c = *slash;
		*slash = '\0';
		link = ce_map_get(&l->links, copy);
		*slash = c;
		*ret_n = (size_t)(slash - copy);
		if (link || !c)
			return link;
	}
}

static int fail_outside(const struct links *l, const struct ce_planned_path *p,
	const struct ce_planned_path *link, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA,
		"%s and %s cannot be in one environment: the first has \"%.200s\", and in the second \"%.200s\" is a link that leads out of the prefix, to \"%.200s\"",
		l->plan->pkgs[p->package].pkg->fn, l->plan->pkgs[link->package].pkg->fn, p->path,
		link->path, link->content->target);
}

/* Is there a directory, or another link, at what a link leads to? */
static bool leads_to_dir(const struct links *l, const char *target)
{
	size_t n;

	return !*target || ce_map_has(&l->dirs, target) || first_link(l, target, &n);
}

/*
 * Where the directory `dir` of `p` really is: *ret_dir is malloc'ed, NULL when it is where it is
 * called. A link that does not lead to a directory, or is of the same package, is left to
 * conflict.c.
 */
static int find_dir(const struct links *l, const struct ce_planned_path *p, const char *dir,
	char **ret_dir, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_strdup(dir);
	const struct ce_planned_path *link;
	bool moved = false;
	size_t n;

	for (int hops = 0; (link = first_link(l, path, &n)); hops++) {
		CE_AUTOFREE char *old = CE_TAKE(path);
		CE_AUTOFREE char *target = target_of(link);
		const char *rest = old[n] ? old + n + 1 : "";

		if (hops == HOPS_MAX || link->package == p->package)
			return 0;
		if (!target)
			return fail_outside(l, p, link, err);
		if (!leads_to_dir(l, target))
			return 0;
		path = ce_asprintf("%s%s%s", target, *target && *rest ? "/" : "", rest);
		moved = true;
	}
	if (moved)
		*ret_dir = CE_TAKE(path);
	return 0;
}

static int follow(const struct links *l, struct ce_planned_pkg *pkg, struct ce_planned_path *p,
	struct ccenv_error *err)
{
	const char *base = is_dir(p) ? "" : ce_path_base(p->path);
	CE_AUTOFREE char *dir = is_dir(p) ? ce_strdup(p->path) : ce_path_dir(p->path);
	CE_AUTOFREE char *real = NULL;
	int r;

	if (!strchr(p->path, '/') && !is_dir(p))
		return 0;
	r = find_dir(l, p, dir, &real, err);
	if (r < 0 || !real)
		return r;
	p->path = ce_arena_printf(&pkg->arena, "%s%s%s", real, *real && *base ? "/" : "", base);
	return 0;
}

static void release(struct links *l)
{
	ce_map_release(&l->links);
	ce_map_release(&l->dirs);
}

int ce_install_plan_follow_links(struct ce_install_plan *plan, struct ccenv_error *err)
{
	CE_CLEANUP(release) struct links l = {.plan = plan};

	collect(&l);
	for (size_t i = 0; i < plan->n_pkgs; i++) {
		struct ce_planned_pkg *pkg = &plan->pkgs[i];

		for (size_t k = 0; k < pkg->n_paths; k++) {
			int r = follow(&l, pkg, &pkg->paths[k], err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}
