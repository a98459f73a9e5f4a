/* SPDX-License-Identifier: MIT */
/* The dynamic section of an ELF file. Nothing of it is believed: each offset and count is checked.
 */
#include "io/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/elf_types.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

enum {
	SEGMENTS_MAX = 4096,
	DYNAMIC_MAX = 1 << 20,
	STRINGS_MAX = 64 << 20,
	NAMES_MAX = 4096
};

struct reader {
	int fd;
	const char *path;
	struct ccenv_error *err;
	Elf64_Phdr *segments;
	size_t n_segments;
};

static int bad(struct reader *r, const char *what)
{
	return ce_fail(r->err, CCENV_EDATA, "%s is damaged: %s", r->path, what);
}

static int read_at(struct reader *r, void *to, size_t size, uint64_t offset, const char *what)
{
	size_t done = 0;

	if (offset > (uint64_t)INT64_MAX - size)
		return bad(r, what);
	while (done < size) {
		ssize_t n = pread(r->fd, (char *)to + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(r->err, errno, "cannot read %s", r->path);
		if (n == 0)
			return bad(r, what);
		done += (size_t)n;
	}
	return 0;
}

static int read_header(struct reader *r, Elf64_Ehdr *h)
{
	ssize_t n = pread(r->fd, h, sizeof(*h), 0);

	if (n < 0)
		return ce_fail_errno(r->err, errno, "cannot read %s", r->path);
	if ((size_t)n < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return ce_fail(r->err, CCENV_EDATA, "%s is not an ELF file", r->path);
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return ce_fail(r->err, CCENV_EDATA,
			"%s is not 64-bit little-endian: no CUDA runs there", r->path);
	if (h->e_phnum > SEGMENTS_MAX || (h->e_phnum && h->e_phentsize != sizeof(Elf64_Phdr)))
		return bad(r, "its program header");
	r->n_segments = h->e_phnum;
	r->segments = ce_calloc(r->n_segments + 1, sizeof(*r->segments));
	return read_at(r, r->segments, r->n_segments * sizeof(*r->segments), h->e_phoff,
		"its program header");
}

/* Where in the file the byte at an address is. */
static bool file_offset(const struct reader *r, uint64_t address, uint64_t size, uint64_t *ret)
{
	for (size_t i = 0; i < r->n_segments; i++) {
		const Elf64_Phdr *p = &r->segments[i];
		uint64_t into = address - p->p_vaddr;

		if (p->p_type != PT_LOAD || address < p->p_vaddr || into > p->p_filesz ||
			size > p->p_filesz - into)
			continue;
		*ret = p->p_offset + into;
		return true;
	}
	return false;
}

static uint64_t find_tag(const Elf64_Dyn *dynamic, size_t n, int64_t tag)
{
	for (size_t i = 0; i < n && dynamic[i].d_tag != DT_NULL; i++)
		if (dynamic[i].d_tag == tag)
			return dynamic[i].d_un.d_val;
	return 0;
}

static void split_path(struct ce_elf *e, const char *text)
{
	size_t n = 1;

	for (const char *p = text; *p; p++)
		n += *p == ':';
	e->run_path = ce_arena_array(&e->arena, n, sizeof(*e->run_path));
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ":");

		e->run_path[e->n_run_path++] = ce_arena_strndup(&e->arena, p, len);
		p += len;
		if (!*p)
			return;
	}
}

/* `strings` has a NUL behind its last byte. */
static int take_names(struct reader *r, const Elf64_Dyn *dynamic, size_t n, const char *strings,
	uint64_t size, struct ce_elf *e)
{
	uint64_t run_path = find_tag(dynamic, n, DT_RUNPATH);
	size_t count = 0;

	for (size_t i = 0; i < n && dynamic[i].d_tag != DT_NULL; i++)
		count += dynamic[i].d_tag == DT_NEEDED;
	if (count > NAMES_MAX)
		return bad(r, "it needs too many libraries");
	e->needed = ce_arena_array(&e->arena, count + 1, sizeof(*e->needed));
	for (size_t i = 0; i < n && dynamic[i].d_tag != DT_NULL; i++) {
		if (dynamic[i].d_tag != DT_NEEDED)
			continue;
		if (dynamic[i].d_un.d_val >= size)
			return bad(r, "a name outside its strings");
		e->needed[e->n_needed++] =
			ce_arena_strdup(&e->arena, strings + dynamic[i].d_un.d_val);
	}
	if (!run_path)
		run_path = find_tag(dynamic, n, DT_RPATH);
	if (run_path >= size)
		return bad(r, "a path outside its strings");
	if (run_path && strlen(strings + run_path) > (1 << 16))
		return bad(r, "its RUNPATH is too long");
	if (run_path)
		split_path(e, strings + run_path);
	return 0;
}

/* "GLIBC_2.34" -> 2034; 0 for another text. */
static unsigned glibc_number(const char *text)
{
	static const char prefix[] = "GLIBC_";
	unsigned long major, minor;
	char *end;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	major = strtoul(text + sizeof(prefix) - 1, &end, 10);
	if (*end != '.' || major > 99)
		return 0;
	minor = strtoul(end + 1, &end, 10);
	return minor > 999 ? 0 : (unsigned)(major * 1000 + minor);
}

/* The newest version of glibc among the strings: the linker has no other use for such a name. */
static void find_glibc(const char *strings, uint64_t size, struct ce_elf *e)
{
	unsigned newest = 0;

	for (const char *p = strings; p < strings + size; p += strlen(p) + 1) {
		unsigned n = glibc_number(p);

		if (n <= newest)
			continue;
		newest = n;
		e->glibc = ce_arena_printf(&e->arena, "%u.%u", n / 1000, n % 1000);
	}
}

static int read_dynamic(struct reader *r, const Elf64_Phdr *segment, struct ce_elf *e)
{
	CE_AUTOFREE Elf64_Dyn *dynamic = NULL;
	CE_AUTOFREE char *strings = NULL;
	size_t n = segment->p_filesz / sizeof(*dynamic);
	uint64_t size, offset;
	int res;

	if (segment->p_filesz > DYNAMIC_MAX)
		return bad(r, "its dynamic section is too large");
	dynamic = ce_calloc(n + 1, sizeof(*dynamic));
	res = read_at(r, dynamic, n * sizeof(*dynamic), segment->p_offset, "its dynamic section");
	if (res < 0)
		return res;
	size = find_tag(dynamic, n, DT_STRSZ);
	if (size == 0)
		return 0;
	if (size > STRINGS_MAX || !file_offset(r, find_tag(dynamic, n, DT_STRTAB), size, &offset))
		return bad(r, "its strings");
	strings = ce_calloc(size + 1, 1);
	res = read_at(r, strings, size, offset, "its strings");
	if (res < 0)
		return res;
	find_glibc(strings, size, e);
	return take_names(r, dynamic, n, strings, size, e);
}

int ce_elf_read(const char *path, struct ce_elf *ret, struct ccenv_error *err)
{
	struct reader r = {
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .path = path, .err = err};
	struct ce_elf e = {0};
	Elf64_Ehdr header;
	int res;

	if (r.fd < 0)
		return ce_fail_errno(err, errno, "cannot read %s", path);
	res = read_header(&r, &header);
	for (size_t i = 0; res == 0 && i < r.n_segments; i++)
		if (r.segments[i].p_type == PT_DYNAMIC) {
			res = read_dynamic(&r, &r.segments[i], &e);
			break;
		}
	free(r.segments);
	close(r.fd);
	if (res < 0) {
		ce_elf_release(&e);
		return res;
	}
	e.machine = header.e_machine;
	*ret = e;
	return 0;
}

void ce_elf_release(struct ce_elf *elf)
{
	ce_arena_release(&elf->arena);
	*elf = (struct ce_elf){0};
}
