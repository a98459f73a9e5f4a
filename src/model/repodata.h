/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_REPODATA_H
#define CE_MODEL_REPODATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/pkg.h"

/* A record that was left out: for whoever asks for that name, and finds too little. */
struct ce_refused {
	const char *name, *channel, *subdir;
	const char
		*why; /* "dill-1.0-0.conda: depends: expected a list of strings, found a string" */
};

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
	/* Records that could not be used: the first of each name, channel and subdir. */
	struct ce_refused *refused;
	size_t n_refused;
	/* Names that channels have and that look like a wanted one without any record; for
	 * messages. */
	const char **others;
	size_t n_others;
	/* Names the indexes that the records are from, with their contents: where it is the same, so are
	 * the records of the same names. */
	const char *identity;
	bool is_held; /* no records: see ce_repodata_query.held */
};

/* Empty, to be filled; and its end, with all records. */
struct ce_repodata *ce_repodata_new(void);
void ce_repodata_free(struct ce_repodata *r);
CE_DEFINE_FREEP(struct ce_repodata, ce_repodata_free, ce_repodata_freep)
/* Sorts; drops the .tar.bz2 twins, and what "v3" lists in another way. Call once, after the last record
 * is in. */
void ce_repodata_finish(struct ce_repodata *r);
/* The records of a name, which stand together after ce_repodata_finish(); borrowed. NULL, and *ret_n is 0, when there is
 * none. */
const struct ce_pkg *ce_repodata_find(const struct ce_repodata *r, const char *name, size_t *ret_n);

#endif
