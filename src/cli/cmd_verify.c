/* SPDX-License-Identifier: MIT */
/* ccenv verify: is every file of the prefix as its package has it? */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_install_options o = {0};
	const struct ce_opt own[] = {
		CE_OPT_SELECTION(o.of),
		{"prefix", 0, "DIR", "a prefix elsewhere", .string = &o.prefix},
		{0},
	};
	struct ccenv_error err;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&o.of);
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_verify(cli->project, &o, &err);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	if (cli->json)
		printf("{\"whole\": true}\n");
	else
		ce_cli_say(cli,
			r > 0 ? "Every file is as it was installed"
			      : "Every file is as it was installed, and the packages are those of the lock");
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_verify = {
	.name = "verify",
	.args = "",
	.summary = "check every installed file, and the packages against the lock",
	.example = "  ccenv verify\n",
	.run = run,
};
