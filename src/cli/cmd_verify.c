/* SPDX-License-Identifier: MIT */
/* ccenv verify: is every file of the prefix what its package brought? */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ccenv_install_options o = {0};
	const struct ce_opt own[] = {
		{"environment", 'e', "NAME", "environment [default]", .string = &o.environment},
		{"platform", 'p', "PLATFORM", "platform [this machine's]", .string = &o.platform},
		{"prefix", 0, "DIR", "a prefix elsewhere", .string = &o.prefix},
		{0},
	};
	struct ccenv_error err;
	struct ce_args args;
	struct ccenv *c;
	int r, status;

	if (!ce_cli_begin(cli, &ce_cmd_verify, own, argc, argv, &args, &status))
		return status;
	if (args.n)
		return ce_cli_usage(&ce_cmd_verify, "verify takes no arguments");
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_verify(c, &o, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	if (cli->json)
		printf("{\"whole\": true}\n");
	else if (!cli->quiet)
		fprintf(stderr, "Every file is as its package brought it\n");
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_verify = {
	"verify", "", "compare every file of the installed prefix with its package's record", run};
