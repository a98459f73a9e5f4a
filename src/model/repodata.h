/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_REPODATA_H
#define CE_MODEL_REPODATA_H

#include <stddef.h>

#include "base/arena.h"
#include "model/pkg.h"

/*
 * The records a request can reach: for each wanted name and every name in the depends of a reached
 * record, all records of that name in all channels of the request, in its platform's subdir and
 * noarch.
 *
 * Where a channel has one stem both as .conda and .tar.bz2, only the .conda is here (CEP 36).
 * Records under `removed` are left out. Sorted by ce_pkg_compare(), so that the order in the index
 * does not matter.
 */
struct ce_repodata {
	struct ce_arena arena;
	struct ce_pkg *pkgs;
	size_t n;
	/* Names that channels have and that look like a wanted one without any record; for
	 * messages. */
	const char **others;
	size_t n_others;
};

struct ce_repodata *ce_repodata_new(void);
void ce_repodata_free(struct ce_repodata *r);
CE_DEFINE_FREEP(struct ce_repodata, ce_repodata_free, ce_repodata_freep)
/* Sorts, drops the .tar.bz2 twins, parses versions. Call once, after the last record is in. */
void ce_repodata_finish(struct ce_repodata *r);

#endif
