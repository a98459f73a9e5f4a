/* SPDX-License-Identifier: MIT */
/* Static libraries; see ar.h. */
#include "io/ar.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ccenv/ccenv.h"

#define MAGIC "!<arch>\n"

enum {
	HEADER = 60,
	MEMBERS_MAX = 1 << 20
};

bool ce_ar_is(const void *data, size_t size)
{
	return size >= strlen(MAGIC) && memcmp(data, MAGIC, strlen(MAGIC)) == 0;
}

/* A field of digits with blanks behind it. */
static uint64_t number(const unsigned char *field, size_t len, int base)
{
	char text[20] = {0};

	memcpy(text, field, len < sizeof(text) ? len : sizeof(text) - 1);
	return strtoull(text, NULL, base);
}

static char *name_until(struct ce_arena *a, const unsigned char *p, size_t max, const char *ends)
{
	size_t n = 0;

	while (n < max && p[n] && !strchr(ends, p[n]))
		n++;
	return ce_arena_strndup(a, (const char *)p, n);
}

/* "name/", "/123" (where in the table of names), "#1/20" (so many bytes in front of the data). */
static void set_name(struct ce_ar *ar, struct ce_ar_member *m, const unsigned char *field,
	const unsigned char *names, size_t n_names)
{
	if (memcmp(field, "#1/", 3) == 0) {
		size_t n = number(field + 3, 13, 10);

		n = n < m->size ? n : m->size;
		m->name = name_until(&ar->arena, m->data, n, "");
		m->data += n;
		m->size -= n;
		return;
	}
	if (field[0] == '/' && field[1] >= '0' && field[1] <= '9') {
		size_t at = number(field + 1, 15, 10);

		m->name =
			at < n_names ? name_until(&ar->arena, names + at, n_names - at, "/\n") : "";
		return;
	}
	m->name = name_until(&ar->arena, field, 16, "/ ");
}

int ce_ar_parse(const unsigned char *data, size_t size, struct ce_ar *ret, struct ccenv_error *err)
{
	struct ce_ar ar = {0};
	const unsigned char *names = NULL;
	size_t n_names = 0, most = size / HEADER + 1;

	ar.members = ce_arena_array(
		&ar.arena, most < MEMBERS_MAX ? most : MEMBERS_MAX, sizeof(*ar.members));
	for (size_t at = strlen(MAGIC); at + HEADER <= size && ar.n < MEMBERS_MAX - 1;) {
		const unsigned char *h = data + at;
		struct ce_ar_member m = {.time = (int64_t)number(h + 16, 12, 10),
			.uid = (unsigned)number(h + 28, 6, 10),
			.gid = (unsigned)number(h + 34, 6, 10),
			.mode = (unsigned)number(h + 40, 8, 8),
			.data = h + HEADER,
			.size = number(h + 48, 10, 10)};

		if (h[58] != '`' || h[59] != '\n' || m.size > size - at - HEADER) {
			ce_ar_release(&ar);
			return ce_fail(err, CCENV_EDATA, "a member's header is damaged");
		}
		at += HEADER + m.size + (m.size & 1);
		if (memcmp(h, "//", 2) == 0) {
			names = m.data;
			n_names = m.size;
		} else if (memcmp(h, "/ ", 2) == 0 || memcmp(h, "/SYM64/", 7) == 0) {
			ar.table_time = m.time;
		} else {
			set_name(&ar, &m, h, names, n_names);
			ar.members[ar.n++] = m;
		}
	}
	*ret = ar;
	return 0;
}

void ce_ar_release(struct ce_ar *ar)
{
	ce_arena_release(&ar->arena);
	*ar = (struct ce_ar){0};
}
