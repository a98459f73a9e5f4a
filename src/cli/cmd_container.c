/* SPDX-License-Identifier: MIT */
/* ccenv container, ccenv ci: files that build the project elsewhere, from its lock. */
#include "cli/cli.h"

struct chosen {
	const char *name; /* as --format has it */
	int index;
};

/* Reads the options, which set `format`, and opens the project. */
static bool begin(struct ce_cli *cli, const struct ce_opt *own, const char *const *formats,
	struct chosen *format, int *ret_status)
{
	if (!ce_cli_begin(cli, own, ret_status))
		return false;
	*ret_status = CE_EXIT_USAGE;
	format->index = ce_cli_choice(cli, "--format", format->name, formats);
	if (format->index < 0)
		return false;
	*ret_status = ce_cli_open(cli);
	return *ret_status == CE_EXIT_OK;
}

static int run_container(struct ce_cli *cli)
{
	static const char *const formats[] = {"dockerfile", "apptainer", NULL};
	struct chosen format = {formats[0], 0};
	struct ccenv_container_options o = {0};
	const struct ce_opt own[] = {
		{"format", 0, "FORMAT", "dockerfile or apptainer [dockerfile]",
			.string = &format.name},
		{"runtime-only", 0, NULL, "ship what is built already, in the folder dist",
			.flag = &o.runtime_only},
		{"base", 0, "IMAGE", "the base image, with its digest [Debian 12]",
			.string = &o.base},
		{"program", 0, "NAME", "what the image runs [the name in ccenv.json]",
			.string = &o.program},
		{0},
	};
	struct ccenv_error err;
	char *text;
	int status;

	if (!begin(cli, own, formats, &format, &status))
		return status;
	o.format = (enum ccenv_container_format)format.index;
	if (ccenv_container(cli->project, &o, &text, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_print_text(text);
}

const struct ce_command ce_cmd_container = {
	.name = "container",
	.args = "",
	.summary = "print a Dockerfile or Apptainer file to build and ship the project",
	.example = "  ccenv container --format dockerfile >Dockerfile\n",
	.run = run_container,
};

static int run_ci(struct ce_cli *cli)
{
	static const char *const formats[] = {"github", "gitlab", NULL};
	struct chosen format = {formats[0], 0};
	struct ccenv_ci_options o = {0};
	const struct ce_opt own[] = {
		{"format", 0, "FORMAT", "github or gitlab [github]", .string = &format.name},
		{"base", 0, "IMAGE", "the image for GitLab, with its digest [Debian 12]",
			.string = &o.base},
		{"url", 0, "URL", "an archive with bin/ccenv, to install it from",
			.string = &o.url},
		{"sha256", 0, "HASH", "of that archive", .string = &o.sha256},
		{0},
	};
	struct ccenv_error err;
	char *text;
	int status;

	if (!begin(cli, own, formats, &format, &status))
		return status;
	o.format = (enum ccenv_ci_format)format.index;
	if (ccenv_ci(cli->project, &o, &text, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_print_text(text);
}

const struct ce_command ce_cmd_ci = {
	.name = "ci",
	.args = "",
	.summary = "print a GitHub or GitLab file that builds and tests with the lock",
	.example = "  ccenv ci --format github >.github/workflows/build.yml\n",
	.run = run_ci,
};
