/* SPDX-License-Identifier: MIT */
/* ccenv run: a command in the environment of the installed tools. */
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

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
	status = ce_cli_exec(cli, &list, (const char *const *)cli->args.items);
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_run = {
	.name = "run",
	.args = "[--] CMD [ARG…]",
	.summary = "run a command with the installed tools in its environment (see env)",
	.example = "  ccenv run -- nvcc --version\n",
	.passes_on = true,
	.run = run,
};
