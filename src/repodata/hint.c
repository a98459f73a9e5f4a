/* SPDX-License-Identifier: MIT */
/* Names that will probably be reached. */
#include "repodata/hint.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "repodata/store.h"
#include "spec/name.h"

enum {
	NAMES_MAX = 20000,
	FILE_MAX = 1 << 20,
};

static int by_name(const void *name, const void *hint)
{
	return strcmp(name, ((const struct ce_hint *)hint)->name);
}

/* "gcc_linux-aarch64" is nothing for a request for linux-64. */
static bool is_of_another_platform(
	const char *name, const char *const *platforms, size_t n_platforms)
{
	const char *at = strstr(name, "_linux-");

	if (!at)
		return false;
	for (size_t i = 0; i < n_platforms; i++) {
		size_t n = strlen(platforms[i]);
		if (strncmp(at + 1, platforms[i], n) == 0 && (!at[n + 1] || at[n + 1] == '_'))
			return false;
	}
	return true;
}

static void add(struct ce_map *names, const char *name, size_t len)
{
	char text[CE_NAME_MAX + 1];

	if (names->n >= NAMES_MAX || len > CE_NAME_MAX || !ce_name_is_valid(name, len))
		return;
	memcpy(text, name, len);
	text[len] = '\0';
	ce_map_insert(names, text);
}

void ce_hint_expand(struct ce_map *names, const char *const *platforms, size_t n_platforms)
{
	/* Grows meanwhile. */
	for (size_t i = 0; i < names->n; i++) {
		const struct ce_hint *hint = bsearch(
			names->entries[i].key, ce_hints, ce_n_hints, sizeof(*ce_hints), by_name);
		for (const char *p = hint ? hint->depends : ""; *p; p += *p == ' ') {
			size_t n = strcspn(p, " ");
			CE_AUTOFREE char *name = ce_strndup(p, n);
			if (!is_of_another_platform(name, platforms, n_platforms))
				add(names, name, n);
			p += n;
		}
	}
}

void ce_hint_recall(struct ce_map *names, const char *path)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;

	if (ce_fs_read(path, FILE_MAX, &text, &ignored) < 0)
		return;
	for (const char *p = ce_buf_str(&text); *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");
		add(names, p, n);
		p += n;
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void ce_hint_note(const struct ce_map *names, const char *path)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, old = {0};
	CE_AUTOFREE const char **sorted = ce_calloc(names->n + 1, sizeof(*sorted));
	struct ccenv_error ignored;

	for (size_t i = 0; i < names->n; i++)
		sorted[i] = names->entries[i].key;
	qsort(sorted, names->n, sizeof(*sorted), by_text);
	for (size_t i = 0; i < names->n && i < NAMES_MAX; i++)
		ce_buf_addf(&text, "%s\n", sorted[i]);
	bool same = ce_fs_read(path, FILE_MAX, &old, &ignored) >= 0 && old.len == text.len &&
		    memcmp(ce_buf_str(&old), ce_buf_str(&text), text.len) == 0;
	if (!same)
		ce_ignore(ce_store_write(path, ce_buf_str(&text), text.len, &ignored));
}
