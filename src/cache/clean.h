/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_CLEAN_H
#define CE_CACHE_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;

/*
 * Taking things out of the cache. Everything in it can be fetched again, and a prefix does not need
 * it: files that a prefix shares stay there through their other name.
 *
 * An entry that another process is making is left alone. One that another process has just checked
 * and is about to link must not go either: min_age_s protects it.
 */
enum ce_clean_kind {
	CE_CLEAN_PACKAGES = 1 << 0,  /* unpacked packages */
	CE_CLEAN_DOWNLOADS = 1 << 1, /* what broken downloads left */
	CE_CLEAN_REPODATA = 1 << 2,  /* channel indexes */
	CE_CLEAN_ALL = 7,
};

struct ce_clean_options {
	const char *cache_dir;
	unsigned kinds;      /* enum ce_clean_kind, or-ed */
	uint64_t min_age_s;  /* only what has not been used for this long */
	uint64_t keep_bytes; /* packages: the least recently used go until the rest is no larger; 0
				is no such limit */
	bool unshared;       /* packages: only those of which no prefix shares a file */
	bool dry_run;        /* say what would go */
	const struct ccenv_events *events; /* each thing at info level */
};

struct ce_clean_result {
	size_t n;       /* things removed */
	uint64_t bytes; /* that were theirs alone, and so are free now */
};

CE_MUST_CHECK int ce_clean(const struct ce_clean_options *o, struct ce_clean_result *ret_result,
	struct ccenv_error *err);

#endif
