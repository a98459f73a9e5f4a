/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_EXTERNAL_CACHE_H
#define CE_FETCH_EXTERNAL_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ce_fetch_options;
struct ce_pkg;

/*
 * Archives that other programs have downloaded, in the directories that the user names
 * (docs/design/packages.md). They are only read, and what is read is trusted no more than a
 * download: the sha256 of the lock decides while it is unpacked. What has no sha256 is not looked for.
 *
 * In each directory DIR, an archive may be
 * - DIR/<file name>: conda, mamba to 2.5;
 * - DIR/<scheme>/<host and path of its URL>, ":" and "\" as "_": mamba from 2.6;
 * - DIR/<channel's name>/<subdir>/<file name>: the same, when it did not know the URL.
 *
 * pixi and rattler keep packages unpacked and throw the archive away. There is nothing left then
 * that the sha256 of the lock could be compared with, so those are not used, unless the user says
 * that the cache is trusted: see import_unpacked.h.
 */

/*
 * Opens the next file that may be the package's archive: a regular file (no link, no device) of the
 * right size. Begin with *at = 0, call again to go on. The caller closes the descriptor and frees
 * the path; -1 when there is no more.
 */
CE_MUST_CHECK int ce_external_open(const struct ce_pkg *pkg, const struct ce_fetch_options *o,
	size_t *at, char **ret_path, uint64_t *ret_size);
/*
 * The next directory of a trusted cache that holds the package unpacked, by the same layouts less
 * the suffix of the archive; rattler and pixi have the first. The caller frees it; NULL when there
 * is no more.
 */
char *ce_external_unpacked(const struct ce_pkg *pkg, const struct ce_fetch_options *o, size_t *at);

#endif
