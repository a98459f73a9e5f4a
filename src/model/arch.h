/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_ARCH_H
#define CE_MODEL_ARCH_H

#include <stddef.h>

#include "base/attr.h"
#include "base/strs.h"

struct ccenv_error;
struct ce_arena;

/*
 * GPU architectures, as CMAKE_CUDA_ARCHITECTURES writes them: "90", "90a", "120f", each alone
 * (machine code and PTX) or with "-real" (machine code) or "-virtual" (PTX); "all" and "all-major"
 * for what a release knows; "native" for the GPU of the machine that builds. Which release knows
 * which: docs/design/cuda-on-conda-forge.md.
 */

/* What a release ("13.0") of nvcc takes, ascending, each with its a and f forms behind it; memory
 * from `a`. An unknown later release is taken to know what the latest known one does. */
struct ce_strs ce_arch_list(const char *cuda_version, struct ce_arena *a);

/* What only other releases take, and why: "50 CUDA 12.9 was the last one"; memory from `a`. */
struct ce_strs ce_arch_others(const char *cuda_version, struct ce_arena *a);

/* CCENV_EDATA when `arch` is malformed, or when the release does not take it: the text says which
 * does. `cuda_version` NULL checks the form only. Of a release later than the known ones, a number
 * that is not known either is taken. */
CE_MUST_CHECK int ce_arch_check(
	const char *arch, const char *cuda_version, struct ccenv_error *err);

/*
 * A checked list with "all" and "all-major" replaced by what they mean for the release: older
 * CMakes have a list of their own for these, with architectures that CUDA 13 does not take any
 * more. "native" becomes `native`, e.g. "90"; NULL: there is no GPU, which is CCENV_EHOST when it
 * is asked for.
 */
CE_MUST_CHECK int ce_arch_expand(struct ce_strs archs, const char *cuda_version, const char *native,
	struct ce_arena *a, struct ce_strs *ret, struct ccenv_error *err);

#endif
