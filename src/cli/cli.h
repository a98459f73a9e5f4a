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
	CE_EXIT_USAGE = 2
};

/* The options that every command takes, and what they lead to. */
struct ce_cli {
	const char *manifest, *lock, *root, *cache_dir, *directory;
	const char *cuda;
	struct ce_opt_list components, channels;
	bool offline, json, quiet, help;
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

extern const struct ce_command ce_cmd_clean, ce_cmd_verify, ce_cmd_info, ce_cmd_init,
	ce_cmd_install, ce_cmd_list, ce_cmd_lock, ce_cmd_solve, ce_cmd_toolchain;

/*
 * Parses a command's options with the common ones, changes directory (-C) and sets up the terminal.
 * *ret_status is the exit status when it returns false (help was printed, or a mistake was made).
 */
bool ce_cli_begin(struct ce_cli *cli, const struct ce_command *cmd, const struct ce_opt *own,
	int argc, char **argv, struct ce_args *ret_args, int *ret_status);
/* Opens the project that the options name. Returns an exit status; reports its own errors. */
int ce_cli_open(struct ce_cli *cli, struct ccenv **ret);
/* Prints a failure: on stderr, and with --json as an object on stdout. `explanation` is JSON text
 * or NULL. */
int ce_cli_fail(struct ce_cli *cli, const struct ccenv_error *err, const char *explanation);
/* A mistake in the command line: names it and the help. */
int ce_cli_usage(const struct ce_command *cmd, const char *text);
/* Packages as rows or, with --json, as an array. */
void ce_cli_print_packages(const struct ce_cli *cli, const struct ccenv_packages *list);

#endif
