/* SPDX-License-Identifier: MIT */
/* ccenv exec: a command with the sources and the toolkit at fixed places. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* Replaces this process: signals and the exit status are the command's own. */
static int start(struct ce_cli *cli, char **argv)
{
	const struct ccenv_variables none = {0};
	char *here = getcwd(NULL, 0);
	int status;

	/* Shells believe PWD where it leads to the same directory. */
	if (here)
		setenv("PWD", here, 1);
	unsetenv("OLDPWD");
	/* With "reproducible": "strict" nvcc asks for it. */
	setenv("CCENV_EXEC", "1", 1);
	free(here);
	status = ce_cli_exec(cli, &none, (const char *const *)argv);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
	return status;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_exec_options o = {0};
	struct ce_opt_list binds = {0};
	const struct ce_opt own[] = {
		{"at", 0, "PATH", "where the sources are for the command [/ccenv/src]",
			.string = &o.at},
		{"source", 0, "DIR", "the sources [the directory of ccenv.json, or this one]",
			.string = &o.source},
		{"bind", 0, "DIR=PATH",
			"another directory and its place, as a build directory elsewhere; repeatable",
			.list = &binds},
		{0},
	};
	struct ccenv_error err;
	char **argv;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!cli->args.n)
		return ce_cli_usage(cli, "name a command to run");
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	o.binds = binds.items;
	o.n_binds = binds.n;
	o.argv = (const char *const *)cli->args.items;
	r = ccenv_exec(cli->project, &o, &argv, &err);
	ce_opt_list_release(&binds);
	return r < 0 ? ce_cli_fail(cli, &err, NULL) : start(cli, argv);
}

const struct ce_command ce_cmd_exec = {
	.name = "exec",
	.args = "[--] CMD [ARG…]",
	.summary = "run a command with sources and toolkit at fixed places, for equal builds",
	.example = "  ccenv exec -- sh -c 'cmake -B build && cmake --build build'\n",
	.passes_on = true,
	.run = run,
};
