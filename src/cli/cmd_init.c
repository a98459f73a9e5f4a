/* SPDX-License-Identifier: MIT */
/* ccenv init: a new manifest. */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli)
{
	const char *name = NULL;
	const struct ce_opt own[] = {
		{"cuda", 0, "VERSION", "CUDA release, e.g. 13.0", .string = &cli->cuda},
		{"component", 0, "NAME", "nvcc, cudart, nvrtc, cublas, … [nvcc, cudart]",
			.list = &cli->components},
		{"channel", 'c', "CHANNEL", "a name, a URL or a path [conda-forge]",
			.list = &cli->channels},
		{"platform", 'p', "PLATFORM", "linux-64, linux-aarch64, … [this machine's]",
			.list = &cli->platforms},
		{"name", 0, "NAME", "name of the project", .string = &name},
		{0},
	};
	const char *path;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	status = ce_cli_config(cli);
	if (status != CE_EXIT_OK)
		return status;

	const struct ccenv_init_options o = {
		.path = cli->manifest,
		.name = name,
		.channels = cli->channels.items,
		.n_channels = cli->channels.n,
		.platforms = cli->platforms.items,
		.n_platforms = cli->platforms.n,
		.cuda_version = cli->cuda,
		.components = cli->components.items,
		.n_components = cli->components.n,
	};
	if (ccenv_init(&o, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	path = cli->manifest ? cli->manifest : "ccenv.json";
	return ce_cli_wrote(cli, path, "Wrote %s; next: `ccenv lock`", path);
}

const struct ce_command ce_cmd_init = {
	.name = "init",
	.args = "",
	.summary = "write a new ccenv.json",
	.example = "  ccenv init --cuda 13.0 --component nvcc --component cublas\n",
	.run = run,
};
