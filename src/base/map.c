/* SPDX-License-Identifier: MIT */
/* Open addressing over an insertion-ordered array (FNV-1a, load under 1/2). */
#include "base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static size_t hash_of(const char *s)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return (size_t)h;
}

/* The slot that holds `key`, or the empty one where it belongs. */
static size_t slot_of(const struct ce_map *m, const char *key, size_t hash)
{
	const struct ce_map_entry *entries = m->entries;
	const size_t *slots = m->slots;
	size_t i = hash & (m->n_slots - 1);

	assert(slots && entries);
	while (slots[i] &&
		(entries[slots[i] - 1].hash != hash || strcmp(entries[slots[i] - 1].key, key) != 0))
		i = (i + 1) & (m->n_slots - 1);
	return i;
}

static void rehash(struct ce_map *m)
{
	free(m->slots);
	assert(m->entries || !m->n);
	m->n_slots = m->n_slots ? m->n_slots * 2 : 16;
	m->slots = ce_calloc(m->n_slots, sizeof(*m->slots));
	for (size_t k = 0; k < m->n; k++) {
		size_t i = m->entries[k].hash & (m->n_slots - 1);

		while (m->slots[i])
			i = (i + 1) & (m->n_slots - 1);
		m->slots[i] = k + 1;
	}
}

void ce_map_release(struct ce_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct ce_map){0};
}

void **ce_map_at(struct ce_map *m, const char *key)
{
	size_t hash = hash_of(key), slot;

	if ((m->n + 1) * 2 > m->n_slots)
		rehash(m);
	CE_GROW(m->entries, m->n, m->cap);
	slot = slot_of(m, key, hash);
	if (!m->slots[slot]) {
		m->entries[m->n] = (struct ce_map_entry){.key = ce_strdup(key), .hash = hash};
		m->slots[slot] = ++m->n;
	}
	return &m->entries[m->slots[slot] - 1].value;
}

void *ce_map_set(struct ce_map *m, const char *key, void *value)
{
	void **at = ce_map_at(m, key), *old = *at;

	*at = value;
	return old;
}

static const struct ce_map_entry *find(const struct ce_map *m, const char *key)
{
	size_t i;

	if (!m->n)
		return NULL;
	i = m->slots[slot_of(m, key, hash_of(key))];
	return i ? &m->entries[i - 1] : NULL;
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
	size_t n = m->n;

	(void)ce_map_at(m, key);
	return m->n > n;
}
