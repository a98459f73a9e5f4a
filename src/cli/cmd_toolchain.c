/* SPDX-License-Identifier: MIT */
/* ccenv toolchain: the CMake toolchain file for a source tree. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ccenv_error err;
	struct ce_args args;
	char *text;
	int status;

	if (!ce_cli_begin(cli, &ce_cmd_toolchain, NULL, argc, argv, &args, &status))
		return status;
	if (args.n)
		return ce_cli_usage(&ce_cmd_toolchain, "toolchain takes no arguments");
	if (ccenv_toolchain(&text, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	fputs(text, stdout);
	free(text);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_toolchain = {"toolchain", "",
	"print a CMake toolchain file to commit: ccenv toolchain > toolchain.cmake", run};
