/* SPDX-License-Identifier: MIT */
#ifndef CE_API_BUNDLE_H
#define CE_API_BUNDLE_H

#include "base/attr.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"

/* A bundle that is being installed from. */
struct ce_unbundled {
	struct ce_stage stage; /* a temporary directory of the cache, with the archives */
};

/*
 * Takes from the bundle what the install needs: manifest and lock to their places, the archives to a
 * directory that becomes one of c->package_caches. From then on the project is the bundle's, and offline.
 * Each archive has its locked sha256. On failure nothing is changed but the cache. The caller calls
 * ce_unbundled_drop() after the install.
 */
CE_MUST_CHECK int ce_unbundle(struct ccenv *c, const struct ccenv_install_options *o,
	struct ce_unbundled *ret, struct ccenv_error *err);
void ce_unbundled_drop(struct ce_unbundled *u);

#endif
