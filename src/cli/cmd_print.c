/* SPDX-License-Identifier: MIT */
/* ccenv print: paths and versions of what is installed, for scripts and command lines of make. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/tool_fields.h"

enum {
	WIDTH = 78 /* of the list in the help */
};

/* `name` is NULL when there was none. */
static int unknown(struct ce_cli *cli, const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	if (name)
		ce_buf_addf(&b, "unknown name \"%s\"; known are:", name);
	else
		ce_buf_adds(&b, "name what to print; known are:");
	for (const struct ce_tool_field *f = ce_tool_fields; f->name; f++)
		ce_buf_addf(&b, " %s", f->name);
	return ce_cli_failf(cli, CCENV_EUSAGE, "%s", ce_buf_str(&b));
}

static void help_names(void)
{
	size_t column = WIDTH;

	printf("\nNames:");
	for (const struct ce_tool_field *f = ce_tool_fields; f->name; f++) {
		size_t n = strlen(f->name) + 1;
		bool fits = column + n <= WIDTH;

		printf("%s%s", fits ? " " : "\n  ", f->name);
		column = fits ? column + n : n + 1;
	}
	printf("\n");
}

/* Nothing is printed unless everything is there: "$(ccenv print cc nvcc)" must not be half a line.
 */
static int check(struct ce_cli *cli, const struct ce_args *names, const struct ccenv_tools *tools)
{
	for (size_t i = 0; i < names->n; i++) {
		if (ce_tool_field_value(ce_tool_field_find(names->items[i]), tools))
			continue;
		return ce_cli_failf(cli, CCENV_ENOTFOUND,
			"%s has no %s; add \"nvcc\" to \"components\" of \"cuda\" in ccenv.json and run `ccenv install`",
			tools->root, names->items[i]);
	}
	return CE_EXIT_OK;
}

static void print_json(const struct ce_args *names, const struct ccenv_tools *tools)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();

	for (size_t i = 0; i < names->n; i++)
		json_object_set_new(o, names->items[i],
			json_string(
				ce_tool_field_value(ce_tool_field_find(names->items[i]), tools)));
	ce_cli_print_json(o);
}

static int run(struct ce_cli *cli)
{
	const char *target = NULL;
	const struct ce_opt own[] = {
		CE_OPT_TARGET(target),
		{0},
	};
	struct ccenv_tools tools;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!cli->args.n)
		return unknown(cli, NULL);
	for (size_t i = 0; i < cli->args.n; i++)
		if (!ce_tool_field_find(cli->args.items[i]))
			return unknown(cli, cli->args.items[i]);
	status = ce_cli_tools(cli, target, &tools);
	if (status != CE_EXIT_OK)
		return status;
	status = check(cli, &cli->args, &tools);
	if (status == CE_EXIT_OK && cli->json)
		print_json(&cli->args, &tools);
	for (size_t i = 0; status == CE_EXIT_OK && !cli->json && i < cli->args.n; i++)
		printf("%s\n", ce_tool_field_value(ce_tool_field_find(cli->args.items[i]), &tools));
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_print = {
	.name = "print",
	.args = "NAME…",
	.summary = "print paths and versions of the installed tools",
	.example = "  make CC=\"$(ccenv print cc)\" NVCC=\"$(ccenv print nvcc)\"\n",
	.more_help = help_names,
	.run = run,
};
