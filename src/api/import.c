/* SPDX-License-Identifier: MIT */
/* ccenv_import(): manifest and lock of another program's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/archs.h"
#include "api/imported.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "ccenv/exchange.h"
#include "lock/lockfile.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/pkg.h"
#include "model/request.h"
#include "solve/solve.h"

/* An import in progress. */
struct job {
	struct ccenv *c;
	struct ce_import im;
	char *source;                     /* the file that was named or found */
	char *manifest_path, *lock_path;  /* to write */
	bool has_manifest;                /* there is one already */
	struct ce_buf text;               /* of the manifest */
	struct ce_lockfile *found, *lock; /* as imported; as written */
};

static void job_release(struct job *j)
{
	ce_import_release(&j->im);
	free(j->source);
	free(j->manifest_path);
	free(j->lock_path);
	ce_buf_release(&j->text);
	ce_lockfile_free(j->found);
	ce_lockfile_free(j->lock);
}

/* ---- the files ---- */

/* The path of a file in the directory of `path`; NULL when there is none. */
static char *sibling(const char *path, const char *name)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);
	CE_AUTOFREE char *other = ce_path_join(dir, name);

	return ce_fs_exists(other) ? CE_TAKE(other) : NULL;
}

/* A pyproject.toml without [tool.pixi] is not pixi's. */
static bool is_pixi_manifest(const char *path)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;

	return strcmp(ce_path_base(path), "pyproject.toml") != 0 ||
	       (ce_fs_read(path, CE_IMPORT_BYTES_MAX, &text, &ignored) >= 0 &&
		       strstr(ce_buf_str(&text), "[tool.pixi"));
}

static int find_source(struct job *j, const char *path, struct ccenv_error *err)
{
	static const char *const names[] = {"pixi.toml", "pyproject.toml", "pixi.lock",
		"conda-lock.yml", "environment.yml", "environment.yaml"};

	if (path && !*path)
		return ce_fail(err, CCENV_EUSAGE, "the name of the file is empty");
	if (path && !ce_fs_is_dir(path)) {
		j->source = ce_strdup(path);
		return 0;
	}
	for (size_t i = 0; !j->source && i < CE_COUNT(names); i++) {
		CE_AUTOFREE char *file = path ? ce_path_join(path, names[i]) : ce_strdup(names[i]);

		if (ce_fs_exists(file) && is_pixi_manifest(file))
			j->source = CE_TAKE(file);
	}
	if (j->source)
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND,
		"%s: there is no pixi.toml, pyproject.toml with [tool.pixi], pixi.lock, conda-lock.yml or environment.yml there; name the file",
		path ? path : ".");
}

/* A pixi.lock and its manifest go together. */
static int read_partner(struct job *j, enum ce_import_kind kind, struct ccenv_error *err)
{
	CE_AUTOFREE char *partner = NULL;

	if (kind == CE_IMPORT_PIXI_MANIFEST)
		partner = sibling(j->source, "pixi.lock");
	if (kind == CE_IMPORT_PIXI_LOCK && !j->has_manifest) {
		partner = sibling(j->source, "pixi.toml");
		if (!partner)
			partner = sibling(j->source, "pyproject.toml");
		if (partner && !is_pixi_manifest(partner))
			ce_freep(&partner);
	}
	return partner ? ce_imported_read(j->c, partner, &j->im, NULL, err) : 0;
}

static int read_files(struct job *j, struct ccenv_error *err)
{
	enum ce_import_kind kind;
	int r = ce_imported_read(j->c, j->source, &j->im, &kind, err);

	if (r < 0)
		return r;
	if (j->has_manifest && !ce_import_kind_is_lock(kind))
		return ce_fail(err, CCENV_EUSAGE,
			"%s exists, and %s would replace it; move it away first", j->manifest_path,
			j->source);
	return read_partner(j, kind, err);
}

/* ---- the manifest ---- */

static int make_manifest(struct job *j, struct ccenv_error *err)
{
	int r;

	if (j->has_manifest)
		return ce_fs_read(j->manifest_path, 1 << 20, &j->text, err);
	if (!j->im.manifest) {
		r = ce_import_derive(&j->im, NULL, err);
		if (r < 0)
			return ce_context(err, r, "%s", j->source);
	}
	ce_json_format(j->im.manifest, &j->text);
	return 0;
}

/* ---- the lock ---- */

/* One item of the plan gets the packages of the file; without any it is taken out. */
static int fill_item(struct job *j, struct ce_lock_plan_item *item, struct ce_solved *ret,
	struct ccenv_error *err)
{
	const struct ce_request *q = item->request;
	const struct ce_lockfile_env *env = ce_lockfile_env_find(j->found, q->environment);
	const struct ce_lockfile_platform *p =
		env ? ce_lockfile_platform_find(env, q->platform) : NULL;

	if (!p) {
		ce_log(&j->c->events, CCENV_LOG_WARNING,
			"%s has no packages for environment \"%s\" on %s; `ccenv lock` adds them",
			j->source, q->environment, q->platform);
		return 0;
	}
	/* Where the file says what was asked and assumed, that is kept. */
	if (p->n_specs || p->n_virtuals) {
		int r = ce_lock_plan_as_noted(item, env, p, err);

		if (r < 0)
			return r;
	}
	ce_lock_plan_take(item, p);
	*ret = (struct ce_solved){item->request, item->solution, item->options};
	return 1;
}

static int take_packages(struct job *j, struct ce_lock_plan *plan, struct ccenv_error *err)
{
	CE_AUTOFREE struct ce_solved *solved = ce_calloc(plan->n + 1, sizeof(*solved));
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		int r = fill_item(j, &plan->items[i], &solved[n], err);

		if (r < 0)
			return r;
		n += (size_t)r;
	}
	if (n == 0 && j->found->n_pkgs == 0)
		return ce_fail(err, CCENV_EDATA, "%s locks no conda packages", j->source);
	if (n == 0)
		return ce_fail(err, CCENV_EDATA,
			"%s has none of the environments and platforms of %s", j->source,
			j->manifest_path);
	return ce_lockfile_from_solutions(solved, n, &j->lock, err);
}

/* Does what was taken answer the manifest? A lock that does not is still what was asked for. */
static int check_fit(struct job *j, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	struct ccenv_error why;
	int r = ce_lock_plan_make(j->c, &plan, err);

	if (r < 0)
		return r;
	if (ce_lock_plan_fits(&plan, j->lock, &why) < 0)
		ce_log(&j->c->events, CCENV_LOG_WARNING,
			"%s does not match %s: %s; run `ccenv lock` to lock again, or `ccenv install --frozen` to install it as it is",
			j->lock_path, j->manifest_path, why.text);
	return 0;
}

static int make_lock(struct job *j, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	int r = ce_lock_plan_make(j->c, &plan, err);

	if (r < 0)
		return r;
	if (j->im.lock) {
		r = take_packages(j, &plan, err);
		return r < 0 ? r : check_fit(j, err);
	}
	r = ce_lock_plan_solve(j->c, &plan, err);
	if (r < 0)
		return r;
	r = ce_archs_check_plan(j->c, &plan, err);
	if (r < 0)
		return r;
	return ce_lock_plan_result(&plan, &j->lock, err);
}

/* ---- all of it ---- */

/* The manifest last: one without its lock would be in the way of the next import. */
static int write_files(struct job *j, struct ccenv_error *err)
{
	bool changed;
	int r = ce_lockfile_write(j->lock_path, j->lock, &changed, err);

	if (r < 0 || j->has_manifest)
		return r;
	return ce_fs_replace(j->manifest_path, ce_buf_str(&j->text), j->text.len, NULL, err);
}

static int import_all(struct job *j, struct ccenv_error *err)
{
	int r = read_files(j, err);

	if (r < 0)
		return r;
	/* Completed first: a derived manifest is made of the dependencies. */
	if (j->im.lock) {
		r = ce_imported_lock(j->c, &j->im, j->source, &j->found, err);
		if (r < 0)
			return r;
	}
	r = make_manifest(j, err);
	if (r < 0)
		return r;
	r = ce_manifest_parse(
		ce_buf_str(&j->text), j->text.len, j->manifest_path, &j->c->manifest, err);
	if (r < 0)
		return r;
	assert(j->c->manifest);
	j->c->manifest->home = ce_arena_strdup(&j->c->manifest->arena, j->c->getenv_fn("HOME"));
	r = make_lock(j, err);
	return r < 0 ? r : write_files(j, err);
}

int ccenv_import(struct ccenv *c, const struct ccenv_import_options *o,
	struct ccenv_import_result *ret, struct ccenv_error *err)
{
	CE_CLEANUP(job_release) struct job j = {.c = c};
	struct ce_manifest *old = CE_TAKE(c->manifest);
	CE_AUTOFREE char *dir = NULL, *lock = NULL;
	int r;

	j.manifest_path = ce_path_absolute(o->manifest ? o->manifest : "ccenv.json");
	j.has_manifest = ce_fs_exists(j.manifest_path);
	dir = ce_path_dir(j.manifest_path);
	lock = ce_path_join(dir, "ccenv.lock");
	/* The handle's manifest may be one of a directory above. */
	j.lock_path = c->lock_is_named ? ce_strdup(c->lock_path) : CE_TAKE(lock);
	r = find_source(&j, o->path, err);
	if (r >= 0)
		r = import_all(&j, err);
	ce_manifest_free(c->manifest);
	c->manifest = old;
	if (r < 0)
		return r;
	ret->manifest = CE_TAKE(j.manifest_path);
	ret->lock = CE_TAKE(j.lock_path);
	ret->n_packages = j.lock->n_pkgs;
	return 0;
}
