/* SPDX-License-Identifier: MIT */
/* ccenv bundle: one file for machines without network. */
#include "ccenv/exchange.h"
#include "cli/cli.h"
#include "cli/packages.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_bundle_options o = {.path = "ccenv-bundle.tar"};
	const struct ce_opt own[] = {
		{"output", 'o', "FILE", "write there [ccenv-bundle.tar]", .string = &o.path},
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

	if (!ce_cli_start(cli, own, &status))
		return status;
	if (ccenv_bundle(cli->project, &o, &n, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_packages_say(cli, "Bundled", n, o.path);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_bundle = {
	.name = "bundle",
	.args = "",
	.summary = "write one file with the locked packages, for `ccenv install --from-bundle`",
	.example = "  ccenv bundle --platform linux-64 -o app.tar\n",
	.run = run,
};
