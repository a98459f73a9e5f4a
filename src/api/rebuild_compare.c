/* SPDX-License-Identifier: MIT */
/* Where two artefacts differ: by section and symbol of ELF files, by member of static libraries. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/rebuild.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/strs.h"
#include "io/ar.h"
#include "io/elf_sections.h"

enum {
	TEXT_MIN = 4,    /* bytes: shorter texts are code */
	TEXT_MAX = 4096, /* of one text */
	PAIRS_MAX = 64,  /* differing texts of a section that are looked at */
	LINES_MAX = 200000,
	LIBRARIES_DEEP = 8, /* one in another; what is deeper is compared as bytes */
	GZIP_HEADER = 10
};

/* Bytes of both builds that should be the same. */
struct pair {
	const struct ce_build *builds;
	struct ce_differences *list;
	const char *artefact, *section;
	const unsigned char *data[2];
	size_t size[2];
	const struct ce_elf_image *image; /* of the first build; NULL where there are no symbols */
	size_t index;                     /* of the section in it */
	unsigned depth;                   /* libraries that it is a member of, one in another */
};

static bool same(const struct pair *p)
{
	return p->size[0] == p->size[1] &&
	       (p->size[0] == 0 || memcmp(p->data[0], p->data[1], p->size[0]) == 0);
}

static void note(const struct pair *p, enum ce_cause cause, const char *symbol, const char *first,
	const char *second)
{
	const struct ce_difference d = {.artefact = p->artefact,
		.section = p->section,
		.symbol = symbol ? symbol : "",
		.first = first,
		.second = second,
		.cause = cause};

	ce_difference_add(p->list, &d);
}

static bool is_text_byte(unsigned char c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7f);
}

/* The text around a byte. The caller frees it. */
static char *text_around(const unsigned char *data, size_t size, size_t at)
{
	size_t begin = at, end = at;

	while (begin > 0 && at - begin < TEXT_MAX && is_text_byte(data[begin - 1]))
		begin--;
	while (end < size && end - at < TEXT_MAX && is_text_byte(data[end]))
		end++;
	return ce_strndup((const char *)data + begin, end - begin);
}

static const char *symbol_at(const struct pair *p, size_t offset)
{
	const struct ce_elf_symbol *y =
		p->image ? ce_elf_symbol_at(p->image, p->index, offset) : NULL;

	return y ? y->name : NULL;
}

/* A text that only says what a difference is, for a place without texts. */
static char *hex_at(const unsigned char *data, size_t size, size_t at)
{
	struct ce_buf b = {0};

	for (size_t i = at; i < at + 8 && i < size; i++)
		ce_buf_addf(&b, "%02x ", data[i]);
	if (b.len)
		b.data[--b.len] = '\0';
	return ce_buf_steal(&b);
}

/* Notes why two texts differ; false when they do not show it. */
static bool note_texts(const struct pair *p, size_t offset, const char *first, const char *second)
{
	enum ce_cause cause = ce_text_cause(p->builds, p->section, first, second);

	if (cause == CE_CAUSE_UNKNOWN)
		return false;
	note(p, cause, symbol_at(p, offset), first, second);
	return true;
}

/* Of the same size: the texts at the places that differ. */
static bool texts_in_place(const struct pair *p)
{
	size_t n = p->size[0], pairs = 0;
	bool found = false;

	for (size_t i = 0; i < n && pairs < PAIRS_MAX; i++) {
		CE_AUTOFREE char *a = NULL, *b = NULL;

		if (p->data[0][i] == p->data[1][i])
			continue;
		a = text_around(p->data[0], n, i);
		b = text_around(p->data[1], n, i);
		pairs++;
		if (strlen(a) >= TEXT_MIN && strlen(b) >= TEXT_MIN)
			found |= note_texts(p, i, a, b);
		while (i < n && is_text_byte(p->data[0][i]))
			i++;
	}
	return found;
}

/* A text of one build that the other does not have. */
struct lone {
	char *text;
	size_t offset;
};

struct texts {
	struct lone items[PAIRS_MAX];
	size_t n;
};

static void texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i].text);
}

/* Calls f for each text; stops when it says so. */
static void each_text(const unsigned char *data, size_t size,
	bool (*f)(void *user, const char *text, size_t offset), void *user)
{
	for (size_t i = 0; i < size; i++) {
		size_t begin = i;

		while (i < size && is_text_byte(data[i]))
			i++;
		if (i - begin >= TEXT_MIN && i - begin <= TEXT_MAX) {
			CE_AUTOFREE char *text = ce_strndup((const char *)data + begin, i - begin);

			if (!f(user, text, begin))
				return;
		}
	}
}

static bool count_text(void *user, const char *text, size_t offset)
{
	void **count = ce_map_at(user, text);

	(void)offset;
	*count = (void *)((uintptr_t)*count + 1);
	return true;
}

struct lone_search {
	struct ce_map *other; /* text -> how often the other build has it, counted down */
	struct texts *lone;
};

static bool find_lone(void *user, const char *text, size_t offset)
{
	struct lone_search *s = user;
	void **count;

	if (ce_map_has(s->other, text)) {
		count = ce_map_at(s->other, text);
		if (*count) {
			*count = (void *)((uintptr_t)*count - 1);
			return true;
		}
	}
	s->lone->items[s->lone->n++] = (struct lone){ce_strdup(text), offset};
	return s->lone->n < PAIRS_MAX;
}

static void lone_texts(const struct pair *p, int mine, struct texts *ret)
{
	CE_CLEANUP(ce_map_release) struct ce_map other = {0};
	struct lone_search s = {&other, ret};

	each_text(p->data[!mine], p->size[!mine], count_text, &other);
	each_text(p->data[mine], p->size[mine], find_lone, &s);
}

/* How long what two texts share at both ends is: the more, the likelier they are the same text. */
static size_t likeness(const char *a, const char *b)
{
	size_t start = 0, end = 0, x = strlen(a), y = strlen(b);

	while (a[start] && a[start] == b[start])
		start++;
	while (end < x - start && end < y - start && a[x - 1 - end] == b[y - 1 - end])
		end++;
	return start + end;
}

/* Of other sizes: texts that only one build has, each with the likest of the other. */
static bool texts_by_value(const struct pair *p)
{
	CE_CLEANUP(texts_free) struct texts a = {0}, b = {0};
	bool found = false;

	lone_texts(p, 0, &a);
	lone_texts(p, 1, &b);
	for (size_t i = 0; i < a.n; i++) {
		size_t best = 0, best_like = 0;

		for (size_t j = 0; j < b.n; j++) {
			size_t like = likeness(a.items[i].text, b.items[j].text) + (i == j);

			if (like > best_like) {
				best_like = like;
				best = j;
			}
		}
		if (b.n)
			found |= note_texts(
				p, a.items[i].offset, a.items[i].text, b.items[best].text);
	}
	return found;
}

static uint64_t number_at(const unsigned char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static bool is_time(const struct ce_build *b, uint64_t v)
{
	return b->from && v >= (uint64_t)b->from - 86400 && v <= (uint64_t)b->until + 86400;
}

/* Numbers in the data: the time of the build, the user, the processors. */
static bool numbers(const struct pair *p)
{
	size_t n = p->size[0] < p->size[1] ? p->size[0] : p->size[1], i = 0;
	char first[32], second[32];
	uint64_t a, b;

	while (i < n && p->data[0][i] == p->data[1][i])
		i++;
	i -= i % 4;
	if (i + 4 > n)
		return false;
	a = number_at(p->data[0] + i, 4);
	b = number_at(p->data[1] + i, 4);
	snprintf(first, sizeof(first), "%llu", (unsigned long long)a);
	snprintf(second, sizeof(second), "%llu", (unsigned long long)b);
	if (is_time(&p->builds[0], a) && is_time(&p->builds[1], b))
		note(p, CE_CAUSE_TIME, symbol_at(p, i), first, second);
	else if (a != b && a == p->builds[0].uid && b == p->builds[1].uid)
		note(p, CE_CAUSE_UID, symbol_at(p, i), first, second);
	else if (a != b && a == p->builds[0].cores && b == p->builds[1].cores)
		note(p, CE_CAUSE_CORES, symbol_at(p, i), first, second);
	else
		return false;
	return true;
}

/* What is known at once: texts and numbers of the section itself. */
static bool explain_strongly(const struct pair *p)
{
	bool found = p->size[0] == p->size[1] ? texts_in_place(p) : texts_by_value(p);

	return found || numbers(p);
}

static void note_bytes(const struct pair *p, enum ce_cause cause)
{
	size_t n = p->size[0] < p->size[1] ? p->size[0] : p->size[1], i = 0;
	CE_AUTOFREE char *a = NULL, *b = NULL;

	while (i < n && p->data[0][i] == p->data[1][i])
		i++;
	a = hex_at(p->data[0], p->size[0], i);
	b = hex_at(p->data[1], p->size[1], i);
	note(p, cause, symbol_at(p, i), a, b);
}

/* ---- ELF ---- */

/* Sections that follow from others: where things are, and names by number. */
static bool is_consequence(const char *section)
{
	static const char *const names[] = {".symtab", ".strtab", ".shstrtab", ".dynsym", ".dynstr",
		".gnu.hash", ".hash", ".gnu.version", ".gnu.version_r", ".eh_frame",
		".eh_frame_hdr", ".note.gnu.build-id", ".gnu_debuglink", ".dynamic", ".got",
		".got.plt", ".plt", ".init_array", ".fini_array", ".debug_aranges", ".symtab_shndx",
		".group", ".nvFatBinSegment", "__nv_relfatbin"};

	if (ce_has_prefix(section, ".rela") || ce_has_prefix(section, ".rel."))
		return true;
	for (size_t i = 0; i < CE_COUNT(names); i++)
		if (strcmp(names[i], section) == 0)
			return true;
	return false;
}

/* The next section of that name behind `from`, in the other image; n_sections when there is none. */
static size_t section_named(const struct ce_elf_image *m, const char *name, size_t nth)
{
	for (size_t i = 0; i < m->n_sections; i++)
		if (strcmp(m->sections[i].name, name) == 0 && nth-- == 0)
			return i;
	return m->n_sections;
}

static size_t nth_of_name(const struct ce_elf_image *m, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < i; k++)
		n += strcmp(m->sections[k].name, m->sections[i].name) == 0;
	return n;
}

static bool section_pair(const struct ce_elf_image images[2], size_t i, struct pair *p)
{
	const struct ce_elf_section *a = &images[0].sections[i];
	size_t k = section_named(&images[1], a->name, nth_of_name(&images[0], i));

	if (k == images[1].n_sections)
		return false;
	p->section = a->name;
	p->index = i;
	p->image = &images[0];
	p->data[0] = a->data;
	p->size[0] = a->size;
	p->data[1] = images[1].sections[k].data;
	p->size[1] = images[1].sections[k].size;
	return true;
}

/* A section that only one of them has: its name says why, or has a number of its own. */
static bool lone_sections(const struct ce_elf_image images[2], struct pair p)
{
	bool found = false;

	for (size_t i = 0; i < images[0].n_sections; i++) {
		const char *name = images[0].sections[i].name;
		struct pair unused = p;

		if (section_pair(images, i, &unused))
			continue;
		p.section = name;
		note(&p, ce_has_prefix(name, ".gnu.lto_") ? CE_CAUSE_RANDOM_SEED : CE_CAUSE_UNKNOWN,
			NULL, name, i < images[1].n_sections ? images[1].sections[i].name : "");
		found = true;
	}
	return found;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_symbols(const struct ce_elf_image *m)
{
	const char **names = ce_calloc(m->n_symbols + 1, sizeof(*names));

	for (size_t i = 0; i < m->n_symbols; i++)
		names[i] = m->symbols[i].name;
	qsort(names, m->n_symbols, sizeof(*names), by_text);
	return names;
}

/* The same symbols, and some at another place: objects were linked in another order. */
static bool symbols_moved(const struct ce_elf_image images[2], const struct pair *p)
{
	const char **a, **b;
	bool equal = images[0].n_symbols == images[1].n_symbols && images[0].n_symbols > 1;
	size_t at = 0;

	if (!equal)
		return false;
	a = sorted_symbols(&images[0]);
	b = sorted_symbols(&images[1]);
	for (size_t i = 0; equal && i < images[0].n_symbols; i++)
		equal = strcmp(a[i], b[i]) == 0;
	free(a);
	free(b);
	while (at < images[0].n_symbols &&
		strcmp(images[0].symbols[at].name, images[1].symbols[at].name) == 0)
		at++;
	if (!equal || at == images[0].n_symbols)
		return false;
	note(p, CE_CAUSE_ORDER, images[0].symbols[at].name, images[0].symbols[at].name,
		images[1].symbols[at].name);
	return true;
}

/* A build ID of 16 bytes: with --build-id=uuid it is random, while the usual one, of 20, follows from the
 * rest of the file. */
static bool is_random_id(const struct pair *p)
{
	return strcmp(p->section, ".note.gnu.build-id") == 0 && p->size[0] == 32;
}

/* The texts of all sections first: they name the cause. Then what the name of a section says; then what
 * follows from other differences, if there is nothing else. */
static void compare_elf(const struct ce_elf_image images[2], struct pair p)
{
	bool found = false;

	for (size_t i = 0; i < images[0].n_sections; i++)
		if (section_pair(images, i, &p) && !same(&p)) {
			bool strong = explain_strongly(&p);
			enum ce_cause cause = ce_section_cause(p.section);

			if (!strong && (is_random_id(&p) || (cause == CE_CAUSE_DEVICE &&
								    !is_consequence(p.section)))) {
				note_bytes(&p, cause);
				strong = true;
			}
			found |= strong;
		}
	p.image = NULL;
	found |= lone_sections(images, p);
	p.section = ".symtab";
	if (!found)
		found = symbols_moved(images, &p);
	for (int weak = 0; weak < 2 && !found; weak++)
		for (size_t i = 0; i < images[0].n_sections; i++)
			if (section_pair(images, i, &p) && !same(&p) &&
				is_consequence(p.section) == (weak == 1)) {
				note_bytes(&p, ce_section_cause(p.section));
				found = true;
			}
}

/* ---- static libraries ---- */

static void note_stamps(const struct ce_ar ars[2], struct pair *p, size_t i)
{
	const struct ce_ar_member *a = &ars[0].members[i], *b = &ars[1].members[i];
	char first[96], second[96];

	if (a->time == b->time && a->uid == b->uid && a->gid == b->gid && a->mode == b->mode)
		return;
	snprintf(first, sizeof(first), "time %lld, owner %u/%u, mode %o", (long long)a->time,
		a->uid, a->gid, a->mode);
	snprintf(second, sizeof(second), "time %lld, owner %u/%u, mode %o", (long long)b->time,
		b->uid, b->gid, b->mode);
	note(p, CE_CAUSE_AR_STAMP, a->name, first, second);
}

static const char **sorted_members(const struct ce_ar *ar)
{
	const char **names = ce_calloc(ar->n + 1, sizeof(*names));

	for (size_t i = 0; i < ar->n; i++)
		names[i] = ar->members[i].name;
	qsort(names, ar->n, sizeof(*names), by_text);
	return names;
}

static bool same_names(const struct ce_ar ars[2])
{
	const char **a = sorted_members(&ars[0]), **b = sorted_members(&ars[1]);
	bool equal = ars[0].n == ars[1].n;

	for (size_t i = 0; equal && i < ars[0].n; i++)
		equal = strcmp(a[i], b[i]) == 0;
	free(a);
	free(b);
	return equal;
}

/* The member of that name in the second library: the one at the same place, else the first. */
static const struct ce_ar_member *member_like(const struct ce_ar ars[2], size_t i)
{
	const char *name = ars[0].members[i].name;

	if (i < ars[1].n && strcmp(ars[1].members[i].name, name) == 0)
		return &ars[1].members[i];
	for (size_t k = 0; k < ars[1].n; k++)
		if (strcmp(ars[1].members[k].name, name) == 0)
			return &ars[1].members[k];
	return NULL;
}

static void compare(struct pair *p);

static void compare_ar(const struct ce_ar ars[2], struct pair *p)
{
	bool names = same_names(ars), order = false;

	for (size_t i = 0; i < ars[0].n && i < ars[1].n && !order; i++) {
		const char *a = ars[0].members[i].name, *b = ars[1].members[i].name;

		order = strcmp(a, b) != 0;
		if (order)
			note(p, names ? CE_CAUSE_AR_ORDER : CE_CAUSE_MISSING, NULL, a, b);
		else
			note_stamps(ars, p, i);
	}
	if (!order && ars[0].n != ars[1].n)
		note(p, CE_CAUSE_MISSING, NULL, "another number of members", "");
	if (ars[0].table_time != ars[1].table_time)
		note(p, CE_CAUSE_AR_STAMP, NULL, "time of the table of symbols", "");
	for (size_t i = 0; i < ars[0].n; i++) {
		const struct ce_ar_member *a = &ars[0].members[i], *b = member_like(ars, i);
		CE_AUTOFREE char *name = ce_asprintf("%s(%s)", p->artefact, a->name);
		struct pair member = {.builds = p->builds,
			.list = p->list,
			.artefact = name,
			.data = {a->data, b ? b->data : NULL},
			.size = {a->size, b ? b->size : 0},
			.depth = p->depth + 1};

		if (b)
			compare(&member);
	}
}

/* ---- other files ---- */

struct lines {
	const char **items; /* each malloc'ed */
	size_t n, cap;
};

static void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free((char *)l->items[i]);
	free(l->items);
}

static void split(const unsigned char *data, size_t size, struct lines *l)
{
	size_t begin = 0;

	for (size_t i = 0; i <= size && l->n < LINES_MAX; i++)
		if (i == size || data[i] == '\n') {
			CE_GROW(l->items, l->n, l->cap);
			l->items[l->n++] = ce_strndup((const char *)data + begin, i - begin);
			begin = i + 1;
		}
}

static bool same_sorted(const struct lines *a, const struct lines *b)
{
	struct lines x = {0}, y = {0};
	bool equal = a->n == b->n && a->n < LINES_MAX;

	if (!equal)
		return false;
	x.items = ce_calloc(a->n + 1, sizeof(*x.items));
	y.items = ce_calloc(b->n + 1, sizeof(*y.items));
	memcpy(x.items, a->items, a->n * sizeof(*x.items));
	memcpy(y.items, b->items, b->n * sizeof(*y.items));
	qsort(x.items, a->n, sizeof(*x.items), by_text);
	qsort(y.items, b->n, sizeof(*y.items), by_text);
	for (size_t i = 0; equal && i < a->n; i++)
		equal = strcmp(x.items[i], y.items[i]) == 0;
	free(x.items);
	free(y.items);
	return equal;
}

static void compare_text(struct pair *p)
{
	CE_CLEANUP(lines_free) struct lines a = {0}, b = {0};
	size_t pairs = 0, at = 0, n;
	bool found;

	split(p->data[0], p->size[0], &a);
	split(p->data[1], p->size[1], &b);
	n = a.n < b.n ? a.n : b.n;
	while (at < n && strcmp(a.items[at], b.items[at]) == 0)
		at++;
	if (same_sorted(&a, &b)) {
		note(p, CE_CAUSE_ORDER, NULL, a.items[at], b.items[at]);
		return;
	}
	/* Lines that only one has, by likeness; and, for lines of few letters, by their place. */
	found = texts_by_value(p);
	for (size_t i = at; a.n == b.n && i < n && pairs < PAIRS_MAX; i++)
		if (strcmp(a.items[i], b.items[i]) != 0) {
			found |= note_texts(p, 0, a.items[i], b.items[i]);
			pairs++;
		}
	if (!found)
		note(p, CE_CAUSE_UNKNOWN, NULL, at < a.n ? a.items[at] : "",
			at < b.n ? b.items[at] : "");
}

static bool is_text(const struct pair *p)
{
	for (int k = 0; k < 2; k++)
		if (memchr(p->data[k], 0, p->size[k] < 8192 ? p->size[k] : 8192))
			return false;
	return true;
}

/* The time in the header of gzip, which -n leaves out. */
static bool is_gzip_stamp(const struct pair *p)
{
	for (int k = 0; k < 2; k++)
		if (p->size[k] < GZIP_HEADER || p->data[k][0] != 0x1f || p->data[k][1] != 0x8b)
			return false;
	return memcmp(p->data[0] + 4, p->data[1] + 4, 4) != 0;
}

static void compare_other(struct pair *p)
{
	if (is_gzip_stamp(p)) {
		CE_AUTOFREE char *a =
			ce_asprintf("%llu", (unsigned long long)number_at(p->data[0] + 4, 4));
		CE_AUTOFREE char *b =
			ce_asprintf("%llu", (unsigned long long)number_at(p->data[1] + 4, 4));

		note(p, CE_CAUSE_TIME, NULL, a, b);
		return;
	}
	if (is_text(p))
		compare_text(p);
	else if (!explain_strongly(p))
		note_bytes(p, CE_CAUSE_UNKNOWN);
}

static bool elf_pair(struct pair *p)
{
	struct ce_elf_image images[2] = {0};
	struct ccenv_error ignored;
	bool both = ce_elf_image_parse(p->data[0], p->size[0], &images[0], &ignored) == 0 &&
		    ce_elf_image_parse(p->data[1], p->size[1], &images[1], &ignored) == 0;

	if (both)
		compare_elf(images, *p);
	ce_elf_image_release(&images[0]);
	ce_elf_image_release(&images[1]);
	return both;
}

static bool ar_pair(struct pair *p)
{
	struct ce_ar ars[2] = {0};
	struct ccenv_error ignored;
	bool both = ce_ar_parse(p->data[0], p->size[0], &ars[0], &ignored) == 0 &&
		    ce_ar_parse(p->data[1], p->size[1], &ars[1], &ignored) == 0;

	if (both)
		compare_ar(ars, p);
	ce_ar_release(&ars[0]);
	ce_ar_release(&ars[1]);
	return both;
}

static void compare(struct pair *p)
{
	size_t before = p->list->n;
	bool done = false;

	p->section = "";
	if (same(p))
		return;
	if (ce_elf_is_image(p->data[0], p->size[0]) && ce_elf_is_image(p->data[1], p->size[1]))
		done = elf_pair(p);
	else if (p->depth < LIBRARIES_DEEP && ce_ar_is(p->data[0], p->size[0]) &&
		 ce_ar_is(p->data[1], p->size[1]))
		done = ar_pair(p);
	if (!done || p->list->n == before) {
		p->image = NULL;
		p->section = "";
		compare_other(p);
	}
}

void ce_compare_bytes(const struct ce_build builds[2], const char *artefact,
	const unsigned char *const data[2], const size_t size[2], struct ce_differences *list)
{
	struct pair p = {.builds = builds, .list = list, .artefact = artefact};

	memcpy(p.data, data, sizeof(p.data));
	memcpy(p.size, size, sizeof(p.size));
	compare(&p);
}
