/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_SORTED_H
#define CE_BASE_SORTED_H

#include <stddef.h>

/*
 * The index of the first of n items, sorted by what `compare` says of one and the key, that is not
 * before the key; n when all are. `compare` returns as strcmp() does: below 0 when the item comes
 * before the key.
 */
static inline size_t ce_lower_bound(const void *items, size_t n, size_t size, const void *key,
	int (*compare)(const void *item, const void *key))
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare((const char *)items + mid * size, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

#endif
