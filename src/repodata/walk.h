/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_WALK_H
#define CE_REPODATA_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "ccenv/ccenv.h"

struct ce_buf;
struct ce_repodata;
struct ce_source;

/*
 * The names that the wanted ones reach through depends, and their records so far. It knows nothing
 * of where records come from: whoever has an index or a shard hands it in, name by name.
 *
 * Names are only ever added. One that was reached by a record which was dropped again stays: it
 * costs a look-up, and the solver does not come by.
 *
 * Caps: 200,000 names, 512 Ki records, 512 MiB of their strings, 4 GiB of inflated shards.
 */
struct ce_walk {
	const struct ccenv_events *events;
	struct ce_map names; /* in the order in which they were reached */
	struct ce_repodata *repodata;
	size_t cap, cap_refused;
	unsigned n_left_out;
	bool stays; /* only the names that are asked for, not what their records depend on */
	uint64_t inflated;
	struct ccenv_error err; /* a cap was reached: the walk is over */
};

void ce_walk_init(struct ce_walk *w, const struct ccenv_events *events);
void ce_walk_release(struct ce_walk *w);
/* In any case of letters; what is no package name, and the machine's own (__glibc), is ignored. */
void ce_walk_add_name(struct ce_walk *w, const char *name, size_t len);
/*
 * Takes the records of `name` (a key of w->names) that the source's index has. CCENV_EDATA: the
 * index is damaged. A record that cannot be used is left out; the first one of each name is noted in
 * w->repodata->refused.
 */
CE_MUST_CHECK int ce_walk_take_index(
	struct ce_walk *w, const struct ce_source *s, const char *name, struct ccenv_error *err);
/* The same from a shard as served, whose hash was checked. */
CE_MUST_CHECK int ce_walk_take_shard(struct ce_walk *w, const struct ce_source *s, const char *name,
	const struct ce_buf *shard, struct ccenv_error *err);
/* Drops all records of this source: they will come again in another form. */
void ce_walk_drop(struct ce_walk *w, const struct ce_source *s);

#endif
