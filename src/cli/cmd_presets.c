/* SPDX-License-Identifier: MIT */
/* ccenv presets: CMake presets to commit. */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli)
{
	const char *dir = NULL;
	const struct ce_opt own[] = {
		{"output-dir", 'o', "DIR", "write there [where ccenv.json is]", .string = &dir},
		{0},
	};
	struct ccenv_error err;
	struct ccenv *c;
	bool changed;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_presets(c, dir, &changed, &err);
	ccenv_close(c);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (changed)
		ce_cli_say(cli,
			"Next: commit them, with \"include\": [\"ccenv-presets.json\"] in CMakePresets.json (\"version\": 4 or later); then\n"
			"    cmake --preset ccenv-release && cmake --build --preset ccenv-release");
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_presets = {
	.name = "presets",
	.args = "",
	.summary = "write CMake presets to commit, and the toolchain file they use",
	.example = "  ccenv presets && cmake --preset ccenv\n",
	.run = run,
};
