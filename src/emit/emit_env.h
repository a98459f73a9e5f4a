/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_ENV_H
#define CE_EMIT_EMIT_ENV_H

struct ccenv_variable;
struct ce_buf;

/* Appends one command that does what the variable says; names are identifiers. */
void ce_emit_env_sh(struct ce_buf *out, const struct ccenv_variable *v);
void ce_emit_env_fish(struct ce_buf *out, const struct ccenv_variable *v);

#endif
