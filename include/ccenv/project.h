/* SPDX-License-Identifier: MIT */
#ifndef CCENV_PROJECT_H
#define CCENV_PROJECT_H

/* One project, and the lists of packages that calls give back. Rules as in ccenv/ccenv.h. */

#include "ccenv/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where a project is and how to work on it. Strings are copied; NULL (or 0) takes the default in
 * brackets. Relative paths are relative to the working directory.
 */
struct ccenv_options {
	const char *manifest;  /* [ccenv.json here or in the nearest parent directory] */
	const char *lock;      /* [ccenv.lock next to the manifest, or in the root without one] */
	const char *root;      /* for all that is installed [build/_ccenv next to the manifest] */
	const char *cache_dir; /* [CCENV_CACHE_DIR, XDG_CACHE_HOME/ccenv, ~/.cache/ccenv] */
	/* Accept a cache that others can write to [CCENV_SHARED_CACHE=1]: they decide what is
	 * installed from it. */
	bool shared_cache;
	bool offline; /* do not use the network; file:// still works */
	/* Package caches of conda and mamba, searched for an archive before it is downloaded. They
	 * are only read, and only bytes with the locked sha256 are used. [CCENV_PACKAGE_CACHES:
	 * directories separated by colons] */
	const char *const *package_caches;
	size_t n_package_caches;
	/* Such caches, of pixi and rattler too, that only the user can write to: packages that are
	 * unpacked there, without an archive, are used as well if the locked sha256 is noted for
	 * them. Each file is compared with the package's list; the list itself is trusted.
	 * [CCENV_TRUSTED_CACHES] */
	const char *const *trusted_caches;
	size_t n_trusted_caches;
	/* For a project without a manifest: CUDA release and components ("13.0"; "nvcc",
	 * "cudart"). */
	const char *cuda_version;
	const char *const *components;
	size_t n_components;
	const char *const *channels; /* for such a project [conda-forge] */
	size_t n_channels;
	const char *(*getenv_fn)(const char *name); /* the environment is a parameter [getenv] */
	struct ccenv_events events;
};

struct ccenv;

/* The manifest that ccenv_open() would read, whether it exists or not; NULL when there is none, or
 * when the one found may not be used. Absolute; free() it. */
CCENV_API char *ccenv_manifest_path(const struct ccenv_options *o);

/*
 * Opens a project: reads its manifest, if there is one. Without one, most calls fail with
 * CCENV_ENOTFOUND and say how to begin. Free with ccenv_close().
 */
CCENV_API int ccenv_open(
	const struct ccenv_options *o, struct ccenv **ret, struct ccenv_error *err);
CCENV_API void ccenv_close(struct ccenv *c); /* NULL is fine */

/* What to call a project: its name in the manifest, else that of its directory. free() it. */
CCENV_API char *ccenv_project_name(const struct ccenv *c);

/* One package of a solution, a lock or a prefix. Strings belong to the list; NULL if unknown. */
struct ccenv_package {
	const char *name, *version, *build, *subdir;
	const char *channel; /* short name */
	const char *url, *sha256, *license;
	uint64_t size, timestamp, build_number;
	bool requested;             /* asked for by name */
	const char *const *depends; /* as the package's record has them */
	size_t n_depends;
	/* Those of the list that it depends on, as indexes, each once; virtual packages are not. */
	const size_t *depends_on;
	size_t n_depends_on;
	const char *side;   /* of a target: "build" or "host"; NULL natively */
	const char *source; /* the channel's URL, without credentials */
	const char *md5, *license_family;
	const char *noarch; /* "generic" or "python"; NULL: of a platform */
	/* What ccenv.json says behind the name, "*" if that is nothing; NULL: it is not requested. */
	const char *requested_spec;
	const char *const *constrains;
	size_t n_constrains;
};

struct ccenv_packages {
	/* Sorted by name; those of a target by side first, "build" before "host". */
	struct ccenv_package *items;
	size_t n;
	void *owner;
};

/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_packages_free(struct ccenv_packages *list);

#ifdef __cplusplus
}
#endif
#endif
