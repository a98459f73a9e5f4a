/* SPDX-License-Identifier: MIT */
/* ccenv solve: specs to packages, without a project. */
#include <stdlib.h>

#include "cli/cli.h"

static int solve(struct ce_cli *cli, const struct ccenv_solve_options *o)
{
	struct ccenv_packages list;
	char *explanation = NULL;
	struct ccenv_error err;
	struct ccenv *c;
	int r, status = ce_cli_open(cli, &c);

	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_solve(c, o, &list, &explanation, &err);
	ccenv_close(c);
	if (r < 0) {
		status = ce_cli_fail(cli, &err, explanation);
		free(explanation);
		return status;
	}
	ce_ui_clear(&cli->ui);
	ce_cli_print_packages(cli, &list);
	ccenv_packages_free(&list);
	return CE_EXIT_OK;
}

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ce_opt_list sysreqs = {0};
	struct ccenv_solve_options o = {0};
	const struct ce_opt own[] = {
		{"channel", 'c', "CHANNEL", "a name, a URL or a path; the first has priority",
			.list = &cli->channels},
		{"platform", 'p', "PLATFORM", "solve for that platform [this machine's]",
			.string = &o.platform},
		{"system-requirements", 's', "NAME=VERSION",
			"what the machine has: cuda=13.0, glibc=2.28, …", .list = &sysreqs},
		{"host", 0, NULL, "assume what this machine has, not the platform's defaults",
			.flag = &o.host},
		{"exclude-newer", 0, "DATE", "leave out what is newer: 2025-10-25, or 7d",
			.string = &o.exclude_newer},
		{"channel-priority", 0, "MODE", "strict, flexible or disabled [strict]",
			.string = &o.channel_priority},
		{"strategy", 0, "MODE", "highest, lowest or lowest-direct [highest]",
			.string = &o.strategy},
		{0},
	};
	struct ce_args args;
	int status;

	if (!ce_cli_begin(cli, &ce_cmd_solve, own, argc, argv, &args, &status))
		goto out;
	if (args.n == 0) {
		status = ce_cli_usage(&ce_cmd_solve, "name at least one package");
		goto out;
	}
	o.specs = (const char *const *)args.items;
	o.n_specs = args.n;
	o.channels = cli->channels.items;
	o.n_channels = cli->channels.n;
	o.system_requirements = sysreqs.items;
	o.n_system_requirements = sysreqs.n;
	status = solve(cli, &o);
out:
	ce_opt_list_release(&sysreqs);
	return status;
}

const struct ce_command ce_cmd_solve = {
	"solve", "SPEC…", "solve specs without a manifest: name version build subdir channel", run};
