/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_PCCHECK_H
#define CE_EMIT_EMIT_PCCHECK_H

#include "base/attr.h"

struct ccenv_error;

/*
 * Asks libpkgconf for all flags of the package `name` in `dir` (no other directory, no
 * environment), as for a static link, and checks them: each -I and -L is a directory, each -l is
 * found in one of the -L, and the library is for the machine of `platform`. pkg-config's own
 * validation looks at none of these.
 */
CE_MUST_CHECK int ce_emit_pc_check(
	const char *dir, const char *name, const char *platform, struct ccenv_error *err);

#endif
