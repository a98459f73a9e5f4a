/* SPDX-License-Identifier: MIT */
#ifndef CE_MANIFEST_MANIFEST_FILE_H
#define CE_MANIFEST_MANIFEST_FILE_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;
struct ce_manifest;

/*
 * ccenv.json <-> struct ce_manifest. The format is docs/ccenv.schema.json; unknown keys are errors
 * that name the nearest known one, since a misspelt key would otherwise be a silent change of
 * meaning.
 *
 * Ownership: the manifest belongs to the caller (ce_manifest_free()).
 */

/* No file is CCENV_ENOTFOUND. Its bytes are appended to `text`. */
CE_MUST_CHECK int ce_manifest_read(const char *path, struct ce_buf *text,
	struct ce_manifest **ret_manifest, struct ccenv_error *err);
/* `path` is for messages and for relative channels; nothing is read. */
CE_MUST_CHECK int ce_manifest_parse(const char *text, size_t len, const char *path,
	struct ce_manifest **ret_manifest, struct ccenv_error *err);

/* What a new manifest says. Strings are borrowed; NULL and 0 leave a part out. */
struct ce_manifest_new_options {
	const char *name;
	const char *const *channels;
	size_t n_channels;
	const char *const *platforms;
	size_t n_platforms;
	const char *cuda_version;
	const char *const *components;
	size_t n_components;
};

/* Renders a manifest as `ccenv init` writes it. */
void ce_manifest_render(const struct ce_manifest_new_options *o, struct ce_buf *out);

#endif
