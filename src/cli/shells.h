/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_SHELLS_H
#define CE_CLI_SHELLS_H

#include <stdbool.h>

#include "ccenv/ccenv.h"

/* Shells by name, for `ccenv shell` and `ccenv shell-hook`. */

/* How a shell is made to evaluate a text behind its own start files. */
enum ce_shell_start {
	CE_SHELL_POSIX, /* the file that ENV names */
	CE_SHELL_BASH,  /* --rcfile */
	CE_SHELL_ZSH,   /* ZDOTDIR */
	CE_SHELL_FISH,  /* --init-command */
};

struct ce_shell {
	const char *name; /* "bash" */
	enum ccenv_shell syntax;
	enum ce_shell_start start;
};

/* By name or path ("posix", "/bin/bash", "-zsh"); NULL for one that is not known. */
const struct ce_shell *ce_shell_find(const char *name);

#endif
