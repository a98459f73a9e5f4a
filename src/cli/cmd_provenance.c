/* SPDX-License-Identifier: MIT */
/* ccenv provenance: what files were built from, for who verifies them. */
#include "cli/cli.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_provenance_options o = {0};
	const struct ce_opt own[] = {
		{"environment", 'e', "NAME", "the environment that they were built with [default]",
			.string = &o.of.environment},
		{"platform", 'p', "NAME", "the platform that they are for [this machine's]",
			.string = &o.of.platform},
		CE_OPT_TARGET(o.of.target),
		{"builder", 0, "URI", "who built them [https://ccenv.dev/provenance/builder/local]",
			.string = &o.builder},
		{0},
	};
	struct ccenv_error err;
	char *text;
	int status;

	if (!ce_cli_start(cli, own, &status))
		return status;
	ce_cli_default_target(&o.of);
	o.files = (const char *const *)cli->args.items;
	o.n_files = cli->args.n;
	if (ccenv_provenance(cli->project, &o, &text, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_print_text(text);
}

const struct ce_command ce_cmd_provenance = {
	.name = "provenance",
	.args = "[FILE…]",
	.summary = "print what files were built from, as an in-toto statement (SLSA provenance)",
	.example = "  ccenv provenance build/app > app.intoto.json\n",
	.run = run,
};
