/* SPDX-License-Identifier: MIT */
/* ccenv check: does a build stay within what is installed? */
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/cli.h"

static void print_json(const struct ccenv_findings *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *findings = json_array();

	for (size_t i = 0; i < list->n; i++) {
		json_t *f = json_object();

		json_object_set_new(f, "subject", json_string(list->items[i].subject));
		json_object_set_new(f, "text", json_string(list->items[i].text));
		json_array_append_new(findings, f);
	}
	json_object_set_new(o, "steps", json_integer((json_int_t)list->n_steps));
	json_object_set_new(o, "files", json_integer((json_int_t)list->n_files));
	json_object_set_new(o, "findings", findings);
	ce_cli_print_json(o);
}

static void print_line(const struct ccenv_finding *f)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_buf_add_printable(&b, f->subject, false);
	ce_buf_addc(&b, ' ');
	ce_buf_add_printable(&b, f->text, true);
	puts(ce_buf_str(&b));
}

static void print(struct ce_cli *cli, const struct ccenv_findings *list)
{
	if (cli->json) {
		print_json(list);
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		print_line(&list->items[i]);
	ce_cli_say(cli, "Checked: %zu steps of the compilers, %zu file%s; %zu finding%s",
		list->n_steps, list->n_files, list->n_files == 1 ? "" : "s", list->n,
		list->n == 1 ? "" : "s");
}

static int run(struct ce_cli *cli)
{
	struct ccenv_check_options o = {0};
	struct ccenv_selection of = {0};
	const struct ce_opt own[] = {
		{"installed", 0, NULL,
			"the files are for other machines: they must not name this root",
			.flag = &o.installed},
		CE_OPT_TARGET(of.target),
		{0},
	};
	struct ccenv_findings list;
	struct ccenv_error err;
	int status;

	if (!ce_cli_start(cli, own, &status))
		return status;
	ce_cli_default_target(&of);
	o.target = of.target;
	o.files = (const char *const *)cli->args.items;
	o.n_files = cli->args.n;
	if (ccenv_check(cli->project, &o, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	print(cli, &list);
	status = list.n ? CE_EXIT_FAILED : CE_EXIT_OK;
	ccenv_findings_free(&list);
	return status;
}

const struct ce_command ce_cmd_check = {
	.name = "check",
	.args = "[FILE|DIR…]",
	.summary = "check that nvcc, gcc and the given binaries use only this toolchain",
	.example =
		"  ccenv check build     (status 1 if a program there uses stubs or another CUDA)\n",
	.run = run,
};
