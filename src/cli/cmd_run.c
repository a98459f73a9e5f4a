/* SPDX-License-Identifier: MIT */
/* ccenv run: a command in the environment of the installed tools. */
#include "cli/cli.h"

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ccenv_variables list;
	struct ccenv_tools tools;
	struct ce_args args;
	int status;

	cli->passes_on = true;
	if (!ce_cli_begin(cli, &ce_cmd_run, NULL, argc, argv, &args, &status))
		return status;
	if (!args.n)
		return ce_cli_usage(&ce_cmd_run, "which command?");
	status = ce_cli_environment(cli, &tools, &list);
	if (status != CE_EXIT_OK)
		return status;
	status = ce_cli_exec(cli, &list, (const char *const *)args.items);
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_run = {"run", "[--] CMD [ARG…]",
	"run a command in the environment of what is installed (see env)", run};
