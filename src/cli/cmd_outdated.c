/* SPDX-License-Identifier: MIT */
/* ccenv outdated: what a new lock would take, and what holds packages back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/table.h"

static void set(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static void print_json(const struct ccenv_outdated *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_outdated_package *p = &list->items[i];
		json_t *o = json_object();

		set(o, "environment", p->environment);
		set(o, "platform", p->platform);
		set(o, "name", p->name);
		set(o, "locked", p->locked);
		set(o, "locked_build", p->locked_build);
		set(o, "update", p->update);
		set(o, "update_build", p->update_build);
		set(o, "newest", p->newest);
		set(o, "requested", p->requested);
		json_object_set_new(o, "held", json_boolean(p->is_held));
		set(o, "held_by", p->held_by);
		json_array_append_new(array, o);
	}
	ce_cli_print_json(array);
}

static const char *held_by(const struct ccenv_outdated_package *p)
{
	if (p->held_by)
		return p->held_by;
	return p->is_held ? "other packages" : "";
}

/* "2.0"; with the build where the versions are the same. */
static char *version_text(
	const struct ccenv_outdated_package *p, const char *version, const char *build)
{
	bool same = p->locked && p->update && strcmp(p->locked, p->update) == 0 &&
		    strcmp(p->locked_build, p->update_build) != 0;

	if (!version)
		return ce_strdup("");
	return same ? ce_asprintf("%s %s", version, build) : ce_strdup(version);
}

static void print_text(struct ce_cli *cli, const struct ccenv_outdated *list, bool for_people)
{
	static const char *const titles[] = {
		"Environment", "Platform", "Package", "Locked", "Update", "Newest", "Held by"};
	CE_CLEANUP(ce_table_release)
	struct ce_table t = {.titles = titles, .n_columns = CE_COUNT(titles)};

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_outdated_package *p = &list->items[i];
		CE_AUTOFREE char *locked = version_text(p, p->locked, p->locked_build);
		CE_AUTOFREE char *update = version_text(p, p->update, p->update_build);

		ce_table_add(&t, p->environment);
		ce_table_add(&t, p->platform);
		ce_table_add(&t, p->name);
		ce_table_add(&t, locked);
		ce_table_add(&t, update);
		ce_table_add(&t, p->newest);
		ce_table_add(&t, held_by(p));
	}
	ce_table_print(&t, &cli->ui, for_people);
}

static int run(struct ce_cli *cli)
{
	bool exit_code = false;
	const struct ce_opt own[] = {
		{"exit-code", 0, NULL, "fail with status 1 if a new lock would differ",
			.flag = &exit_code},
		{0},
	};
	struct ccenv_outdated list;
	struct ccenv_error err;
	size_t n = 0;
	int status;

	if (!ce_cli_start(cli, own, &status))
		return status;
	if (ccenv_outdated(cli->project, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	ce_ui_clear(&cli->ui);
	if (cli->json)
		print_json(&list);
	else
		print_text(cli, &list, isatty(STDOUT_FILENO) == 1);
	for (size_t i = 0; i < list.n; i++)
		n += list.items[i].changes;
	if (n)
		ce_cli_say(
			cli, "`ccenv lock --update` changes %zu package%s", n, n == 1 ? "" : "s");
	else
		ce_cli_say(cli, "A new lock would be the same");
	status = exit_code && n ? CE_EXIT_FAILED : CE_EXIT_OK;
	ccenv_outdated_free(&list);
	return status;
}

const struct ce_command ce_cmd_outdated = {
	.name = "outdated",
	.args = "",
	.summary = "show what a new lock would take, and what ccenv.json holds back",
	.example = "  ccenv outdated\n",
	.run = run,
};
