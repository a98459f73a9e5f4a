/* SPDX-License-Identifier: MIT */
/* ccenv meson-setup: Meson with the native file, and the environment that dependency('cuda') reads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "cli/cli.h"

/* meson setup DIR --native-file FILE ARG… */
static const char **command(const struct ccenv_tools *tools, const struct ce_args *args)
{
	const char **argv = ce_calloc(args->n + 5, sizeof(*argv));
	size_t n = 0;

	argv[n++] = "meson";
	argv[n++] = "setup";
	argv[n++] = args->items[0];
	argv[n++] = "--native-file";
	argv[n++] = tools->meson_file;
	for (size_t i = 1; i < args->n; i++)
		argv[n++] = args->items[i];
	return argv;
}

static int run(struct ce_cli *cli, int argc, char **argv)
{
	struct ccenv_variables list;
	struct ccenv_tools tools;
	struct ce_args args;
	const char **meson;
	int status;

	cli->passes_on = true;
	if (!ce_cli_begin(cli, &ce_cmd_meson_setup, NULL, argc, argv, &args, &status))
		return status;
	if (!args.n)
		return ce_cli_usage(&ce_cmd_meson_setup, "which build directory?");
	status = ce_cli_environment(cli, &tools, &list);
	if (status != CE_EXIT_OK)
		return status;
	if (tools.meson_file) {
		meson = command(&tools, &args);
		status = ce_cli_exec(cli, &list, meson);
		free(meson);
	} else {
		fprintf(stderr, "ccenv: %s has no Meson file; run `ccenv install` again\n",
			tools.root);
		status = CE_EXIT_FAILED;
	}
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_meson_setup = {
	"meson-setup", "DIR [ARG…]", "run `meson setup DIR` for what is installed", run};
