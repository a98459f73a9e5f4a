/* SPDX-License-Identifier: MIT */
#ifndef CE_CLI_MAN_H
#define CE_CLI_MAN_H

struct ce_command;
struct ce_opt;

/* Manual pages on stdout, as roff (man 7 man), from the tables that the help is made of. */

/* ccenv-NAME(1); `own` may be NULL. */
void ce_man_command(
	const struct ce_command *cmd, const struct ce_opt *own, const struct ce_opt *common);
/* ccenv(1). */
void ce_man_program(const struct ce_opt *common);

#endif
