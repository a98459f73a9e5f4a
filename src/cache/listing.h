/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_LISTING_H
#define CE_CACHE_LISTING_H

#include "base/attr.h"

struct ccenv_error;
struct ce_contents;

/*
 * Adds to the contents of a package, just unpacked into `dir`, what its own lists say: what is
 * installed, hashes, placeholders, entry points. A list that names what is not there, or cannot be
 * read, is CCENV_EDATA.
 */
CE_MUST_CHECK int ce_listing_read(
	const char *dir, struct ce_contents *contents, struct ccenv_error *err);

#endif
