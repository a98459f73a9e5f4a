/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_PRESETS_H
#define CE_EMIT_EMIT_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

struct ce_buf;

/*
 * CMake presets to be committed: no path of a machine in them (docs/design/build-systems.md).
 * They use `toolchain`, a file of `ccenv toolchain`, named from the source directory.
 * `cuda_version` may be NULL.
 */
void ce_emit_presets_text(const char *cuda_version, const char *toolchain, struct ce_buf *out);

/* Is the text one of ccenv's, of any version? Nothing else is ever replaced. */
bool ce_emit_is_presets(const char *text, size_t len);
bool ce_emit_is_toolchain(const char *text);

#endif
