/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_COMPONENT_H
#define CE_MODEL_COMPONENT_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;

/*
 * The parts of a CUDA toolkit as people name them ("nvcc", "cublas"), and the conda-forge packages
 * that bring them (docs/design/cuda-on-conda-forge.md).
 *
 * A component is what is needed to build against a part: headers, link libraries and, through the
 * packages' own depends, the shared libraries. Names are those of CMake's CUDA:: targets where
 * there is one; case does not matter and "cublasLt", "nppc", "cuda_driver" and their like name the
 * component that holds them.
 */
struct ce_component {
	const char *name;
	const char *aliases; /* space separated, lower case; "" when none */
	/* MatchSpecs, space separated, "@" stands for the platform; NULL where there are none. */
	const char *linux_specs;
	const char *win_specs;
	const char *summary; /* for lists on a terminal */
};

/* All components, sorted by name; the last has name NULL. */
const struct ce_component *ce_component_list(void);
/* The component of that name or alias; NULL when there is none. */
const struct ce_component *ce_component_find(const char *name);

/*
 * Appends nothing but the component's own specs for `platform` (a subdir): an array in `a`, NULL
 * behind the last. An unknown component is CCENV_ENOTFOUND, the text lists the known ones; one that
 * this platform does not have is too.
 */
CE_MUST_CHECK int ce_component_expand(const char *component, const char *platform,
	struct ce_arena *a, const char ***ret_specs, size_t *ret_n, struct ccenv_error *err);

/*
 * The spec of cuda-version that selects `version`: "13.0" and "13" take what begins with them, a
 * range of conda's grammar stays as it is.
 */
CE_MUST_CHECK int ce_component_cuda_spec(
	const char *version, struct ce_arena *a, const char **ret_spec, struct ccenv_error *err);

/*
 * All that a toolchain needs: cuda-version for `version`, arm-variant on linux-aarch64 (the
 * packages of conda-forge for servers, not Tegra: docs/design/cuda-on-conda-forge.md), and the
 * specs of the components; sorted, each once.
 *
 * `version` is "13.0", "13", or a range of conda's grammar (">=12.8,<13"). A release with a patch
 * level ("13.0.2") is an error: conda-forge has no package that selects one.
 */
CE_MUST_CHECK int ce_component_specs(const char *version, const char *const *components, size_t n,
	const char *platform, struct ce_arena *a, const char ***ret_specs, size_t *ret_n,
	struct ccenv_error *err);

#endif
