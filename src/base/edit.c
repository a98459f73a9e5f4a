/* SPDX-License-Identifier: MIT */
/* Edit distance over three rows. */
#include "base/edit.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t ce_edit_distance(const char *a, const char *b)
{
	size_t rows[3][CE_EDIT_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	if (na > CE_EDIT_MAX || nb > CE_EDIT_MAX)
		return CE_EDIT_MAX;
	for (size_t k = 0; k <= nb; k++)
		last[k] = k;
	for (size_t i = 1; i <= na; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			row[k] = least(least(last[k], row[k - 1]) + 1,
				last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				row[k] = least(row[k], before[k - 2] + 1);
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[nb];
}
