/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_HINT_H
#define CE_REPODATA_HINT_H

#include <stddef.h>

#include "base/attr.h"

struct ce_map;

/*
 * Which names will probably be reached, so that their shards are asked for in one flight and not
 * wave by wave. A hint decides nothing: a name that is not reached costs its shard, one that is
 * missing costs waiting.
 *
 * Three sources: a table of conda-forge's dependencies (scripts/make-hints), the names that the same
 * request reached last time, and what the caller knows (an old lock).
 */
struct ce_hint {
	const char *name, *depends; /* names with a space between */
};

extern const struct ce_hint ce_hints[]; /* sorted by name */
extern const size_t ce_n_hints;

/* Adds to `names` what the table reaches from what is in it, but names of other platforms. */
void ce_hint_expand(struct ce_map *names, const char *const *platforms, size_t n_platforms);

/* Adds what was noted at `path`; whatever is wrong with the file, it is no failure. */
void ce_hint_recall(struct ce_map *names, const char *path);
/* Notes these names for the next time, if they are others than last time. Best effort. */
void ce_hint_note(const struct ce_map *names, const char *path);

#endif
