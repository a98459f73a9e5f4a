/* SPDX-License-Identifier: MIT */
/* Suggestions for names that no channel has. */
#include "repodata/similar_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "model/repodata.h"
#include "repodata/name_index.h"
#include "repodata/shards.h"
#include "repodata/source.h"
#include "spec/name.h"
#include "spec/scan.h"

enum {
	SIMILAR_MAX = 4096
};

struct similar {
	const char *wanted;
	struct ce_map *found;
};

static bool looks_like(const char *wanted, const char *name, size_t len)
{
	size_t n = strlen(wanted);

	if (strchr(wanted, '*')) {
		CE_AUTOFREE char *copy = ce_strndup(name, len);

		return ce_glob_matches(wanted, copy, false);
	}
	return (len >= 2 && n >= 2 && memcmp(name, wanted, 2) == 0 && len + 4 > n && n + 8 > len) ||
	       memmem(name, len, wanted, n);
}

static void note(void *user, const char *name, size_t len)
{
	struct similar *s = user;

	if (s->found->n >= SIMILAR_MAX || !looks_like(s->wanted, name, len) ||
		!ce_name_is_valid(name, len))
		return;
	CE_AUTOFREE char *copy = ce_strndup(name, len);
	ce_map_insert(s->found, copy);
}

static bool has_records(const struct ce_repodata *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->pkgs[i].name, name) == 0)
			return true;
	return false;
}

void ce_similar_names(struct ce_repodata *r, const char *const *wanted, size_t n_wanted,
	struct ce_source *const *sources, size_t n_sources)
{
	CE_CLEANUP(ce_map_release) struct ce_map found = {0};

	for (size_t i = 0; i < n_wanted; i++) {
		struct similar s = {wanted[i], &found};
		if (!*s.wanted || has_records(r, s.wanted))
			continue;
		for (size_t k = 0; k < n_sources; k++) {
			if (sources[k]->index)
				ce_name_index_each_name(sources[k]->index, note, &s);
			if (sources[k]->shards)
				ce_shard_index_each_name(sources[k]->shards, note, &s);
		}
	}
	r->others = ce_arena_array(&r->arena, found.n + 1, sizeof(*r->others));
	for (; r->n_others < found.n; r->n_others++)
		r->others[r->n_others] = ce_arena_strdup(&r->arena, found.entries[r->n_others].key);
}
