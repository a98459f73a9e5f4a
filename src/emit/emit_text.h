/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_TEXT_H
#define CE_EMIT_EMIT_TEXT_H

#include <stddef.h>

struct ce_buf;

/*
 * Text for other programs: quoting per language, and templates (src/emit/text/, compiled in).
 *
 * Each quoting function appends `s` so that the reader of that language sees exactly `s` again. Where
 * a value ends with its line (make, .pc, Meson), a control character becomes a space. What a shell or
 * pkg-config does with a path that it has read is another matter: see ce_emit_check_path().
 */
void ce_quote_cmake(struct ce_buf *out, const char *s); /* within "…" */
void ce_quote_make(struct ce_buf *out, const char *s);  /* value of a variable */
void ce_quote_pc(struct ce_buf *out, const char *s);    /* value of a variable or a field */
void ce_quote_meson(struct ce_buf *out, const char *s); /* within '…' */
void ce_quote_sh(struct ce_buf *out, const char *s);    /* a whole word, quoted as needed */

/* A value for @key@. */
struct ce_emit_pair {
	const char *key, *value;
};

/* Appends `text` with each @KEY@ (capitals, digits, _) replaced; a key that is not in `pairs` is a
 * bug of ours. */
void ce_emit_fill(struct ce_buf *out, const char *text, const struct ce_emit_pair *pairs, size_t n);

extern const char ce_text_toolchain_cmake[]; /* text/toolchain.cmake */
extern const char
	ce_text_find_cmake[]; /* text/find.cmake: what `ccenv toolchain` prints around the next */
extern const char ce_text_ensure_cmake[];    /* cmake/CondaCudaEnsure.cmake */
extern const char ce_text_ccenv_mk[];        /* text/ccenv.mk */
extern const char ce_text_init_mk[];         /* text/init.mk */
extern const char ce_text_vendor_cmake[];    /* text/vendor.cmake */
extern const char ce_text_compiler_sh[];     /* text/compiler.sh */
extern const char ce_text_exec_sh[];         /* text/exec.sh */
extern const char ce_text_link_specs[];      /* text/link.specs */
extern const char ce_text_rules_cmake[];     /* text/rules.cmake */
extern const char ce_text_rules_add_cmake[]; /* text/rules-add.cmake */
extern const char ce_text_reproducible_sh[]; /* text/reproducible.sh */
extern const char ce_text_nvcc_sh[];         /* text/nvcc.sh */
extern const char ce_text_pkg_config_sh[];   /* text/pkg-config.sh */

#endif
