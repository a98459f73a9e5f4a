/* SPDX-License-Identifier: MIT */
/* ccenv_diff(): how two locks differ. */
#include <assert.h>
#include <string.h>

#include "api/changes.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "io/git.h"
#include "lock/lockfile.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "spec/channel.h"

enum {
	LOCK_MAX = 128 << 20
};

/* ---- the comparison ---- */

struct changes {
	struct ce_arena *a;
	struct ccenv_change *items;
	size_t n, cap;
	const char *environment, *platform;
};

static struct ccenv_locked copy(const struct ce_pkg *p, struct ce_arena *a)
{
	if (!p)
		return (struct ccenv_locked){0};
	return (struct ccenv_locked){
		.version = ce_arena_strdup(a, p->version),
		.build = ce_arena_strdup(a, p->build),
		.subdir = ce_arena_strdup(a, p->subdir),
		.channel = ce_channel_shown(p->channel, p->url, a),
		.url = ce_arena_strdup(a, p->url),
		.sha256 = ce_arena_strdup(a, p->sha256),
		.size = p->size,
	};
}

static void add(struct changes *c, const struct ce_pkg *before, const struct ce_pkg *after)
{
	CE_GROW(c->items, c->n, c->cap);
	c->items[c->n++] = (struct ccenv_change){
		.environment = ce_arena_strdup(c->a, c->environment),
		.platform = ce_arena_strdup(c->a, c->platform),
		.name = ce_arena_strdup(c->a, before ? before->name : after->name),
		.before = copy(before, c->a),
		.after = copy(after, c->a),
	};
}

/* The same bytes from the same channel? */
static bool is_same(const struct ce_pkg *x, const struct ce_pkg *y)
{
	const char *a = ce_pkg_digest(x), *b = ce_pkg_digest(y);

	return strcmp(x->url, y->url) == 0 && (a && b ? strcmp(a, b) == 0 : a == b);
}

/* What is compared: sorted lists, each with a name once. */
struct kind {
	size_t size; /* of an item */
	int (*order)(const void *x, const void *y);
	/* For each name, with NULL where one list lacks it; never both. */
	void (*visit)(struct changes *c, const void *before, const void *after);
};

struct list {
	const void *items;
	size_t n;
};

static const void *item_at(struct list l, size_t i, const struct kind *kind)
{
	return i < l.n ? (const char *)l.items + i * kind->size : NULL;
}

static void walk_both(
	struct changes *c, struct list before, struct list after, const struct kind *kind)
{
	size_t i = 0, k = 0;

	while (i < before.n || k < after.n) {
		const void *x = item_at(before, i, kind), *y = item_at(after, k, kind);
		int order = !x ? 1 : !y ? -1 : kind->order(x, y);

		kind->visit(c, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static int order_packages(const void *x, const void *y)
{
	const struct ce_pkg *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

static void compare_package(struct changes *c, const void *before, const void *after)
{
	const struct ce_pkg *x = before ? *(const struct ce_pkg *const *)before : NULL;
	const struct ce_pkg *y = after ? *(const struct ce_pkg *const *)after : NULL;

	assert(x || y);
	if (!x || !y || !is_same(x, y))
		add(c, x, y);
}

static void compare_packages(struct changes *c, const struct ce_lockfile_platform *before,
	const struct ce_lockfile_platform *after)
{
	static const struct kind kind = {sizeof(struct ce_pkg *), order_packages, compare_package};
	struct list x = {before ? before->pkgs : NULL, before ? before->n_pkgs : 0};
	struct list y = {after ? after->pkgs : NULL, after ? after->n_pkgs : 0};

	walk_both(c, x, y, &kind);
}

static void compare_side(struct changes *c, const char *target, const char *side,
	const struct ce_lockfile_platform *before, const struct ce_lockfile_platform *after)
{
	CE_AUTOFREE char *label = ce_asprintf("%s:%s", target, side);

	c->platform = label;
	compare_packages(c, before, after);
	c->platform = NULL;
}

static int order_targets(const void *x, const void *y)
{
	const struct ce_lockfile_target *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static void compare_target(struct changes *c, const void *before, const void *after)
{
	const struct ce_lockfile_target *x = before, *y = after;
	const char *name;

	assert(x || y);
	name = x ? x->name : y->name;
	compare_side(c, name, "build", x ? &x->build : NULL, y ? &y->build : NULL);
	compare_side(c, name, "host", x ? &x->host : NULL, y ? &y->host : NULL);
}

static int order_platforms(const void *x, const void *y)
{
	const struct ce_lockfile_platform *a = x, *b = y;

	return strcmp(a->platform, b->platform);
}

static void compare_platform(struct changes *c, const void *before, const void *after)
{
	const struct ce_lockfile_platform *x = before, *y = after;

	assert(x || y);
	c->platform = x ? x->platform : y->platform;
	compare_packages(c, x, y);
}

static void compare_environment(struct changes *c, const void *before, const void *after)
{
	static const struct kind platforms = {
		sizeof(struct ce_lockfile_platform), order_platforms, compare_platform};
	static const struct kind targets = {
		sizeof(struct ce_lockfile_target), order_targets, compare_target};
	static const struct ce_lockfile_env none;
	const struct ce_lockfile_env *x = before ? before : &none, *y = after ? after : &none;

	assert(before || after);
	c->environment = before ? x->name : y->name;
	walk_both(c, (struct list){x->platforms, x->n_platforms},
		(struct list){y->platforms, y->n_platforms}, &platforms);
	walk_both(c, (struct list){x->targets, x->n_targets},
		(struct list){y->targets, y->n_targets}, &targets);
}

/* "default" comes first, as in the lock. */
static int order_environments(const void *x, const void *y)
{
	const struct ce_lockfile_env *a = x, *b = y;
	int a_first = strcmp(a->name, "default") == 0, b_first = strcmp(b->name, "default") == 0;

	return a_first != b_first ? b_first - a_first : strcmp(a->name, b->name);
}

void ce_changes_make(const struct ce_lockfile *before, const struct ce_lockfile *after,
	struct ccenv_changes *ret)
{
	static const struct kind kind = {
		sizeof(struct ce_lockfile_env), order_environments, compare_environment};
	struct changes c = {.a = ce_owner_new()};
	struct list x = {before ? before->envs : NULL, before ? before->n_envs : 0};
	struct list y = {after ? after->envs : NULL, after ? after->n_envs : 0};

	walk_both(&c, x, y, &kind);
	*ret = (struct ccenv_changes){.n = c.n, .owner = c.a};
	ret->items = ce_arena_array(c.a, c.n + 1, sizeof(*ret->items));
	for (size_t n = 0; n < c.n; n++)
		ret->items[n] = c.items[n];
	ce_freep(&c.items);
}

void ccenv_changes_free(struct ccenv_changes *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_changes){0};
}

/* ---- where locks come from ---- */

/* With what git says, which the error has. */
static int git_failed(const char *revision, struct ccenv_error *err)
{
	static const char mark[] = ": git: ";
	const char *at = strstr(err->text, mark);
	CE_AUTOFREE char *text = ce_strdup(at ? at + strlen(mark) : err->text);

	return ce_fail(err, CCENV_ENOTFOUND,
		"%s: no such file, and git does not know it as a revision with a lock: %.*s",
		revision, (int)strcspn(text, "\n"), text);
}

/* The lock in a revision of the repository that it is in: "HEAD~1", or "HEAD:dir/ccenv.lock". */
static int read_revision(const struct ccenv *c, const char *revision, struct ce_lockfile **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {.max = LOCK_MAX};
	CE_AUTOFREE char *dir = ce_path_dir(c->lock_path);
	CE_AUTOFREE char *object = strchr(revision, ':') ? ce_strdup(revision)
							 : ce_asprintf("%s:./%s", revision,
								   ce_path_base(c->lock_path));
	/* cat-file prints the bytes: no filter, pager or program of the repository is run. */
	const char *const args[] = {"cat-file", "blob", object, NULL};
	const struct ce_git git = {.dir = dir, .getenv_fn = c->getenv_fn};
	int r;

	if (*revision == '-' || !*revision)
		return ce_fail(
			err, CCENV_EUSAGE, "\"%s\" is neither a file nor a revision", revision);
	r = ce_git_text(&git, args, &out, err);
	if (r == CCENV_EDATA)
		return git_failed(revision, err);
	if (r < 0)
		return ce_context(err, r, "%s: no such file", revision);
	r = ce_lockfile_parse(ce_buf_str(&out), out.len, ret, err);
	return r < 0 ? ce_context(err, r, "%s", object) : 0;
}

static int read_lock(
	const struct ccenv *c, const char *name, struct ce_lockfile **ret, struct ccenv_error *err)
{
	if (!ce_fs_exists(name))
		return read_revision(c, name, ret, err);
	return ce_lockfile_read(name, ret, err);
}

int ccenv_diff(struct ccenv *c, const char *before, const char *after, struct ccenv_changes *ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *x = NULL, *y = NULL;
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	r = read_lock(c, before, &x, err);
	if (r < 0)
		return r;
	if (!after && !ce_fs_exists(c->lock_path))
		return ce_project_no_lock(c, err);
	r = read_lock(c, after ? after : c->lock_path, &y, err);
	if (r < 0)
		return r;
	ce_changes_make(x, y, ret);
	return 0;
}
