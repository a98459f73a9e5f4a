/* SPDX-License-Identifier: MIT */
/* Lists of packages for people and programs; see packages.h. */
#include "cli/packages.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/os.h"
#include "base/printable.h"
#include "cli/cli.h"

enum field {
	NAME,
	VERSION,
	BUILD,
	SIZE,
	CHANNEL,
	SUBDIR,
	SIDE,
	URL,
	SHA256,
	LICENSE,
	EXPLICIT
};

static const struct {
	const char *name, *title;
} fields[] = {
	[NAME] = {"name", "Package"},
	[VERSION] = {"version", "Version"},
	[BUILD] = {"build", "Build"},
	[SIZE] = {"size", "Size"},
	[CHANNEL] = {"channel", "Channel"},
	[SUBDIR] = {"subdir", "Subdir"},
	[SIDE] = {"side", "Side"},
	[URL] = {"url", "URL"},
	[SHA256] = {"sha256", "SHA256"},
	[LICENSE] = {"license", "License"},
	[EXPLICIT] = {"explicit", "Explicit"},
};

/* What is printed, and how. */
struct table {
	const struct ccenv_package **rows;
	size_t n_rows;
	enum field columns[CE_PACKAGES_FIELDS_MAX];
	size_t n_columns;
	bool for_people;
	const struct ce_ui *ui;
};

static void table_release(struct table *t)
{
	free(t->rows);
}

/* The text of a field; "" if unknown. Numbers go to `buf`. */
static const char *field_text(
	const struct ccenv_package *p, enum field f, bool for_people, char buf[32])
{
	const char *const texts[] = {
		[NAME] = p->name,
		[VERSION] = p->version,
		[BUILD] = p->build,
		[CHANNEL] = p->channel,
		[SUBDIR] = p->subdir,
		[SIDE] = p->side,
		[URL] = p->url,
		[SHA256] = p->sha256,
		[LICENSE] = p->license,
		[EXPLICIT] = p->requested ? "yes" : "no",
	};

	if (f != SIZE)
		return texts[f] ? texts[f] : "";
	if (for_people && p->size == 0)
		return "";
	if (for_people)
		ce_size_text(p->size, buf, 32);
	else
		snprintf(buf, 32, "%llu", (unsigned long long)p->size);
	return buf;
}

/* What a cell shows: on a terminal "*" marks what was asked for by name. The caller frees it. */
static char *cell(const struct table *t, size_t row, size_t column)
{
	const struct ccenv_package *p = t->rows[row];
	char buf[32];
	const char *text = field_text(p, t->columns[column], t->for_people, buf);
	CE_AUTOFREE char *clean = ce_printable(text, false);

	if (t->for_people && t->columns[column] == NAME && p->requested)
		return ce_asprintf("%s *", clean);
	/* Columns are separated by blanks: none is empty, and none has one in it. */
	for (char *c = clean; !t->for_people && *c; c++)
		if (*c == ' ')
			*c = '_';
	return !t->for_people && !*clean ? ce_strdup("-") : CE_TAKE(clean);
}

/* ---- the view ---- */

static int find_field(
	struct ce_cli *cli, const char *option, const char *text, size_t len, enum field *ret)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf known = {0};

	for (size_t i = 0; i < CE_COUNT(fields); i++) {
		if (strlen(fields[i].name) == len && strncmp(fields[i].name, text, len) == 0) {
			*ret = (enum field)i;
			return CE_EXIT_OK;
		}
		ce_buf_addf(&known, "%s%s", i ? ", " : "", fields[i].name);
	}
	return ce_cli_failf(cli, CCENV_EUSAGE, "%s: unknown field \"%.*s\"; known are %s", option,
		(int)len, text, ce_buf_str(&known));
}

static int choose_columns(struct ce_cli *cli, const char *text, bool has_sides, struct table *t)
{
	static const enum field people[] = {NAME, VERSION, BUILD, SIZE, CHANNEL};
	static const enum field programs[] = {NAME, VERSION, BUILD, SUBDIR, CHANNEL};

	if (!text) {
		memcpy(t->columns, t->for_people ? people : programs, sizeof(people));
		t->n_columns = CE_COUNT(people);
		if (has_sides)
			t->columns[t->n_columns++] = SIDE;
		return CE_EXIT_OK;
	}
	for (const char *p = text;; p++) {
		size_t n = strcspn(p, ",");
		int status;

		if (t->n_columns == CE_PACKAGES_FIELDS_MAX)
			return ce_cli_failf(cli, CCENV_EUSAGE, "--fields: more than %d fields",
				CE_PACKAGES_FIELDS_MAX);
		status = find_field(cli, "--fields", p, n, &t->columns[t->n_columns++]);
		if (status != CE_EXIT_OK)
			return status;
		p += n;
		if (!*p)
			return CE_EXIT_OK;
	}
}

int ce_packages_match(
	struct ce_cli *cli, const struct ccenv_packages *list, const char *pattern, bool *ret)
{
	regex_t regex;
	char why[256];
	int r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_ICASE);

	if (r != 0) {
		regerror(r, &regex, why, sizeof(why));
		return ce_cli_failf(
			cli, CCENV_EUSAGE, "invalid regular expression \"%s\": %s", pattern, why);
	}
	for (size_t i = 0; i < list->n; i++)
		ret[i] = regexec(&regex, list->items[i].name, 0, NULL, 0) == 0;
	regfree(&regex);
	return CE_EXIT_OK;
}

static int choose_rows(struct ce_cli *cli, const struct ccenv_packages *list,
	const struct ce_packages_view *view, struct table *t)
{
	CE_AUTOFREE bool *matches = ce_calloc(list->n + 1, sizeof(*matches));
	int status = CE_EXIT_OK;

	if (view->match)
		status = ce_packages_match(cli, list, view->match, matches);
	if (status != CE_EXIT_OK)
		return status;
	t->rows = ce_calloc(list->n + 1, sizeof(const struct ccenv_package *));
	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_package *p = &list->items[i];

		if ((!view->match || matches[i]) && (!view->explicit_only || p->requested))
			t->rows[t->n_rows++] = p;
	}
	return CE_EXIT_OK;
}

static int compare_rows(const void *a, const void *b, void *user)
{
	const struct ccenv_package *x = *(const struct ccenv_package *const *)a;
	const struct ccenv_package *y = *(const struct ccenv_package *const *)b;
	enum field by = *(const enum field *)user;
	char buf_x[32], buf_y[32];
	int order;

	if (by == SIZE) /* the largest first: that is what one looks for */
		order = (x->size < y->size) - (x->size > y->size);
	else if (by == EXPLICIT)
		order = y->requested - x->requested;
	else /* "9" before "10" */
		order = ce_os_strverscmp(
			field_text(x, by, false, buf_x), field_text(y, by, false, buf_y));
	return order ? order : strcmp(x->name, y->name);
}

/* ---- output ---- */

static json_t *package_json(const struct ccenv_package *p)
{
	json_t *o = json_object(), *depends = json_array();

	for (size_t i = 0; i < p->n_depends; i++)
		json_array_append_new(depends, json_string(p->depends[i]));

	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "version", json_string(p->version));
	json_object_set_new(o, "build", json_string(p->build));
	json_object_set_new(o, "build_number", json_integer((json_int_t)p->build_number));
	json_object_set_new(o, "subdir", json_string(p->subdir));
	if (p->side)
		json_object_set_new(o, "side", json_string(p->side));
	json_object_set_new(o, "channel", json_string(p->channel));
	json_object_set_new(o, "url", json_string(p->url));
	if (p->sha256)
		json_object_set_new(o, "sha256", json_string(p->sha256));
	if (p->size)
		json_object_set_new(o, "size", json_integer((json_int_t)p->size));
	if (p->timestamp)
		json_object_set_new(o, "timestamp", json_integer((json_int_t)p->timestamp));
	if (p->license)
		json_object_set_new(o, "license", json_string(p->license));
	json_object_set_new(o, "requested", json_boolean(p->requested));
	json_object_set_new(o, "depends", depends);
	return o;
}

static void print_json(const struct table *t)
{
	CE_CLEANUP(ce_json_decrefp) json_t *array = json_array();

	for (size_t i = 0; i < t->n_rows; i++)
		json_array_append_new(array, package_json(t->rows[i]));
	ce_cli_print_json(array);
}

static void print_plain(const struct table *t)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < t->n_rows; i++)
		for (size_t k = 0; k < t->n_columns; k++) {
			CE_AUTOFREE char *text = cell(t, i, k);

			ce_buf_addf(&b, "%s%c", text, k + 1 < t->n_columns ? ' ' : '\n');
		}
	fputs(ce_buf_str(&b), stdout);
}

/* Adds a cell, padded to the column; numbers to the right, and nothing after the last one. */
static void add_cell(struct ce_buf *b, const struct table *t, size_t column, const char *text,
	int width, const enum ce_style *style)
{
	bool last = column + 1 == t->n_columns, right = t->columns[column] == SIZE;
	int blanks = width - (int)strlen(text);

	if (right)
		ce_buf_addf(b, "%*s", blanks, "");
	if (style)
		ce_ui_add(t->ui, b, *style, text);
	else
		ce_buf_adds(b, text);
	if (last)
		ce_buf_addc(b, '\n');
	else
		ce_buf_addf(b, "%*s", right ? 2 : blanks + 2, "");
}

static void print_table(const struct table *t)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t widths[CE_PACKAGES_FIELDS_MAX];
	const enum ce_style title = CE_STYLE_TITLE, asked = CE_STYLE_GOOD;

	for (size_t k = 0; k < t->n_columns; k++) {
		widths[k] = strlen(fields[t->columns[k]].title);
		for (size_t i = 0; i < t->n_rows; i++) {
			CE_AUTOFREE char *text = cell(t, i, k);

			if (strlen(text) > widths[k])
				widths[k] = strlen(text);
		}
	}
	for (size_t k = 0; k < t->n_columns; k++)
		add_cell(&b, t, k, fields[t->columns[k]].title, (int)widths[k], &title);
	for (size_t i = 0; i < t->n_rows; i++)
		for (size_t k = 0; k < t->n_columns; k++) {
			CE_AUTOFREE char *text = cell(t, i, k);

			add_cell(&b, t, k, text, (int)widths[k],
				t->columns[k] == NAME && t->rows[i]->requested ? &asked : NULL);
		}
	fputs(ce_buf_str(&b), stdout);
}

int ce_packages_print(
	struct ce_cli *cli, const struct ccenv_packages *list, const struct ce_packages_view *view)
{
	CE_CLEANUP(table_release)
	struct table t = {.for_people = !cli->json && isatty(STDOUT_FILENO) == 1, .ui = &cli->ui};
	bool has_sides = list->n && list->items[0].side;
	int status = choose_columns(cli, view->fields, has_sides, &t);

	if (status != CE_EXIT_OK)
		return status;
	status = choose_rows(cli, list, view, &t);
	if (status != CE_EXIT_OK)
		return status;
	if (view->sort_by) {
		enum field by;

		status = find_field(cli, "--sort-by", view->sort_by, strlen(view->sort_by), &by);
		if (status != CE_EXIT_OK)
			return status;
		ce_os_sort(t.rows, t.n_rows, sizeof(*t.rows), compare_rows, &by);
	}
	if (cli->json)
		print_json(&t);
	else if (t.for_people && t.n_rows)
		print_table(&t);
	else
		print_plain(&t);
	return CE_EXIT_OK;
}

void ce_packages_say(struct ce_cli *cli, const char *verb, size_t n, const char *where)
{
	ce_ui_clear(&cli->ui);
	if (cli->json)
		printf("{\"packages\": %zu}\n", n);
	else
		ce_cli_say(cli, "%s: %zu package%s in %s", verb, n, n == 1 ? "" : "s", where);
}
