/* SPDX-License-Identifier: MIT */
/* What can be asked of a candidate without knowing the problem it is part of. */
#include "solve/candidate.h"

#include <string.h>

#include "model/match.h"
#include "model/pkg.h"

int ce_candidate_compare_listing(const struct ce_candidate *a, const struct ce_candidate *b)
{
	const struct ce_pkg *pa = a->pkg, *pb = b->pkg;
	int d = (pa->channel_rank > pb->channel_rank) - (pa->channel_rank < pb->channel_rank);

	if (!d)
		d = (strcmp(pa->subdir, "noarch") == 0) - (strcmp(pb->subdir, "noarch") == 0);
	if (!d)
		d = strcmp(pa->fn, pb->fn);
	return d ? d : strcmp(pa->url, pb->url);
}

bool ce_requirement_matches(const struct ce_requirement *req, const struct ce_candidate *candidate)
{
	return candidate->name == req->name && ce_spec_matches(req->spec, candidate->pkg);
}
