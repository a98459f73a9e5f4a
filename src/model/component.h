/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_COMPONENT_H
#define CE_MODEL_COMPONENT_H

#include <stddef.h>

#include "base/attr.h"
#include "base/strs.h"
#include "model/cuda_parts.h"
#include "model/request.h"

struct ccenv_error;
struct ce_arena;

/*
 * The component's own specs for `platform` (a subdir): an array in `a`, NULL behind the last. An unknown
 * component is CCENV_ENOTFOUND, the text lists the known ones; one that this platform does not have is
 * too.
 *
 * For a target `platform` is the host, and `side` says which of its two prefixes is meant: programs are
 * for the machine that builds, libraries for the other. A component may have nothing on one side.
 */
CE_MUST_CHECK int ce_component_expand(const char *component, const char *platform,
	enum ce_side side, struct ce_arena *a, struct ce_strs *ret_specs, struct ccenv_error *err);

/* The spec of cuda-version that selects `version` (model/cuda_release.h). */
CE_MUST_CHECK int ce_component_cuda_spec(
	const char *version, struct ce_arena *a, const char **ret_spec, struct ccenv_error *err);

/* What a "cuda" section of the manifest asks for. */
struct ce_component_request {
	const char *version; /* as in model/cuda_release.h */
	struct ce_strs components;
	const char *platform; /* a subdir */
	const char *driver;   /* version of __cuda, or NULL: no driver, or none that is known */
	/* Of a target; the rest is NULL natively. */
	enum ce_side side;
	const char *host;        /* a subdir */
	const char *arm_variant; /* NULL is sbsa on linux-aarch64 */
	const char *glibc;       /* for CE_SIDE_BUILD: the sysroot must not be newer; NULL: any */
};

/*
 * All that a toolchain needs: cuda-version, arm-variant for linux-aarch64 (the packages of conda-forge
 * for servers, or those for Tegra: docs/design/cuda-on-conda-forge.md), and the specs of the components;
 * sorted, each once; array and texts in `a`.
 *
 * Which packages a component is, is decided by the releases that `version` admits and the driver
 * serves. CCENV_EDATA: the version is malformed; CCENV_ENOTFOUND: unknown component, or one that the
 * platform, the arm-variant or these releases do not have.
 */
CE_MUST_CHECK int ce_component_specs(const struct ce_component_request *request, struct ce_arena *a,
	struct ce_strs *ret_specs, struct ccenv_error *err);

#endif
