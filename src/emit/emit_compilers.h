/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_COMPILERS_H
#define CE_EMIT_EMIT_COMPILERS_H

#include <stdbool.h>

struct ce_buf;
struct ce_emit_facts;

/* A script that starts a compiler of the prefix. */
struct ce_emit_compiler {
	const char *tool; /* "gcc" or "g++" */
	const char *up;   /* from the script's directory to the root: "../.." */
	/* It only keeps variables of the environment away, and adds no option. */
	bool bare;
};

/* Appends the script's text. For a prefix with a gcc. */
void ce_emit_compiler(
	struct ce_buf *out, const struct ce_emit_facts *f, const struct ce_emit_compiler *compiler);
/* Appends host/reproducible.sh, which they read where it is asked for. */
void ce_emit_reproducible(struct ce_buf *out, const struct ce_emit_facts *f);
/* Appends the project's directory as a word of the shell, seen from the root, which the shell knows as
 * `root`: "$root"/../.. ; '' when there is none. */
void ce_emit_project_sh(const struct ce_emit_facts *f, const char *root, struct ce_buf *out);

#endif
