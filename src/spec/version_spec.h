/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_VERSION_SPEC_H
#define CE_SPEC_VERSION_SPEC_H

#include <stdbool.h>

#include "base/attr.h"
#include "spec/version.h"

struct ccenv_error;
struct ce_arena;
struct ce_scan;

/*
 * A version constraint: an and/or tree of comparisons (CEP 29; docs/design/matchspec.md).
 *
 * "," binds tighter than "|". Where conda, rattler and libmamba differ: conda's answer in lenient
 * mode, and an error in strict mode where the text is ambiguous (tests/conformance has the table).
 * At most 4 KiB and 32 levels of parentheses.
 */
struct ce_version_spec;

/*
 * Strict for what people write (manifests, command line): what conda would quietly misread is an
 * error. Lenient for records: what conda-forge has published is understood as its own clients do.
 */
enum ce_spec_mode {
	CE_SPEC_STRICT,
	CE_SPEC_LENIENT,
};

/* An empty text admits every version. Errors show the text with a caret under the character. */
CE_MUST_CHECK int ce_version_spec_parse(const char *text, enum ce_spec_mode mode,
	struct ce_arena *a, const struct ce_version_spec **ret_spec, struct ccenv_error *err);
bool ce_version_spec_matches(const struct ce_version_spec *spec, const struct ce_version *version);
/* One canonical spelling, each comparison with its operator: "==1.8|>=2,<3", "1.8.*", "*". */
const char *ce_version_spec_text(const struct ce_version_spec *spec, struct ce_arena *a);
bool ce_version_spec_is_any(const struct ce_version_spec *spec);

/*
 * For the parser of MatchSpecs: reads a constraint from s->pos on, and stops at the first character
 * that cannot go on with it.
 */
CE_MUST_CHECK int ce_version_spec_scan(struct ce_scan *s, enum ce_spec_mode mode,
	struct ce_arena *a, const struct ce_version_spec **ret_spec);
/* The meaning of "=1.8" in "name=1.8=build": ==1.8. Any other constraint is returned as it is. */
const struct ce_version_spec *ce_version_spec_exact(
	const struct ce_version_spec *spec, struct ce_arena *a);
/* A constraint that is just ==version. */
const struct ce_version_spec *ce_version_spec_equal(
	const struct ce_version *version, struct ce_arena *a);

#endif
