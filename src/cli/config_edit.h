/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_CONFIG_EDIT_H
#define CE_CLI_CONFIG_EDIT_H

#include "cli/config.h"

struct ce_cli;

/*
 * `ccenv config edit`: opens the config file of a level in an editor. What is edited is a copy, PATH.edit, which takes the
 * file's place only if it is a config file that can be read; otherwise the copy stays, and the next call goes on with it.
 *
 * `editor` is a command line for sh, or NULL for that of VISUAL, of EDITOR, or vi. Returns an exit status.
 */
int ce_config_edit(struct ce_cli *cli, enum ce_config_level level, const char *editor);

#endif
