/* SPDX-License-Identifier: MIT */
/* ccenv mirror: a channel of the locked packages. */
#include <stdio.h>

#include "ccenv/exchange.h"
#include "cli/cli.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_mirror_options o = {0};
	const struct ce_opt own[] = {
		{"add", 0, NULL, "keep what the mirror has already", .flag = &o.add},
		{"environment", 'e', "NAME", "only that environment [all]",
			.string = &o.environment},
		{"platform", 'p', "PLATFORM",
			"only for that platform, or one side of a target (TARGET:host) [all]",
			.string = &o.platform},
		{"target", 0, "TARGET", "only both sides of that target", .string = &o.target},
		{0},
	};
	struct ccenv_error err;
	struct ccenv *c;
	size_t n;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n != 1)
		return ce_cli_usage(cli, "mirror takes one directory");
	o.dir = cli->args.items[0];
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_mirror(c, &o, &n, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	if (cli->json)
		printf("{\"packages\": %zu}\n", n);
	else
		ce_cli_say(cli, "Mirrored: %zu package%s in %s", n, n == 1 ? "" : "s", o.dir);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_mirror = {
	.name = "mirror",
	.args = "DIR",
	.summary = "make a channel of exactly the locked packages, for any web server",
	.example = "  ccenv mirror /srv/conda/app\n",
	.run = run,
};
