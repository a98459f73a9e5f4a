/* SPDX-License-Identifier: MIT */
/* ccenv ide: a .clangd for the project, so that clangd reads CUDA code as it is compiled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "cli/cli.h"

enum {
	MAX_FILE = 1 << 20
};

static const char first_line[] = "# ccenv ide ";

/* The project's own .clangd is not replaced. */
static int check_place(const char *path, const char *from, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf old = {0};
	int r = ce_fs_read(path, MAX_FILE, &old, err);

	if (r == CCENV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	if (strncmp(ce_buf_str(&old), first_line, sizeof(first_line) - 1) != 0)
		return ce_fail(err, CCENV_EUSAGE,
			"%s was not written by ccenv; copy what you need from %s, or name another file with --output",
			path, from);
	return 0;
}

static int write_file(const char *from, const char *to, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = check_place(to, from, err);

	if (r < 0)
		return r;
	r = ce_fs_read(from, MAX_FILE, &text, err);
	if (r < 0)
		return r;
	return ce_fs_replace(to, ce_buf_str(&text), text.len, NULL, err);
}

static int run(struct ce_cli *cli)
{
	const char *output = ".clangd";
	const struct ce_opt own[] = {
		{"output", 'o', "FILE", "write it there [.clangd]", .string = &output},
		{0},
	};
	struct ccenv_tools tools;
	struct ccenv_error err;
	char *from;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	status = ce_cli_tools(cli, NULL, &tools);
	if (status != CE_EXIT_OK)
		return status;
	from = ce_path_join(tools.root, "ide/clangd.yaml");
	ccenv_tools_free(&tools);
	r = write_file(from, output, &err);
	free(from);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_cli_say(cli,
		"Wrote %s: clangd takes the commands from the compile_commands.json of the build directory",
		output);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_ide = {
	.name = "ide",
	.args = "",
	.summary = "write .clangd, so that clangd reads CUDA code as it is compiled here",
	.run = run,
};
