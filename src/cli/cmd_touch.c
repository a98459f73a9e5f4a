/* SPDX-License-Identifier: MIT */
/* ccenv touch: the times of files from the commits. */
#include <stdio.h>

#include "base/json.h"
#include "cli/cli.h"

static void print_json(const struct ccenv_touch_result *t)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();

	json_object_set_new(o, "files", json_integer((json_int_t)t->n_files));
	json_object_set_new(o, "touched", json_integer((json_int_t)t->n_touched));
	json_object_set_new(o, "modified", json_integer((json_int_t)t->n_modified));
	json_object_set_new(o, "submodules", json_integer((json_int_t)t->n_submodules));
	json_object_set_new(o, "shallow", json_boolean(t->shallow));
	ce_cli_print_json(o);
}

static void say(struct ce_cli *cli, const struct ccenv_touch_result *t)
{
	ce_cli_say(cli, "Touched: %zu of %zu files", t->n_touched, t->n_files);
	if (t->n_modified)
		ce_cli_say(cli, "%zu file%s not as committed, with the time unchanged",
			t->n_modified, t->n_modified == 1 ? "" : "s");
}

static int run(struct ce_cli *cli)
{
	bool from_git = false;
	const struct ce_opt own[] = {
		{"from-git", 0, NULL,
			"each file that git tracks gets the time of the newest commit that changed it",
			.flag = &from_git},
		{0},
	};
	struct ccenv_touch_result result;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!from_git)
		return ce_cli_usage(cli, "say where the times come from: --from-git");
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_touch(cli->project, &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&result);
	else
		say(cli, &result);
	return CE_EXIT_OK;
}

const struct ce_command ce_cmd_touch = {
	.name = "touch",
	.args = "",
	.summary = "give files the times of their commits, which nvcc -lineinfo records",
	.example = "  ccenv touch --from-git\n",
	.run = run,
};
