/* SPDX-License-Identifier: MIT */
/* ccenv vendor: the one file for projects whose users will not install anything first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/own_file.h"

static int run(struct ce_cli *cli)
{
	CE_CLEANUP(ce_opt_list_release) struct ce_opt_list archives = {0};
	struct ccenv_vendor_options o = {0};
	const char *output = "cmake/CondaCuda.cmake";
	const struct ce_opt own[] = {
		{"archive", 0, "PLATFORM=URL#sha256=HASH",
			"a release archive of ccenv for that platform; repeat it for others",
			.list = &archives},
		{"url", 0, "URL", "a source archive of ccenv to build it from elsewhere",
			.string = &o.url},
		{"sha256", 0, "HASH", "of the source archive", .string = &o.sha256},
		{"output", 'o', "FILE", "write it there, - for stdout [cmake/CondaCuda.cmake]",
			.string = &output},
		{0},
	};
	struct ccenv_error err;
	char *text = NULL;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	o.archives = (const char *const *)archives.items;
	o.n_archives = archives.n;
	r = ccenv_vendor(&o, &text, &err);
	if (r >= 0 && strcmp(output, "-") == 0)
		fputs(text, stdout);
	else if (r >= 0)
		r = ce_own_file_write(output, "# ccenv vendor ", text, &err);
	free(text);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (strcmp(output, "-") == 0)
		return CE_EXIT_OK;
	return ce_cli_wrote(
		cli, output, "Wrote %s: include() it above project(), and commit it", output);
}

const struct ce_command ce_cmd_vendor = {
	.name = "vendor",
	.args = "",
	.summary =
		"write cmake/CondaCuda.cmake: find_package(CondaCuda) without an installed ccenv",
	.example = "  ccenv vendor --url https://example.org/ccenv.tar.gz --sha256 HASH\n",
	.run = run,
};
