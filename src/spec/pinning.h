/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_PINNING_H
#define CE_SPEC_PINNING_H

struct ce_arena;

/*
 * The constraint that `ccenv add` writes for a package of which these versions were found, the lowest and
 * the highest of all platforms; pixi's rule: below the next major version, and for version 0 and for
 * packages that break things in minor releases (python, gcc, …) below the next minor one. ">=2.8.0,<3",
 * ">=3.13.9,<3.14", ">=0.0.3,<0.0.4"; ">=…" alone where a version does not begin with numbers.
 */
const char *ce_pinning(
	const char *name, const char *lowest, const char *highest, struct ce_arena *a);

#endif
