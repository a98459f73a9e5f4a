/* SPDX-License-Identifier: MIT */
/* ccenv print: paths and versions of what is installed, for scripts and command lines of make. */
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/tool_fields.h"

/* `name` is NULL when there was none. */
static int unknown(const char *name)
{
	if (name)
		fprintf(stderr, "ccenv: there is no \"%s\" to print; known are:", name);
	else
		fprintf(stderr, "ccenv: what shall be printed? Known are:");
	for (const struct ce_fact *f = ce_facts; f->name; f++)
		fprintf(stderr, " %s", f->name);
	fprintf(stderr, "\n");
	return CE_EXIT_USAGE;
}

/* Nothing is printed unless everything is there: "$(ccenv print cc nvcc)" must not be half a line.
 */
static int check(const struct ce_args *names, const struct ccenv_tools *tools)
{
	for (size_t i = 0; i < names->n; i++) {
		if (ce_fact_value(ce_fact_find(names->items[i]), tools))
			continue;
		fprintf(stderr,
			"ccenv: %s has no %s; add \"nvcc\" to \"components\" of \"cuda\" in ccenv.json and run `ccenv install`\n",
			tools->root, names->items[i]);
		return CE_EXIT_FAILED;
	}
	return CE_EXIT_OK;
}

static void print_json(const struct ce_args *names, const struct ccenv_tools *tools)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < names->n; i++)
		json_object_set_new(o, names->items[i],
			json_string(ce_fact_value(ce_fact_find(names->items[i]), tools)));
	ce_json_format(o, &b);
	fputs(ce_buf_str(&b), stdout);
}

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ccenv_tools tools;
	struct ce_args args;
	int status;

	if (!ce_cli_begin(cli, &ce_cmd_print, NULL, argc, argv, &args, &status))
		return status;
	if (!args.n)
		return unknown(NULL);
	for (size_t i = 0; i < args.n; i++)
		if (!ce_fact_find(args.items[i]))
			return unknown(args.items[i]);
	status = ce_cli_tools(cli, NULL, &tools);
	if (status != CE_EXIT_OK)
		return status;
	status = check(&args, &tools);
	if (status == CE_EXIT_OK && cli->json)
		print_json(&args, &tools);
	for (size_t i = 0; status == CE_EXIT_OK && !cli->json && i < args.n; i++)
		printf("%s\n", ce_fact_value(ce_fact_find(args.items[i]), &tools));
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_print = {"print", "NAME…",
	"print paths and versions of what is installed: make CC=\"$(ccenv print cc)\"", run};
