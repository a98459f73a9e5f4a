/* SPDX-License-Identifier: MIT */
/* ccenv lock: solve and write ccenv.lock. */
#include <stdio.h>

#include "cli/cli.h"

static int lock(struct ce_cli *cli, const struct ccenv_lock_options *o)
{
	struct ccenv_lock_result result;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_lock(cli->project, o, &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	if (cli->json)
		printf("{\"changed\": %s, \"packages\": %zu}\n", result.changed ? "true" : "false",
			result.n_packages);
	else
		ce_cli_say(cli, "%s: %zu package%s",
			result.changed ? "Locked" : "The lock is up to date", result.n_packages,
			result.n_packages == 1 ? "" : "s");
	return CE_EXIT_OK;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_lock_options o = {0};
	bool update = false;
	const struct ce_opt own[] = {
		{"check", 0, NULL, "change nothing; exit 1 when the lock is out of date",
			.flag = &o.check},
		{"update", 0, NULL, "allow NAME… to move to newer versions; without names, all",
			.flag = &update},
		{"target", 0, "TARGET", "with --update: only in this target", .string = &o.target},
		{0},
	};
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n && !update)
		return ce_cli_usage(cli, "package names need --update");
	if (o.target && !update)
		return ce_cli_usage(cli, "--target needs --update");
	o.update_all = update && cli->args.n == 0;
	o.update = (const char *const *)cli->args.items;
	o.n_update = cli->args.n;
	return lock(cli, &o);
}

const struct ce_command ce_cmd_lock = {
	.name = "lock",
	.args = "[--update [NAME…]]",
	.summary = "solve for all platforms and targets of ccenv.json, write ccenv.lock",
	.example = "  ccenv lock --update cuda-nvcc\n",
	.run = run,
};
