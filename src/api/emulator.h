/* SPDX-License-Identifier: MIT */
#ifndef CE_API_EMULATOR_H
#define CE_API_EMULATOR_H

#include "base/strs.h"

struct ce_arena;
struct ce_target;

/*
 * The command that runs programs of a target's host on this machine: that of ccenv.json, or a qemu-user
 * that is in `path` (a PATH, may be NULL); empty without any. A qemu that is named without arguments gets `sysroot` for the host's loader
 * and libc, and `libraries` (directories with colons between them) for a program that has no RUNPATH, such as
 * those of try_run. From the arena.
 */
struct ce_strs ce_emulator_find(const char *path, const struct ce_target *target,
	const char *sysroot, const char *libraries, struct ce_arena *a);

#endif
