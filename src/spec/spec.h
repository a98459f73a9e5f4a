/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_SPEC_H
#define CE_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "spec/version.h"
#include "spec/version_spec.h" /* enum ce_spec_mode */

struct ccenv_error;
struct ce_arena;
struct ce_condition;

/*
 * MatchSpec (CEP 29, CEP 43 to 45; docs/design/matchspec.md): which packages a request or a
 * dependency admits.
 *
 *     [channel[/subdir]::]name [version [build]] [key=value, …]
 *
 * Errors show the text with a caret under the character. All memory comes from the arena. At most 4
 * KiB. What conda's tools read differently is decided in tests/conformance. Strict mode refuses,
 * besides what version_spec.h says: globs as names, a value given twice, and keys that conda splits
 * at a space.
 */

/* Which operator a build_number constraint has. */
enum ce_compare {
	CE_COMPARE_ANY = 0,
	CE_COMPARE_EQ,
	CE_COMPARE_NE,
	CE_COMPARE_LT,
	CE_COMPARE_LE,
	CE_COMPARE_GT,
	CE_COMPARE_GE,
};

/*
 * A parsed MatchSpec. NULL (or CE_COMPARE_ANY) in a field means: anything. `text` is the spec in
 * one canonical spelling: equal texts mean equal specs, and parsing it again (leniently) gives the
 * same spec.
 */
struct ce_spec {
	const char *text;
	const char *name; /* lower case; "*" for any, or (lenient) a glob */
	/* A name, or a URL without credentials; conda's alias is cut off. */
	const char *channel;
	const char *subdir;
	const struct ce_version_spec *version;
	const char *version_text; /* canonical */
	const char *build;        /* glob, or ^regex$ */
	enum ce_compare build_number_op;
	uint64_t build_number;
	const char *md5, *sha256; /* lower case */
	const char *url, *fn;
	const char *license, *license_family;
	const char *track_features; /* all of these must be there; separated by blanks or commas */
	/*
	 * CEP 43 to 45. ce_spec_matches() does not look at `when` and `extras`: whoever walks
	 * dependencies must, or leave the record out. A list is a text separated by ", ".
	 */
	const char *when;
	const struct ce_condition *condition; /* what `when` says; NULL when that is */
	const char *extras;
	const char *flags;
};

/*
 * Parses a text; strict for what people write, lenient for records (spec/version_spec.h). *ret_spec
 * lives as long as the arena. CCENV_EDATA with a caret under the character.
 */
CE_MUST_CHECK int ce_spec_parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_spec **ret_spec, struct ccenv_error *err);

#endif
