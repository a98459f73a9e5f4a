/* SPDX-License-Identifier: MIT */
#ifndef CE_CACHE_LISTING_H
#define CE_CACHE_LISTING_H

#include "base/attr.h"

struct ccenv_error;
struct ce_contents;

/*
 * Adds to the contents of a package, just unpacked into the directory `tree`, what its own files
 * say: name and version, what is installed, hashes, placeholders, entry points. They are never read
 * through links. A list that names what is not there, or cannot be read, is CCENV_EDATA.
 */
CE_MUST_CHECK int ce_listing_read(int tree, struct ce_contents *contents, struct ccenv_error *err);

#endif
