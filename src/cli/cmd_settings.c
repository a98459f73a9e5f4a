/* SPDX-License-Identifier: MIT */
/* ccenv channel, platform and system-requirements: what ccenv.json says of the project, by pixi's verbs. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/url.h"
#include "cli/cli.h"

static const char *const nouns[] = {
	[CCENV_SETTING_CHANNEL] = "channel",
	[CCENV_SETTING_PLATFORM] = "platform",
	[CCENV_SETTING_SYSTEM_REQUIREMENT] = "system requirement",
};

static const char *const verbs[] = {"add", "remove", "list", NULL};

/* ---- list ---- */

static void set(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static void print_json(const struct ccenv_settings *list, enum ccenv_setting_kind kind)
{
	static const char *const values[] = {
		[CCENV_SETTING_CHANNEL] = "url",
		[CCENV_SETTING_SYSTEM_REQUIREMENT] = "version",
	};
	CE_CLEANUP(ce_json_decrefp) json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		json_t *o = json_object();

		set(o, "name", list->items[i].name);
		if (kind != CCENV_SETTING_PLATFORM)
			set(o, values[kind], list->items[i].value);
		set(o, "feature", list->items[i].feature);
		if (kind == CCENV_SETTING_SYSTEM_REQUIREMENT)
			set(o, "platform", list->items[i].platform);
		json_array_append_new(array, o);
	}
	ce_cli_print_json(array);
}

/* "cuda 12", "conda-forge https://…"; what is not for all says so behind it. */
static void print_text(const struct ccenv_settings *list)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_setting *s = &list->items[i];

		ce_buf_add_printable(&b, s->name, false);
		if (s->value) {
			ce_buf_addc(&b, ' ');
			ce_buf_add_printable(&b, *s->value ? s->value : "none", false);
		}
		if (s->platform)
			ce_buf_addf(&b, " on %s", s->platform);
		if (strcmp(s->feature, "default") != 0)
			ce_buf_addf(&b, " in feature %s", s->feature);
		ce_buf_addc(&b, '\n');
	}
	fputs(ce_buf_str(&b), stdout);
}

static int print_settings(struct ce_cli *cli, enum ccenv_setting_kind kind)
{
	struct ccenv_settings list;
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_settings(cli->project, kind, &list, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		print_json(&list, kind);
	else
		print_text(&list);
	ccenv_settings_free(&list);
	return CE_EXIT_OK;
}

/* ---- add, remove ---- */

static void say_changed(struct ce_cli *cli, const struct ccenv_setting_options *o)
{
	for (size_t i = 0; i < o->n_names; i++) {
		CE_AUTOFREE char *shown = ce_url_redact(o->names[i]);
		char *equals = strchr(shown, '=');

		if (equals && o->kind == CCENV_SETTING_SYSTEM_REQUIREMENT)
			*equals = ' ';
		ce_cli_say(cli, "%s %s", o->remove ? "Removed" : "Added", shown);
	}
}

static int change(struct ce_cli *cli, const struct ccenv_setting_options *o)
{
	struct ccenv_error err;
	bool changed;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_setting_change(cli->project, o, &changed, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (cli->json)
		printf("{\n  \"changed\": %s\n}\n", changed ? "true" : "false");
	else if (changed)
		say_changed(cli, o);
	else
		ce_cli_say(cli, "Nothing to do: ccenv.json says so already");
	return CE_EXIT_OK;
}

/* "cuda 12" and "cuda=12" are "cuda=12". The texts are in `list`, which owns those that were made. */
struct texts {
	char **items;
	size_t n, cap;
};

static void texts_release(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		ce_freep(&t->items[i]);
	ce_freep(&t->items);
}

static void pair_up(char **args, size_t n, struct texts *ret)
{
	for (size_t i = 0; i < n; i++) {
		bool pair = !strchr(args[i], '=') && i + 1 < n;

		CE_GROW(ret->items, ret->n, ret->cap);
		ret->items[ret->n++] =
			pair ? ce_asprintf("%s=%s", args[i], args[i + 1]) : ce_strdup(args[i]);
		i += pair;
	}
}

static int run_change(struct ce_cli *cli, struct ccenv_setting_options *o)
{
	CE_CLEANUP(texts_release) struct texts pairs = {0};

	if (cli->args.n < 2) {
		CE_AUTOFREE char *text = ce_asprintf("name at least one %s", nouns[o->kind]);

		return ce_cli_usage(cli, text);
	}
	o->names = (const char *const *)cli->args.items + 1;
	o->n_names = cli->args.n - 1;
	if (o->kind == CCENV_SETTING_SYSTEM_REQUIREMENT && !o->remove) {
		pair_up(cli->args.items + 1, cli->args.n - 1, &pairs);
		o->names = (const char *const *)pairs.items;
		o->n_names = pairs.n;
	}
	return change(cli, o);
}

static int unknown_verb(struct ce_cli *cli, const char *verb)
{
	CE_AUTOFREE char *text = NULL;

	if (!*verb)
		return ce_cli_usage(cli, "say what to do: add, remove or list");
	for (size_t i = 0; !text && verbs[i]; i++)
		if (ce_edit_distance(verbs[i], verb) < 3)
			text = ce_asprintf(
				"unknown subcommand \"%s\"; did you mean %s?", verb, verbs[i]);
	if (!text)
		text = ce_asprintf("unknown subcommand \"%s\"; expected add, remove or list", verb);
	return ce_cli_usage(cli, text);
}

static int run_verb(struct ce_cli *cli, struct ccenv_setting_options *o)
{
	const char *verb = cli->args.n ? cli->args.items[0] : "";

	if (strcmp(verb, "list") == 0 && cli->args.n > 1)
		return ce_cli_usage(cli, "list takes no arguments");
	if (strcmp(verb, "list") == 0)
		return print_settings(cli, o->kind);
	o->remove = strcmp(verb, "remove") == 0;
	if (o->remove || strcmp(verb, "add") == 0)
		return run_change(cli, o);
	return unknown_verb(cli, verb);
}

static int run_channel(struct ce_cli *cli)
{
	struct ccenv_setting_options o = {.kind = CCENV_SETTING_CHANNEL};
	const struct ce_opt own[] = {
		{"prepend", 0, NULL, "add before the others: with the highest priority",
			.flag = &o.first},
		{0},
	};
	int status;

	return ce_cli_begin(cli, own, &status) ? run_verb(cli, &o) : status;
}

const struct ce_command ce_cmd_channel = {
	.name = "channel",
	.args = "add|remove|list [CHANNEL…]",
	.summary = "change or list the channels in ccenv.json, and lock",
	.example = "  ccenv channel add --prepend ./our-channel\n",
	.words = verbs,
	.run = run_channel,
};

static int run_platform(struct ce_cli *cli)
{
	struct ccenv_setting_options o = {.kind = CCENV_SETTING_PLATFORM};
	const struct ce_opt own[] = {
		{"feature", 'f', "NAME", "those of this feature", .string = &o.feature},
		{0},
	};
	int status;

	return ce_cli_begin(cli, own, &status) ? run_verb(cli, &o) : status;
}

const struct ce_command ce_cmd_platform = {
	.name = "platform",
	.args = "add|remove|list [PLATFORM…]",
	.summary = "change or list the platforms in ccenv.json, and lock",
	.example = "  ccenv platform add linux-aarch64\n",
	.words = verbs,
	.run = run_platform,
};

static int run_system_requirements(struct ce_cli *cli)
{
	struct ccenv_setting_options o = {.kind = CCENV_SETTING_SYSTEM_REQUIREMENT};
	const struct ce_opt own[] = {
		{"platform", 'p', "PLATFORM", "for this platform only", .string = &o.platform},
		{"feature", 'f', "NAME", "those of this feature", .string = &o.feature},
		{0},
	};
	int status;

	return ce_cli_begin(cli, own, &status) ? run_verb(cli, &o) : status;
}

const struct ce_command ce_cmd_system_requirements = {
	.name = "system-requirements",
	.args = "add|remove|list [NAME VERSION]",
	.summary = "change or list what machines that run the result must have, and lock",
	.example = "  ccenv system-requirements add cuda 12\n",
	.words = verbs,
	.run = run_system_requirements,
};
