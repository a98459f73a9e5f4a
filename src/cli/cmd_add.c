/* SPDX-License-Identifier: MIT */
/* ccenv add, ccenv remove: dependencies of ccenv.json. */
#include <stdio.h>

#include "base/json.h"
#include "cli/cli.h"

static void print_json(const struct ccenv_dependencies *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *added = json_object(), *platforms = json_array();

	for (size_t i = 0; i < list->n_platforms; i++)
		json_array_append_new(platforms, json_string(list->platforms[i]));
	for (size_t i = 0; i < list->n; i++)
		json_object_set_new(
			added, list->items[i].name, json_string(list->items[i].constraint));
	json_object_set_new(o, "added", added);
	json_object_set_new(o, "platforms", platforms);
	ce_cli_print_json(o);
}

static void say_added(struct ce_cli *cli, const struct ccenv_dependencies *list)
{
	for (size_t i = 0; i < list->n_platforms; i++)
		ce_cli_say(cli, "Added platform %s", list->platforms[i]);
	for (size_t i = 0; i < list->n; i++)
		ce_cli_say(cli,
			list->items[i].kept ? "Kept %s %s, which ccenv.json has already"
					    : "Added %s %s",
			list->items[i].name, list->items[i].constraint);
}

static int add(struct ce_cli *cli, const struct ccenv_edit_options *o)
{
	struct ccenv_dependencies list;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_add(cli->project, o, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&list);
	else
		say_added(cli, &list);
	ccenv_dependencies_free(&list);
	return CE_EXIT_OK;
}

/* What the tables of options cannot set. */
static void set_options(const struct ce_cli *cli, struct ccenv_edit_options *o)
{
	o->specs = (const char *const *)cli->args.items;
	o->n_specs = cli->args.n;
	o->platforms = cli->platforms.items;
	o->n_platforms = cli->platforms.n;
}

static int run_add(struct ce_cli *cli)
{
	struct ccenv_edit_options o = {0};
	const struct ce_opt own[] = {
		{"platform", 'p', "PLATFORM",
			"for this platform only, which is added if it is new; may be repeated",
			.list = &cli->platforms},
		{"feature", 'f', "NAME", "as a part of this feature", .string = &o.feature},
		{"target", 0, "TARGET", "for the host of this target; TARGET:build: for its tools",
			.string = &o.target},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!cli->args.n)
		return ce_cli_usage(cli, "name at least one package");
	set_options(cli, &o);
	return add(cli, &o);
}

const struct ce_command ce_cmd_add = {
	.name = "add",
	.args = "SPEC…",
	.summary = "add dependencies to ccenv.json and lock",
	.example = "  ccenv add fmt 'cuda-version 12.9.*'\n",
	.run = run_add,
};

static void print_removed(const struct ccenv_edit_options *o)
{
	CE_CLEANUP(ce_json_decrefp) json_t *object = json_object();
	json_t *removed = json_array();

	for (size_t i = 0; i < o->n_specs; i++)
		json_array_append_new(removed, json_string(o->specs[i]));
	json_object_set_new(object, "removed", removed);
	ce_cli_print_json(object);
}

static int drop(struct ce_cli *cli, const struct ccenv_edit_options *o)
{
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_remove(cli->project, o, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_removed(o);
	for (size_t i = 0; !cli->json && i < o->n_specs; i++)
		ce_cli_say(cli, "Removed %s", o->specs[i]);
	return CE_EXIT_OK;
}

static int run_remove(struct ce_cli *cli)
{
	struct ccenv_edit_options o = {0};
	const struct ce_opt own[] = {
		{"platform", 'p', "PLATFORM", "from those of this platform only; may be repeated",
			.list = &cli->platforms},
		{"feature", 'f', "NAME", "from those of this feature", .string = &o.feature},
		{"target", 0, "TARGET", "from those of this target; TARGET:build: of its tools",
			.string = &o.target},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!cli->args.n)
		return ce_cli_usage(cli, "name at least one dependency");
	set_options(cli, &o);
	return drop(cli, &o);
}

const struct ce_command ce_cmd_remove = {
	.name = "remove",
	.args = "NAME…",
	.summary = "remove dependencies from ccenv.json and lock",
	.example = "  ccenv remove fmt\n",
	.run = run_remove,
};
