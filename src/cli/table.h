/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_TABLE_H
#define CE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ce_ui;

/*
 * Rows of texts. For people they are padded to columns below a title; for programs the cells are
 * separated by one blank, an empty one is "-", and blanks within a cell become "_".
 */
struct ce_table {
	const char *const *titles;
	size_t n_columns;
	char **cells; /* row after row */
	size_t n, cap;
};

/* Begin with {.titles = …, .n_columns = …}. Adds the next cell, made safe to show; NULL is empty. */
void ce_table_add(struct ce_table *t, const char *text);
void ce_table_print(const struct ce_table *t, const struct ce_ui *ui, bool for_people);
void ce_table_release(struct ce_table *t);

#endif
