/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_RECIPES_H
#define CE_EMIT_EMIT_RECIPES_H

#include <stdbool.h>

#include "base/strs.h"
#include "ccenv/ccenv.h"

struct ce_buf;

/* Files for containers and CI. All texts are checked by the caller: they cannot end a line or a word. */

struct ce_emit_container {
	const char *base;    /* "debian:bookworm-slim@sha256:…" */
	const char *program; /* what the image runs: bin/<program> */
	bool runtime_only;   /* the program is built elsewhere */
};
void ce_emit_dockerfile(const struct ce_emit_container *c, struct ce_buf *out);
void ce_emit_apptainer(const struct ce_emit_container *c, struct ce_buf *out);

struct ce_emit_ci {
	const char *base;         /* image, for GitLab */
	const char *url, *sha256; /* of an archive with bin/ccenv; NULL: it is there */
	struct ce_strs platforms;
};
void ce_emit_github(const struct ce_emit_ci *ci, struct ce_buf *out);
void ce_emit_gitlab(const struct ce_emit_ci *ci, struct ce_buf *out);

#endif
