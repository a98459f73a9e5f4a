/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_ENV_H
#define CE_EMIT_EMIT_ENV_H

struct ccenv_variable;
struct ce_buf;

/* Appends one command that does what the variable says; names are identifiers. */
void ce_emit_env_sh(struct ce_buf *out, const struct ccenv_variable *v);
void ce_emit_env_fish(struct ce_buf *out, const struct ccenv_variable *v);

/*
 * Appends what an interactive shell evaluates (POSIX shells, bash and zsh the first): takes back what an
 * earlier hook has put before PATH and the prompt, then `variables` (the commands of all), then
 * "(NAME) " before the prompt. `path` is what they put before PATH. `name` may be any text: what a
 * prompt would expand becomes "_".
 */
void ce_emit_hook_sh(struct ce_buf *out, const char *variables, const char *path, const char *name);
void ce_emit_hook_fish(
	struct ce_buf *out, const char *variables, const char *path, const char *name);

#endif
