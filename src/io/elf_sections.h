/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ELF_SECTIONS_H
#define CE_IO_ELF_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct ccenv_error;

/* The sections and symbols of an ELF file in memory (System V gABI, chapter 4), for comparing two. Nothing
 * of it is believed: each offset and count is checked. */
struct ce_elf_section {
	const char *name;
	const unsigned char *data; /* in the file's bytes; NULL when it takes none there */
	size_t size;
	uint64_t address;
};

struct ce_elf_symbol {
	const char *name;
	size_t section;  /* index */
	uint64_t offset; /* in the section */
	uint64_t size;
};

struct ce_elf_image {
	struct ce_arena arena; /* of the arrays; names are in the file's bytes */
	struct ce_elf_section *sections;
	size_t n_sections;
	struct ce_elf_symbol *symbols; /* those with a size, in the order of the file */
	size_t n_symbols;
};

/* Do the bytes begin as a 64-bit little-endian ELF file? */
bool ce_elf_is_image(const void *data, size_t size);
/* The bytes must stay as long as the image. CCENV_EDATA for a file that is damaged. */
CE_MUST_CHECK int ce_elf_image_parse(
	const unsigned char *data, size_t size, struct ce_elf_image *ret, struct ccenv_error *err);
void ce_elf_image_release(struct ce_elf_image *image);
/* The symbol that has this byte of a section, or NULL. */
const struct ce_elf_symbol *ce_elf_symbol_at(
	const struct ce_elf_image *image, size_t section, uint64_t offset);

#endif
