/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_ARCHIVES_H
#define CE_FETCH_ARCHIVES_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_fetch_options;
struct ce_pkg;

/* An archive, and where it goes. */
struct ce_archive_place {
	const struct ce_pkg *pkg;
	const char *path; /* its directory exists */
};

/*
 * Locked packages -> their archives, whole: for mirrors and bundles, which hand them on. Each file is put
 * in place once its sha256 is the locked one; one that is there and right is left alone. Of `o`, the cache,
 * its checks and the limit on what is unpacked are not looked at. CCENV_EHASH, CCENV_ENET and so on as
 * ce_fetch(); what was put in place stays.
 */
CE_MUST_CHECK int ce_fetch_archives(const struct ce_archive_place *places, size_t n,
	const struct ce_fetch_options *o, struct ccenv_error *err);

#endif
