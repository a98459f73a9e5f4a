/* SPDX-License-Identifier: MIT */
#ifndef CE_API_HANDED_H
#define CE_API_HANDED_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

struct ce_archive_place;
struct ce_lockfile;
struct ce_pkg;

/* Locked packages that are handed on, by a mirror or a bundle. */
struct ce_handed {
	struct ce_arena arena;
	struct ce_buf text; /* of the lock */
	struct ce_lockfile *lock;
	const struct ce_pkg **pkgs; /* each once, in the order of the lock */
	size_t n_pkgs;
	struct ce_strs platforms;
};

/* Those of an environment [all], of it a platform, one side of a target or a target [all]. CCENV_ENOTFOUND:
 * nothing of that is locked. The caller calls ce_handed_release(), on failure too. */
CE_MUST_CHECK int ce_handed_select(struct ccenv *c, const struct ccenv_selection *of,
	struct ce_handed *ret, struct ccenv_error *err);
void ce_handed_release(struct ce_handed *h);
/* ce_fetch_archives() with what the project knows. */
CE_MUST_CHECK int ce_handed_fetch(
	struct ccenv *c, const struct ce_archive_place *places, size_t n, struct ccenv_error *err);

#endif
