/* SPDX-License-Identifier: MIT */
/* ccenv doctor: what of this machine, this shell and this project would spoil a build, and what to do. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/cli.h"

static const char *const severities[] = {
	[CCENV_FINE] = "ok",
	[CCENV_NOTE] = "note",
	[CCENV_WARNING] = "warning",
	[CCENV_PROBLEM] = "problem",
};

static void set(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static void print_json(const struct ccenv_diagnoses *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *findings = json_array();

	set(o, "status", severities[list->worst]);
	for (size_t i = 0; i < list->n; i++) {
		json_t *finding = json_object();

		set(finding, "check", list->items[i].check);
		set(finding, "severity", severities[list->items[i].severity]);
		set(finding, "text", list->items[i].text);
		set(finding, "cure", list->items[i].cure);
		json_array_append_new(findings, finding);
	}
	json_object_set_new(o, "findings", findings);
	ce_cli_print_json(o);
}

static void print_text(struct ce_cli *cli, const struct ccenv_diagnoses *list)
{
	static const enum ce_style styles[] = {
		[CCENV_FINE] = CE_STYLE_GOOD,
		[CCENV_NOTE] = CE_STYLE_DIM,
		[CCENV_WARNING] = CE_STYLE_WARNING,
		[CCENV_PROBLEM] = CE_STYLE_BAD,
	};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_diagnosis *d = &list->items[i];

		if (cli->quiet && d->severity < CCENV_WARNING)
			continue;
		ce_ui_add(&cli->ui, &b, styles[d->severity], severities[d->severity]);
		ce_buf_addf(
			&b, "%*s%-12s ", (int)(9 - strlen(severities[d->severity])), "", d->check);
		ce_buf_add_printable(&b, d->text, false);
		if (d->cure) {
			ce_buf_adds(&b, "\n                      cure: ");
			ce_buf_add_printable(&b, d->cure, false);
		}
		ce_buf_addc(&b, '\n');
	}
	fputs(ce_buf_str(&b), stdout);
}

static void sum_up(struct ce_cli *cli, const struct ccenv_diagnoses *list)
{
	size_t n[CE_COUNT(severities)] = {0};

	for (size_t i = 0; i < list->n; i++)
		n[list->items[i].severity]++;
	ce_cli_say(cli, "%zu problem%s, %zu warning%s", n[CCENV_PROBLEM],
		n[CCENV_PROBLEM] == 1 ? "" : "s", n[CCENV_WARNING],
		n[CCENV_WARNING] == 1 ? "" : "s");
}

static int run(struct ce_cli *cli)
{
	struct ccenv_selection of = {0};
	bool strict = false;
	const struct ce_opt own[] = {
		{"environment", 'e', "NAME", "environment [default]", .string = &of.environment},
		CE_OPT_TARGET(of.target),
		{"strict", 0, NULL, "fail for warnings, too", .flag = &strict},
		{0},
	};
	struct ccenv_diagnoses list;
	struct ccenv_error err;
	int status;

	if (!ce_cli_start(cli, own, &status))
		return status;
	ce_cli_default_target(&of);
	if (ccenv_doctor(cli->project, &of, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&list);
	else
		print_text(cli, &list);
	if (!cli->json)
		sum_up(cli, &list);
	status = list.worst >= (strict ? CCENV_WARNING : CCENV_PROBLEM) ? CE_EXIT_FAILED
									: CE_EXIT_OK;
	ccenv_diagnoses_free(&list);
	return status;
}

static void more_help(void)
{
	printf("\nExit status: 0, or 1 with a problem (with --strict: or a warning).\n");
}

const struct ce_command ce_cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "look for what would spoil a build on this machine, and say the cure",
	.example = "  ccenv doctor\n",
	.more_help = more_help,
	.run = run,
};
