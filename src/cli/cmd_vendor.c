/* SPDX-License-Identifier: MIT */
/* ccenv vendor: the one file for projects whose users will not install anything first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "cli/cli.h"

static const char first_line[] = "# ccenv vendor ";

/* A file that ccenv did not write is not replaced. */
static int check_place(const char *path, struct ccenv_error *err)
{
	char line[sizeof(first_line)] = "";
	FILE *f = fopen(path, "r");
	bool ours = true;

	if (f) {
		ours = fgets(line, sizeof(line), f) && strcmp(line, first_line) == 0;
		fclose(f);
	}
	if (!ours)
		return ce_fail(err, CCENV_EUSAGE,
			"%s was not written by ccenv vendor; move it away, or name another file with --output",
			path);
	return 0;
}

static int write_file(const char *path, const char *text, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);
	int r = check_place(path, err);

	if (r < 0)
		return r;
	r = ce_fs_mkdirs(dir, err);
	if (r < 0)
		return r;
	return ce_fs_replace(path, text, strlen(text), NULL, err);
}

static int run(struct ce_cli *cli)
{
	const char *url = NULL, *sha256 = NULL, *output = "cmake/CondaCuda.cmake";
	const struct ce_opt own[] = {
		{"url", 0, "URL", "a source archive of ccenv to build it from", .string = &url},
		{"sha256", 0, "HASH", "of that archive", .string = &sha256},
		{"output", 'o', "FILE", "write it there, - for stdout [cmake/CondaCuda.cmake]",
			.string = &output},
		{0},
	};
	struct ccenv_error err;
	char *text = NULL;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	r = ccenv_vendor(url, sha256, &text, &err);
	if (r >= 0 && strcmp(output, "-") == 0)
		fputs(text, stdout);
	else if (r >= 0)
		r = write_file(output, text, &err);
	free(text);
	if (r < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (strcmp(output, "-") != 0)
		ce_cli_say(cli, "Wrote %s: include() it above project(), and commit it", output);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_vendor = {
	.name = "vendor",
	.args = "",
	.summary =
		"write cmake/CondaCuda.cmake: find_package(CondaCuda) without an installed ccenv",
	.run = run,
};
