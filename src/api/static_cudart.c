/* SPDX-License-Identifier: MIT */
/* See static_cudart.h. */
#include "api/static_cudart.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/map.h"

enum {
	DIGITS = 40
};

static const char prefix[] = "libcudart_static_";

struct mapped {
	const char *data;
	size_t len;
};

static void unmap(struct mapped *m)
{
	if (m->data)
		munmap((void *)m->data, m->len);
}

/* An empty one when the file is none. */
static struct mapped map_file(const char *path)
{
	CE_CLEANUP(ce_fs_closep) int fd = ce_fs_open_file(AT_FDCWD, path, 0);
	struct mapped m = {0};
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		return m;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data != MAP_FAILED)
		m = (struct mapped){data, (size_t)st.st_size};
	return m;
}

/* The digits of the next name at or behind *p, and *p behind it; false when there is none. */
static bool next_name(const char **p, const char *end, char digits[DIGITS + 1])
{
	const size_t n = sizeof(prefix) - 1;
	const char *at;

	while ((at = memmem(*p, (size_t)(end - *p), prefix, n)) != NULL) {
		*p = at + n;
		if (end - *p < DIGITS)
			return false;
		memcpy(digits, *p, DIGITS);
		digits[DIGITS] = '\0';
		if (strspn(digits, "0123456789abcdef") == DIGITS)
			return true;
	}
	return false;
}

static void read_names(const char *path, struct ce_map *names)
{
	CE_CLEANUP(unmap) struct mapped m = map_file(path);
	const char *p = m.data;
	char digits[DIGITS + 1];

	while (m.data && next_name(&p, m.data + m.len, digits))
		ce_map_insert(names, digits);
}

enum ce_static_cudart ce_static_cudart_of(const char *program, const char *archive)
{
	CE_CLEANUP(unmap) struct mapped m = map_file(program);
	CE_CLEANUP(ce_map_release) struct ce_map names = {0};
	const char *p = m.data;
	char digits[DIGITS + 1];

	if (!m.data || !next_name(&p, m.data + m.len, digits))
		return CE_STATIC_CUDART_NONE;
	read_names(archive, &names);
	do {
		if (!ce_map_has(&names, digits))
			return CE_STATIC_CUDART_FOREIGN;
	} while (next_name(&p, m.data + m.len, digits));
	return CE_STATIC_CUDART_SAME;
}
