/* SPDX-License-Identifier: MIT */
/* ccenv mirror: a channel of the locked packages. */
#include "ccenv/exchange.h"
#include "cli/cli.h"
#include "cli/packages.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_mirror_options o = {0};
	const struct ce_opt own[] = {
		{"add", 0, NULL, "keep what the mirror has already", .flag = &o.add},
		{"environment", 'e', "NAME", "only that environment [all]",
			.string = &o.of.environment},
		{"platform", 'p', "PLATFORM",
			"only for that platform, or one side of a target (TARGET:host) [all]",
			.string = &o.of.platform},
		{"target", 0, "TARGET", "only both sides of that target", .string = &o.of.target},
		{0},
	};
	struct ccenv_error err;
	size_t n;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n != 1)
		return ce_cli_usage(cli, "mirror takes one directory");
	o.dir = cli->args.items[0];
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_mirror(cli->project, &o, &n, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_packages_say(cli, "Mirrored", n, o.dir);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_mirror = {
	.name = "mirror",
	.args = "DIR",
	.summary = "make a channel of exactly the locked packages, for any web server",
	.example = "  ccenv mirror /srv/conda/app\n",
	.run = run,
};
