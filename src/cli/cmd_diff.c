/* SPDX-License-Identifier: MIT */
/* ccenv diff: how two locks differ. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/cli.h"

static const char *kind(const struct ccenv_change *c)
{
	return !c->before.version ? "added" : !c->after.version ? "removed" : "changed";
}

static json_t *locked_json(const struct ccenv_locked *l)
{
	json_t *o;

	if (!l->version)
		return json_null();
	o = json_object();
	json_object_set_new(o, "version", json_string(l->version));
	json_object_set_new(o, "build", json_string(l->build));
	json_object_set_new(o, "subdir", json_string(l->subdir));
	json_object_set_new(o, "channel", json_string(l->channel));
	json_object_set_new(o, "url", json_string(l->url));
	if (l->sha256)
		json_object_set_new(o, "sha256", json_string(l->sha256));
	if (l->size)
		json_object_set_new(o, "size", json_integer((json_int_t)l->size));
	return o;
}

/* The list below environment and platform; made if it is new. Borrowed. */
static json_t *list_of(json_t *environments, const struct ccenv_change *c)
{
	json_t *platforms = json_object_get(environments, c->environment), *list;

	if (!platforms) {
		platforms = json_object();
		json_object_set_new(environments, c->environment, platforms);
	}
	list = json_object_get(platforms, c->platform);
	if (!list) {
		list = json_array();
		json_object_set_new(platforms, c->platform, list);
	}
	return list;
}

static void print_json(const struct ccenv_changes *list)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	json_t *environments = json_object();

	json_object_set_new(o, "version", json_integer(1));
	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_change *c = &list->items[i];
		json_t *change = json_object();

		json_object_set_new(change, "name", json_string(c->name));
		json_object_set_new(change, "change", json_string(kind(c)));
		json_object_set_new(change, "before", locked_json(&c->before));
		json_object_set_new(change, "after", locked_json(&c->after));
		json_array_append_new(list_of(environments, c), change);
	}
	json_object_set_new(o, "environments", environments);
	ce_cli_print_json(o);
}

/* "2.0 h1_0", and where it comes from if that is what is new. */
static void add_locked(struct ce_buf *b, const struct ccenv_change *c, const struct ccenv_locked *l)
{
	bool same = c->before.version && c->after.version &&
		    strcmp(c->before.version, c->after.version) == 0 &&
		    strcmp(c->before.build, c->after.build) == 0;

	ce_buf_addf(b, "%s %s", l->version, l->build);
	if (!same)
		return;
	ce_buf_addf(b, " of %s", l->channel);
	if (strcmp(c->before.channel, c->after.channel) == 0 && l->sha256)
		ce_buf_addf(b, " with sha256 %.12s", l->sha256);
}

static void add_line(
	struct ce_cli *cli, struct ce_buf *b, const struct ccenv_change *c, const char *line)
{
	CE_AUTOFREE char *clean = ce_printable(line, false);
	enum ce_style style = !c->before.version  ? CE_STYLE_GOOD
			      : !c->after.version ? CE_STYLE_BAD
						  : CE_STYLE_WARNING;

	ce_ui_add(&cli->ui, b, style, clean);
	ce_buf_addc(b, '\n');
}

static void print_text(struct ce_cli *cli, const struct ccenv_changes *list)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0}, line = {0};
	const struct ccenv_change *last = NULL;

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_change *c = &list->items[i];

		if (!last || strcmp(last->environment, c->environment) != 0 ||
			strcmp(last->platform, c->platform) != 0)
			ce_buf_addf(&b, "%s%s %s\n", last ? "\n" : "", c->environment, c->platform);
		last = c;
		ce_buf_clear(&line);
		ce_buf_addf(&line, "%c %s ",
			!c->before.version  ? '+'
			: !c->after.version ? '-'
					    : '~',
			c->name);
		if (c->before.version)
			add_locked(&line, c, &c->before);
		if (c->before.version && c->after.version)
			ce_buf_adds(&line, " -> ");
		if (c->after.version)
			add_locked(&line, c, &c->after);
		add_line(cli, &b, c, ce_buf_str(&line));
	}
	fputs(ce_buf_str(&b), stdout);
}

static void sum_up(struct ce_cli *cli, const struct ccenv_changes *list)
{
	size_t added = 0, removed = 0;

	for (size_t i = 0; i < list->n; i++) {
		added += !list->items[i].before.version;
		removed += !list->items[i].after.version;
	}
	if (!list->n)
		ce_cli_say(cli, "Both have the same packages");
	else
		ce_cli_say(cli, "%zu added, %zu removed, %zu changed", added, removed,
			list->n - added - removed);
}

static int run(struct ce_cli *cli)
{
	bool exit_code = false;
	const struct ce_opt own[] = {
		{"exit-code", 0, NULL, "fail with status 1 if they differ", .flag = &exit_code},
		{0},
	};
	struct ccenv_changes list;
	struct ccenv_error err;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (cli->args.n < 1 || cli->args.n > 2)
		return ce_cli_usage(cli, "name one lock or two: files, or revisions of git");
	status = ce_cli_open(cli);
	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_diff(cli->project, cli->args.items[0],
		    cli->args.n > 1 ? cli->args.items[1] : NULL, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&list);
	else
		print_text(cli, &list);
	sum_up(cli, &list);
	status = exit_code && list.n ? CE_EXIT_FAILED : CE_EXIT_OK;
	ccenv_changes_free(&list);
	return status;
}

const struct ce_command ce_cmd_diff = {
	.name = "diff",
	.args = "OLD [NEW]",
	.summary = "show how two locks differ: files, or revisions of git",
	.example = "  ccenv diff HEAD\n"
		   "  ccenv diff v1.0 v1.1 --json\n",
	.run = run,
};
