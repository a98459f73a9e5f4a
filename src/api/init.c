/* SPDX-License-Identifier: MIT */
/* ccenv_init(): a new manifest. */
#include "api/plan.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "manifest/manifest_file.h"
#include "model/manifest.h"
#include "model/platform.h"

int ccenv_init(const struct ccenv_init_options *o, struct ccenv_error *err)
{
	static const char *const conda_forge[] = {"conda-forge"};
	const char *host = ce_platform_host();
	const char *path = o->path ? o->path : "ccenv.json";
	CE_CLEANUP(ce_manifest_freep) struct ce_manifest *checked = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *dir = ce_path_dir(path);
	struct ce_manifest_new_options m = {
		.name = o->name,
		.channels = o->n_channels ? o->channels : conda_forge,
		.n_channels = o->n_channels ? o->n_channels : 1,
		.platforms = o->n_platforms ? o->platforms : &host,
		.n_platforms = o->n_platforms ? o->n_platforms : 1,
		.cuda_version = o->cuda_version,
		.components = o->components,
		.n_components = o->n_components,
	};
	int r;

	if (ce_fs_exists(path))
		return ce_fail(
			err, CCENV_EUSAGE, "%s already exists; edit it, or remove it first", path);
	ce_manifest_render(&m, &b);
	/* What is written must be what `ccenv lock` can read. */
	r = ce_manifest_parse(ce_buf_str(&b), b.len, path, &checked, err);
	if (r < 0)
		return r;
	r = ce_lock_plan_try(checked, err);
	if (r < 0)
		return r;
	r = ce_fs_mkdirs(dir, err);
	if (r < 0)
		return r;
	return ce_fs_replace(path, ce_buf_str(&b), b.len, NULL, err);
}
