/* SPDX-License-Identifier: MIT */
/* Sections and symbols of an ELF file; see elf_sections.h. */
#include "io/elf_sections.h"

#include <string.h>

#include "base/elf_types.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

enum {
	SECTIONS_MAX = 1 << 20,
	SYMBOLS_MAX = 1 << 24
};

struct bytes {
	const unsigned char *data;
	size_t size;
};

bool ce_elf_is_image(const void *data, size_t size)
{
	const unsigned char *p = data;

	return size >= sizeof(Elf64_Ehdr) && memcmp(p, ELFMAG, SELFMAG) == 0 &&
	       p[EI_CLASS] == ELFCLASS64 && p[EI_DATA] == ELFDATA2LSB;
}

static bool holds(const struct bytes *b, uint64_t offset, uint64_t size)
{
	return offset <= b->size && size <= b->size - offset;
}

static Elf64_Shdr header_at(const struct bytes *b, const Elf64_Ehdr *h, size_t i)
{
	Elf64_Shdr s;

	memcpy(&s, b->data + h->e_shoff + i * sizeof(s), sizeof(s));
	return s;
}

/* A name in a table of strings, or "" when it is not in it. */
static const char *name_in(const struct bytes *b, const Elf64_Shdr *table, uint64_t at)
{
	if (!holds(b, table->sh_offset, table->sh_size) || at >= table->sh_size ||
		!memchr(b->data + table->sh_offset + at, 0, table->sh_size - at))
		return "";
	return (const char *)b->data + table->sh_offset + at;
}

static void add_section(
	struct ce_elf_image *m, const struct bytes *b, const Elf64_Shdr *s, const Elf64_Shdr *names)
{
	bool in_file = s->sh_type != SHT_NOBITS && holds(b, s->sh_offset, s->sh_size);

	m->sections[m->n_sections++] =
		(struct ce_elf_section){.name = name_in(b, names, s->sh_name),
			.data = in_file ? b->data + s->sh_offset : NULL,
			.size = in_file ? s->sh_size : 0,
			.address = s->sh_addr};
}

/* Symbols have addresses in what is linked, and offsets in an object file. */
static void add_symbols(struct ce_elf_image *m, const struct bytes *b, const Elf64_Shdr *table,
	const Elf64_Shdr *names, bool linked)
{
	size_t n = table->sh_size / sizeof(Elf64_Sym);

	if (!holds(b, table->sh_offset, table->sh_size) || n > SYMBOLS_MAX)
		return;
	m->symbols = ce_arena_array(&m->arena, n + 1, sizeof(*m->symbols));
	m->n_symbols = 0;
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym y;

		memcpy(&y, b->data + table->sh_offset + i * sizeof(y), sizeof(y));
		if (!y.st_size || y.st_shndx >= m->n_sections)
			continue;
		m->symbols[m->n_symbols++] = (struct ce_elf_symbol){
			.name = name_in(b, names, y.st_name),
			.section = y.st_shndx,
			.offset = y.st_value - (linked ? m->sections[y.st_shndx].address : 0),
			.size = y.st_size};
	}
}

int ce_elf_image_parse(
	const unsigned char *data, size_t size, struct ce_elf_image *ret, struct ccenv_error *err)
{
	const struct bytes b = {data, size};
	struct ce_elf_image m = {0};
	Elf64_Shdr first = {0}, names;
	Elf64_Ehdr h;
	uint64_t n, at;

	memcpy(&h, data, sizeof(h));
	if (h.e_shoff && (h.e_shentsize != sizeof(first) || !holds(&b, h.e_shoff, sizeof(first))))
		return ce_fail(err, CCENV_EDATA, "its section headers are damaged");
	if (h.e_shoff)
		first = header_at(&b, &h, 0);
	/* More sections than the header has room for are counted in the first of them. */
	n = h.e_shoff ? (h.e_shnum ? h.e_shnum : first.sh_size) : 0;
	at = h.e_shstrndx == SHN_XINDEX ? first.sh_link : h.e_shstrndx;
	if (n > SECTIONS_MAX || (n && (at >= n || !holds(&b, h.e_shoff, n * sizeof(first)))))
		return ce_fail(err, CCENV_EDATA, "its section headers are damaged");
	m.sections = ce_arena_array(&m.arena, n + 1, sizeof(*m.sections));
	if (n)
		names = header_at(&b, &h, at);
	for (size_t i = 0; i < n; i++) {
		Elf64_Shdr s = header_at(&b, &h, i);

		add_section(&m, &b, &s, &names);
	}
	for (size_t i = 0; i < n; i++) {
		Elf64_Shdr s = header_at(&b, &h, i), strings;

		if (s.sh_type != SHT_SYMTAB || s.sh_link >= n)
			continue;
		strings = header_at(&b, &h, s.sh_link);
		add_symbols(&m, &b, &s, &strings, h.e_type != ET_REL);
	}
	*ret = m;
	return 0;
}

void ce_elf_image_release(struct ce_elf_image *image)
{
	ce_arena_release(&image->arena);
	*image = (struct ce_elf_image){0};
}

const struct ce_elf_symbol *ce_elf_symbol_at(
	const struct ce_elf_image *image, size_t section, uint64_t offset)
{
	for (size_t i = 0; i < image->n_symbols; i++) {
		const struct ce_elf_symbol *y = &image->symbols[i];

		if (y->section == section && *y->name && offset >= y->offset &&
			offset - y->offset < y->size)
			return y;
	}
	return NULL;
}
