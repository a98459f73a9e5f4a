/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_PLATFORM_H
#define CE_MODEL_PLATFORM_H

#include <stdbool.h>

/* Platforms by their conda subdir (spec/subdir.h), and what hangs on them. */

/* The subdir of the machine this was compiled for. */
const char *ce_platform_host(void);
bool ce_platform_is_linux(const char *subdir);
bool ce_platform_is_osx(const char *subdir);
bool ce_platform_is_win(const char *subdir);
/* CUDA's target directory: "x86_64-linux", "sbsa-linux", "x64"; NULL where there is no CUDA. */
const char *ce_platform_cuda_target(const char *subdir);
/*
 * The subdir that people mean by a target's name: the subdir itself, CUDA's directory
 * ("sbsa-linux"), or what stands before its dash ("sbsa", "x86_64"); "aarch64" is sbsa. NULL when
 * it is none.
 */
const char *ce_platform_of_target(const char *name);
/* What `uname -m` says there: "x86_64", "aarch64"; NULL where conda has no gcc. */
const char *ce_platform_processor(const char *subdir);
/* The compiler's triplet: "x86_64-conda-linux-gnu"; NULL where conda has no gcc. */
const char *ce_platform_triplet(const char *subdir);

#endif
