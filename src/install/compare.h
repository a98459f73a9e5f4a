/* SPDX-License-Identifier: MIT */
#ifndef CE_INSTALL_COMPARE_H
#define CE_INSTALL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strs.h"

struct ccenv_error;
struct ce_pkg;

/*
 * The records of a prefix against the packages they stand for.
 *
 * A record lies next to the files it describes: who changes a file can change its record as well. So
 * what a record says of a path is compared with what follows from the package's list in the cache
 * (cache/entry.h), which was made when the archive with the package's digest was unpacked. For a
 * file with a prefix placeholder the replacement is done again, in memory.
 */

/* A path of a record, and what was found. */
struct ce_recorded {
	const char *path, *type, *sha256; /* sha256 may be NULL: another program's record */
	const char *record;               /* "<name>-<version>-<build>" */
	uint64_t size;
	const char *wrong; /* NULL when it is as recorded */
};

struct ce_compare {
	const struct ce_pkg *const *pkgs;
	size_t n_pkgs;
	const char *cache_dir, *prefix;
	unsigned threads;
	struct ce_arena *arena; /* gets the texts of what is added */
	/* All paths of all records. What differs gets `wrong`; what no record has is added. */
	struct ce_recorded *items;
	size_t n, cap;
	/* Packages that could not be compared, by record name: the cache does not have them. */
	struct ce_strs absent;
};

CE_MUST_CHECK int ce_install_compare(struct ce_compare *c, struct ccenv_error *err);

#endif
