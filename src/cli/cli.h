/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_CLI_H
#define CE_CLI_CLI_H

#include <stdbool.h>
#include <sys/resource.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"
#include "cli/config.h"
#include "cli/opt.h"
#include "cli/ui.h"

/* Exit statuses: documented, stable. */
enum {
	CE_EXIT_OK = 0,
	CE_EXIT_FAILED = 1,
	CE_EXIT_USAGE = 2,
	CE_EXIT_DIFFERENT = 3,   /* ccenv rebuild-check: both builds were made, and differ */
	CE_EXIT_NO_COMMAND = 127 /* ccenv run: as shells have it */
};

struct ce_command;
struct json_t;

/* One run of the program: the command, the options that every command takes, and the terminal. */
struct ce_cli {
	const struct ce_command *command;
	int argc;
	char **argv;         /* of the command: argv[0] is its name */
	struct ce_args args; /* set by ce_cli_begin(): what is not an option */
	/* The common options. */
	const char *manifest, *lock, *root, *cache_dir, *directory;
	const char *color; /* "auto", "always", "never", or NULL */
	bool offline, shared_cache, json, quiet, help;
	bool words; /* ce_cli_begin() prints the options, for completion, and is done */
	bool man;   /* the same: prints the manual page */
	int verbose;
	/* What several commands have options for; released with the rest. */
	const char *cuda;
	struct ce_opt_list components, channels, platforms, system_requirements;
	struct ce_opt_list package_caches, trusted_caches;
	struct ce_config config; /* read by ce_cli_config() */
	struct ccenv *project;   /* opened by ce_cli_open(), closed behind the command */
	struct ce_ui ui;
	struct rlimit core; /* the limit of core dumps that this process began with */
};

/* A command: cmd_<name>.c exports one of these. */
struct ce_command {
	const char *name;
	const char *args; /* of the usage line; "": it takes none, which ce_cli_begin() checks */
	const char *summary;
	const char *example;     /* lines for the help, or NULL */
	void (*more_help)(void); /* prints what else the help should have, or NULL */
	const char *const
		*words; /* that can be the first argument, NULL behind the last; or NULL */
	bool passes_on; /* options after the first argument are not ours (ccenv run) */
	int (*run)(struct ce_cli *cli); /* returns an exit status */
};

/* All commands, in the groups and the order of the help. */
#define CE_MAIN_COMMANDS(X)                                                                        \
	X(init)                                                                                    \
	X(add)                                                                                     \
	X(remove)                                                                                  \
	X(lock)                                                                                    \
	X(install)                                                                                 \
	X(run)                                                                                     \
	X(shell)                                                                                   \
	X(list)                                                                                    \
	X(tree)                                                                                    \
	X(why)                                                                                     \
	X(search)                                                                                  \
	X(outdated)                                                                                \
	X(diff)                                                                                    \
	X(licenses)                                                                                \
	X(info)                                                                                    \
	X(doctor)                                                                                  \
	X(verify)                                                                                  \
	X(clean)                                                                                   \
	X(import)                                                                                  \
	X(export)                                                                                  \
	X(container)                                                                               \
	X(ci)
#define CE_SETTING_COMMANDS(X)                                                                     \
	X(channel)                                                                                 \
	X(platform)                                                                                \
	X(system_requirements)                                                                     \
	X(config)
#define CE_TRANSPORT_COMMANDS(X)                                                                   \
	X(adopt)                                                                                   \
	X(bundle)                                                                                  \
	X(mirror)
#define CE_PROOF_COMMANDS(X)                                                                       \
	X(check)                                                                                   \
	X(exec)                                                                                    \
	X(rebuild_check)                                                                           \
	X(provenance)
#define CE_BUILD_COMMANDS(X)                                                                       \
	X(presets)                                                                                 \
	X(ide)                                                                                     \
	X(toolchain)                                                                               \
	X(vendor)                                                                                  \
	X(print)                                                                                   \
	X(env)                                                                                     \
	X(meson_setup)                                                                             \
	X(archs)                                                                                   \
	X(touch)
#define CE_SCRIPT_COMMANDS(X)                                                                      \
	X(solve)                                                                                   \
	X(shell_hook)                                                                              \
	X(completion)                                                                              \
	X(man)

#define CE_DECLARE_COMMAND(name) extern const struct ce_command ce_cmd_##name;
CE_MAIN_COMMANDS(CE_DECLARE_COMMAND)
CE_SETTING_COMMANDS(CE_DECLARE_COMMAND)
CE_TRANSPORT_COMMANDS(CE_DECLARE_COMMAND)
CE_PROOF_COMMANDS(CE_DECLARE_COMMAND)
CE_BUILD_COMMANDS(CE_DECLARE_COMMAND)
CE_SCRIPT_COMMANDS(CE_DECLARE_COMMAND)
#undef CE_DECLARE_COMMAND
/* Commands that belong together; NULL is behind the last. */
struct ce_group {
	const char *title;
	const struct ce_command *const *commands;
};
/* The first one is that of the commands for every day. The title behind the last one is NULL. */
extern const struct ce_group ce_groups[];
/* NULL when there is no command of that name. */
const struct ce_command *ce_command_find(const char *name);
/* The failure for a name that no command has, with what was perhaps meant. Returns the exit status. */
int ce_cli_no_command(struct ce_cli *cli, const char *name);

/* The options that say which part of a lock is meant; `of` is a struct ccenv_selection. A target that is not
 * given is that of CCENV_TARGET (ce_cli_default_target()). */
#define CE_OPT_SELECTION(of)                                                                       \
	{"environment", 'e', "NAME", "environment of the manifest [default]",                      \
		.string = &(of).environment},                                                      \
		{"platform", 'p', "PLATFORM", "platform [this machine's]",                         \
			.string = &(of).platform},                                                 \
		CE_OPT_TARGET((of).target)
#define CE_OPT_TARGET(text)                                                                        \
	{                                                                                          \
		"target", 0, "TARGET",                                                             \
			"a target of the manifest, or a platform's name (CCENV_TARGET)",           \
			.string = &(text)                                                          \
	}

enum {
	CE_CLI_N_COMMON = 13 /* rows of the common options, with the last, empty one */
};
/* The options that every command takes, which may also come before the command. */
void ce_cli_common(struct ce_cli *cli, struct ce_opt table[CE_CLI_N_COMMON]);

/*
 * Parses the command's own options (`own` may be NULL) with the common ones, changes directory (-C)
 * and sets up the terminal. *ret_status is the exit status when it returns false: help was printed,
 * or a mistake was made.
 */
bool ce_cli_begin(struct ce_cli *cli, const struct ce_opt *own, int *ret_status);
/* Reads the config files, once; without a ccenv.json, its channels are those of the command if it was
 * given none. Returns an exit status; reports its own errors. */
int ce_cli_config(struct ce_cli *cli);
/* Opens the project that the options name, unless it is open. Returns an exit status; reports its own
 * errors. */
int ce_cli_open(struct ce_cli *cli);
/* ce_cli_begin() and ce_cli_open(), for commands that read no arguments in between. */
bool ce_cli_start(struct ce_cli *cli, const struct ce_opt *own, int *ret_status);
/* Takes CCENV_TARGET where neither a target nor a platform is given. */
void ce_cli_default_target(struct ccenv_selection *of);
/* Opens the project and looks at what is installed, for a target, or for that of CCENV_TARGET. Returns an exit
 * status, as ce_cli_open(). */
int ce_cli_tools(struct ce_cli *cli, const char *target, struct ccenv_tools *ret);
/* getenv(), as the public API takes it. */
const char *ce_cli_getenv(const char *name);
/* The environment for the tools of the project's root. Returns an exit status. */
int ce_cli_environment(struct ce_cli *cli, const char *target, struct ccenv_tools *ret_tools,
	struct ccenv_variables *ret_variables);
/* The same, and what to call the project. The caller frees *ret_name. */
int ce_cli_shell(struct ce_cli *cli, const char *target, struct ccenv_tools *ret_tools,
	struct ccenv_variables *ret_variables, char **ret_name);
/* Sets the variables in this process and replaces it by argv[0]; an exit status when that fails. */
int ce_cli_exec(
	struct ce_cli *cli, const struct ccenv_variables *variables, const char *const *argv);

/* Prints a failure: on stderr, and with --json as an object on stdout. `explanation` is JSON text
 * or NULL. Returns the exit status. */
int ce_cli_fail(struct ce_cli *cli, const struct ccenv_error *err, const char *explanation);
/* The same for a failure of the command itself. */
int ce_cli_failf(struct ce_cli *cli, enum ccenv_code code, const char *fmt, ...) CE_PRINTF(3, 4);
/* For a mistake that keeps the options from being read: is --json among them? */
void ce_cli_expect_json(struct ce_cli *cli, int argc, char **argv);
/* A mistake in the command line, as a failure, with the usage of the command if it is known. Returns the exit
 * status. */
int ce_cli_usage(struct ce_cli *cli, const char *text);
/* A result on stdout: as JSON, or a text, which is freed (CE_EXIT_OK). */
void ce_cli_print_json(const struct json_t *value);
int ce_cli_print_text(char *text);
/* Says that a file was written, or with --json that it is there as it should be: {"written": …}. Returns
 * CE_EXIT_OK. */
int ce_cli_wrote(struct ce_cli *cli, const char *path, const char *fmt, ...) CE_PRINTF(3, 4);
/* Which of the words (NULL behind the last) the value of an option is; -1 after a message. */
int ce_cli_choice(
	struct ce_cli *cli, const char *option, const char *value, const char *const *words);
/* What was done, on stderr, unless --quiet. */
void ce_cli_say(struct ce_cli *cli, const char *fmt, ...) CE_PRINTF(2, 3);

#endif
