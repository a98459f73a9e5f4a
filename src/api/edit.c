/* SPDX-License-Identifier: MIT */
/* Edits of the manifest that are locked before they are written; see edit.h. */
#include <assert.h>

#include "api/archs.h"
#include "api/edit.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/fs.h"
#include "lock/lockfile.h"
#include "manifest/manifest_file.h"
#include "model/lockfile.h"
#include "model/manifest.h"

int ce_edit_begin(struct ce_edit *e, struct ccenv_error *err)
{
	int r = ce_project_need_manifest(e->c, err);

	if (r < 0)
		return r;
	if (!e->c->manifest_path)
		return ce_fail(err, CCENV_EUSAGE,
			"there is no ccenv.json to edit; `ccenv init` makes one");
	e->old = e->c->manifest;
	ce_buf_add(&e->text, ce_buf_str(&e->c->manifest_text), e->c->manifest_text.len);
	return ce_lockfile_read(e->c->lock_path, &e->old_lock, err);
}

struct ce_strs ce_edit_path(
	struct ce_arena *a, const char *feature, const char *platform, const char *key)
{
	struct ce_strs path = {ce_arena_array(a, 5, sizeof(*path.items)), 0};

	if (feature) {
		path.items[path.n++] = "features";
		path.items[path.n++] = feature;
	}
	if (platform) {
		path.items[path.n++] = "target";
		path.items[path.n++] = platform;
	}
	if (key)
		path.items[path.n++] = key;
	return path;
}

void ce_edit_release(struct ce_edit *e)
{
	if (e->old && e->c->manifest != e->old) {
		ce_manifest_free(e->c->manifest);
		e->c->manifest = e->old;
	}
	ce_buf_release(&e->text);
	ce_lockfile_free(e->old_lock);
	ce_lockfile_free(e->lock);
}

/* Parses the new text and lets the handle use it. */
static int use_text(struct ce_edit *e, struct ccenv_error *err)
{
	struct ce_manifest *m = NULL;
	int r = ce_manifest_parse(ce_buf_str(&e->text), e->text.len, e->c->manifest_path, &m, err);

	if (r < 0)
		return r;
	assert(e->old); /* an edit begins with a manifest */
	m->home = e->old->home;
	if (e->c->manifest != e->old)
		ce_manifest_free(e->c->manifest);
	e->c->manifest = m;
	return 0;
}

int ce_edit_solve(struct ce_edit *e, const struct ce_lockfile *prefer, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_plan_release) struct ce_lock_plan plan = {0};
	const struct ccenv_lock_options none = {0};
	struct ce_lockfile *lock = NULL;
	int r = use_text(e, err);

	if (r < 0)
		return r;
	r = ce_lock_plan_make(e->c, &plan, err);
	if (r < 0)
		return r;
	if (prefer)
		ce_lock_plan_prefer(&plan, prefer, &none);
	r = ce_lock_plan_solve(e->c, &plan, err);
	if (r < 0)
		return r;
	r = ce_archs_check_plan(e->c, &plan, err);
	if (r < 0)
		return r;
	r = ce_lock_plan_result(&plan, &lock, err);
	if (r < 0)
		return r;
	ce_lockfile_free(e->lock);
	e->lock = lock;
	return 0;
}

int ce_edit_write(struct ce_edit *e, struct ccenv_error *err)
{
	const struct ce_buf *old = &e->c->manifest_text;
	struct ccenv_error ignored;
	bool changed;
	int r = ce_fs_rewrite(e->c->manifest_path, ce_buf_str(&e->text), e->text.len, NULL, err);

	if (r < 0)
		return r;
	r = ce_lockfile_write(e->c->lock_path, e->lock, &changed, err);
	/* Both or none: the manifest of before goes with the lock of before. */
	if (r < 0)
		ce_ignore(ce_fs_rewrite(
			e->c->manifest_path, ce_buf_str(old), old->len, NULL, &ignored));
	return r;
}
