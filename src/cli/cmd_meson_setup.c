/* SPDX-License-Identifier: MIT */
/* ccenv meson-setup: Meson with the native file, and the environment that dependency('cuda') reads.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "cli/cli.h"

/* meson setup --native-file FILE ARG… (a target has a cross file): behind the option, so that BUILD and SRC stay next to each
 * other. */
static const char **command(const struct ccenv_tools *tools, const struct ce_args *args)
{
	const char **argv = ce_calloc(args->n + 5, sizeof(*argv));
	size_t n = 0;

	argv[n++] = "meson";
	argv[n++] = "setup";
	argv[n++] = tools->name ? "--cross-file" : "--native-file";
	argv[n++] = tools->meson_file;
	for (size_t i = 0; i < args->n; i++)
		argv[n++] = args->items[i];
	return argv;
}

/* The manifest of `meson-setup BUILD SRC`, which works from any directory; NULL when SRC is not given
 * or has none. The caller frees it. */
static char *manifest_of_source(const struct ce_args *args)
{
	CE_AUTOFREE char *path = NULL;

	if (args->n < 2 || args->items[1][0] == '-')
		return NULL;
	path = ce_path_join(args->items[1], "ccenv.json");
	return ce_fs_exists(path) ? CE_TAKE(path) : NULL;
}

static int run(struct ce_cli *cli)
{
	CE_AUTOFREE char *manifest = NULL;
	const char *target = NULL;
	const struct ce_opt own[] = {
		CE_OPT_TARGET(target),
		{0},
	};
	struct ccenv_variables list;
	struct ccenv_tools tools;
	const char **meson;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!cli->args.n)
		return ce_cli_usage(cli, "name the build directory");
	manifest = manifest_of_source(&cli->args);
	if (!cli->manifest)
		cli->manifest = manifest;
	status = ce_cli_environment(cli, target, &tools, &list);
	if (status != CE_EXIT_OK)
		return status;
	if (tools.meson_file) {
		meson = command(&tools, &cli->args);
		status = ce_cli_exec(cli, &list, meson);
		free(meson);
	} else {
		status = ce_cli_failf(cli, CCENV_ENOTFOUND,
			"%s has no Meson file; run `ccenv install` again", tools.root);
	}
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_meson_setup = {
	.name = "meson-setup",
	.args = "BUILD [SRC] [ARG…]",
	.summary = "run `meson setup` with the installed tools",
	.example = "  ccenv meson-setup build -Dbuildtype=release\n",
	.passes_on = true,
	.run = run,
};
