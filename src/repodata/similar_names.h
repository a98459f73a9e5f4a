/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_SIMILAR_NAMES_H
#define CE_REPODATA_SIMILAR_NAMES_H

#include <stddef.h>

struct ce_repodata;
struct ce_source;

/*
 * Fills r->others: for each of the wanted names without any record, names that the channels have
 * and that look like it: those that match it, for one with '*'. Coarse: the same beginning, or the wanted name within it; what is near
 * enough for a suggestion is for others to say. Only valid package names, at most 4096.
 */
void ce_similar_names(struct ce_repodata *r, const char *const *wanted, size_t n_wanted,
	struct ce_source *const *sources, size_t n_sources);

#endif
