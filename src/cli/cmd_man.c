/* SPDX-License-Identifier: MIT */
/* ccenv man: manual pages, from the tables that the help is made of. */
#include <stdio.h>

#include "base/attr.h"
#include "cli/cli.h"
#include "cli/man.h"

static int run(struct ce_cli *cli)
{
	struct ce_opt common[CE_CLI_N_COMMON];
	const struct ce_command *command;
	char *argv[] = {NULL, NULL};
	int status;

	if (!ce_cli_begin(cli, NULL, &status))
		return status;
	if (cli->args.n > 1)
		return ce_cli_usage(cli, "name one command");
	if (!cli->args.n) {
		ce_cli_common(cli, common);
		ce_man_program(common);
		return CE_EXIT_OK;
	}
	command = ce_command_find(cli->args.items[0]);
	if (!command)
		return ce_cli_no_command(cli, cli->args.items[0]);
	/* ce_cli_begin(), which each command calls first, prints its page. */
	argv[0] = cli->args.items[0];
	cli->man = true;
	cli->command = command;
	cli->argc = 1;
	cli->argv = argv;
	return command->run(cli);
}

const struct ce_command ce_cmd_man = {
	.name = "man",
	.args = "[COMMAND]",
	.summary = "print a manual page as roff; an installed ccenv has them in place",
	.example = "  ccenv man lock | man -l -\n",
	.run = run,
};
