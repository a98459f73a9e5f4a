/* SPDX-License-Identifier: MIT */
/* ccenv env: the environment for the installed tools, as commands of a shell. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/cli.h"

static void print_json(const struct ccenv_variables *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *set = json_object(), *prepend = json_object(), *unset = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_variable *v = &list->items[i];

		if (v->value)
			json_object_set_new(
				v->prepend ? prepend : set, v->name, json_string(v->value));
		else
			json_array_append_new(unset, json_string(v->name));
	}
	json_object_set_new(o, "set", set);
	json_object_set_new(o, "prepend", prepend);
	json_object_set_new(o, "unset", unset);
	ce_cli_print_json(o);
}

static int run(struct ce_cli *cli)
{
	bool sh = false, fish = false;
	const char *target = NULL;
	const struct ce_opt own[] = {
		{"sh", 0, NULL, "for any POSIX shell: eval \"$(ccenv env --sh)\" [default]",
			.flag = &sh},
		{"fish", 0, NULL, "for fish: ccenv env --fish | source", .flag = &fish},
		CE_OPT_TARGET(target),
		{0},
	};
	struct ccenv_variables list;
	struct ccenv_tools tools;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (sh + fish + cli->json > 1)
		return ce_cli_usage(cli, "--sh, --fish and --json cannot be combined");
	status = ce_cli_environment(cli, target, &tools, &list);
	if (status != CE_EXIT_OK)
		return status;
	if (cli->json) {
		print_json(&list);
	} else {
		CE_AUTOFREE char *text =
			ccenv_environment_text(&list, fish ? CCENV_SHELL_FISH : CCENV_SHELL_SH);

		fputs(text, stdout);
	}
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_env = {
	.name = "env",
	.args = "",
	.summary = "print the environment for the installed tools as shell commands",
	.example = "  eval \"$(ccenv env)\"\n",
	.run = run,
};
