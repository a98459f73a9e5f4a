/* SPDX-License-Identifier: MIT */
/* ccenv toolchain: toolchain files, for a source tree or for what is installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/tool_fields.h"

/* Those of the library, and two more that are made here. */
enum {
	FORMAT_ENV = 100,
	FORMAT_JSON
};

static const struct {
	const char *name;
	int format;
	bool can_be_committed;
} formats[] = {
	{"cmake", CCENV_FORMAT_CMAKE, true},
	{"make", CCENV_FORMAT_MAKE, true},
	{"meson", CCENV_FORMAT_MESON, false},
	{"env", FORMAT_ENV, false},
	{"json", FORMAT_JSON, false},
};

static void print_json(const struct ccenv_tools *tools)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = ce_tools_json(tools);

	ce_cli_print_json(o);
}

static int print_env(const struct ccenv_tools *tools, struct ccenv_error *err)
{
	struct ccenv_variables list;
	char *text;
	int r = ccenv_environment(tools, NULL, &list, err);

	if (r < 0)
		return r;
	text = ccenv_environment_text(&list, CCENV_SHELL_SH);
	fputs(text, stdout);
	free(text);
	ccenv_variables_free(&list);
	return 0;
}

static int print_file(int format, const struct ccenv_tools *tools, struct ccenv_error *err)
{
	char *text;
	int r = ccenv_toolchain((enum ccenv_format)format, tools, &text, err);

	if (r < 0)
		return r;
	fputs(text, stdout);
	free(text);
	return 0;
}

static int print_resolved(struct ce_cli *cli, int format, const char *target)
{
	struct ccenv_tools tools;
	struct ccenv_error err;
	int r = 0, status = ce_cli_tools(cli, target, &tools);

	if (status != CE_EXIT_OK)
		return status;
	if (format == FORMAT_JSON)
		print_json(&tools);
	else if (format == FORMAT_ENV)
		r = print_env(&tools, &err);
	else
		r = print_file(format, &tools, &err);
	ccenv_tools_free(&tools);
	return r < 0 ? ce_cli_fail(cli, &err, NULL) : CE_EXIT_OK;
}

static int run(struct ce_cli *cli)
{
	const char *format = NULL, *target = NULL;
	bool resolved = false;
	const struct ce_opt own[] = {
		{"format", 0, "FORMAT", "cmake, make, meson, env or json [cmake]",
			.string = &format},
		{"resolved", 0, NULL,
			"for what is installed here, with its paths; meson, env and json always are",
			.flag = &resolved},
		CE_OPT_TARGET(target),
		{0},
	};
	struct ccenv_error err;
	size_t i = 0;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!format)
		format = cli->json ? "json" : "cmake";
	while (i < CE_COUNT(formats) && strcmp(formats[i].name, format) != 0)
		i++;
	if (i == CE_COUNT(formats))
		return ce_cli_usage(cli, "--format: expected cmake, make, meson, env or json");
	if (resolved || !formats[i].can_be_committed)
		return print_resolved(cli, formats[i].format, target);
	if (target)
		return ce_cli_usage(cli,
			"a file to commit is for every target; use --target with --resolved, or set CCENV_TARGET where the file is used");
	if (print_file(formats[i].format, NULL, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_toolchain = {
	.name = "toolchain",
	.args = "",
	.summary = "print a CMake toolchain file to commit",
	.example = "  ccenv toolchain >tc.cmake && cmake --toolchain tc.cmake -B build\n",
	.run = run,
};
