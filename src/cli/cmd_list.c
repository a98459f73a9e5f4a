/* SPDX-License-Identifier: MIT */
/* ccenv list: what is locked. */
#include "cli/cli.h"
#include "cli/packages.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_selection of = {0};
	struct ce_packages_view view = {0};
	const struct ce_opt own[] = {
		CE_OPT_SELECTION(of),
		{"explicit", 'x', NULL, "only packages that ccenv.json asks for",
			.flag = &view.explicit_only},
		{"fields", 0, "FIELDS",
			"name, version, build, size, kind, source, channel, subdir, side, url, file-name, sha256, md5, license, license-family, build-number, timestamp, noarch, explicit, requested-spec, depends, constrains",
			.string = &view.fields},
		{"sort-by", 0, "FIELD", "one of these [name]; size: the largest first",
			.string = &view.sort_by},
		{0},
	};
	struct ccenv_packages list;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&of);
	if (cli->args.n > 1)
		return ce_cli_usage(cli, "give one regular expression; \"a|b\" matches either");
	view.match = cli->args.n ? cli->args.items[0] : NULL;
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_list(cli->project, &of, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	status = ce_packages_print(cli, &list, &view);
	ccenv_packages_free(&list);
	return status;
}

const struct ce_command ce_cmd_list = {
	.name = "list",
	.args = "[REGEX]",
	.summary = "list the locked packages: name version build subdir channel",
	.example = "  ccenv list cuda --sort-by size --fields name,version,size\n",
	.run = run,
};
