/* SPDX-License-Identifier: MIT */
/* ccenv init: a new manifest. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/path.h"
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
	CE_AUTOFREE char *there = NULL;
	const char *path;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n > 1 || (cli->args.n && cli->manifest))
		return ce_cli_usage(cli, "give one directory, or --manifest FILE");
	if (cli->args.n && !*cli->args.items[0])
		return ce_cli_usage(cli, "the name of the directory is empty");
	there = cli->args.n ? ce_path_join(cli->args.items[0], "ccenv.json") : NULL;
	path = there ? there : cli->manifest ? cli->manifest : "ccenv.json";
	status = ce_cli_config(cli);
	if (status != CE_EXIT_OK)
		return status;

	const struct ccenv_init_options o = {
		.path = path,
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
	return ce_cli_wrote(cli, path,
		there ? "Wrote %s; next, there: `ccenv lock`" : "Wrote %s; next: `ccenv lock`",
		path);
}

const struct ce_command ce_cmd_init = {
	.name = "init",
	.args = "[DIR]",
	.summary = "write a new ccenv.json",
	.example = "  ccenv init --cuda 13.0 --component nvcc --component cublas\n",
	.run = run,
};
