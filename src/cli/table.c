/* SPDX-License-Identifier: MIT */
/* Rows of texts on stdout; see table.h. */
#include "cli/table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/printable.h"
#include "cli/ui.h"

void ce_table_add(struct ce_table *t, const char *text)
{
	CE_GROW(t->cells, t->n, t->cap);
	t->cells[t->n++] = ce_printable(text ? text : "", false);
}

void ce_table_release(struct ce_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
}

static void add_padded(struct ce_buf *b, const char *text, size_t width, bool last)
{
	if (last)
		ce_buf_addf(b, "%s\n", text);
	else
		ce_buf_addf(b, "%-*s  ", (int)width, text);
}

static void add_titles(
	struct ce_buf *b, const struct ce_table *t, const struct ce_ui *ui, const size_t *widths)
{
	for (size_t k = 0; k < t->n_columns; k++) {
		bool last = k + 1 == t->n_columns;

		ce_ui_add(ui, b, CE_STYLE_TITLE, t->titles[k]);
		if (last)
			ce_buf_addc(b, '\n');
		else
			ce_buf_addf(b, "%*s", (int)(widths[k] - strlen(t->titles[k]) + 2), "");
	}
}

static void add_table(struct ce_buf *b, const struct ce_table *t, const struct ce_ui *ui)
{
	CE_AUTOFREE size_t *widths = ce_calloc(t->n_columns, sizeof(*widths));

	for (size_t k = 0; k < t->n_columns; k++)
		widths[k] = strlen(t->titles[k]);
	for (size_t i = 0; i < t->n; i++)
		if (strlen(t->cells[i]) > widths[i % t->n_columns])
			widths[i % t->n_columns] = strlen(t->cells[i]);
	add_titles(b, t, ui, widths);
	for (size_t i = 0; i < t->n; i++) {
		size_t k = i % t->n_columns;

		add_padded(b, t->cells[i], widths[k], k + 1 == t->n_columns);
	}
}

static void add_plain(struct ce_buf *b, const struct ce_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		bool last = i % t->n_columns + 1 == t->n_columns;

		for (const char *c = *t->cells[i] ? t->cells[i] : "-"; *c; c++)
			ce_buf_addc(b, *c == ' ' ? '_' : *c);
		ce_buf_addc(b, last ? '\n' : ' ');
	}
}

void ce_table_print(const struct ce_table *t, const struct ce_ui *ui, bool for_people)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	assert(t->n_columns > 0);
	if (for_people && t->n)
		add_table(&b, t, ui);
	else
		add_plain(&b, t);
	fputs(ce_buf_str(&b), stdout);
}
