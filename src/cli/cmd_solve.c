/* SPDX-License-Identifier: MIT */
/* ccenv solve: specs to packages, without a project. */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/packages.h"

static int solve(struct ce_cli *cli, const struct ccenv_solve_options *o)
{
	const struct ce_packages_view view = {0};
	struct ccenv_packages list;
	char *explanation = NULL;
	struct ccenv_error err;
	int r, status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_solve(cli->project, o, &list, &explanation, &err);
	if (r < 0) {
		status = ce_cli_fail(cli, &err, explanation);
		free(explanation);
		return status;
	}
	ce_ui_clear(&cli->ui);
	status = ce_packages_print(cli, &list, &view);
	ccenv_packages_free(&list);
	return status;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_solve_options o = {0};
	const struct ce_opt own[] = {
		{"channel", 'c', "CHANNEL", "a name, a URL or a path; the first has priority",
			.list = &cli->channels},
		{"platform", 'p', "PLATFORM", "solve for that platform [this machine's]",
			.string = &o.platform},
		{"system-requirements", 's', "NAME=VERSION",
			"what the machine has: cuda=13.0, glibc=2.28, …",
			.list = &cli->system_requirements},
		{"host", 0, NULL, "assume what this machine has, not the platform's defaults",
			.flag = &o.host},
		{"exclude-newer", 0, "DATE", "ignore packages that are newer: 2025-10-25, or 7d",
			.string = &o.exclude_newer},
		{"channel-priority", 0, "MODE", "strict, flexible or disabled [strict]",
			.string = &o.channel_priority},
		{"strategy", 0, "MODE", "highest, lowest or lowest-direct [highest]",
			.string = &o.strategy},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n == 0)
		return ce_cli_usage(cli, "name at least one package");
	o.specs = (const char *const *)cli->args.items;
	o.n_specs = cli->args.n;
	status = ce_cli_config(cli);
	if (status != CE_EXIT_OK)
		return status;
	o.channels = cli->channels.items;
	o.n_channels = cli->channels.n;
	o.system_requirements = cli->system_requirements.items;
	o.n_system_requirements = cli->system_requirements.n;
	return solve(cli, &o);
}

const struct ce_command ce_cmd_solve = {
	.name = "solve",
	.args = "SPEC…",
	.summary = "solve specs without a manifest; prints name version build subdir channel",
	.example = "  ccenv solve -p linux-64 'cuda-nvcc 13.0.*' -s cuda=13.0\n",
	.run = run,
};
