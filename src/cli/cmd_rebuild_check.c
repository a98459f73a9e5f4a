/* SPDX-License-Identifier: MIT */
/* ccenv rebuild-check: is a second build the same, and if not, why? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/cli.h"

enum {
	SHOWN = 3 /* findings of one cause */
};

static json_t *strings(const char *const *list, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

/* Names of files may have any bytes, JSON only UTF-8. */
static json_t *text(const char *s)
{
	json_t *v = json_string(s);
	char *plain;

	if (v)
		return v;
	plain = ce_printable(s, false);
	v = json_string(plain);
	free(plain);
	return v;
}

static void print_json(const struct ccenv_rebuild *r)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *findings = json_array();

	json_object_set_new(o, "equal", json_boolean(r->n_different == 0));
	json_object_set_new(o, "artefacts", json_integer((json_int_t)r->n_artefacts));
	json_object_set_new(o, "different", json_integer((json_int_t)r->n_different));
	json_object_set_new(o, "varied", strings(r->varied, r->n_varied));
	json_object_set_new(o, "not-varied", strings(r->not_varied, r->n_not_varied));
	json_object_set_new(o, "report", r->report ? text(r->report) : json_null());
	json_object_set_new(o, "findings", findings);
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct ccenv_rebuild_finding *f = &r->findings[i];
		json_t *v = json_object();

		json_object_set_new(v, "artefact", text(f->artefact));
		json_object_set_new(v, "section", text(f->section));
		json_object_set_new(v, "symbol", text(f->symbol));
		json_object_set_new(v, "cause", json_string(f->cause));
		json_object_set_new(v, "title", json_string(f->title));
		json_object_set_new(v, "cure", json_string(f->cure));
		json_object_set_new(v, "first", text(f->first));
		json_object_set_new(v, "second", text(f->second));
		json_array_append_new(findings, v);
	}
	ce_cli_print_json(o);
}

static void print_list(const char *title, const char *const *list, size_t n)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	if (!n)
		return;
	ce_buf_addf(&b, "%s: ", title);
	for (size_t i = 0; i < n; i++)
		ce_buf_addf(&b, "%s%s", i ? ", " : "", list[i]);
	puts(ce_buf_str(&b));
}

static void print_finding(const struct ccenv_rebuild_finding *f)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_buf_adds(&b, "    ");
	ce_buf_add_printable(&b, f->artefact, false);
	if (*f->section)
		ce_buf_addf(&b, ", %s", f->section);
	if (*f->symbol)
		ce_buf_addf(&b, ", %s", f->symbol);
	ce_buf_addf(&b, "\n        first  %s\n        second %s\n", f->first, f->second);
	fputs(ce_buf_str(&b), stdout);
}

/* Findings are sorted by cause: one paragraph each, so that all fit on a screen. */
static void print_causes(const struct ccenv_rebuild *r)
{
	for (size_t i = 0; i < r->n_findings;) {
		const struct ccenv_rebuild_finding *f = &r->findings[i];
		size_t n = 0;

		printf("\n%s [%s]\n", f->title, f->cause);
		for (; i < r->n_findings && strcmp(r->findings[i].cause, f->cause) == 0; i++)
			if (n++ < SHOWN)
				print_finding(&r->findings[i]);
		if (n > SHOWN)
			printf("    and %zu more (--json lists all)\n", n - SHOWN);
		printf("    cure: %s\n", f->cure);
	}
}

static void print(struct ce_cli *cli, const struct ccenv_rebuild *r)
{
	if (cli->json) {
		print_json(r);
		return;
	}
	if (r->n_different)
		printf("Different: %zu of %zu files\n", r->n_different, r->n_artefacts);
	else
		printf("Equal: %zu file%s\n", r->n_artefacts, r->n_artefacts == 1 ? "" : "s");
	print_list("Varied", r->varied, r->n_varied);
	print_list("Not varied", r->not_varied, r->n_not_varied);
	print_causes(r);
	if (r->report)
		printf("\nReport of diffoscope: %s\n", r->report);
}

/* "[BUILD-DIR] [-- COMMAND]": where the command begins, in argv; argc when there is none. */
static int command_at(const struct ce_cli *cli)
{
	int i = 1;

	while (i < cli->argc && strcmp(cli->argv[i], "--") != 0)
		i++;
	return i;
}

static int run(struct ce_cli *cli)
{
	struct ccenv_rebuild_options o = {0};
	const struct ce_opt own[] = {
		{"report", 0, "DIR",
			"for the files that differ and diffoscope's report [ccenv-rebuild-check in BUILD-DIR, or here]",
			.string = &o.report_dir},
		{0},
	};
	int at = cli->words ? cli->argc : command_at(cli);
	char **command = cli->argv + at;
	struct ccenv_rebuild result;
	struct ccenv_error err;
	int status;

	if (at + 1 < cli->argc)
		o.argv = (const char *const *)command + 1;
	cli->argc = at;
	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n > 1)
		return ce_cli_usage(cli, "name one build directory; a command goes behind --");
	o.build_dir = cli->args.n ? cli->args.items[0] : NULL;
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_rebuild_check(cli->project, &o, &result, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	print(cli, &result);
	status = result.n_different ? CE_EXIT_DIFFERENT : CE_EXIT_OK;
	ccenv_rebuild_free(&result);
	return status;
}

static void more_help(void)
{
	puts("\nExit status: 0 equal, 3 different, 1 a build failed or could not be compared,\n"
	     "2 wrong usage.");
}

const struct ce_command ce_cmd_rebuild_check = {
	.name = "rebuild-check",
	.args = "[BUILD-DIR] [-- CMD [ARG…]]",
	.summary = "build a second time under other circumstances; say what differs, and why",
	.example = "  ccenv rebuild-check build\n"
		   "  ccenv rebuild-check -- make -j8\n",
	.more_help = more_help,
	.run = run,
};
