/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ARCHSPEC_H
#define CE_IO_ARCHSPEC_H

#include <stddef.h>

#include "base/attr.h"

/*
 * The processor by archspec's name ("zen4", "skylake", "neoverse_v2"): what the build of __archspec
 * is (CEP 30). The facts are archspec's own, and so is the choice among them, so that the answer is
 * that of conda and pixi.
 */
struct ce_archspec_target {
	const char *name, *family, *vendor;
	const char *parents;  /* names, with a space between; NULL: it is a family */
	const char *features; /* the flags of /proc/cpuinfo that it must have; NULL: none */
	int generation;       /* of POWER */
	const char *part;     /* "CPU part" of an Arm processor, or NULL */
};

/* Parents come before their children. Made by scripts/make-archspec. */
extern const struct ce_archspec_target ce_archspec_targets[];
extern const size_t ce_archspec_n_targets;

/*
 * The best target for the first processor in the text of a /proc/cpuinfo of a `machine` (as uname
 * says: "x86_64", "aarch64", "ppc64le", "riscv64"). NULL when that machine is not known. Borrowed.
 */
const char *ce_archspec_detect(const char *machine, const char *cpuinfo);

#endif
