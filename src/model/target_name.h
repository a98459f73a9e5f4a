/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_TARGET_NAME_H
#define CE_MODEL_TARGET_NAME_H

#include <stddef.h>

#include "base/attr.h"
#include "base/strs.h"

struct ccenv_error;
struct ce_arena;

/* What people call a target, and what its files are called. */

/* A target as a manifest, a lock or a root has it. Strings are borrowed. */
struct ce_target_id {
	const char *name;
	const char *build, *host; /* subdirs */
	const char *arm_variant;  /* "tegra"; NULL is sbsa */
};

struct ce_target_ids {
	const struct ce_target_id *items;
	size_t n;
};

/* No target: what is wanted is the machine itself. */
#define CE_TARGET_NATIVE ((size_t)-1)

/* Tools must run on the machine; a list may be read on any. */
enum ce_target_use {
	CE_TARGET_TO_BUILD = 0,
	CE_TARGET_TO_LIST,
};

/*
 * Which of them `wanted` means on `machine` (a subdir). The names of a target are its own, the host's subdir,
 * CUDA's directory for it ("sbsa-linux"), what stands before that one's dash ("sbsa"), "aarch64", and
 * "tegra". `machine` is "" for none. What is a name of the machine's own platform means the machine, so that one command line does on
 * both machines.
 *
 * *ret_index may be CE_TARGET_NATIVE. CCENV_ENOTFOUND: none, several, or one whose tools run on another machine.
 */
CE_MUST_CHECK int ce_target_select(const struct ce_target_ids *ids, const char *wanted,
	const char *machine, enum ce_target_use use, size_t *ret_index, struct ccenv_error *err);

/* CUDA's directory: "sbsa-linux", "aarch64-linux" for Tegra. */
const char *ce_target_cuda_dir(const struct ce_target_id *id);
/* What the files of a target are called: CUDA's directory, or, where others have that one too, its own
 * name. */
const char *ce_target_label(const struct ce_target_ids *ids, size_t index);
/* All names that mean this one and no other; an array from the arena. */
struct ce_strs ce_target_names(const struct ce_target_ids *ids, size_t index, struct ce_arena *a);
/* The same of a platform that is built on itself: "linux-64", "x86_64-linux", "x86_64". */
struct ce_strs ce_target_names_native(const char *platform, struct ce_arena *a);

#endif
