/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_FACTS_H
#define CE_EMIT_EMIT_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strs.h"
#include "emit/emit.h"

struct ccenv_error;
struct ce_buf;
struct ce_pkg;

/*
 * What the emitters need to know, found once by looking at the prefix. All strings live in the
 * arena or are borrowed from the input; relative paths are relative to the root.
 */

struct ce_component;
struct ce_cuda_part;

/* A library or set of headers that is in the prefix. */
struct ce_emit_part {
	const struct ce_cuda_part *row;
	const struct ce_pkg *pkg; /* whose version it has; NULL when unknown */
};

struct ce_emit_facts {
	struct ce_arena arena;
	const struct ce_emit_input *in;
	const char *target;  /* "x86_64-linux"; NULL: nothing of CUDA can be emitted */
	const char *label;   /* what its files are called: the same, or a target's label */
	const char *triplet; /* "x86_64-conda-linux-gnu" */
	bool crossing;       /* another machine runs the result */
	/* Of a target: " --target NAME", for commands that are printed; else "". */
	const char *of_target;
	const char *tools; /* absolute: the prefix of the tools; natively that of the libraries */
	const char *build_platform;  /* subdir of the tools */
	const char *cuda_version;    /* "13.0"; "" when the prefix has no CUDA */
	const char *toolkit_version; /* "13.0.88": nvcc's, else cuda_version */
	const char *cxx_version;     /* of gcc_impl: "12.2.0"; "" when there is none */
	bool has_nvcc, has_gcc, has_cccl_dir, has_builtin_specs;

	const char *view;      /* absolute */
	const char *view_rel;  /* "view/x86_64-linux-0123456789ab" */
	const char *env_rel;   /* "env/linux-64-0123456789ab"; absolute when the prefix is not below
				 the root */
	const char *tools_rel; /* the same of the tools */
	const char *wrapper_rel;             /* pkg-config for this toolchain alone */
	const char *ide_rel;                 /* where clangd's files are: "ide", "ide/sbsa-linux" */
	struct ce_strs names;                /* all that this toolchain may be asked for by */
	const char *manifest_rel, *lock_rel; /* "" when there is none; absolute when far away */
	const char *project_rel; /* the directory of the manifest; "" when there is none */
	/* Which names nvcc takes from its command line (emit_names.c): "objdir seed path". */
	const char *nvcc_names;
	const char *manifest_sha256, *lock_sha256; /* "" when there is none */

	struct ce_emit_part *parts; /* sorted by .pc name */
	size_t n_parts;
	struct ccenv_error *unseen; /* what could not be looked at; code 0 when all could */
};

CE_MUST_CHECK int ce_emit_facts_init(
	struct ce_emit_facts *f, const struct ce_emit_input *in, struct ccenv_error *err);
void ce_emit_facts_release(struct ce_emit_facts *f);
/*
 * Is there something at the path, behind links? What cannot be looked at (an I/O error, no permission) is
 * not absent: build files would lack it without a word. It is noted, and ce_emit_check_seen() fails.
 */
bool ce_emit_is_there(const struct ce_emit_facts *f, const char *path);
CE_MUST_CHECK int ce_emit_check_seen(const struct ce_emit_facts *f, struct ccenv_error *err);
/* Fills parts. */
void ce_emit_parts_find(struct ce_emit_facts *f);
const struct ce_emit_part *ce_emit_part_find(const struct ce_emit_facts *f, const char *name);
/* Are all packages of the component in the prefix? */
bool ce_emit_has_component(const struct ce_emit_facts *f, const struct ce_component *c);
/* The package of that name in the prefix, or NULL; and in that of the tools. */
const struct ce_pkg *ce_emit_pkg_find(const struct ce_emit_facts *f, const char *name);
const struct ce_pkg *ce_emit_tool_find(const struct ce_emit_facts *f, const char *name);

/*
 * `path` as seen from the directory `from`, when both lie in one tree: then the pair can be moved
 * together. Absolute when they have nothing but "/" in common. Text only; both absolute.
 */
const char *ce_emit_relative(const char *from, const char *path, struct ce_arena *a);

/* Finds nvcc_names, asking nvcc once per toolchain. */
CE_MUST_CHECK int ce_emit_names_find(struct ce_emit_facts *f, struct ccenv_error *err);

/* The emitters, in the order they run. Each writes its files only when their bytes differ. */
CE_MUST_CHECK int ce_emit_view(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_pc(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_compilers(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_cmake(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_make(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_ide(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_meson(const struct ce_emit_facts *f, struct ccenv_error *err);
CE_MUST_CHECK int ce_emit_stamp(const struct ce_emit_facts *f, struct ccenv_error *err);

/* Has ccenv written <root>/<rel>? By the words that all its scripts and .pc files begin with. What
 * it has not written is neither removed nor overwritten. */
bool ce_emit_is_ours(const char *root, const char *rel);
/* The same, but a file that cannot be read is CCENV_EIO. */
CE_MUST_CHECK int ce_emit_find_owner(
	const char *root, const char *rel, bool *ret_is_ours, struct ccenv_error *err);
/* Says that <root>/<rel> is made by this emitter (ce_emit_input.made). */
void ce_emit_made(const struct ce_emit_facts *f, const char *rel);
/* Writes <root>/<rel>, making its directory; mode 0755 when executable. Says that it is made. */
CE_MUST_CHECK int ce_emit_file(const struct ce_emit_facts *f, const char *rel,
	const struct ce_buf *text, bool executable, struct ccenv_error *err);

#endif
