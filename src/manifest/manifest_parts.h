/* SPDX-License-Identifier: MIT */
#ifndef CE_MANIFEST_MANIFEST_PARTS_H
#define CE_MANIFEST_MANIFEST_PARTS_H

#include <jansson.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;
struct ce_feature;
struct ce_manifest;
struct ce_spec;

/* Within manifest/: the parts of ccenv.json that stand in several places. What is read goes to the arena of
 * `m`; errors name the key. */

/* Where a part stands. */
struct ce_manifest_place {
	const json_t *object;
	const char *platform;     /* of which it speaks alone, or NULL */
	const char *dependencies; /* the key of the dependencies ["dependencies"] */
};

/* An unknown key is an error that names the nearest of the `n` known ones, unless it begins with "x-". */
CE_MUST_CHECK int ce_manifest_check_keys(
	const json_t *o, const char *const *known, size_t n, struct ccenv_error *err);
/* An error where another key of the table names the same package: which of the two counts could not be seen. */
CE_MUST_CHECK int ce_manifest_check_name(
	const json_t *table, const char *name, struct ccenv_error *err);
/* One dependency, "version build" or an object, as a spec from the arena. */
CE_MUST_CHECK int ce_manifest_parse_dep(const char *name, const json_t *v, struct ce_arena *a,
	const struct ce_spec **ret, struct ccenv_error *err);
/* These add to what `f` has. */
CE_MUST_CHECK int ce_manifest_parse_deps(const struct ce_manifest_place *at, struct ce_manifest *m,
	struct ce_feature *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_manifest_parse_sysreqs(const struct ce_manifest_place *at,
	struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_manifest_parse_archs(
	const json_t *o, struct ce_manifest *m, struct ce_feature *f, struct ccenv_error *err);
/* "targets": after "platforms". */
CE_MUST_CHECK int ce_manifest_parse_targets(
	const json_t *root, struct ce_manifest *m, struct ccenv_error *err);

#endif
