/* SPDX-License-Identifier: MIT */
/* ccenv, the program: reads the options before the command, finds it and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/edit.h"
#include "cli/cli.h"

#define ADDRESS(name) &ce_cmd_##name,
const struct ce_command *const ce_commands[] = {CE_COMMANDS(ADDRESS) NULL};
const struct ce_command *const ce_plumbing_commands[] = {CE_PLUMBING_COMMANDS(ADDRESS) NULL};
#undef ADDRESS
static const struct ce_command *const *const groups[] = {ce_commands, ce_plumbing_commands};

static void print_group(FILE *out, const char *title, const struct ce_command *const *group)
{
	fprintf(out, "%s\n", title);
	for (; *group; group++)
		fprintf(out, "  %-19s %s\n", (*group)->name, (*group)->summary);
}

/* Only the names, so that the help fits a screen. */
static void print_names(FILE *out, const char *title, const struct ce_command *const *group)
{
	int column = fprintf(out, "%s", title);

	for (; *group; group++) {
		if (column + (int)strlen((*group)->name) > 78)
			column = fprintf(out, "\n ") - 1;
		column += fprintf(out, " %s%s", (*group)->name, group[1] ? "," : "\n");
	}
}

static void print_help(FILE *out)
{
	fprintf(out, "ccenv " CCENV_VERSION
		     ": a CUDA toolchain from conda-forge, locked, in your build tree\n\n"
		     "Usage: ccenv [options] COMMAND [options]\n\n");
	print_group(out, "Commands:", ce_commands);
	print_names(out, "\nFor build systems and scripts:", ce_plumbing_commands);
	fputs("\nTo begin:\n"
	      "  ccenv init --cuda 13.0 && ccenv install && ccenv run -- nvcc --version\n\n"
	      "`ccenv COMMAND --help` says more. Exit status: 0 success, 1 failure, 2 wrong usage.\n",
		out);
}

const struct ce_command *ce_command_find(const char *name)
{
	for (size_t g = 0; g < CE_COUNT(groups); g++)
		for (size_t i = 0; groups[g][i]; i++)
			if (strcmp(groups[g][i]->name, name) == 0)
				return groups[g][i];
	return NULL;
}

static const char *nearest(const char *name)
{
	const char *found = NULL;
	size_t least = 3;

	for (size_t g = 0; g < CE_COUNT(groups); g++)
		for (size_t i = 0; groups[g][i]; i++) {
			size_t distance = ce_edit_distance(groups[g][i]->name, name);

			if (distance < least) {
				least = distance;
				found = groups[g][i]->name;
			}
		}
	return found;
}

static int no_command(struct ce_cli *cli, const char *name)
{
	const char *other = nearest(name);

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
	/* As pixi has it: `pixi workspace platform add`. */
	if (strcmp(argv[0], "workspace") == 0 && n > 1) {
		argv++;
		n--;
	}
	cli->command = ce_command_find(argv[0]);
	if (!cli->command) {
		ce_cli_expect_json(cli, (int)n, argv);
		return no_command(cli, argv[0]);
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
		{"version", 0, NULL, "print the version", .flag = &version},
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
