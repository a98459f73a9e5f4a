/* SPDX-License-Identifier: MIT */
/* ccenv licenses: the licenses of the locked packages, their texts, and what of CUDA may be distributed. */
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/stage.h"
#include "base/strs.h"
#include "cli/cli.h"
#include "cli/packages.h"
#include "cli/table.h"

enum {
	TEXT_MAX = 16 << 20
};

struct licenses_options {
	struct ccenv_selection of;
	const char *pattern;
	const char *output; /* a directory for the texts */
	bool texts;         /* print them */
};

static void set(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static json_t *strings(const char *const *items, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(items[i]));
	return array;
}

static void print_json(const struct ccenv_licenses *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_license *l = &list->items[i];
		json_t *o = json_object();

		set(o, "name", l->name);
		set(o, "version", l->version);
		set(o, "license", l->license);
		set(o, "license_family", l->family);
		set(o, "directory", l->dir);
		json_object_set_new(
			o, "texts", l->dir ? strings(l->texts, l->n_texts) : json_null());
		json_object_set_new(o, "cuda_eula", json_boolean(l->cuda_eula));
		json_object_set_new(o, "redistributable",
			l->dir && l->cuda_eula ? strings(l->redistributable, l->n_redistributable)
					       : json_null());
		set(o, "source", l->source);
		json_array_append_new(array, o);
	}
	ce_cli_print_json(array);
}

/* May it be shipped with a program? Only said of what is under the CUDA EULA. */
static char *shipping(const struct ccenv_license *l)
{
	if (!l->cuda_eula)
		return ce_strdup("");
	if (!l->dir)
		return ce_strdup("not fetched");
	if (!l->n_redistributable)
		return ce_strdup("no file");
	return ce_asprintf(
		"%zu file%s", l->n_redistributable, l->n_redistributable == 1 ? "" : "s");
}

static void print_table(struct ce_cli *cli, const struct ccenv_licenses *list)
{
	static const char *const titles[] = {
		"Package", "Version", "License", "Texts", "Attachment A"};
	CE_CLEANUP(ce_table_release)
	struct ce_table t = {.titles = titles, .n_columns = CE_COUNT(titles)};

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_license *l = &list->items[i];
		CE_AUTOFREE char *ship = shipping(l);
		CE_AUTOFREE char *n = l->dir ? ce_asprintf("%zu", l->n_texts) : NULL;

		ce_table_add(&t, l->name);
		ce_table_add(&t, l->version);
		ce_table_add(&t, l->license);
		ce_table_add(&t, n);
		ce_table_add(&t, ship);
	}
	ce_table_print(&t, &cli->ui, isatty(STDOUT_FILENO) == 1);
}

/* Which files those are, and who says so. */
static void say_shipping(struct ce_cli *cli, const struct ccenv_licenses *list)
{
	size_t missing = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_license *l = &list->items[i];
		CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

		missing += !l->dir;
		for (size_t k = 0; k < l->n_redistributable; k++)
			ce_buf_addf(&b, "%s%s", k ? ", " : "", l->redistributable[k]);
		if (l->n_redistributable)
			ce_cli_say(cli,
				"%s may be distributed with a program under the conditions of the EULA: %s (%s)",
				l->name, ce_buf_str(&b), l->source);
	}
	if (missing)
		ce_cli_say(cli, "%zu package%s not in the cache: `ccenv install` fetches the texts",
			missing, missing == 1 ? " is" : "s are");
}

static int print_texts(struct ce_cli *cli, const struct ccenv_licenses *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->items[i].n_texts; k++) {
			const struct ccenv_license *l = &list->items[i];
			CE_CLEANUP(ce_buf_release) struct ce_buf text = {0}, b = {0};
			struct ccenv_error err;

			if (ce_fs_read_beneath(l->dir, l->texts[k], TEXT_MAX, &text, &err) < 0)
				return ce_cli_fail(cli, &err, NULL);
			ce_buf_addf(&b, "==== %s %s: ", l->name, l->version);
			ce_buf_add_printable(&b, l->texts[k], false);
			ce_buf_adds(&b, "\n");
			ce_buf_add_printable(&b, ce_buf_str(&text), true);
			ce_buf_adds(&b, "\n");
			fputs(ce_buf_str(&b), stdout);
		}
	return CE_EXIT_OK;
}

/* DIR/NAME/<path below info/licenses>, the bytes as they are. */
static int write_text(
	const char *dir, const struct ccenv_license *l, const char *rel, struct ccenv_error *err)
{
	static const char licenses[] = "info/licenses/", info[] = "info/";
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	const char *tail = rel + strlen(ce_has_prefix(rel, licenses) ? licenses : info);
	CE_AUTOFREE char *path = ce_asprintf("%s/%s/%s", dir, l->name, tail);
	CE_AUTOFREE char *parent = ce_path_dir(path);
	int r = ce_fs_read_beneath(l->dir, rel, TEXT_MAX, &text, err);

	if (r < 0)
		return r;
	r = ce_fs_mkdirs(parent, err);
	if (r < 0)
		return r;
	return ce_fs_replace(path, ce_buf_str(&text), text.len, NULL, err);
}

/* All of them or none: a directory that is there already would be in the way of the next try. */
static int write_texts(struct ce_cli *cli, const struct ccenv_licenses *list, const char *dir)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage stage = CE_STAGE_NONE;
	CE_AUTOFREE char *path = ce_path_absolute(dir);
	size_t n = 0;
	struct ccenv_error err;

	if (ce_fs_exists(dir))
		return ce_cli_failf(cli, CCENV_EUSAGE,
			"%s already exists; name a directory that does not, or remove it first",
			dir);
	if (ce_stage_dir(path, &stage, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->items[i].n_texts; k++, n++)
			if (write_text(stage.tmp, &list->items[i], list->items[i].texts[k], &err) <
				0)
				return ce_cli_fail(cli, &err, NULL);
	if (ce_stage_commit(&stage, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_cli_say(cli, "Wrote %zu text%s to %s", n, n == 1 ? "" : "s", dir);
	return CE_EXIT_OK;
}

/* Leaves only what matches the pattern in the list. */
static int filter(struct ce_cli *cli, struct ccenv_licenses *list, const char *pattern)
{
	regex_t regex;
	size_t n = 0;
	int status = ce_packages_regex(cli, pattern, &regex);

	if (status != CE_EXIT_OK)
		return status;
	for (size_t i = 0; i < list->n; i++)
		if (regexec(&regex, list->items[i].name, 0, NULL, 0) == 0)
			list->items[n++] = list->items[i];
	list->n = n;
	regfree(&regex);
	return CE_EXIT_OK;
}

static int show(struct ce_cli *cli, const struct licenses_options *o, struct ccenv_licenses *list)
{
	int status = o->pattern ? filter(cli, list, o->pattern) : CE_EXIT_OK;

	if (status != CE_EXIT_OK)
		return status;
	if (o->output)
		return write_texts(cli, list, o->output);
	if (cli->json) {
		print_json(list);
		return CE_EXIT_OK;
	}
	if (o->texts)
		return print_texts(cli, list);
	print_table(cli, list);
	say_shipping(cli, list);
	return CE_EXIT_OK;
}

static int run(struct ce_cli *cli)
{
	struct licenses_options o = {0};
	const struct ce_opt own[] = {
		{"texts", 0, NULL, "print the texts", .flag = &o.texts},
		{"output", 'o', "DIR", "write the texts to DIR/PACKAGE/FILE, to ship them",
			.string = &o.output},
		CE_OPT_SELECTION(o.of),
		{0},
	};
	struct ccenv_licenses list;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&o.of);
	if (cli->args.n > 1)
		return ce_cli_usage(cli, "give one regular expression; \"a|b\" matches either");
	o.pattern = cli->args.n ? cli->args.items[0] : NULL;
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_licenses(cli->project, &o.of, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	status = show(cli, &o, &list);
	ccenv_licenses_free(&list);
	return status;
}

const struct ce_command ce_cmd_licenses = {
	.name = "licenses",
	.args = "[REGEX]",
	.summary = "show licenses and their texts, and what of CUDA may be distributed",
	.example = "  ccenv licenses 'cuda|cublas'\n"
		   "  ccenv licenses --output dist/licenses\n",
	.run = run,
};
