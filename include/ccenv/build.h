/* SPDX-License-Identifier: MIT */
#ifndef CCENV_BUILD_H
#define CCENV_BUILD_H

/* What is installed, and the files that a build reads. Rules as in ccenv/ccenv.h. */

#include "ccenv/project.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the root of a project has. Paths are absolute; NULL for what it does not have (a root without
 * nvcc, or without its own host compiler). Strings belong to the struct.
 */
struct ccenv_tools {
	const char *root, *prefix;
	const char *view;      /* looks like /usr/local/cuda; its path changes with the lock */
	const char *view_link; /* leads to the view; always the same path */
	const char *content;   /* names the installed set: 64 hex digits */
	const char *platform, *target; /* "linux-64", "x86_64-linux" */
	/* The rest of a target: its name (NULL natively), the platform and the prefix of its tools, the
	 * glibc that its host has (NULL if unknown), and a command that runs programs of the host. */
	const char *name, *build, *tools, *glibc;
	const char *const *emulator;
	size_t n_emulator;
	const char *label;        /* what its files are called: "x86_64-linux", "sbsa-linux" */
	const char *triplet;      /* "x86_64-conda-linux-gnu" */
	const char *cuda_version; /* "13.0" */
	const char *nvcc_version, *gcc_version; /* "13.0.88", "14.3.0" */
	const char *nvcc, *cc, *cxx, *ar, *nm, *ranlib, *strip, *ld;
	const char *sysroot, *include_dir, *lib_dir;
	const char *pkg_config;        /* a program that finds only this root's .pc files */
	const char *pkg_config_libdir; /* for PKG_CONFIG_LIBDIR */
	const char *cmake_file, *make_file, *meson_file, *clangd_file;
	const char *const *components;
	size_t n_components;
	const char *const
		*archs; /* GPU architectures to compile for: "80-real"; none: nvcc's own */
	size_t n_archs;
	/* How far builds are to give the same bytes: "1", "strict", "0" for not at all, "" for the
	 * default. What CCENV_REPRODUCIBLE of the environment says, else the manifest. */
	const char *reproducible;
	/* For SOURCE_DATE_EPOCH in a reproducible build: seconds since 1970 of the last commit of
	 * the project; NULL where it is not known. */
	const char *source_date;
	void *owner;
};

/*
 * Looks at the root; CCENV_ENOTFOUND when nothing is installed there. `target` names a target, by any of its
 * names; NULL is what the machine builds for itself. A warning is logged when the manifest or the lock has
 * changed since.
 */
CCENV_API int ccenv_tools(
	struct ccenv *c, const char *target, struct ccenv_tools *ret, struct ccenv_error *err);
/* Frees what the struct holds, not `tools` itself. */
CCENV_API void ccenv_tools_free(struct ccenv_tools *tools);

enum ccenv_format {
	CCENV_FORMAT_CMAKE = 0,
	CCENV_FORMAT_MAKE,
	CCENV_FORMAT_MESON, /* only with tools: Meson needs absolute paths */
};

/*
 * A toolchain file. Without `tools`: for a project's source tree, with no path of this machine in
 * it. With them: for their root. free() it.
 */
CCENV_API int ccenv_toolchain(enum ccenv_format format, const struct ccenv_tools *tools,
	char **ret_text, struct ccenv_error *err);

struct ccenv_vendor_options {
	/* Release archives, one a platform: "linux-64=URL#sha256=HASH" [none] */
	const char *const *archives;
	size_t n_archives;
	/* The source archive for the others, and the sha256 of its bytes; both or none. */
	const char *url, *sha256;
};

/*
 * A file to be committed as cmake/CondaCuda.cmake: makes find_package(CondaCuda) work where ccenv
 * is not installed, by a release archive, or by building it from source. Without any of them
 * it only looks for an installed one. free() it.
 */
CCENV_API int ccenv_vendor(
	const struct ccenv_vendor_options *o, char **ret_text, struct ccenv_error *err);

enum ccenv_container_format {
	CCENV_CONTAINER_DOCKERFILE = 0,
	CCENV_CONTAINER_APPTAINER,
};

struct ccenv_container_options {
	enum ccenv_container_format format;
	bool runtime_only;   /* the program is built elsewhere, in dist/ */
	const char *base;    /* image with its digest [Debian 12] */
	const char *program; /* that the image runs, in bin/ [the manifest's name, or "app"] */
};

/* A file that builds the project with its lock in one image, and ships what its program needs in
 * another. CCENV_EUSAGE for a base without a digest. free() it. */
CCENV_API int ccenv_container(struct ccenv *c, const struct ccenv_container_options *o,
	char **ret_text, struct ccenv_error *err);

enum ccenv_ci_format {
	CCENV_CI_GITHUB = 0,
	CCENV_CI_GITLAB,
};

struct ccenv_ci_options {
	enum ccenv_ci_format format;
	const char *base; /* as above; for GitLab */
	const char *url,
		*sha256; /* of an archive with bin/ccenv in one folder; NULL: it is there */
};

/* A file for a CI service: builds and tests with the lock, on each platform of the manifest. free() it. */
CCENV_API int ccenv_ci(struct ccenv *c, const struct ccenv_ci_options *o, char **ret_text,
	struct ccenv_error *err);

/*
 * Writes ccenv-presets.json, for CMakePresets.json to include, and the toolchain file ccenv.cmake
 * that it uses, both into `dir` [where the manifest is]. They should be committed. A file of that
 * name that is not ccenv's is CCENV_EUSAGE. *ret_changed: was anything written?
 */
CCENV_API int ccenv_presets(
	struct ccenv *c, const char *dir, bool *ret_changed, struct ccenv_error *err);

#ifdef __cplusplus
}
#endif
#endif
