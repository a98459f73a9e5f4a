/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_VERSION_H
#define CE_MODEL_VERSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;

/*
 * A conda version and its order (CEP 33; conda-formats.md section 2).
 *
 * Parsed once, compared often: segments live in the arena given to the parser. Length limit 64 (CEP
 * 26), integers up to 2^31-1; a longer digit run is CCENV_EDATA.
 */
struct ce_version;

/* Parses `text` into `a`. The error points at the character. */
CE_MUST_CHECK int ce_version_parse(const char *text, struct ce_arena *a,
	const struct ce_version **ret_version, struct ccenv_error *err);
/* <0, 0, >0. Epoch, then main, then local; missing parts are 0. */
int ce_version_compare(const struct ce_version *a, const struct ce_version *b);
/* Does `v` start with `prefix` (the meaning of "=1.2" and "1.2.*")? */
bool ce_version_starts_with(const struct ce_version *v, const struct ce_version *prefix);
/* The text it was parsed from (borrowed). */
const char *ce_version_text(const struct ce_version *v);

#endif
