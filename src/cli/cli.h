/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_CLI_H
#define CE_CLI_CLI_H

#include <stdbool.h>

#include "ccenv/ccenv.h"
#include "cli/opt.h"
#include "cli/ui.h"

/* Exit statuses: documented, stable. */
enum {
	CE_EXIT_OK = 0,
	CE_EXIT_FAILED = 1,
	CE_EXIT_USAGE = 2,
	CE_EXIT_NO_COMMAND = 127 /* ccenv run: as shells have it */
};

/* The options that every command takes, and what they lead to. */
struct ce_cli {
	const char *manifest, *lock, *root, *cache_dir, *directory;
	const char *cuda;
	struct ce_opt_list components, channels, package_caches, trusted_caches;
	bool offline, json, quiet, help;
	bool passes_on; /* set before ce_cli_begin(): what follows the first argument is not ours */
	int verbose;
	struct ce_ui ui;
};

/* A command: cmd_<name>.c exports one of these; the list is in main.c. */
struct ce_command {
	const char *name;
	const char *args; /* of the usage line */
	const char *summary;
	/* argv[0] is the command's name. Returns an exit status. */
	int (*run)(struct ce_cli *cli, int argc, char **argv);
};

extern const struct ce_command ce_cmd_archs;
extern const struct ce_command ce_cmd_check;
extern const struct ce_command ce_cmd_clean;
extern const struct ce_command ce_cmd_env;
extern const struct ce_command ce_cmd_ide;
extern const struct ce_command ce_cmd_info;
extern const struct ce_command ce_cmd_init;
extern const struct ce_command ce_cmd_install;
extern const struct ce_command ce_cmd_list;
extern const struct ce_command ce_cmd_lock;
extern const struct ce_command ce_cmd_meson_setup;
extern const struct ce_command ce_cmd_presets;
extern const struct ce_command ce_cmd_print;
extern const struct ce_command ce_cmd_run;
extern const struct ce_command ce_cmd_solve;
extern const struct ce_command ce_cmd_toolchain;
extern const struct ce_command ce_cmd_vendor;
extern const struct ce_command ce_cmd_verify;

/*
 * Parses a command's options with the common ones, changes directory (-C) and sets up the terminal.
 * *ret_status is the exit status when it returns false (help was printed, or a mistake was made).
 */
bool ce_cli_begin(struct ce_cli *cli, const struct ce_command *cmd, const struct ce_opt *own,
	int argc, char **argv, struct ce_args *ret_args, int *ret_status);
/* Opens the project that the options name. Returns an exit status; reports its own errors. */
int ce_cli_open(struct ce_cli *cli, struct ccenv **ret);
/* Opens the project and looks at what is installed. Returns an exit status, as ce_cli_open(). */
int ce_cli_tools(struct ce_cli *cli, const char *target, struct ccenv_tools *ret);
/* The environment for the tools of the project's root. Returns an exit status. */
int ce_cli_environment(
	struct ce_cli *cli, struct ccenv_tools *ret_tools, struct ccenv_variables *ret_variables);
/* Makes it this process's own and runs argv[0] in its place; an exit status when that fails. */
int ce_cli_exec(
	struct ce_cli *cli, const struct ccenv_variables *variables, const char *const *argv);
/* Prints a failure: on stderr, and with --json as an object on stdout. `explanation` is JSON text
 * or NULL. */
int ce_cli_fail(struct ce_cli *cli, const struct ccenv_error *err, const char *explanation);
/* A mistake in the command line: names it and the help. */
int ce_cli_usage(const struct ce_command *cmd, const char *text);
/* Packages as rows or, with --json, as an array. */
void ce_cli_print_packages(const struct ce_cli *cli, const struct ccenv_packages *list);

#endif
