/* SPDX-License-Identifier: MIT */
/* ccenv presets: CMake presets to commit. */
#include "base/alloc.h"
#include "base/path.h"
#include "cli/cli.h"

/* Where they are. The caller frees it. */
static char *presets_path(const struct ce_cli *cli, const char *dir)
{
	const struct ccenv_options o = {.manifest = cli->manifest};
	CE_AUTOFREE char *manifest = dir ? NULL : ccenv_manifest_path(&o);
	CE_AUTOFREE char *of = manifest ? ce_path_dir(manifest) : ce_strdup(dir ? dir : ".");

	return ce_path_join(of, "ccenv-presets.json");
}

static int run(struct ce_cli *cli)
{
	const char *dir = NULL;
	const struct ce_opt own[] = {
		{"output-dir", 'o', "DIR", "write there [where ccenv.json is]", .string = &dir},
		{0},
	};
	CE_AUTOFREE char *path = NULL;
	struct ccenv_error err;
	bool changed;
	int status;

	if (!ce_cli_start(cli, own, &status))
		return status;
	if (ccenv_presets(cli->project, dir, &changed, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	path = presets_path(cli, dir);
	if (!changed && !cli->json)
		return CE_EXIT_OK;
	return ce_cli_wrote(cli, path,
		"Next: commit them, with \"include\": [\"ccenv-presets.json\"] in CMakePresets.json (\"version\": 4 or later); then\n"
		"    cmake --preset ccenv-release && cmake --build --preset ccenv-release");
}

const struct ce_command ce_cmd_presets = {
	.name = "presets",
	.args = "",
	.summary = "write CMake presets to commit, and the toolchain file they use",
	.example = "  ccenv presets && cmake --preset ccenv\n",
	.run = run,
};
