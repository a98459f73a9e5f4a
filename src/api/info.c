/* SPDX-License-Identifier: MIT */
/* ccenv_info(): what ccenv sees on this machine. */
#include "api/project.h"
#include "base/arena.h"
#include "io/host.h"
#include "model/manifest.h"
#include "model/platform.h"

int ccenv_info(struct ccenv *c, struct ccenv_info *ret, struct ccenv_error *err)
{
	struct ce_arena *owner = ce_owner_new();
	struct ce_virtual *virtuals;
	size_t n;
	int r = ce_host_virtuals(c->getenv_fn, true, owner, &virtuals, &n, err);

	if (r < 0) {
		ce_owner_free(owner);
		return r;
	}
	*ret = (struct ccenv_info){
		.version = CCENV_VERSION,
		.platform = ce_platform_host(),
		.cache_dir = ce_arena_strdup(owner, c->cache_dir),
		.manifest = ce_arena_strdup(owner, c->manifest_path),
		.lock = c->manifest ? ce_arena_strdup(owner, c->lock_path) : NULL,
		.root = c->manifest ? ce_arena_strdup(owner, c->root) : NULL,
		.virtuals = ce_arena_array(owner, n + 1, sizeof(*ret->virtuals)),
		.owner = owner,
	};
	for (; ret->n_virtuals < n; ret->n_virtuals++)
		ret->virtuals[ret->n_virtuals] =
			(struct ccenv_virtual){virtuals[ret->n_virtuals].name,
				virtuals[ret->n_virtuals].version, virtuals[ret->n_virtuals].build};
	return 0;
}

void ccenv_info_free(struct ccenv_info *info)
{
	ce_owner_free(info->owner);
	*info = (struct ccenv_info){0};
}
