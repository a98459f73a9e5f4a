/* SPDX-License-Identifier: MIT */
/* ccenv_presets(): CMake presets, to commit with the sources. */
#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "emit/emit.h"
#include "emit/emit_presets.h"
#include "model/manifest.h"

enum {
	FILE_MAX = 1 << 20
};

static char *directory(const struct ccenv *c, const char *dir)
{
	if (dir)
		return ce_path_absolute(dir);
	return c->manifest_path ? ce_path_dir(c->manifest_path) : ce_path_absolute(".");
}

static bool is_presets(const struct ce_buf *b)
{
	return ce_emit_is_presets(ce_buf_str(b), b->len);
}

static bool is_toolchain(const struct ce_buf *b)
{
	return ce_emit_is_toolchain(ce_buf_str(b));
}

/* Is the file absent, or written by an earlier run? */
static int check_own(
	const char *path, bool (*is_own)(const struct ce_buf *), struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf old = {0};
	int r;

	if (!ce_fs_exists(path))
		return 0;
	r = ce_fs_read(path, FILE_MAX, &old, err);
	if (r < 0)
		return r;
	if (!is_own(&old))
		return ce_fail(err, CCENV_EUSAGE,
			"%s already exists and was not written by ccenv; move it away first, or choose another directory with --output-dir",
			path);
	return 0;
}

static int write_own(struct ccenv *c, const char *path, const struct ce_buf *text,
	bool *ret_changed, struct ccenv_error *err)
{
	bool changed = false;
	int r = ce_fs_replace(path, ce_buf_str(text), text->len, &changed, err);

	if (r < 0)
		return r;
	if (changed)
		ce_log(&c->events, CCENV_LOG_NOTICE, "Wrote %s", path);
	*ret_changed = *ret_changed || changed;
	return 0;
}

/* The CUDA release of the default environment, as the manifest has it. */
static const char *asked_cuda(const struct ccenv *c)
{
	const struct ce_environment *env =
		c->manifest ? ce_manifest_environment(c->manifest, "default") : NULL;

	for (size_t i = 0; env && i < env->n_features; i++)
		if (env->features[i]->cuda_version)
			return env->features[i]->cuda_version;
	return NULL;
}

/* Those of the default environment. */
static struct ce_strs targets(const struct ccenv *c, struct ce_arena *a)
{
	const struct ce_environment *env =
		c->manifest ? ce_manifest_environment(c->manifest, "default") : NULL;
	size_t n = c->manifest ? c->manifest->n_targets : 0;
	struct ce_strs list = {.items = ce_arena_array(a, n + 1, sizeof(*list.items))};

	for (size_t i = 0; env && i < n; i++)
		if (ce_manifest_has_target(env, &c->manifest->targets[i]))
			list.items[list.n++] = c->manifest->targets[i].name;
	return list;
}

int ccenv_presets(struct ccenv *c, const char *dir, bool *ret_changed, struct ccenv_error *err)
{
	CE_AUTOFREE char *at = directory(c, dir);
	CE_AUTOFREE char *presets = ce_path_join(at, "ccenv-presets.json");
	CE_AUTOFREE char *toolchain = ce_path_join(at, "ccenv.cmake");
	CE_CLEANUP(ce_buf_release) struct ce_buf p = {0}, t = {0};
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_emit_presets what = {asked_cuda(c), "ccenv.cmake", targets(c, &a)};
	int r = ce_project_check(c, err);

	*ret_changed = false;
	if (r < 0)
		return r;
	r = check_own(presets, is_presets, err);
	if (r < 0)
		return r;
	r = check_own(toolchain, is_toolchain, err);
	if (r < 0)
		return r;
	ce_emit_toolchain_text(&t);
	ce_emit_presets_text(&what, &p);
	r = write_own(c, toolchain, &t, ret_changed, err);
	if (r < 0)
		return r;
	return write_own(c, presets, &p, ret_changed, err);
}
