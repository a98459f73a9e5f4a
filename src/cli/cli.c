/* SPDX-License-Identifier: MIT */
/* What the commands share: common options, opening the project, printing results and failures. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/printable.h"
#include "cli/man.h"

void ce_cli_common(struct ce_cli *cli, struct ce_opt table[CE_CLI_N_COMMON])
{
	const struct ce_opt rows[CE_CLI_N_COMMON] = {
		{"manifest", 0, "FILE", "the manifest [ccenv.json here or in a parent directory]",
			.string = &cli->manifest},
		{"lock", 0, "FILE", "the lock file [ccenv.lock next to the manifest]",
			.string = &cli->lock},
		{"root", 0, "DIR", "where to install and write build files [build/_ccenv]",
			.string = &cli->root},
		{"cache-dir", 0, "DIR", "the package cache [CCENV_CACHE_DIR, ~/.cache/ccenv]",
			.string = &cli->cache_dir},
		{"directory", 'C', "DIR", "change to DIR first", .string = &cli->directory},
		{"shared-cache", 0, NULL,
			"accept a cache that others can write to (CCENV_SHARED_CACHE=1)",
			.flag = &cli->shared_cache},
		{"offline", 0, NULL, "use only what is in the cache, no network",
			.flag = &cli->offline},
		{"json", 0, NULL, "print the result as JSON", .flag = &cli->json},
		{"color", 0, "WHEN",
			"auto, always or never [auto: on a terminal, unless NO_COLOR is set]",
			.string = &cli->color},
		{"quiet", 'q', NULL, "print only errors and warnings", .flag = &cli->quiet},
		{"verbose", 'v', NULL, "print more about each step; twice: for debugging",
			.count = &cli->verbose},
		{"help", 'h', NULL, "print this help", .flag = &cli->help},
		{0},
	};

	memcpy(table, rows, sizeof(rows));
}

/* "ccenv lock [--update [NAME…]] [options]"; the options come first where arguments are passed on. */
static char *usage_text(const struct ce_command *cmd)
{
	const char *blank = cmd->args[0] ? " " : "";

	if (cmd->passes_on)
		return ce_asprintf("ccenv %s [options]%s%s", cmd->name, blank, cmd->args);
	return ce_asprintf("ccenv %s%s%s [options]", cmd->name, blank, cmd->args);
}

static void print_help(
	const struct ce_command *cmd, const struct ce_opt *own, const struct ce_opt *common)
{
	CE_AUTOFREE char *usage = usage_text(cmd);

	printf("Usage: %s\n\n%s\n", usage, cmd->summary);
	if (cmd->example)
		printf("\nExample:\n%s", cmd->example);
	if (cmd->more_help)
		cmd->more_help();
	if (own && own->name) {
		printf("\nOptions:\n");
		ce_opt_help(own);
	}
	printf("\nCommon options (`ccenv help options` explains them):\n");
	ce_opt_names(common);
}

int ce_cli_choice(
	struct ce_cli *cli, const char *option, const char *value, const char *const *words)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (int i = 0; words[i]; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	ce_buf_addf(&b, "%s: expected %s", option, words[0]);
	for (size_t i = 1; words[i]; i++)
		ce_buf_addf(&b, "%s%s", words[i + 1] ? ", " : " or ", words[i]);
	ce_cli_usage(cli, ce_buf_str(&b));
	return -1;
}

/* False, after a message, for a word that it cannot be. */
static bool find_color(struct ce_cli *cli, enum ce_color *ret)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	int i = cli->color ? ce_cli_choice(cli, "--color", cli->color, words) : 0;

	*ret = (enum ce_color)i;
	return i >= 0;
}

void ce_cli_expect_json(struct ce_cli *cli, int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		cli->json = cli->json || strcmp(argv[i], "--json") == 0;
}

/* False, after a message. --json counts even where the options could not be read. */
static bool parse(struct ce_cli *cli, const struct ce_opt *own, const struct ce_opt *common)
{
	CE_AUTOFREE char *mistake = NULL;
	bool parsed = ce_opt_parse(
		cli->argc, cli->argv, own, common, cli->command->passes_on, &cli->args);

	if (parsed)
		return true;
	mistake = CE_TAKE(cli->args.mistake);
	ce_cli_expect_json(cli, cli->argc, cli->argv);
	ce_cli_usage(cli, mistake);
	return false;
}

bool ce_cli_begin(struct ce_cli *cli, const struct ce_opt *own, int *ret_status)
{
	const struct ce_command *cmd = cli->command;
	struct ce_opt common[CE_CLI_N_COMMON];
	enum ce_color color;

	ce_cli_common(cli, common);
	if (cli->man) {
		ce_man_command(cmd, own, common);
		*ret_status = CE_EXIT_OK;
		return false;
	}
	if (cli->words) {
		ce_opt_words(own);
		ce_opt_words(common);
		*ret_status = CE_EXIT_OK;
		return false;
	}
	*ret_status = CE_EXIT_USAGE;
	if (!parse(cli, own, common))
		return false;
	if (cli->help) {
		print_help(cmd, own, common);
		*ret_status = CE_EXIT_OK;
		return false;
	}
	if (!find_color(cli, &color))
		return false;
	ce_ui_init(&cli->ui, cli->quiet ? -1 : cli->verbose, color);
	if (!cmd->args[0] && cli->args.n) {
		CE_AUTOFREE char *text = ce_asprintf("%s takes no arguments", cmd->name);

		*ret_status = ce_cli_usage(cli, text);
		return false;
	}
	if (cli->directory && chdir(cli->directory) < 0) {
		*ret_status = ce_cli_failf(
			cli, CCENV_EIO, "cannot change to %s: %s", cli->directory, strerror(errno));
		return false;
	}
	return true;
}

static struct ccenv_options options(struct ce_cli *cli)
{
	return (struct ccenv_options){
		.manifest = cli->manifest,
		.lock = cli->lock,
		.root = cli->root,
		.cache_dir = cli->cache_dir,
		.offline = cli->offline,
		.shared_cache = cli->shared_cache,
		.package_caches = cli->package_caches.items,
		.n_package_caches = cli->package_caches.n,
		.trusted_caches = cli->trusted_caches.items,
		.n_trusted_caches = cli->trusted_caches.n,
		.cuda_version = cli->cuda,
		.components = cli->components.items,
		.n_components = cli->components.n,
		.channels = cli->channels.items,
		.n_channels = cli->channels.n,
		.events = ce_ui_events(&cli->ui),
	};
}

static void warn(void *user, const char *text)
{
	ce_ui_warn(user, text);
}

int ce_cli_config(struct ce_cli *cli)
{
	const struct ce_config_warn warnings = {warn, &cli->ui};
	struct ccenv_options o = options(cli);
	struct ccenv_error err;

	if (cli->config.paths[CE_CONFIG_SYSTEM])
		return CE_EXIT_OK;
	if (ce_config_read(&cli->config, ccenv_manifest_path(&o), &warnings, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	if (!cli->config.manifest && !cli->channels.n)
		ce_config_channels(&cli->config, &cli->channels);
	return CE_EXIT_OK;
}

int ce_cli_open(struct ce_cli *cli)
{
	int status = ce_cli_config(cli);
	struct ccenv_options o;
	struct ccenv_error err;

	if (status != CE_EXIT_OK || cli->project)
		return status;
	o = options(cli);
	ce_config_apply(&cli->config, &o);
	if (ccenv_open(&o, &cli->project, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return CE_EXIT_OK;
}

bool ce_cli_start(struct ce_cli *cli, const struct ce_opt *own, int *ret_status)
{
	if (!ce_cli_begin(cli, own, ret_status))
		return false;
	*ret_status = ce_cli_open(cli);
	return *ret_status == CE_EXIT_OK;
}

void ce_cli_default_target(struct ccenv_selection *of)
{
	const char *target = getenv("CCENV_TARGET");

	if (!of->target && !of->platform && target && *target)
		of->target = target;
}

int ce_cli_tools(struct ce_cli *cli, const char *target, struct ccenv_tools *ret)
{
	struct ccenv_selection of = {.target = target};
	struct ccenv_error err;
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	ce_cli_default_target(&of);
	if (ccenv_tools(cli->project, of.target, ret, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return CE_EXIT_OK;
}

const char *ce_cli_getenv(const char *name)
{
	return getenv(name);
}

int ce_cli_environment(struct ce_cli *cli, const char *target, struct ccenv_tools *ret_tools,
	struct ccenv_variables *ret_variables)
{
	const char *ld = getenv("LD_LIBRARY_PATH");
	struct ccenv_error err;
	int status = ce_cli_tools(cli, target, ret_tools);

	if (status != CE_EXIT_OK)
		return status;
	if (ccenv_environment(ret_tools, ce_cli_getenv, ret_variables, &err) < 0) {
		ccenv_tools_free(ret_tools);
		return ce_cli_fail(cli, &err, NULL);
	}
	if (ld && *ld)
		ce_ui_warn(&cli->ui,
			"LD_LIBRARY_PATH is set: programs may load other libraries than they were linked with; unset it");
	if (ret_variables->of_conda)
		ce_cli_say(cli,
			"Left out, as they name the conda environment %s: %s; CCENV_HERMETIC=0 keeps them",
			getenv("CONDA_PREFIX"), ret_variables->of_conda);
	return CE_EXIT_OK;
}

int ce_cli_shell(struct ce_cli *cli, const char *target, struct ccenv_tools *ret_tools,
	struct ccenv_variables *ret_variables, char **ret_name)
{
	int status = ce_cli_open(cli);

	if (status != CE_EXIT_OK)
		return status;
	*ret_name = ccenv_project_name(cli->project);
	return ce_cli_environment(cli, target, ret_tools, ret_variables);
}

static void apply(const struct ccenv_variable *v)
{
	CE_AUTOFREE char *value = ccenv_variable_value(v, ce_cli_getenv);

	if (value)
		setenv(v->name, value, 1);
	else
		unsetenv(v->name);
}

int ce_cli_exec(
	struct ce_cli *cli, const struct ccenv_variables *variables, const char *const *argv)
{
	for (size_t i = 0; i < variables->n; i++)
		apply(&variables->items[i]);
	ce_ignore(setrlimit(RLIMIT_CORE, &cli->core));
	ce_ui_clear(&cli->ui);
	execvp(argv[0], (char *const *)argv);
	ce_cli_failf(cli, CCENV_ENOTFOUND, "cannot run %s: %s", argv[0], strerror(errno));
	return CE_EXIT_NO_COMMAND;
}

static const char *code_name(int code)
{
	static const char *const names[] = {NULL, "usage", "data", "io", "network", "no-solution",
		"hash", "offline", "stale", "host", "busy", "not-found", "untrusted"};
	size_t i = (size_t)-code;

	return code < 0 && i < CE_COUNT(names) ? names[i] : "unknown";
}

CE_PRINTF(2, 0) static void say(struct ce_cli *cli, const char *fmt, va_list ap)
{
	CE_AUTOFREE char *text = cli->quiet ? NULL : ce_vasprintf(fmt, ap);

	if (text)
		ce_ui_say(&cli->ui, text);
}

void ce_cli_print_json(const json_t *value)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_json_format(value, &b);
	fputs(ce_buf_str(&b), stdout);
}

int ce_cli_print_text(char *text)
{
	fputs(text, stdout);
	free(text);
	return CE_EXIT_OK;
}

static void print_failure(const struct ccenv_error *err, const char *explanation)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	/* jansson takes UTF-8 only. */
	CE_AUTOFREE char *message = ce_printable(err->text, true);
	json_t *why = explanation ? json_loads(explanation, 0, NULL) : NULL;

	json_object_set_new(o, "error", json_string(code_name(err->code)));
	json_object_set_new(o, "message", json_string(message));
	if (why)
		json_object_set_new(o, "explanation", why);
	ce_cli_print_json(o);
}

int ce_cli_wrote(struct ce_cli *cli, const char *path, const char *fmt, ...)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	CE_AUTOFREE char *shown = ce_printable(path, false);
	va_list ap;

	if (!cli->json) {
		va_start(ap, fmt);
		say(cli, fmt, ap);
		va_end(ap);
		return CE_EXIT_OK;
	}
	o = json_pack("{s:s}", "written", shown);
	ce_cli_print_json(o);
	return CE_EXIT_OK;
}

int ce_cli_fail(struct ce_cli *cli, const struct ccenv_error *err, const char *explanation)
{
	ce_ui_error(&cli->ui, err->text);
	if (cli->json)
		print_failure(err, explanation);
	return err->code == CCENV_EUSAGE ? CE_EXIT_USAGE : CE_EXIT_FAILED;
}

int ce_cli_failf(struct ce_cli *cli, enum ccenv_code code, const char *fmt, ...)
{
	struct ccenv_error err = {.code = code};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, ap);
	va_end(ap);
	return ce_cli_fail(cli, &err, NULL);
}

int ce_cli_usage(struct ce_cli *cli, const char *text)
{
	const struct ce_command *cmd = cli->command;
	CE_AUTOFREE char *usage =
		cmd ? usage_text(cmd) : ce_strdup("ccenv [options] COMMAND [options]");
	int status = ce_cli_failf(cli, CCENV_EUSAGE, "%s", text);

	fprintf(stderr, "Usage: %s; try `ccenv %s%s--help`.\n", usage, cmd ? cmd->name : "",
		cmd ? " " : "");
	return status;
}

void ce_cli_say(struct ce_cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, fmt, ap);
	va_end(ap);
}
