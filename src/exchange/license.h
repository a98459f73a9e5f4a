/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_LICENSE_H
#define CE_EXCHANGE_LICENSE_H

/*
 * The license field of a conda record is free text that is mostly, but not always, an SPDX license
 * expression (SPDX 2.3, annex D).
 *
 * Returns the expression with operators and identifiers in their usual letters ("mit or apache-2.0"
 * becomes "MIT OR Apache-2.0"), or NULL when `text` is none: an identifier that SPDX does not list, or
 * words. "LicenseRef-…" is an identifier. The caller frees.
 */
char *ce_license_expression(const char *text);

/* SPDX's lists, sorted without regard to case, NULL behind the last. */
extern const char *const ce_spdx_licenses[];
extern const char *const ce_spdx_exceptions[];

#endif
