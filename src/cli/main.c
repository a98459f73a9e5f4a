/* SPDX-License-Identifier: MIT */
/* ccenv, the program: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/edit.h"
#include "cli/cli.h"

static const struct ce_command *const commands[] = {
	&ce_cmd_init,
	&ce_cmd_lock,
	&ce_cmd_install,
	&ce_cmd_toolchain,
	&ce_cmd_vendor,
	&ce_cmd_ide,
	&ce_cmd_print,
	&ce_cmd_env,
	&ce_cmd_run,
	&ce_cmd_meson_setup,
	&ce_cmd_presets,
	&ce_cmd_check,
	&ce_cmd_list,
	&ce_cmd_archs,
	&ce_cmd_solve,
	&ce_cmd_verify,
	&ce_cmd_clean,
	&ce_cmd_info,
};

static void print_help(FILE *out)
{
	fprintf(out, "ccenv " CCENV_VERSION
		     ": a CUDA toolchain from conda-forge, locked, in your build tree\n\n"
		     "Usage: ccenv COMMAND [options]\n\nCommands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
		"\n`ccenv COMMAND --help` tells the options. Exit status: 0 done, 1 failed, 2 wrong usage.\n");
}

static int no_command(const char *name)
{
	const char *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t distance = ce_edit_distance(commands[i]->name, name);

		if (distance < least) {
			least = distance;
			nearest = commands[i]->name;
		}
	}
	if (nearest)
		fprintf(stderr, "ccenv: \"%s\" is no command; did you mean `ccenv %s`?\n", name,
			nearest);
	else
		fprintf(stderr, "ccenv: \"%s\" is no command; `ccenv --help` lists them\n", name);
	return CE_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct ce_cli cli = {0};
	int status = CE_EXIT_USAGE;

	if (argc < 2) {
		print_help(stderr);
		return CE_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		printf("ccenv " CCENV_VERSION "\n");
		return CE_EXIT_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return CE_EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i]->name, argv[1]) == 0) {
			status = commands[i]->run(&cli, argc - 1, argv + 1);
			ce_opt_list_release(&cli.components);
			ce_opt_list_release(&cli.channels);
			ce_opt_list_release(&cli.package_caches);
			ce_opt_list_release(&cli.trusted_caches);
			/* A full disk must not look like success. */
			if (fflush(stdout) != 0 || ferror(stdout)) {
				fprintf(stderr, "ccenv: cannot write the result\n");
				return CE_EXIT_FAILED;
			}
			return status;
		}
	return no_command(argv[1]);
}
