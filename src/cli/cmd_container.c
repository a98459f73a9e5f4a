/* SPDX-License-Identifier: MIT */
/* ccenv container, ccenv ci: files that build the project elsewhere, from its lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* Prints the text that a call gave, and frees it. */
static int print(char *text)
{
	fputs(text, stdout);
	free(text);
	return CE_EXIT_OK;
}

static int run_container(struct ce_cli *cli)
{
	const char *format = "dockerfile";
	struct ccenv_container_options o = {0};
	const struct ce_opt own[] = {
		{"format", 0, "FORMAT", "dockerfile or apptainer [dockerfile]", .string = &format},
		{"runtime-only", 0, NULL, "ship what is built already, in the folder dist",
			.flag = &o.runtime_only},
		{"base", 0, "IMAGE", "the base image, with its digest [Debian 12]",
			.string = &o.base},
		{"program", 0, "NAME", "what the image runs [the name in ccenv.json]",
			.string = &o.program},
		{0},
	};
	struct ccenv_error err;
	struct ccenv *c;
	char *text;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (strcmp(format, "apptainer") == 0)
		o.format = CCENV_CONTAINER_APPTAINER;
	else if (strcmp(format, "dockerfile") != 0)
		return ce_cli_usage(cli, "--format: expected dockerfile or apptainer");
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_container(c, &o, &text, &err);
	ccenv_close(c);
	return r < 0 ? ce_cli_fail(cli, &err, NULL) : print(text);
}

const struct ce_command ce_cmd_container = {
	.name = "container",
	.args = "",
	.summary = "print a Dockerfile or Apptainer file that builds and ships the project",
	.example = "  ccenv container --format dockerfile >Dockerfile\n",
	.run = run_container,
};

static int run_ci(struct ce_cli *cli)
{
	const char *format = "github";
	struct ccenv_ci_options o = {0};
	const struct ce_opt own[] = {
		{"format", 0, "FORMAT", "github or gitlab [github]", .string = &format},
		{"base", 0, "IMAGE", "the image for GitLab, with its digest [Debian 12]",
			.string = &o.base},
		{"url", 0, "URL", "an archive with bin/ccenv, to install it from",
			.string = &o.url},
		{"sha256", 0, "HASH", "of that archive", .string = &o.sha256},
		{0},
	};
	struct ccenv_error err;
	struct ccenv *c;
	char *text;
	int r, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (strcmp(format, "gitlab") == 0)
		o.format = CCENV_CI_GITLAB;
	else if (strcmp(format, "github") != 0)
		return ce_cli_usage(cli, "--format: expected github or gitlab");
	status = ce_cli_open(cli, &c);
	if (status != CE_EXIT_OK)
		return status;
	r = ccenv_ci(c, &o, &text, &err);
	ccenv_close(c);
	return r < 0 ? ce_cli_fail(cli, &err, NULL) : print(text);
}

const struct ce_command ce_cmd_ci = {
	.name = "ci",
	.args = "",
	.summary = "print a file for GitHub or GitLab that builds and tests with the lock",
	.example = "  ccenv ci --format github >.github/workflows/build.yml\n",
	.run = run_ci,
};
