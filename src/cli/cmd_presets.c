/* SPDX-License-Identifier: MIT */
/* ccenv presets: CMake presets to commit. */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli, int argc, char **argv)
{
	const char *dir = NULL;
	const struct ce_opt own[] = {
		{"output-dir", 'o', "DIR", "write there [where ccenv.json is]", .string = &dir},
		{0},
	};
	struct ccenv_error err;
	struct ce_args args;
	struct ccenv *c;
	bool changed;
	int r, status;

	if (!ce_cli_begin(cli, &ce_cmd_presets, own, argc, argv, &args, &status))
		return status;
	if (args.n)
		return ce_cli_usage(&ce_cmd_presets, "presets takes no arguments");
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_presets(c, dir, &changed, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (changed && !cli->quiet)
		fprintf(stderr,
			"Next: commit them, with \"include\": [\"ccenv-presets.json\"] in CMakePresets.json (\"version\": 4 or later); then\n"
			"    cmake --preset ccenv-release && cmake --build --preset ccenv-release\n");
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_presets = {
	"presets", "", "write CMake presets to commit, and the toolchain file they use", run};
