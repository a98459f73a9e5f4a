/* SPDX-License-Identifier: MIT */
/* ccenv provenance: what files were built from, for who verifies them. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli)
{
	struct ccenv_provenance_options o = {0};
	struct ccenv_selection of = {0};
	const struct ce_opt own[] = {
		{"environment", 'e', "NAME", "the environment that they were built with [default]",
			.string = &of.environment},
		{"platform", 'p', "NAME", "the platform that they are for [this machine's]",
			.string = &of.platform},
		CE_OPT_TARGET(of.target),
		{"builder", 0, "URI", "who built them [https://ccenv.dev/provenance/builder/local]",
			.string = &o.builder},
		{0},
	};
	struct ccenv_error err;
	struct ccenv *c;
	char *text;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	ce_cli_default_target(&of);
	o.environment = of.environment;
	o.platform = of.platform;
	o.target = of.target;
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	o.files = (const char *const *)cli->args.items;
	o.n_files = cli->args.n;
	r = ccenv_provenance(c, &o, &text, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	fputs(text, stdout);
	free(text);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_provenance = {
	.name = "provenance",
	.args = "[FILE…]",
	.summary = "print what files were built from, as an in-toto statement (SLSA provenance)",
	.example = "  ccenv provenance build/app > app.intoto.json\n",
	.run = run,
};
