/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_SPEC_H
#define CE_MODEL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/version.h"

struct ccenv_error;
struct ce_arena;
struct ce_pkg;

/*
 * VersionSpec and MatchSpec (CEP 29; conda-formats.md section 1).
 *
 * Strict for what people write (manifests, command line): what conda would quietly misread is an
 * error. Lenient for records: what conda-forge has published is understood as its own clients do.
 * Errors show the text with a caret under the character. All memory comes from the arena.
 */
enum ce_spec_mode {
	CE_SPEC_STRICT,
	CE_SPEC_LENIENT,
};

/* A version constraint: an and/or tree of comparisons. */
struct ce_version_spec;

CE_MUST_CHECK int ce_version_spec_parse(const char *text, enum ce_spec_mode mode,
	struct ce_arena *a, const struct ce_version_spec **ret_spec, struct ccenv_error *err);
bool ce_version_spec_matches(const struct ce_version_spec *spec, const struct ce_version *version);

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
 * one canonical spelling: equal texts mean equal specs.
 */
struct ce_spec {
	const char *text;
	const char *name;    /* lower case; "*" for any */
	const char *channel; /* as written: a name or a URL */
	const char *subdir;
	const struct ce_version_spec *version;
	const char *version_text;
	const char *build; /* glob, or ^regex$ */
	enum ce_compare build_number_op;
	uint64_t build_number;
	const char *md5, *sha256;
	const char *url, *fn;
	const char *license, *license_family;
	const char *track_features; /* all of these must be there */
};

CE_MUST_CHECK int ce_spec_parse(const char *text, enum ce_spec_mode mode, struct ce_arena *a,
	const struct ce_spec **ret_spec, struct ccenv_error *err);
/*
 * Does the record match? `channel` is compared when the spec names one: with the record's channel
 * URL, its last parts, or its name.
 */
bool ce_spec_matches(const struct ce_spec *spec, const struct ce_pkg *pkg);

/*
 * The package name a dependency text begins with, without parsing the rest: for walking a graph of
 * names. Returns the length of the name within *ret_name (not NUL-terminated), 0 when there is
 * none. "channel::name" gives name.
 */
size_t ce_spec_name(const char *text, const char **ret_name);

#endif
