/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ELF_H
#define CE_IO_ELF_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

struct ccenv_error;

/* What an ELF file asks of the dynamic loader (System V gABI, chapter 5). */
struct ce_elf {
	struct ce_arena arena;
	unsigned machine;    /* EM_X86_64, EM_AARCH64, … */
	const char **needed; /* names of libraries, in their order */
	size_t n_needed;
	const char *
		*run_path; /* directories of DT_RUNPATH, else of DT_RPATH; $ORIGIN as it stands */
	size_t n_run_path;
	const char *glibc; /* the newest version that it asks for: "2.34"; NULL: of none */
};

/* 64-bit little-endian files; anything else is CCENV_EDATA. A file that is linked statically has
 * empty lists. */
CE_MUST_CHECK int ce_elf_read(const char *path, struct ce_elf *ret, struct ccenv_error *err);
void ce_elf_release(struct ce_elf *elf);

#endif
