/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_SBOM_H
#define CE_EXCHANGE_SBOM_H

#include <stddef.h>

#include "base/map.h"

struct ce_lockfile_platform;
struct ce_pkg;

/* What both software bills of materials say. */

/* "pkg:conda/fmt@10.2.1?build=h00ab1b0_0&channel=conda-forge&subdir=linux-64&type=conda" (purl
 * specification, type conda). The caller frees. */
char *ce_sbom_purl(const struct ce_pkg *p);

/* The packages of a platform by name. Release with ce_map_release(). */
void ce_sbom_index(const struct ce_lockfile_platform *p, struct ce_map *ret_by_name);
/* The package that a dependency or spec text names; NULL when it is not among them (a virtual one). */
const struct ce_pkg *ce_sbom_find(const struct ce_map *by_name, const char *text);

#endif
