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

/* Both lists are sorted by name, and have each once. */
static void compare_packages(struct changes *c, const struct ce_lockfile_platform *before,
	const struct ce_lockfile_platform *after)
{
	size_t i = 0, k = 0, n_before = before ? before->n_pkgs : 0;
	size_t n_after = after ? after->n_pkgs : 0;

	while (i < n_before || k < n_after) {
		const struct ce_pkg *x = i < n_before ? before->pkgs[i] : NULL;
		const struct ce_pkg *y = k < n_after ? after->pkgs[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);

		if (order != 0)
			add(c, order < 0 ? x : NULL, order < 0 ? NULL : y);
		else if (!is_same(x, y))
			add(c, x, y);
		i += order <= 0;
		k += order >= 0;
	}
}

static void compare_side(struct changes *c, const char *target, const char *side,
	const struct ce_lockfile_platform *before, const struct ce_lockfile_platform *after)
{
	CE_AUTOFREE char *label = ce_asprintf("%s:%s", target, side);

	c->platform = label;
	compare_packages(c, before, after);
	c->platform = NULL;
}

static void compare_targets(struct changes *c, const struct ce_lockfile_env *before,
	const struct ce_lockfile_env *after)
{
	size_t i = 0, k = 0, n_before = before ? before->n_targets : 0;
	size_t n_after = after ? after->n_targets : 0;

	while (i < n_before || k < n_after) {
		const struct ce_lockfile_target *x = i < n_before ? &before->targets[i] : NULL;
		const struct ce_lockfile_target *y = k < n_after ? &after->targets[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
		const struct ce_lockfile_target *one = order <= 0 ? x : NULL;
		const struct ce_lockfile_target *other = order >= 0 ? y : NULL;
		const char *name;

		assert(order <= 0 ? x != NULL : y != NULL);
		name = order <= 0 ? x->name : y->name;
		compare_side(
			c, name, "build", one ? &one->build : NULL, other ? &other->build : NULL);
		compare_side(c, name, "host", one ? &one->host : NULL, other ? &other->host : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static void compare_platforms(struct changes *c, const struct ce_lockfile_env *before,
	const struct ce_lockfile_env *after)
{
	size_t i = 0, k = 0, n_before = before ? before->n_platforms : 0;
	size_t n_after = after ? after->n_platforms : 0;

	while (i < n_before || k < n_after) {
		const struct ce_lockfile_platform *x = i < n_before ? &before->platforms[i] : NULL;
		const struct ce_lockfile_platform *y = k < n_after ? &after->platforms[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->platform, y->platform);

		assert(order <= 0 ? x != NULL : y != NULL);
		c->platform = order <= 0 ? x->platform : y->platform;
		compare_packages(c, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static void compare_environments(struct changes *c, const struct ce_lockfile_env *before,
	const struct ce_lockfile_env *after)
{
	assert(before || after);
	c->environment = before ? before->name : after->name;
	compare_platforms(c, before, after);
	compare_targets(c, before, after);
}

/* "default" comes first, as in the lock. */
static int compare_names(const char *x, const char *y)
{
	int x_first = strcmp(x, "default") == 0, y_first = strcmp(y, "default") == 0;

	return x_first != y_first ? y_first - x_first : strcmp(x, y);
}

void ce_changes_make(const struct ce_lockfile *before, const struct ce_lockfile *after,
	struct ccenv_changes *ret)
{
	struct changes c = {.a = ce_owner_new()};
	size_t i = 0, k = 0, n_before = before ? before->n_envs : 0;
	size_t n_after = after ? after->n_envs : 0;

	while (i < n_before || k < n_after) {
		const struct ce_lockfile_env *x = i < n_before ? &before->envs[i] : NULL;
		const struct ce_lockfile_env *y = k < n_after ? &after->envs[k] : NULL;
		int order = !x ? 1 : !y ? -1 : compare_names(x->name, y->name);

		compare_environments(&c, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
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
	int r;

	if (!ce_fs_exists(name))
		return read_revision(c, name, ret, err);
	r = ce_lockfile_read(name, ret, err);
	return r;
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
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file; run `ccenv lock` first",
			c->lock_path);
	r = read_lock(c, after ? after : c->lock_path, &y, err);
	if (r < 0)
		return r;
	ce_changes_make(x, y, ret);
	return 0;
}
