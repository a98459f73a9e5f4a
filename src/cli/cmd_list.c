/* SPDX-License-Identifier: MIT */
/* ccenv list: what is locked. */
#include "cli/cli.h"

static int run(struct ce_cli *cli, int argc, char **argv)
{
	const char *environment = NULL, *platform = NULL;
	const struct ce_opt own[] = {
		{"environment", 'e', "NAME", "environment [default]", .string = &environment},
		{"platform", 'p', "PLATFORM", "platform [this machine's]", .string = &platform},
		{0},
	};
	struct ccenv_packages list;
	struct ccenv_error err;
	struct ce_args args;
	struct ccenv *c;
	int r, status;

	if (!ce_cli_begin(cli, &ce_cmd_list, own, argc, argv, &args, &status))
		return status;
	if (args.n)
		return ce_cli_usage(&ce_cmd_list, "list takes no arguments");
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_list(c, environment, platform, &list, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_cli_print_packages(cli, &list);
	ccenv_packages_free(&list);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_list = {
	"list", "", "print the locked packages: name version build subdir channel", run};
