/* SPDX-License-Identifier: MIT */
/* ccenv ide: a .clangd for the project, so that clangd reads CUDA code as it is compiled. */
#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "cli/cli.h"
#include "cli/own_file.h"

enum {
	FILE_MAX = 1 << 20
};

static int copy(const char *from, const char *to, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = ce_fs_read(from, FILE_MAX, &text, err);

	if (r < 0)
		return r;
	return ce_own_file_write(to, "# ccenv ide ", ce_buf_str(&text), err);
}

static int run(struct ce_cli *cli)
{
	const char *output = ".clangd", *target = NULL;
	const struct ce_opt own[] = {
		CE_OPT_TARGET(target),
		{"output", 'o', "FILE", "write it there [.clangd]", .string = &output},
		{0},
	};
	struct ccenv_tools tools;
	struct ccenv_error err;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	status = ce_cli_tools(cli, target, &tools);
	if (status != CE_EXIT_OK)
		return status;
	if (!tools.clangd_file)
		r = ce_fail(&err, CCENV_ENOTFOUND,
			"%s has no file for clangd; run `ccenv install` again", tools.root);
	else
		r = copy(tools.clangd_file, output, &err);
	ccenv_tools_free(&tools);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_wrote(cli, output,
		"Wrote %s: clangd takes the commands from the compile_commands.json of the build directory",
		output);
}

const struct ce_command ce_cmd_ide = {
	.name = "ide",
	.args = "",
	.summary = "write .clangd, so that clangd reads CUDA code as it is compiled here",
	.example = "  ccenv ide\n",
	.run = run,
};
