/* SPDX-License-Identifier: MIT */
/* ccenv export: the lock in the formats of other programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "ccenv/exchange.h"
#include "cli/cli.h"
#include "cli/own_file.h"

static int unknown_format(struct ce_cli *cli, const char *name)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	if (name)
		ce_buf_addf(&b, "unknown format \"%s\"; known are ", name);
	else
		ce_buf_adds(&b, "--format is missing; it is one of ");
	for (size_t i = 0; ccenv_exchange_format_name(i); i++)
		ce_buf_addf(&b, "%s%s", i ? ", " : "", ccenv_exchange_format_name(i));
	return ce_cli_usage(cli, ce_buf_str(&b));
}

static int put(struct ce_cli *cli, const char *text, const char *path)
{
	struct ccenv_error err;
	bool changed;

	if (!path || strcmp(path, "-") == 0) {
		fputs(text, stdout);
		return CE_EXIT_OK;
	}
	if (ce_own_file_put(path, text, &changed, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_wrote(cli, path, changed ? "Wrote %s" : "%s is up to date", path);
}

static int run(struct ce_cli *cli)
{
	struct ccenv_export_options o = {0};
	const char *format = NULL, *path = NULL;
	const struct ce_opt own[] = {
		{"format", 'f', "FORMAT",
			"explicit, pixi, conda-lock, environment-yaml, spdx or cyclonedx",
			.string = &format},
		{"environment", 'e', "NAME", "that environment [default; in pixi.lock all]",
			.string = &o.of.environment},
		{"platform", 'p', "PLATFORM",
			"that platform, or one side of a target (TARGET:build) [this machine's; in pixi.lock and conda-lock.yml all]",
			.string = &o.of.platform},
		{"target", 0, "TARGET", "the host side of that target", .string = &o.of.target},
		{"output", 'o', "FILE", "write there [stdout]", .string = &path},
		{0},
	};
	CE_AUTOFREE char *text = NULL;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	o.format = format ? ccenv_exchange_format_find(format) : 0;
	if (!o.format)
		return unknown_format(cli, format);
	if (path && !*path)
		return ce_cli_usage(cli, "--output is empty");
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	return ccenv_export(cli->project, &o, &text, &err) < 0 ? ce_cli_fail(cli, &err, NULL)
							       : put(cli, text, path);
}

const struct ce_command ce_cmd_export = {
	.name = "export",
	.args = "",
	.summary = "write the lock in the format of another program",
	.example = "  ccenv export --format pixi -o pixi.lock\n"
		   "  ccenv export --format spdx -o app.spdx.json\n",
	.run = run,
};
