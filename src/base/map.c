/* SPDX-License-Identifier: MIT */
/* Open addressing over an insertion-ordered array (FNV-1a, load under 1/2). */
#include "base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static uint64_t hash(const char *s)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return h;
}

/* The slot that holds `key`, or the empty one where it belongs. */
static size_t slot_of(const struct ce_map *m, const char *key)
{
	const struct ce_map_entry *entries = m->entries;
	const size_t *slots = m->slots;
	size_t i = hash(key) & (m->n_slots - 1);

	assert(slots && entries);
	while (slots[i] && strcmp(entries[slots[i] - 1].key, key) != 0)
		i = (i + 1) & (m->n_slots - 1);
	return i;
}

static void rehash(struct ce_map *m)
{
	free(m->slots);
	assert(m->entries || !m->n);
	m->n_slots = m->n_slots ? m->n_slots * 2 : 16;
	m->slots = ce_calloc(m->n_slots, sizeof(*m->slots));
	for (size_t i = 0; i < m->n; i++)
		m->slots[slot_of(m, m->entries[i].key)] = i + 1;
}

void ce_map_release(struct ce_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct ce_map){0};
}

static struct ce_map_entry *find(const struct ce_map *m, const char *key)
{
	size_t i;

	if (!m->n)
		return NULL;
	i = m->slots[slot_of(m, key)];
	return i ? &m->entries[i - 1] : NULL;
}

static void append(struct ce_map *m, const char *key, void *value)
{
	if ((m->n + 1) * 2 > m->n_slots)
		rehash(m);
	CE_GROW(m->entries, m->n, m->cap);
	assert(m->entries && m->slots);
	m->entries[m->n] = (struct ce_map_entry){ce_strdup(key), value};
	m->slots[slot_of(m, key)] = m->n + 1;
	m->n++;
}

void *ce_map_set(struct ce_map *m, const char *key, void *value)
{
	struct ce_map_entry *e = find(m, key);
	void *old = NULL;

	if (e) {
		old = e->value;
		e->value = value;
	} else {
		append(m, key, value);
	}
	return old;
}

void *ce_map_get(const struct ce_map *m, const char *key)
{
	const struct ce_map_entry *e = find(m, key);

	return e ? e->value : NULL;
}

bool ce_map_has(const struct ce_map *m, const char *key)
{
	return find(m, key) != NULL;
}

bool ce_map_insert(struct ce_map *m, const char *key)
{
	if (find(m, key))
		return false;
	append(m, key, NULL);
	return true;
}
