/* SPDX-License-Identifier: MIT */
/* ccenv config: shows and changes the config files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"
#include "base/url.h"
#include "cli/cli.h"
#include "cli/config_edit.h"
#include "cli/table.h"

enum {
	FILE_MAX = 1 << 20
};

struct config_options {
	bool levels[CE_CONFIG_LEVELS]; /* --system, --user, --project */
};

/* The level that was asked for; CE_CONFIG_LEVELS for none, and -1 with a message for two. */
static int chosen(struct ce_cli *cli, const struct config_options *o)
{
	int level = CE_CONFIG_LEVELS;

	for (int i = 0; i < CE_CONFIG_LEVELS; i++) {
		if (!o->levels[i])
			continue;
		if (level != CE_CONFIG_LEVELS) {
			ce_cli_usage(cli, "give one of --user, --project and --system");
			return -1;
		}
		level = i;
	}
	return level;
}

/* ---- list, get ---- */

/* The value that holds, and who says so: a variable, or a file. NULL if it is not set. */
struct setting {
	const json_t *value;
	const char *variable; /* with `text` */
	const char *text;
	enum ce_config_level level;
};

static bool find(
	const struct ce_cli *cli, const struct ce_config_key *key, int level, struct setting *ret)
{
	const char *variable = key->variable ? getenv(key->variable) : NULL;

	*ret = (struct setting){0};
	if (level < CE_CONFIG_LEVELS) {
		ret->level = (enum ce_config_level)level;
		ret->value = ce_config_lookup(cli->config.files[level], key);
		return ret->value;
	}
	if (variable) {
		ret->variable = key->variable;
		ret->text = variable;
		return true;
	}
	ret->value = ce_config_get(&cli->config, key, &ret->level);
	return ret->value;
}

static void add_redacted(struct ce_buf *b, const char *between, const char *text, size_t n)
{
	CE_AUTOFREE char *url = ce_strndup(text, n);
	CE_AUTOFREE char *safe = ce_url_redact(url);

	ce_buf_addf(b, "%s%s", between, safe);
}

/* "URL=MIRROR,MIRROR URL=…", each without credentials. */
static void add_redacted_mirrors(struct ce_buf *b, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " "), url = strcspn(text, "= ");
		const char *end = text + n, *between = "=";

		add_redacted(b, b->len ? " " : "", text, url);
		for (text += url + (url < n); text < end; text += *text == ',') {
			size_t mirror = strcspn(text, ", ");

			add_redacted(b, between, text, mirror);
			between = ",";
			text += mirror;
		}
		text += *text == ' ';
	}
}

/* The value for people; URLs in it without credentials. The caller frees it. */
static char *shown(const struct ce_config_key *key, const struct setting *s)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *text = s->value ? ce_config_text(key, s->value) : ce_strdup(s->text);

	if (key->type == CE_CONFIG_BOOL && s->value)
		return ce_strdup(json_is_true(s->value) ? "true" : "false");
	if (key->type == CE_CONFIG_MIRRORS)
		add_redacted_mirrors(&b, text);
	else if (key->type == CE_CONFIG_TEXTS)
		for (const char *p = text; *p; p += strcspn(p, " "), p += *p == ' ')
			add_redacted(&b, b.len ? " " : "", p, strcspn(p, " "));
	else
		return CE_TAKE(text);
	return ce_buf_steal(&b);
}

/* A setting as "list" and "get" print it. */
static json_t *setting_json(const struct ce_config_key *key, const struct setting *s)
{
	CE_AUTOFREE char *text = shown(key, s);
	bool simple = s->value && key->type != CE_CONFIG_TEXTS && key->type != CE_CONFIG_MIRRORS;
	json_t *entry = json_object();

	json_object_set_new(entry, "value", simple ? json_deep_copy(s->value) : json_string(text));
	json_object_set_new(entry, "source",
		json_string(s->variable ? s->variable : ce_config_level_name(s->level)));
	return entry;
}

static json_t *files_json(const struct ce_cli *cli)
{
	json_t *files = json_array();

	for (size_t i = CE_CONFIG_LEVELS; i-- > 0;) {
		const char *level = ce_config_level_name((enum ce_config_level)i);
		json_t *file = NULL;

		if (cli->config.paths[i])
			file = json_pack("{s:s,s:s,s:b}", "level", level, "path",
				cli->config.paths[i], "exists", cli->config.files[i] != NULL);
		if (file)
			json_array_append_new(files, file);
	}
	return files;
}

/* All that is set; `only`: that key. */
static void print_json(const struct ce_cli *cli, int level, const struct ce_config_key *only)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	const struct ce_config_key *key;
	json_t *settings = json_object();
	struct setting s;

	for (size_t i = 0; (key = ce_config_key(i)); i++)
		if ((!only || key == only) && find(cli, key, level, &s))
			json_object_set_new(settings, key->name, setting_json(key, &s));
	json_object_set_new(o, "settings", settings);
	json_object_set_new(o, "files", files_json(cli));
	ce_cli_print_json(o);
}

static int list(struct ce_cli *cli, int level)
{
	static const char *const titles[] = {"Key", "Value", "Set by"};
	CE_CLEANUP(ce_table_release)
	struct ce_table t = {.titles = titles, .n_columns = CE_COUNT(titles)};
	const struct ce_config_key *key;
	struct setting s;

	if (cli->json) {
		print_json(cli, level, NULL);
		return CE_EXIT_OK;
	}
	for (size_t i = 0; (key = ce_config_key(i)); i++) {
		bool found = find(cli, key, level, &s);
		CE_AUTOFREE char *text = found ? shown(key, &s) : NULL;

		ce_table_add(&t, key->name);
		ce_table_add(&t, text);
		ce_table_add(&t, !found       ? ""
				 : s.variable ? s.variable
					      : cli->config.paths[s.level]);
	}
	ce_table_print(&t, &cli->ui, isatty(STDOUT_FILENO) == 1);
	return CE_EXIT_OK;
}

static int no_key(struct ce_cli *cli, const char *name)
{
	const struct ce_config_key *near = ce_config_key_near(name);

	return ce_cli_failf(cli, CCENV_EUSAGE, "unknown key \"%s\"%s%s%s", name,
		near ? "; did you mean " : "; `ccenv config list` shows them",
		near ? near->name : "", near ? "?" : "");
}

static int get(struct ce_cli *cli, const char *name, int level)
{
	const struct ce_config_key *key = ce_config_key_find(name);
	CE_AUTOFREE char *text = NULL;
	struct setting s;

	if (!key)
		return no_key(cli, name);
	if (!find(cli, key, level, &s))
		return ce_cli_failf(cli, CCENV_ENOTFOUND, "%s is not set", name);
	if (cli->json) {
		print_json(cli, level, key);
		return CE_EXIT_OK;
	}
	text = shown(key, &s);
	printf("%s\n", text);
	return CE_EXIT_OK;
}

/* ---- set, unset ---- */

/* "URL=MIRROR,MIRROR" */
static void add_mirrors(json_t *value, const char *text)
{
	const char *equals = strchr(text, '=');
	CE_AUTOFREE char *url =
		equals ? ce_strndup(text, (size_t)(equals - text)) : ce_strdup(text);
	json_t *mirrors = json_array();

	for (const char *p = equals ? equals + 1 : ""; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");

		json_array_append_new(mirrors, json_stringn(p, n));
		p += n;
	}
	json_object_set_new(value, url, mirrors);
}

/* The words of the command line as the key's type has them; what is not one is found wrong later. */
static json_t *value_of(const struct ce_config_key *key, char **words, size_t n)
{
	json_t *value;
	char *end;
	long long number;

	switch (key->type) {
	case CE_CONFIG_BOOL:
		if (strcmp(words[0], "true") == 0 || strcmp(words[0], "false") == 0)
			return json_boolean(words[0][0] == 't');
		return json_string(words[0]);
	case CE_CONFIG_NUMBER:
		number = strtoll(words[0], &end, 10);
		return *end || end == words[0] ? json_string(words[0]) : json_integer(number);
	case CE_CONFIG_PATH:
		return json_string(words[0]);
	case CE_CONFIG_MIRRORS:
		value = json_object();
		for (size_t i = 0; i < n; i++)
			add_mirrors(value, words[i]);
		return value;
	case CE_CONFIG_PATHS:
	case CE_CONFIG_TEXTS:
		break;
	}
	value = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(value, json_string(words[i]));
	return value;
}

/* Puts the value into the object of a file, or takes the key out if it is NULL. False: it was not there. */
static bool put(json_t *file, const struct ce_config_key *key, json_t *value)
{
	const char *dot = strchr(key->name, '.');
	json_t *at = file;

	if (dot) {
		CE_AUTOFREE char *group = ce_strndup(key->name, (size_t)(dot - key->name));

		at = json_object_get(file, group);
		if (!json_is_object(at) && value) {
			at = json_object();
			json_object_set_new(file, group, at);
		}
	}
	if (value)
		return json_object_set(at, dot ? dot + 1 : key->name, value) == 0;
	return json_object_del(at, dot ? dot + 1 : key->name) == 0;
}

/* The file as it is, not as it is understood: what ccenv does not know stays in it. */
static int change(struct ce_cli *cli, int level, const struct ce_config_key *key, json_t *value)
{
	const char *path = cli->config.paths[level];
	CE_CLEANUP(ce_json_decrefp) json_t *file = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error err;
	bool changed;

	if (!ce_fs_exists(path))
		file = json_object();
	else if (ce_json_read(path, FILE_MAX, &file, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (!json_is_object(file))
		return ce_cli_failf(cli, CCENV_EDATA, "%s: expected an object", path);
	if (!put(file, key, value))
		return ce_cli_failf(cli, CCENV_ENOTFOUND, "%s is not set in %s", key->name, path);
	ce_json_format(file, &text);
	if (ce_config_write(&cli->config, (enum ce_config_level)level, &text, &changed, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_wrote(
		cli, path, value ? "Set %s in %s" : "Removed %s from %s", key->name, path);
}

/* Is the project's file, or the directory that it is in, a link? It comes with the project. */
static bool leads_away(const char *path)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);
	struct stat st;

	return (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) ||
	       (lstat(dir, &st) == 0 && !S_ISDIR(st.st_mode));
}

/* May the file of that level be written to? Returns an exit status, after a message. */
static int check_place(struct ce_cli *cli, int level)
{
	const char *path = cli->config.paths[level];

	if (!path)
		return ce_cli_failf(cli, CCENV_ENOTFOUND,
			level == CE_CONFIG_USER
				? "there is no place for the user's config: HOME is not set"
				: "there is no ccenv.json here or in a parent directory");
	if (level == CE_CONFIG_PROJECT && leads_away(path))
		return ce_cli_failf(cli, CCENV_EUNTRUSTED,
			"%s, or its directory, is a link; it is not written to", path);
	return CE_EXIT_OK;
}

static int set_or_unset(struct ce_cli *cli, const char *verb, int level)
{
	const struct ce_config_key *key = ce_config_key_find(cli->args.items[1]);
	CE_CLEANUP(ce_json_decrefp) json_t *value = NULL;
	struct ccenv_error err;
	int status;

	if (!key)
		return no_key(cli, cli->args.items[1]);
	if (level == CE_CONFIG_PROJECT && !key->in_project)
		return ce_cli_failf(cli, CCENV_EUSAGE,
			"%s: a project's file may not say where caches and downloads are; use --user",
			key->name);
	status = check_place(cli, level);
	if (status != CE_EXIT_OK)
		return status;
	if (strcmp(verb, "set") == 0) {
		bool single = key->type == CE_CONFIG_BOOL || key->type == CE_CONFIG_NUMBER ||
			      key->type == CE_CONFIG_PATH;

		if (cli->args.n < 3 || (single && cli->args.n > 3))
			return ce_cli_usage(
				cli, single ? "give one value" : "give at least one value");
		value = value_of(key, cli->args.items + 2, cli->args.n - 2);
		if (ce_config_check(key, value, &err) < 0)
			return ce_cli_failf(cli, CCENV_EUSAGE, "%s", err.text);
	} else if (cli->args.n > 2) {
		return ce_cli_usage(cli, "unset takes one key");
	}
	return change(cli, level, key, value);
}

static int edit(struct ce_cli *cli, int level)
{
	int status = check_place(cli, level);

	if (status != CE_EXIT_OK)
		return status;
	return ce_config_edit(
		cli, (enum ce_config_level)level, cli->args.n > 1 ? cli->args.items[1] : NULL);
}

/* ---- the command ---- */

static int dispatch(struct ce_cli *cli, const char *verb, int level)
{
	int written = level == CE_CONFIG_LEVELS ? CE_CONFIG_USER : level;
	size_t n = cli->args.n;

	if (strcmp(verb, "set") == 0 || strcmp(verb, "unset") == 0)
		return n < 2 ? ce_cli_usage(cli, "name a key") : set_or_unset(cli, verb, written);
	if (strcmp(verb, "edit") == 0 && n <= 2)
		return edit(cli, written);
	if (strcmp(verb, "list") == 0 && n == 1)
		return list(cli, level);
	if (strcmp(verb, "get") == 0 && n == 2)
		return get(cli, cli->args.items[1], level);
	return ce_cli_usage(
		cli, "expected list, get KEY, set KEY VALUE, unset KEY or edit [EDITOR]");
}

static int run(struct ce_cli *cli)
{
	struct config_options o = {0};
	const struct ce_opt own[] = {
		{"user", 0, NULL, "your own file [for set, unset, edit]",
			.flag = &o.levels[CE_CONFIG_USER]},
		{"project", 0, NULL, ".ccenv/config.json next to ccenv.json",
			.flag = &o.levels[CE_CONFIG_PROJECT]},
		{"system", 0, NULL, "/etc/ccenv/config.json", .flag = &o.levels[CE_CONFIG_SYSTEM]},
		{0},
	};
	const char *verb;
	int level, status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	verb = cli->args.n ? cli->args.items[0] : "";
	level = chosen(cli, &o);
	if (level < 0)
		return CE_EXIT_USAGE;
	/* A file with a mistake can be corrected with set, unset and edit. */
	if (strcmp(verb, "set") == 0 || strcmp(verb, "unset") == 0 || strcmp(verb, "edit") == 0) {
		const struct ccenv_options options = {.manifest = cli->manifest};

		ce_config_find(&cli->config, ccenv_manifest_path(&options));
		return dispatch(cli, verb, level);
	}
	status = ce_cli_config(cli);
	return status == CE_EXIT_OK ? dispatch(cli, verb, level) : status;
}

static const char *const verbs[] = {"list", "get", "set", "unset", "edit", NULL};

static void more_help(void)
{
	const struct ce_config_key *key;

	printf("\nKeys (* may stand in the project's file, too):\n");
	for (size_t i = 0; (key = ce_config_key(i)); i++)
		printf("  %-17s%s %s\n", key->name, key->in_project ? "*" : " ", key->meaning);
	printf("\nOptions and variables win over the project's file, which wins over yours,\n"
	       "and yours over the system's.\n");
}

const struct ce_command ce_cmd_config = {
	.name = "config",
	.args = "list|get|set|unset|edit [KEY [VALUE…]]",
	.summary = "show or change defaults for channels, mirrors, caches and the network",
	.example = "  ccenv config set network.retries 5\n"
		   "  ccenv config edit --project\n"
		   "  ccenv config set mirrors \\\n"
		   "      https://conda.anaconda.org/conda-forge=https://mirror.example/cf\n",
	.words = verbs,
	.more_help = more_help,
	.run = run,
};
