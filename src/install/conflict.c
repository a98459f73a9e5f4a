/* SPDX-License-Identifier: MIT */
/* Who has each path. One map holds the tree as it would be after each package; see plan.h for the
 * rule. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/map.h"
#include "base/path.h"
#include "base/sorted.h"
#include "base/strs.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "model/pkg.h"

enum {
	TOLD_MAX = 10
};

/* What stands at a path: a file or link of `file->package`, or a directory, or nothing any more. */
struct node {
	struct ce_planned_path *file;
	struct node *parent;             /* NULL for what stands in the prefix itself */
	struct node *first_child, *next; /* what stands, or has stood, in a directory */
	bool dir, in_parent;             /* in_parent: it is in the parent's list */
	struct ce_planned_dir *planned;  /* of a directory, at the end */
};

struct tree {
	struct ce_install_plan *plan;
	struct ce_map nodes; /* path -> struct node in the plan's arena */
	/* The directory made last: paths of one directory come together. */
	const char *last_parent;
	size_t n_last_parent;
	struct node *last_node;
	bool meets_link; /* a directory of one package is a link of another */
};

static struct node *node_at(struct tree *t, const char *path)
{
	void **at = ce_map_at(&t->nodes, path);

	if (!*at)
		*at = ce_arena_alloc(&t->plan->arena, sizeof(struct node));
	return *at;
}

static void put_in_parent(struct node *node, struct node *parent)
{
	if (node->in_parent || !parent)
		return;
	node->parent = parent;
	node->next = parent->first_child;
	parent->first_child = node;
	node->in_parent = true;
}

static bool is_link(const struct ce_planned_path *p)
{
	return p->content && p->content->kind == CE_CONTENT_LINK;
}

static int fail_twofold(
	const struct tree *t, const struct ce_planned_path *p, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "%s: \"%.200s\" is a file and a directory in one package",
		t->plan->pkgs[p->package].pkg->fn, p->path);
}

/* Makes `path` a directory, and all above it. */
static int make_dir(struct tree *t, const char *path, const struct ce_planned_path *cause,
	struct node **ret_node, struct ccenv_error *err)
{
	struct node *node = node_at(t, path), *parent = NULL;

	*ret_node = node;
	if (node->dir)
		return 0;
	if (node->file && node->file->package == cause->package)
		return fail_twofold(t, node->file, err);
	if (node->file) {
		node->file->shadowed = true;
		t->meets_link = t->meets_link || is_link(node->file);
	}
	node->file = NULL;
	node->dir = true;
	if (!strchr(path, '/'))
		return 0;
	CE_AUTOFREE char *above = ce_path_dir(path);
	int r = make_dir(t, above, cause, &parent, err);

	put_in_parent(node, parent);
	return r;
}

static int make_parent(struct tree *t, const struct ce_planned_path *p, struct node **ret_node,
	struct ccenv_error *err)
{
	const char *slash = strrchr(p->path, '/');
	size_t n = slash ? (size_t)(slash - p->path) : 0;
	int r;

	*ret_node = n > 0 ? t->last_node : NULL;
	if (n == 0 || (n == t->n_last_parent && memcmp(p->path, t->last_parent, n) == 0))
		return 0;
	CE_AUTOFREE char *parent = ce_strndup(p->path, n);

	r = make_dir(t, parent, p, &t->last_node, err);
	t->last_parent = p->path;
	t->n_last_parent = n;
	*ret_node = t->last_node;
	return r;
}

/* A file takes the place of a directory: nothing of what is in it stands. Each node is taken out of
 * the tree, so that one is looked at once however often this happens. */
static int shadow_below(
	struct tree *t, struct node *dir, const struct ce_planned_path *p, struct ccenv_error *err)
{
	struct node *next;

	for (struct node *node = CE_TAKE(dir->first_child); node; node = next) {
		int r = shadow_below(t, node, p, err);

		if (r < 0)
			return r;
		if (node->file && node->file->package == p->package)
			return fail_twofold(t, p, err);
		if (node->file)
			node->file->shadowed = true;
		next = node->next;
		*node = (struct node){0};
	}
	return 0;
}

static int place(struct tree *t, struct ce_planned_path *p, struct ccenv_error *err)
{
	struct node *node, *parent;
	int r;

	/* Written by the installer alone (CEP 32). */
	if (strcmp(p->path, "conda-meta") == 0 || ce_has_prefix(p->path, "conda-meta/"))
		return ce_fail(err, CCENV_EDATA,
			"%s has a file \"%.200s\", which no package may write",
			t->plan->pkgs[p->package].pkg->fn, p->path);
	r = make_parent(t, p, &parent, err);
	if (r < 0)
		return r;
	if (p->content && p->content->kind == CE_CONTENT_DIR)
		return make_dir(t, p->path, p, &node, err);
	node = node_at(t, p->path);
	if (node->dir) {
		t->meets_link = t->meets_link || is_link(p);
		t->n_last_parent = 0;
		r = shadow_below(t, node, p, err);
		if (r < 0)
			return r;
		node->dir = false;
	}
	if (node->file)
		node->file->shadowed = true;
	node->file = p;
	put_in_parent(node, parent);
	return 0;
}

static int compare_dirs(const void *a, const void *b)
{
	const struct ce_planned_dir *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The directories that stand at the end; sorted, one comes before what is in it. */
static void collect_dirs(const struct tree *t)
{
	struct ce_install_plan *plan = t->plan;

	plan->dirs = ce_arena_array(&plan->arena, t->nodes.n + 1, sizeof(*plan->dirs));
	plan->dirs[plan->n_dirs++].path = "";
	for (size_t i = 0; i < t->nodes.n; i++)
		if (((const struct node *)t->nodes.entries[i].value)->dir)
			plan->dirs[plan->n_dirs++].path =
				ce_arena_strdup(&plan->arena, t->nodes.entries[i].key);
	qsort(plan->dirs, plan->n_dirs, sizeof(*plan->dirs), compare_dirs);
	for (size_t i = 1; i < plan->n_dirs; i++) {
		struct node *node = ce_map_get(&t->nodes, plan->dirs[i].path);

		node->planned = &plan->dirs[i];
	}
}

static struct ce_planned_dir *dir_of(const struct ce_install_plan *plan, const struct node *node)
{
	return node->parent ? node->parent->planned : &plan->dirs[0];
}

/* Takes what stands at the end out of the map, by directory: counts, then puts. */
static void collect(const struct tree *t)
{
	struct ce_install_plan *plan = t->plan;

	collect_dirs(t);
	plan->paths =
		ce_arena_array(&plan->arena, t->nodes.n + 1, sizeof(struct ce_planned_path *));
	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct node *node = t->nodes.entries[i].value;

		if (node->file)
			dir_of(plan, node)->n++;
	}
	for (size_t i = 0; i < plan->n_dirs; i++) {
		plan->dirs[i].first = plan->n_paths;
		plan->n_paths += plan->dirs[i].n;
		plan->dirs[i].n = 0;
	}
	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct node *node = t->nodes.entries[i].value;
		struct ce_planned_dir *dir = node->file ? dir_of(plan, node) : NULL;

		if (dir)
			plan->paths[dir->first + dir->n++] = node->file;
	}
}

static int place_all(struct tree *t, struct ccenv_error *err)
{
	struct ce_install_plan *plan = t->plan;

	for (size_t i = 0; i < plan->n_pkgs; i++) {
		struct ce_planned_pkg *pkg = &plan->pkgs[i];

		t->n_last_parent = 0;
		for (size_t k = 0; k < pkg->n_paths; k++) {
			int r;

			pkg->paths[k].package = (unsigned)i;
			pkg->paths[k].shadowed = false;
			r = place(t, &pkg->paths[k], err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void release(struct tree *t)
{
	ce_map_release(&t->nodes);
}

int ce_install_plan_resolve_clobbers(struct ce_install_plan *plan, struct ccenv_error *err)
{
	CE_CLEANUP(release) struct tree t = {.plan = plan};
	int r = place_all(&t, err);

	if (r < 0)
		return r;
	if (t.meets_link) {
		r = ce_install_plan_follow_links(plan, err);
		if (r < 0)
			return r;
		release(&t);
		t = (struct tree){.plan = plan};
		r = place_all(&t, err);
		if (r < 0)
			return r;
	}
	collect(&t);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct ce_planned_path *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* All paths that stand, sorted. */
struct sorted {
	struct ce_planned_path **paths;
	size_t n;
};

static int compare_to_text(const void *item, const void *key)
{
	const struct ce_planned_path *const *p = item;

	return strcmp((*p)->path, key);
}

/* The first path that is not before `path`. */
static size_t lower_bound(const struct sorted *s, const char *path)
{
	return ce_lower_bound(s->paths, s->n, sizeof(s->paths[0]), path, compare_to_text);
}

/* What stands where `shadowed` would: the same path, one below it, or a file in the place of a
 * directory above it. */
static const struct ce_planned_path *find_winner(
	const struct sorted *s, const struct ce_planned_path *shadowed)
{
	CE_AUTOFREE char *path = ce_asprintf("%s/", shadowed->path);
	size_t at = lower_bound(s, path);

	if (at < s->n && strncmp(s->paths[at]->path, path, strlen(path)) == 0)
		return s->paths[at];
	for (char *slash; (slash = strrchr(path, '/'));) {
		*slash = '\0';
		at = lower_bound(s, path);
		if (at < s->n && strcmp(s->paths[at]->path, path) == 0)
			return s->paths[at];
	}
	return NULL;
}

/* Equal bytes at one path are no conflict worth a warning. */
static bool is_same(const struct ce_planned_path *a, const struct ce_planned_path *b)
{
	const struct ce_content *x = a->content, *y = b->content;

	return x && y && x->kind == CE_CONTENT_FILE && y->kind == CE_CONTENT_FILE && x->sha256 &&
	       y->sha256 && !x->placeholder && !y->placeholder && strcmp(a->path, b->path) == 0 &&
	       strcmp(x->sha256, y->sha256) == 0;
}

static bool has_shadowed(const struct ce_install_plan *plan)
{
	for (size_t i = 0; i < plan->n_pkgs; i++)
		for (size_t k = 0; k < plan->pkgs[i].n_paths; k++)
			if (plan->pkgs[i].paths[k].shadowed)
				return true;
	return false;
}

static void warn_conflicts(const struct ce_install_plan *plan, const struct ccenv_events *events)
{
	CE_AUTOFREE struct ce_planned_path **paths = ce_calloc(plan->n_paths + 1, sizeof(*paths));
	const struct sorted sorted = {.paths = paths, .n = plan->n_paths};
	size_t n = 0;

	memcpy(paths, plan->paths, plan->n_paths * sizeof(*paths));
	qsort(paths, plan->n_paths, sizeof(*paths), compare_paths);
	for (size_t i = 0; i < plan->n_pkgs; i++) {
		for (size_t k = 0; k < plan->pkgs[i].n_paths; k++) {
			const struct ce_planned_path *p = &plan->pkgs[i].paths[k];
			const struct ce_planned_path *winner =
				p->shadowed ? find_winner(&sorted, p) : NULL;
			const char *by =
				winner ? plan->pkgs[winner->package].pkg->name : "another package";

			if (!p->shadowed ||
				(winner && (winner->package == i || is_same(p, winner))))
				continue;
			if (n++ < TOLD_MAX)
				ce_log(events, CCENV_LOG_WARNING,
					"%s is in more than one package: that of %s is used, that of %s is left out",
					p->path, by, plan->pkgs[i].pkg->name);
		}
	}
	if (n > TOLD_MAX)
		ce_log(events, CCENV_LOG_WARNING,
			"… and %zu more paths that are in more than one package", n - TOLD_MAX);
}

static void warn_scripts(const struct ce_install_plan *plan, const struct ccenv_events *events)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf names = {0};

	for (size_t i = 0; i < plan->n_pkgs; i++)
		if (plan->pkgs[i].has_scripts)
			ce_buf_addf(&names, "%s%s", names.len ? ", " : "", plan->pkgs[i].pkg->name);
	if (names.len)
		ce_log(events, CCENV_LOG_WARNING,
			"not run: the link scripts of %s (ccenv runs no script of a package); what they set up is missing",
			names.data);
}

/* What the package is wanted for may well work without. */
static void warn_entry_points(const struct ce_install_plan *plan, const struct ccenv_events *events)
{
	for (size_t i = 0; i < plan->n_pkgs; i++)
		if (plan->pkgs[i].bad_entry_point)
			ce_log(events, CCENV_LOG_WARNING,
				"%s: no script was made for the entry point \"%.200s\", which is not \"command = module:function\"",
				plan->pkgs[i].pkg->fn, plan->pkgs[i].bad_entry_point);
}

void ce_install_plan_warn(const struct ce_install_plan *plan, const struct ccenv_events *events)
{
	if (has_shadowed(plan))
		warn_conflicts(plan, events);
	warn_scripts(plan, events);
	warn_entry_points(plan, events);
}
