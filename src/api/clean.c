/* SPDX-License-Identifier: MIT */
/* ccenv_clean(): the package cache. */
#include "cache/clean.h"
#include "api/project.h"

int ccenv_clean(struct ccenv *c, const struct ccenv_clean_options *o,
	struct ccenv_clean_result *ret, struct ccenv_error *err)
{
	unsigned kinds = (o->packages ? CE_CLEAN_PACKAGES : 0) |
			 (o->downloads ? CE_CLEAN_DOWNLOADS : 0) |
			 (o->repodata ? CE_CLEAN_REPODATA : 0);
	const struct ce_clean_options clean = {
		.cache_dir = c->cache_dir,
		.kinds = kinds ? kinds : CE_CLEAN_ALL,
		.min_age_s = o->min_age_s,
		.keep_bytes = o->keep_bytes,
		.unshared = o->unshared,
		.dry_run = o->dry_run,
		.events = &c->events,
	};
	struct ce_clean_result result;
	int r = ce_clean(&clean, &result, err);

	if (r < 0)
		return r;
	*ret = (struct ccenv_clean_result){result.n, result.bytes};
	return 0;
}
