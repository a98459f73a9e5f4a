/* SPDX-License-Identifier: MIT */
/* ccenv shell-hook: what makes a shell that is there already one for the installed tools. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/shells.h"

/*
 * As pixi prints it: "environment_variables" are the values that they would get here,
 * "activation_scripts" the scripts of packages, of which ccenv runs none; and "unset".
 */
static int print_json(struct ce_cli *cli, const struct ccenv_variables *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *set = json_object(), *unset = json_array();
	int status = CE_EXIT_OK;

	json_object_set_new(o, "environment_variables", set);
	json_object_set_new(o, "unset", unset);
	json_object_set_new(o, "activation_scripts", json_array());
	for (size_t i = 0; i < list->n && status == CE_EXIT_OK; i++) {
		const struct ccenv_variable *v = &list->items[i];
		CE_AUTOFREE char *value = ccenv_variable_value(v, ce_cli_getenv);

		if (!value)
			json_array_append_new(unset, json_string(v->name));
		else if (json_object_set_new(set, v->name, json_string(value)) < 0)
			status = ce_cli_failf(cli, CCENV_EDATA,
				"%s is not UTF-8, which JSON cannot hold: %s; use `ccenv shell-hook` without --json",
				v->name, value);
	}
	if (status != CE_EXIT_OK)
		return status;
	ce_cli_print_json(o);
	return status;
}

static int run(struct ce_cli *cli)
{
	const char *named = NULL, *target = NULL;
	const struct ce_opt own[] = {
		{"shell", 's', "SHELL", "bash, zsh, fish or posix [that of SHELL, or posix]",
			.string = &named},
		CE_OPT_TARGET(target),
		{0},
	};
	const struct ce_shell *shell;
	CE_AUTOFREE char *name = NULL;
	struct ccenv_variables list;
	struct ccenv_tools tools;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!named)
		named = getenv("SHELL") && ce_shell_find(getenv("SHELL")) ? getenv("SHELL")
									  : "posix";
	shell = ce_shell_find(named);
	if (!shell)
		return ce_cli_usage(cli, "--shell: expected bash, zsh, fish or posix");
	status = ce_cli_shell(cli, target, &tools, &list, &name);
	if (status != CE_EXIT_OK)
		return status;
	if (cli->json) {
		status = print_json(cli, &list);
	} else {
		CE_AUTOFREE char *text = ccenv_shell_hook(&list, name, shell->syntax);

		fputs(text, stdout);
	}
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_shell_hook = {
	.name = "shell-hook",
	.args = "",
	.summary = "print what a shell evaluates to use the installed tools, prompt and all",
	.example = "  eval \"$(ccenv shell-hook --shell bash)\"\n"
		   "  ccenv shell-hook --shell fish | source\n",
	.run = run,
};
