/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_DEPENDENCY_H
#define CE_EXCHANGE_DEPENDENCY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * Adds a MatchSpec, in any spelling that conda's programs take, to the "dependencies" of a ccenv.json:
 * "python=3.10" is {"python": "3.10.*"}. What has more than version and build becomes an object. A name
 * that is there already gets both constraints. Virtual packages are left out: *ret_virtual (may be NULL)
 * is then true. CCENV_EDATA for a malformed text.
 */
CE_MUST_CHECK int ce_dependency_add(
	json_t *deps, const char *text, bool *ret_virtual, struct ccenv_error *err);

#endif
