/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_PRESETS_H
#define CE_EMIT_EMIT_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strs.h"

struct ce_buf;

/*
 * CMake presets to be committed: no path of a machine in them (docs/design/build-systems.md).
 * They use `toolchain`, a file of `ccenv toolchain`, named from the source directory. Those of a target
 * have its name in theirs. `cuda_version` may be NULL.
 */
struct ce_emit_presets {
	const char *cuda_version, *toolchain;
	struct ce_strs targets;
};
void ce_emit_presets_text(const struct ce_emit_presets *presets, struct ce_buf *out);

/* Is the text one of ccenv's, of any version? Nothing else is ever replaced. */
bool ce_emit_is_presets(const char *text, size_t len);
bool ce_emit_is_toolchain(const char *text);

#endif
