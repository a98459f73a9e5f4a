/* SPDX-License-Identifier: MIT */
/* ccenv, the program: reads the options before the command, finds it and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/edit.h"
#include "cli/cli.h"

#define ADDRESS(name) &ce_cmd_##name,
#define GROUP(list)                                                                                \
	(const struct ce_command *const[])                                                         \
	{                                                                                          \
		list(ADDRESS) NULL                                                                 \
	}
const struct ce_group ce_groups[] = {
	{"Commands", GROUP(CE_MAIN_COMMANDS)},
	{"Settings", GROUP(CE_SETTING_COMMANDS)},
	{"Distribution", GROUP(CE_TRANSPORT_COMMANDS)},
	{"Reproducibility", GROUP(CE_PROOF_COMMANDS)},
	{"Build systems", GROUP(CE_BUILD_COMMANDS)},
	{"Scripting", GROUP(CE_SCRIPT_COMMANDS)},
	{0},
};
#undef GROUP
#undef ADDRESS

static void print_summaries(FILE *out, const struct ce_group *group)
{
	fprintf(out, "%s:\n", group->title);
	for (size_t i = 0; group->commands[i]; i++)
		fprintf(out, "  %-10s %s\n", group->commands[i]->name, group->commands[i]->summary);
}

/* Only the names, so that the help fits a screen. */
static void print_names(FILE *out, const struct ce_group *group)
{
	enum {
		INDENT = 16
	};
	int column = fprintf(out, "%s:", group->title);

	column += fprintf(out, "%*s", INDENT - column, "");
	for (size_t i = 0; group->commands[i]; i++) {
		const char *name = group->commands[i]->name;

		if (column + (int)strlen(name) + 2 > CE_HELP_COLUMNS)
			column = fprintf(out, "\n%*s", INDENT, "") - 1;
		column += fprintf(out, " %s%s", name, group->commands[i + 1] ? "," : "\n");
	}
}

static void print_help(FILE *out)
{
	fprintf(out, "ccenv " CCENV_VERSION
		     ": a CUDA toolchain from conda-forge, locked, in your build tree\n\n"
		     "Usage: ccenv [options] COMMAND [options]\n\n");
	print_summaries(out, &ce_groups[0]);
	fputc('\n', out);
	for (const struct ce_group *g = ce_groups + 1; g->title; g++)
		print_names(out, g);
	fputs("\nExample:\n"
	      "  ccenv init --cuda 13.0 && ccenv install && ccenv run -- nvcc --version\n\n"
	      "More: `ccenv COMMAND --help`. Exit status: 0 success, 1 failure, 2 wrong usage\n",
		out);
}

const struct ce_command *ce_command_find(const char *name)
{
	for (const struct ce_group *g = ce_groups; g->title; g++)
		for (size_t i = 0; g->commands[i]; i++)
			if (strcmp(g->commands[i]->name, name) == 0)
				return g->commands[i];
	return NULL;
}

static const char *nearest(const char *name)
{
	const char *found = NULL;
	size_t least = 3;

	for (const struct ce_group *g = ce_groups; g->title; g++)
		for (size_t i = 0; g->commands[i]; i++) {
			size_t distance = ce_edit_distance(g->commands[i]->name, name);

			if (distance < least) {
				least = distance;
				found = g->commands[i]->name;
			}
		}
	return found;
}

/* What pixi, conda and their like call it. */
static const char *of_others(const char *name)
{
	static const char *const words[][2] = {
		{"activate", "eval \"$(ccenv shell-hook)\""},
		{"create", "ccenv init"},
		{"ls", "ccenv list"},
		{"pack", "ccenv bundle"},
		{"reinstall", "ccenv install --repair"},
		{"sync", "ccenv install"},
		{"uninstall", "ccenv remove"},
		{"update", "ccenv lock --update"},
		{"upgrade", "ccenv lock --update"},
	};

	for (size_t i = 0; i < CE_COUNT(words); i++)
		if (strcmp(words[i][0], name) == 0)
			return words[i][1];
	return NULL;
}

int ce_cli_no_command(struct ce_cli *cli, const char *name)
{
	const char *other = of_others(name);

	if (other)
		return ce_cli_failf(
			cli, CCENV_EUSAGE, "unknown command \"%s\"; `%s` does that", name, other);
	other = nearest(name);
	if (other)
		return ce_cli_failf(cli, CCENV_EUSAGE,
			"unknown command \"%s\"; did you mean `ccenv %s`?", name, other);
	return ce_cli_failf(
		cli, CCENV_EUSAGE, "unknown command \"%s\"; `ccenv --help` lists them", name);
}

static void release(struct ce_cli *cli)
{
	ccenv_close(cli->project);
	ce_config_release(&cli->config);
	ce_opt_list_release(&cli->components);
	ce_opt_list_release(&cli->channels);
	ce_opt_list_release(&cli->platforms);
	ce_opt_list_release(&cli->system_requirements);
	ce_opt_list_release(&cli->package_caches);
	ce_opt_list_release(&cli->trusted_caches);
}

static int run(struct ce_cli *cli, char **argv, size_t n)
{
	int status;

	if (strcmp(argv[0], "help") == 0 && n > 1 && strcmp(argv[1], "options") == 0) {
		struct ce_opt common[CE_CLI_N_COMMON];

		ce_cli_common(cli, common);
		printf("Options of every command, before or after it:\n");
		ce_opt_help(common);
		return CE_EXIT_OK;
	}
	/* `ccenv help lock` */
	if (strcmp(argv[0], "help") == 0 && n > 1) {
		cli->help = true;
		argv++;
		n--;
	}
	/* As pixi has it: `pixi workspace platform add`, once `pixi project`. */
	if ((strcmp(argv[0], "workspace") == 0 || strcmp(argv[0], "project") == 0) && n > 1) {
		argv++;
		n--;
	}
	cli->command = ce_command_find(argv[0]);
	if (!cli->command) {
		ce_cli_expect_json(cli, (int)n, argv);
		return ce_cli_no_command(cli, argv[0]);
	}
	cli->argc = (int)n;
	cli->argv = argv;
	status = cli->command->run(cli);
	release(cli);
	/* A full disk must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		ce_ui_error(&cli->ui, "cannot write the result to stdout");
		return CE_EXIT_FAILED;
	}
	return status;
}

/* Credentials are in memory: a crash must not write them to a file. 1, not 0: with 0 the kernel would
 * still hand the dump to a program that core_pattern names. */
static void disable_core_dumps(struct ce_cli *cli)
{
	struct rlimit none;

	if (getrlimit(RLIMIT_CORE, &cli->core) < 0)
		return;
	none = (struct rlimit){.rlim_cur = 1, .rlim_max = cli->core.rlim_max};
	if (none.rlim_max < 1)
		none.rlim_cur = none.rlim_max;
	ce_ignore(setrlimit(RLIMIT_CORE, &none));
}

int main(int argc, char **argv)
{
	struct ce_cli cli = {0};
	struct ce_opt common[CE_CLI_N_COMMON];
	bool version = false;
	const struct ce_opt own[] = {
		{"version", 'V', NULL, "print the version", .flag = &version},
		{0},
	};
	struct ce_args args;

	disable_core_dumps(&cli);
	ce_cli_common(&cli, common);
	if (!ce_opt_parse(argc, argv, own, common, true, &args)) {
		CE_AUTOFREE char *mistake = args.mistake;

		ce_cli_expect_json(&cli, argc, argv);
		return ce_cli_usage(&cli, mistake);
	}
	if (version || (args.n && strcmp(args.items[0], "version") == 0)) {
		printf("ccenv " CCENV_VERSION "\n");
		return CE_EXIT_OK;
	}
	if (args.n == 0 || (args.n == 1 && strcmp(args.items[0], "help") == 0)) {
		bool asked = cli.help || args.n;

		print_help(asked ? stdout : stderr);
		return asked ? CE_EXIT_OK : CE_EXIT_USAGE;
	}
	return run(&cli, args.items, args.n);
}
