/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_MAP_H
#define CE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct ce_map_entry {
	char *key;
	void *value;
	size_t hash;
};

/*
 * A map from string to pointer. Keys are copied, values are borrowed. Order of iteration is the
 * order of insertion, so that output made from a map is the same on every run.
 *
 * Life: `struct ce_map m = { 0 };`, then ce_map_release().
 */
struct ce_map {
	struct ce_map_entry *entries;
	size_t n, cap;
	size_t *slots; /* index + 1 into entries, 0 is empty */
	size_t n_slots;
};

/* Frees the keys; the values are the caller's. */
void ce_map_release(struct ce_map *m);
/* Where the value of key is, NULL in it if the key is new. Valid until something is added. */
void **ce_map_at(struct ce_map *m, const char *key);
/* Sets key to value; returns the old value, or NULL. */
void *ce_map_set(struct ce_map *m, const char *key, void *value);
void *ce_map_get(const struct ce_map *m, const char *key); /* NULL when absent */
bool ce_map_has(const struct ce_map *m, const char *key);
/* Adds key (value NULL) if it is new; true when it was. For use as a set. */
bool ce_map_insert(struct ce_map *m, const char *key);

#endif
