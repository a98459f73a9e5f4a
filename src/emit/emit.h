/* SPDX-License-Identifier: MIT */
#ifndef CE_EMIT_EMIT_H
#define CE_EMIT_EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/strs.h"

struct ccenv_error;
struct ccenv_events;
struct ce_buf;
struct ce_pkg;

/*
 * An installed prefix -> what build systems need (docs/design/build-systems.md): the view, the
 * CMake toolchain file, .pc files, a Make fragment, a Meson file. Everything is rendered in
 * memory and written only when the bytes differ; nothing below the prefix is changed.
 */
struct ce_emit_target {
	const char *name, *label; /* model/target_name.h */
	const char *cuda_dir;     /* "sbsa-linux" */
	struct ce_strs names;     /* all that it may be asked for by */
	/* The tools: absolute, subdir, packages. The rest of ce_emit_input is of the host. */
	const char *prefix;
	const char *platform;
	const struct ce_pkg *const *pkgs;
	size_t n_pkgs;
	const char *glibc;       /* that the host has: "2.28"; NULL when nothing is known of it */
	struct ce_strs emulator; /* a command that runs programs of the host; or none */
};

struct ce_emit_input {
	const char *root;     /* absolute: <build>/_ccenv; files are written below it (layout.h) */
	const char *prefix;   /* absolute: the prefix of the libraries, and natively of the tools */
	const char *platform; /* subdir of the prefix */
	const struct ce_emit_target *target; /* NULL natively */
	const struct ce_pkg *const *pkgs;    /* what is in the prefix */
	size_t n_pkgs;
	const char *manifest_path; /* absolute, or NULL: CMake re-configures when it changes */
	const char *lock_path;     /* absolute, or NULL: likewise */
	struct ce_strs archs;      /* for CMAKE_CUDA_ARCHITECTURES; none: nvcc's default */
	/* How far builds are to give the same bytes: "" for the default, "0", "1" or "strict"; never
	 * NULL. See docs/reproducible.md. */
	const char *reproducible;
	const char *content_hash; /* of the installed set: names the toolchain's identity */
	/* May be NULL. Gets the paths below the root, one a line, that would be made again if they
	 * were missing or had changed. */
	struct ce_buf *made;
	const struct ccenv_events *events;
};

/*
 * Can all build tools carry this path? CCENV_EUSAGE, and the character is named, when not. `what`
 * begins the message: "prefix".
 */
CE_MUST_CHECK int ce_emit_check_path(const char *what, const char *path, struct ccenv_error *err);

/* With the root's lock held. What killed processes left where it writes is removed. */
CE_MUST_CHECK int ce_emit_all(const struct ce_emit_input *in, struct ccenv_error *err);

/* The CMake toolchain file to be committed: no paths, finds ccenv.json beside itself. Always the
 * same text. */
void ce_emit_toolchain_text(struct ce_buf *out);
/* The same for this machine only: absolute, for a root that is installed. */
void ce_emit_toolchain_resolved(const char *root, const char *label, struct ce_buf *out);
/* A release of ccenv for one platform. */
struct ce_vendor_archive {
	const char *platform, *url, *sha256;
};
/* cmake/CondaCuda.cmake, to be committed: finds ccenv, or takes it from a release archive, or builds
 * it from the source archive `url` ("" for never). */
void ce_emit_vendor_text(const struct ce_vendor_archive *archives, size_t n, const char *url,
	const char *sha256, struct ce_buf *out);
/* The fragment for GNU make to be committed. */
void ce_emit_make_text(struct ce_buf *out);
void ce_emit_make_resolved(const char *root, const char *label, struct ce_buf *out);

#endif
