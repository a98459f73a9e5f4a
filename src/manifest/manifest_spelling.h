/* SPDX-License-Identifier: MIT */
#ifndef CE_MANIFEST_MANIFEST_SPELLING_H
#define CE_MANIFEST_MANIFEST_SPELLING_H

#include <jansson.h>

#include "base/attr.h"

struct ccenv_error;

/* CCENV_EDATA when two tables of the manifest name the same package in different ways ("PyYAML",
 * "pyyaml"): packages have one name, in small letters, and who edits one table misses the other. */
CE_MUST_CHECK int ce_manifest_check_spelling(const json_t *root, struct ccenv_error *err);

#endif
