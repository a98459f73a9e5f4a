/* SPDX-License-Identifier: MIT */
/* ccenv run: a command in the environment of the installed tools. */
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "cli/cli.h"

/* The PATH in which the command is looked up. */
static char *path_of(const struct ccenv_variables *list)
{
	const char *path = ce_cli_getenv("PATH");

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, "PATH") == 0)
			return ccenv_variable_value(&list->items[i], ce_cli_getenv);
	return ce_strdup(path ? path : "");
}

static int execute(
	struct ce_cli *cli, struct ccenv_tools *tools, const struct ccenv_variables *list)
{
	CE_AUTOFREE char *path = path_of(list);
	CE_AUTOFREE const char **argv = NULL;
	struct ccenv_error err;

	if (ccenv_emulate(tools, path, (const char *const *)cli->args.items, &argv, &err) < 0) {
		ce_cli_fail(cli, &err, NULL);
		return CE_EXIT_NO_COMMAND;
	}
	return ce_cli_exec(cli, list, argv);
}

static int run(struct ce_cli *cli)
{
	const char *target = NULL;
	const struct ce_opt own[] = {
		CE_OPT_TARGET(target),
		{0},
	};
	struct ccenv_variables list;
	struct ccenv_tools tools;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!cli->args.n)
		return ce_cli_usage(cli, "name a command to run");
	status = ce_cli_environment(cli, target, &tools, &list);
	if (status != CE_EXIT_OK)
		return status;
	/* Modes of files get into what is installed and packed. */
	if (*tools.reproducible && strcmp(tools.reproducible, "0") != 0)
		umask(022);
	status = execute(cli, &tools, &list);
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_run = {
	.name = "run",
	.args = "[--] CMD [ARG…]",
	.summary = "run a command with the installed tools in its environment (see env)",
	.example = "  ccenv run -- nvcc --version\n"
		   "  ccenv run --target sbsa -- build-arm/app      (by an emulator)\n",
	.passes_on = true,
	.run = run,
};
