/* SPDX-License-Identifier: MIT */
/* ccenv init: a new manifest. */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ce_opt_list platforms = {0};
	const char *name = NULL;
	const struct ce_opt own[] = {
		{"cuda", 0, "VERSION", "CUDA release, e.g. 13.0", .string = &cli->cuda},
		{"component", 0, "NAME", "nvcc, cudart, nvrtc, cublas, … [nvcc, cudart]",
			.list = &cli->components},
		{"channel", 'c', "CHANNEL", "a name, a URL or a path [conda-forge]",
			.list = &cli->channels},
		{"platform", 'p', "PLATFORM", "linux-64, linux-aarch64, … [this machine's]",
			.list = &platforms},
		{"name", 0, "NAME", "name of the project", .string = &name},
		{0},
	};
	struct ccenv_error err;
	struct ce_args args;
	int status;

	if (!ce_cli_begin(cli, &ce_cmd_init, own, argc, argv, &args, &status)) {
		ce_opt_list_release(&platforms);
		return status;
	}
	const struct ccenv_init_options o = {
		.path = cli->manifest,
		.name = name,
		.channels = cli->channels.items,
		.n_channels = cli->channels.n,
		.platforms = platforms.items,
		.n_platforms = platforms.n,
		.cuda_version = cli->cuda,
		.components = cli->components.items,
		.n_components = cli->components.n,
	};
	if (args.n)
		status = ce_cli_usage(&ce_cmd_init, "init takes no arguments");
	else if (ccenv_init(&o, &err) < 0)
		status = ce_cli_fail(cli, &err, NULL);
	else
		status = CE_EXIT_OK;
	if (status == CE_EXIT_OK && !cli->quiet)
		fprintf(stderr, "Wrote %s; next: `ccenv lock`\n",
			cli->manifest ? cli->manifest : "ccenv.json");
	ce_opt_list_release(&platforms);
	return status;
}

const struct ce_command ce_cmd_init = {"init", "", "write a new ccenv.json", run};
