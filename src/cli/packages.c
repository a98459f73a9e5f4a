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
	EXPLICIT,
	KIND,
	SOURCE,
	BUILD_NUMBER,
	FILE_NAME,
	NOARCH,
	MD5,
	TIMESTAMP,
	LICENSE_FAMILY,
	REQUESTED_SPEC,
	DEPENDS,
	CONSTRAINS
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
	[KIND] = {"kind", "Kind"},
	[SOURCE] = {"source", "Source"},
	[BUILD_NUMBER] = {"build-number", "Build#"},
	[FILE_NAME] = {"file-name", "File name"},
	[NOARCH] = {"noarch", "Noarch"},
	[MD5] = {"md5", "MD5"},
	[TIMESTAMP] = {"timestamp", "Timestamp"},
	[LICENSE_FAMILY] = {"license-family", "License family"},
	[REQUESTED_SPEC] = {"requested-spec", "Requested"},
	[DEPENDS] = {"depends", "Depends"},
	[CONSTRAINS] = {"constrains", "Constrains"},
};

/* What pixi calls packages that are not of PyPI. */
static const char kind_conda[] = "conda";

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

/* The name of the archive, behind the last slash of its URL. */
static const char *file_name(const struct ccenv_package *p)
{
	const char *slash = p->url ? strrchr(p->url, '/') : NULL;

	return slash ? slash + 1 : "";
}

static char *joined(const char *const *texts, size_t n)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < n; i++)
		ce_buf_addf(&b, "%s%s", i ? ", " : "", texts[i]);
	return ce_buf_steal(&b);
}

static char *size_text(uint64_t size, bool for_people)
{
	char text[32];

	if (!for_people)
		return ce_asprintf("%llu", (unsigned long long)size);
	if (size == 0)
		return ce_strdup("");
	ce_size_text(size, text, sizeof(text));
	return ce_strdup(text);
}

/* The text of a field, "" if unknown. The caller frees it. */
static char *field_text(const struct ccenv_package *p, enum field f, bool for_people)
{
	const char *const texts[CE_COUNT(fields)] = {
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
		[KIND] = kind_conda,
		[SOURCE] = p->source,
		[FILE_NAME] = file_name(p),
		[NOARCH] = p->noarch,
		[MD5] = p->md5,
		[LICENSE_FAMILY] = p->license_family,
		[REQUESTED_SPEC] = p->requested_spec,
	};

	switch (f) {
	case SIZE:
		return size_text(p->size, for_people);
	case BUILD_NUMBER:
		return ce_asprintf("%llu", (unsigned long long)p->build_number);
	case TIMESTAMP:
		return p->timestamp ? ce_asprintf("%llu", (unsigned long long)p->timestamp)
				    : ce_strdup("");
	case DEPENDS:
		return joined(p->depends, p->n_depends);
	case CONSTRAINS:
		return joined(p->constrains, p->n_constrains);
	default:
		return ce_strdup(texts[f] ? texts[f] : "");
	}
}

static bool is_number(enum field f)
{
	return f == SIZE || f == BUILD_NUMBER || f == TIMESTAMP;
}

/* What a cell shows: on a terminal "*" marks what was asked for by name. The caller frees it. */
static char *cell(const struct table *t, size_t row, size_t column)
{
	const struct ccenv_package *p = t->rows[row];
	CE_AUTOFREE char *text = field_text(p, t->columns[column], t->for_people);
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

int ce_packages_regex(struct ce_cli *cli, const char *pattern, regex_t *ret)
{
	int r = regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB | REG_ICASE);
	char why[256];

	if (r == 0)
		return CE_EXIT_OK;
	regerror(r, ret, why, sizeof(why));
	return ce_cli_failf(
		cli, CCENV_EUSAGE, "invalid regular expression \"%s\": %s", pattern, why);
}

int ce_packages_match(
	struct ce_cli *cli, const struct ccenv_packages *list, const char *pattern, bool *ret)
{
	regex_t regex;
	bool found = false;
	int status = ce_packages_regex(cli, pattern, &regex);

	if (status != CE_EXIT_OK)
		return status;
	for (size_t i = 0; i < list->n; i++) {
		ret[i] = regexec(&regex, list->items[i].name, 0, NULL, 0) == 0;
		found = found || ret[i];
	}
	regfree(&regex);
	if (!found)
		ce_cli_say(cli, "No locked package matches \"%s\"", pattern);
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
	CE_AUTOFREE char *text_x = field_text(x, by, false), *text_y = field_text(y, by, false);
	int order;

	if (by == SIZE) /* the largest first: that is what one looks for */
		order = (x->size < y->size) - (x->size > y->size);
	else if (by == EXPLICIT)
		order = y->requested - x->requested;
	else /* "9" before "10" */
		order = ce_os_strverscmp(text_x, text_y);
	return order ? order : strcmp(x->name, y->name);
}

/* ---- output ---- */

static json_t *texts_json(const char *const *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

static void set(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

static void set_number(json_t *o, const char *key, uint64_t number)
{
	if (number)
		json_object_set_new(o, key, json_integer((json_int_t)number));
}

/* The keys are those of pixi where it has one for the fact; size, channel, side and requested are ours. */
static json_t *package_json(const struct ccenv_package *p)
{
	json_t *o = json_object();

	set(o, "name", p->name);
	set(o, "version", p->version);
	set(o, "build", p->build);
	json_object_set_new(o, "build_number", json_integer((json_int_t)p->build_number));
	set(o, "subdir", p->subdir);
	set(o, "side", p->side);
	set(o, "kind", kind_conda);
	set(o, "channel", p->channel);
	set(o, "source", p->source);
	set(o, "url", p->url);
	set(o, "file_name", file_name(p));
	set(o, "sha256", p->sha256);
	set(o, "md5", p->md5);
	set_number(o, "size", p->size);
	set_number(o, "size_bytes", p->size);
	set_number(o, "timestamp", p->timestamp);
	set(o, "noarch", p->noarch);
	set(o, "license", p->license);
	set(o, "license_family", p->license_family);
	json_object_set_new(o, "requested", json_boolean(p->requested));
	json_object_set_new(o, "is_explicit", json_boolean(p->requested));
	set(o, "requested_spec", p->requested_spec);
	json_object_set_new(o, "depends", texts_json(p->depends, p->n_depends));
	json_object_set_new(o, "constrains", texts_json(p->constrains, p->n_constrains));
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
	bool last = column + 1 == t->n_columns, right = is_number(t->columns[column]);
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
