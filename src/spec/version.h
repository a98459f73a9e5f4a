/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_VERSION_H
#define CE_SPEC_VERSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;
struct ce_scan;

/*
 * A conda version and its order (CEP 33; docs/design/matchspec.md).
 *
 * Parsed once, compared often: everything lives in the arena given to the parser. At most 64
 * characters (CEP 26) and integers up to 2^63-1 (CEP 33 says 2^31-1; dates with hours are
 * published, and conda and rattler read them); what is beyond is CCENV_EDATA.
 */
struct ce_version;

/* Parses `text` into `a`; outer blanks are dropped. The error points at the character. */
CE_MUST_CHECK int ce_version_parse(const char *text, struct ce_arena *a,
	const struct ce_version **ret_version, struct ccenv_error *err);
/* The same for the characters begin to end of a longer text: errors show the whole text. */
CE_MUST_CHECK int ce_version_parse_slice(const struct ce_scan *s, size_t begin, size_t end,
	struct ce_arena *a, const struct ce_version **ret_version);
/* <0, 0, >0. Epoch, then main, then local; missing parts are 0. */
int ce_version_compare(const struct ce_version *a, const struct ce_version *b);
/* Does `v` start with `prefix` (the meaning of "=1.2" and "1.2.*")? */
bool ce_version_starts_with(const struct ce_version *v, const struct ce_version *prefix);
/* Does "~=base" admit `v`: not lower, and starting with `base` less its last segment? */
bool ce_version_is_compatible(const struct ce_version *v, const struct ce_version *base);
/* The number of dot-separated parts, without epoch and local part. */
size_t ce_version_segments(const struct ce_version *v);
/* The text it was parsed from, without outer blanks; it lives as long as the arena. */
const char *ce_version_text(const struct ce_version *v);

/*
 * One run of digits or letters, for tests and messages. Segment 0 is the epoch; local segments
 * follow the main ones when `local` is true. Returns false behind the last element. *ret_text is
 * NULL for a number, and otherwise a text of *ret_number bytes without a NUL. "dev" is given as
 * "DEV", "post" as the number 2^64-1.
 */
bool ce_version_element(const struct ce_version *v, bool local, size_t segment, size_t element,
	unsigned long long *ret_number, const char **ret_text);

#endif
