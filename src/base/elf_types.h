/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_ELF_TYPES_H
#define CE_BASE_ELF_TYPES_H

/* The layout of 64-bit ELF files, which are read where no <elf.h> is, too (System V gABI, chapters 4
 * and 5). */
#ifdef __linux__
#include <elf.h>
#else
#include <stdint.h>

#define ELFMAG      "\177ELF"
#define SELFMAG     4
#define EI_CLASS    4
#define EI_DATA     5
#define EI_NIDENT   16
#define ELFCLASS64  2
#define ELFDATA2LSB 1
#define ELFDATA2MSB 2

enum {
	ET_EXEC = 2,
	ET_DYN = 3,
	EM_X86_64 = 62,
	EM_AARCH64 = 183,
	PT_LOAD = 1,
	PT_DYNAMIC = 2,
	DT_NULL = 0,
	DT_NEEDED = 1,
	DT_STRTAB = 5,
	DT_STRSZ = 10,
	DT_RPATH = 15,
	DT_RUNPATH = 29,
};

typedef struct {
	unsigned char e_ident[16];
	uint16_t e_type, e_machine;
	uint32_t e_version;
	uint64_t e_entry, e_phoff, e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
} Elf64_Ehdr;

typedef struct {
	uint32_t p_type, p_flags;
	uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
} Elf64_Phdr;

enum {
	ET_REL = 1,
	SHT_SYMTAB = 2,
	SHT_NOBITS = 8,
	SHN_XINDEX = 0xffff,
};

typedef struct {
	uint32_t sh_name, sh_type;
	uint64_t sh_flags, sh_addr, sh_offset, sh_size;
	uint32_t sh_link, sh_info;
	uint64_t sh_addralign, sh_entsize;
} Elf64_Shdr;

typedef struct {
	uint32_t st_name;
	unsigned char st_info, st_other;
	uint16_t st_shndx;
	uint64_t st_value, st_size;
} Elf64_Sym;

typedef struct {
	int64_t d_tag;
	union {
		uint64_t d_val, d_ptr;
	} d_un;
} Elf64_Dyn;
#endif

#endif
