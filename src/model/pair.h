/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_PAIR_H
#define CE_MODEL_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/request.h"

struct ccenv_error;
struct ce_arena;
struct ce_pkg;

/*
 * What the two sides of a target must agree on, although they are two prefixes and no package says it:
 *
 * - one CUDA release (cuda-version) and one arm-variant;
 * - nvcc and its headers: cuda-nvcc-tools for the build machine, and cuda-nvcc-dev_<host> on both sides,
 *   have one version;
 * - what the host's packages say of the compiler for the host (the limit of gcc), which is on the other side.
 */

/* A set of packages, of either side. */
struct ce_pair_side {
	const struct ce_pkg *const *pkgs;
	size_t n;
};

struct ce_pair {
	struct ce_pair_side build, host;
	const char *host_platform;
	/* Where versions differ the older one is taken; with the strategies for lowest, the newer. */
	bool lowest;
};

/* Where they do not agree, and what would make them. Texts from the arena. */
struct ce_pair_conflict {
	enum ce_side side; /* that has to change */
	const char *spec;  /* what it must keep to: "cuda-version <=12.9" */
	const char *why;   /* "cuda-version is 13.0 on the build side and 12.9 on the host side" */
};

/* The first conflict; *ret_found is false when there is none. CCENV_EDATA: a malformed constrains. */
CE_MUST_CHECK int ce_pair_find_conflict(const struct ce_pair *p, struct ce_arena *a,
	struct ce_pair_conflict *ret, bool *ret_found, struct ccenv_error *err);

#endif
