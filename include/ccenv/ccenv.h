/* SPDX-License-Identifier: MIT */
#ifndef CCENV_CCENV_H
#define CCENV_CCENV_H

/*
 * ccenv: a CUDA toolchain from conda-forge, locked and installed into a build tree.
 *
 * libccenv, the library under the program. Until 1.0 its interface may change with the second number of
 * the version, and so does the name of the shared library (libccenv.so.0.1).
 *
 * One handle (struct ccenv) is one project: a manifest, its lock file, a package cache and a
 * prefix. A call is one step of the pipeline (lock, install, emit); a call that fails leaves the old
 * state intact.
 *
 * Threads: a handle is used by one thread at a time; different handles are independent.
 * Memory: out of memory, the process aborts with a message (libsolv does the same).
 * Errors: a call returns 0 or a negative enum ccenv_code, and then *err holds one complete sentence
 * for a person: the thing, the cause and the way out. `err` is never NULL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CCENV_API __attribute__((visibility("default")))
#else
#define CCENV_API
#endif

#define CCENV_VERSION "0.1.0"

/* The version of the library that is running, as CCENV_VERSION is of the header. */
CCENV_API const char *ccenv_version(void);

/* The kind of failure, for programs. Values are stable; new ones are added at the end. */
enum ccenv_code {
	CCENV_EUSAGE = -1,      /* an argument or option that is wrong */
	CCENV_EDATA = -2,       /* malformed input: manifest, repodata, lock, archive */
	CCENV_EIO = -3,         /* a file system operation failed */
	CCENV_ENET = -4,        /* a network operation or a server failed */
	CCENV_ENOSOLUTION = -5, /* no set of packages satisfies the request */
	CCENV_EHASH = -6,       /* bytes that do not match the lock or the index */
	CCENV_EOFFLINE = -7,    /* needed from the network, but --offline */
	CCENV_ESTALE = -8,      /* the lock does not fit the manifest */
	CCENV_EHOST = -9,       /* this machine lacks what the lock assumed */
	CCENV_EBUSY = -10,      /* another process holds a lock for too long */
	CCENV_ENOTFOUND = -11,  /* a named thing does not exist */
	CCENV_EUNTRUSTED = -12, /* another user could have made it */
};

/* Filled on failure. `text` is complete: it can be printed as it is, without a trailing newline. */
struct ccenv_error {
	int code;
	char text[4096];
};

/*
 * What a running call reports. Both callbacks may be NULL. They are called from the calling thread,
 * never after the call has returned. Texts are valid during the callback only, and are not yet safe
 * to show on a terminal: they may quote names from outside.
 */
enum ccenv_level {
	CCENV_LOG_WARNING = 1, /* something the user should act on */
	CCENV_LOG_NOTICE = 2,  /* what was done, one line per step */
	CCENV_LOG_INFO = 3,    /* -v: why */
	CCENV_LOG_DEBUG = 4,   /* -vv */
};

enum ccenv_phase {
	CCENV_PHASE_REPODATA = 1,
	CCENV_PHASE_SOLVE = 2,
	CCENV_PHASE_FETCH = 3, /* download, verify, extract into the cache */
	CCENV_PHASE_LINK = 4,
	CCENV_PHASE_VERIFY = 5,
};

/*
 * Progress of a phase. Totals may change while the phase runs; items_done == items_total ends it.
 * Work that turns out not to be needed (a package that is in the cache) is not counted.
 */
struct ccenv_progress {
	enum ccenv_phase phase;
	const char *item; /* the item with the most work left, or NULL */
	uint64_t bytes_done, bytes_total;
	/* Bytes downloaded so far (>= bytes_done); 0 if the phase does not download. */
	uint64_t bytes_here;
	uint64_t items_done, items_total;
};

struct ccenv_events {
	void *user;
	void (*log)(void *user, enum ccenv_level level, const char *text);
	void (*progress)(void *user, const struct ccenv_progress *progress);
};

/* ---- a project ---- */

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

/* ---- results ---- */

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
	const char *side; /* of a target: "build" or "host"; NULL natively */
};

struct ccenv_packages {
	/* Sorted by name; those of a target by side first, "build" before "host". */
	struct ccenv_package *items;
	size_t n;
	void *owner;
};

/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_packages_free(struct ccenv_packages *list);

/* ---- the steps ---- */

struct ccenv_init_options {
	const char *path;            /* of the manifest [ccenv.json] */
	const char *name;            /* of the project, or NULL */
	const char *const *channels; /* [conda-forge] */
	size_t n_channels;
	const char *const *platforms; /* [this machine's] */
	size_t n_platforms;
	const char *cuda_version; /* NULL: no "cuda" section */
	const char *const *components;
	size_t n_components;
};

/* Writes a new manifest; an existing one is never changed (CCENV_EUSAGE). */
CCENV_API int ccenv_init(const struct ccenv_init_options *o, struct ccenv_error *err);

/* What to change in the manifest, and where: {} is the top of the file. */
struct ccenv_edit_options {
	/* To add: "fmt", "fmt >=10", "cuda-version 12.9.*". To remove: names. */
	const char *const *specs;
	size_t n_specs;
	const char *platform; /* for this platform only (target.PLATFORM), or NULL */
	const char *feature;  /* of this feature (features.NAME), or NULL */
};

/* A dependency as it is now in the manifest. Strings belong to the list. */
struct ccenv_dependency {
	const char *name, *constraint; /* "fmt", ">=10.2.1,<11" */
};

struct ccenv_dependencies {
	struct ccenv_dependency *items;
	size_t n;
	void *owner;
};

/*
 * Adds dependencies to the manifest and locks. One without a version gets a bound from what was
 * solved: ">=2.8.0,<3". The rest of the file stays byte for byte as it is. If there is no solution,
 * nothing is written. Free *ret with ccenv_dependencies_free().
 */
CCENV_API int ccenv_add(struct ccenv *c, const struct ccenv_edit_options *o,
	struct ccenv_dependencies *ret, struct ccenv_error *err);
/* The same for dependencies that go; CCENV_ENOTFOUND for one that the manifest does not have. */
CCENV_API int ccenv_remove(
	struct ccenv *c, const struct ccenv_edit_options *o, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_dependencies_free(struct ccenv_dependencies *list);

/* A part of the manifest that is a list of settings. */
enum ccenv_setting_kind {
	CCENV_SETTING_CHANNEL = 0,
	CCENV_SETTING_PLATFORM,
	CCENV_SETTING_SYSTEM_REQUIREMENT,
};

/* What to change of them. */
struct ccenv_setting_options {
	enum ccenv_setting_kind kind;
	bool remove;
	bool first; /* a channel that comes before the others */
	/* "conda-forge"; "linux-64"; "cuda", or to add it "cuda=12" */
	const char *const *names;
	size_t n_names;
	const char *platform; /* a system requirement of this platform only (target.PLATFORM) */
	const char *feature;  /* of this feature; channels are of the project only */
};

/*
 * Changes settings of the manifest and locks, as ccenv_add() does: without a solution nothing is
 * written. *ret_changed: false if the manifest said so already. To remove what is not there is
 * CCENV_ENOTFOUND.
 */
CCENV_API int ccenv_setting_change(struct ccenv *c, const struct ccenv_setting_options *o,
	bool *ret_changed, struct ccenv_error *err);

/* One setting. Strings belong to the list. */
struct ccenv_setting {
	const char *name;     /* as in the manifest, without credentials */
	const char *value;    /* URL of a channel, version of a requirement; else NULL */
	const char *feature;  /* "default" at the top of the file */
	const char *platform; /* that it is for, or NULL */
};

struct ccenv_settings {
	struct ccenv_setting *items; /* in the order of the manifest */
	size_t n;
	void *owner;
};

/* What the manifest has; defaults too. Free with ccenv_settings_free(). */
CCENV_API int ccenv_settings(struct ccenv *c, enum ccenv_setting_kind kind,
	struct ccenv_settings *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_settings_free(struct ccenv_settings *list);

struct ccenv_lock_options {
	bool check;                /* change nothing: CCENV_ESTALE when a new lock would differ */
	bool update_all;           /* do not prefer what is locked */
	const char *const *update; /* names of packages that may change */
	size_t n_update;
	const char *target; /* by any of its names: only packages of this target may change [any] */
};

struct ccenv_lock_result {
	bool changed;
	size_t n_packages;
};

/* Solves all environments, platforms and targets of the manifest and writes the lock; locked packages are
 * kept where possible. */
CCENV_API int ccenv_lock(struct ccenv *c, const struct ccenv_lock_options *o,
	struct ccenv_lock_result *ret, struct ccenv_error *err);

enum ccenv_lock_mode {
	CCENV_LOCK_AUTO = 0, /* a missing or stale lock is made again */
	CCENV_LOCK_LOCKED,   /* a missing or stale lock is an error */
	CCENV_LOCK_FROZEN,   /* the lock is used as it is, unchecked */
};

/*
 * A part of a lock. A target is named by itself, by its host's platform or by CUDA's name of that ("grace",
 * "linux-aarch64", "sbsa-linux", "sbsa"); such a name of the platform itself is the platform.
 */
struct ccenv_selection {
	const char *environment; /* ["default"] */
	const char *platform;    /* [this machine's] */
	const char *target;      /* [none: what the machine builds for itself] */
};

struct ccenv_install_options {
	struct ccenv_selection of; /* a target's tools run on its platform */
	/* Fail, before anything is fetched, unless the lock has this CUDA: "13.0", ">=12.8,<13",
	 * "*" [any, or none] */
	const char *cuda;
	enum ccenv_lock_mode mode;
	bool repair; /* fetch and unpack every package again, rebuild the prefix */
	/* Install only packages with a verified attestation (CEP 27). Always CCENV_EUNTRUSTED so far:
	 * docs/security.md says why. */
	bool require_attestation;
	/* A plain conda prefix there, without build files [root/env/…, and build files] */
	const char *prefix;
	/* Instead of the project's: a pixi.lock, conda-lock.yml, @EXPLICIT list or ccenv.lock, as it is. The
	 * manifest is not looked at. */
	const char *from_lock;
	/* A file of ccenv_bundle(): its manifest and lock become the project's, unless that has the same
	 * already, and its packages are taken from it, each with the locked sha256. Nothing is downloaded. */
	const char *from_bundle;
};

struct ccenv_install_result {
	char *prefix; /* free() it; of a target that of the host */
	char *root;   /* free() it; NULL when a prefix was given */
	size_t n_packages;
};

/* Locks if needed, fetches, installs and emits the build files. */
CCENV_API int ccenv_install(struct ccenv *c, const struct ccenv_install_options *o,
	struct ccenv_install_result *ret, struct ccenv_error *err);

/*
 * Compares every file of an installed prefix with its record, the records with the packages' lists in
 * the cache, and with the lock. `o` says which prefix, as for ccenv_install(); a prefix given by
 * o->prefix that was not installed from the project's lock is compared with the packages that its
 * records name. A warning names what the cache does not have. CCENV_EHASH names the first differences.
 */
CCENV_API int ccenv_verify(
	struct ccenv *c, const struct ccenv_install_options *o, struct ccenv_error *err);

/* The locked packages of a part; of a target both sides. `of` may be NULL: all defaults. Free with ccenv_packages_free(). */
CCENV_API int ccenv_list(struct ccenv *c, const struct ccenv_selection *of,
	struct ccenv_packages *ret, struct ccenv_error *err);

struct ccenv_solve_options {
	const char *const *specs;
	size_t n_specs;
	const char *const *channels; /* [conda-forge] */
	size_t n_channels;
	const char *platform; /* [this machine's] */
	/* "cuda=13.0", "glibc=": replace what is assumed of the platform. */
	const char *const *system_requirements;
	size_t n_system_requirements;
	const char *exclude_newer;    /* "2025-10-25", "7d", or NULL */
	const char *channel_priority; /* "strict", "flexible", "disabled" ["strict"] */
	const char *strategy;         /* "highest", "lowest", "lowest-direct" ["highest"] */
	/* Take the virtual packages from this machine, not from the platform's defaults. */
	bool host;
};

/*
 * Solves specs without a project. On CCENV_ENOSOLUTION *ret_explanation (may be NULL) is the reason
 * as JSON text; free() it. `c` provides cache, environment and events; it needs no manifest.
 */
CCENV_API int ccenv_solve(struct ccenv *c, const struct ccenv_solve_options *o,
	struct ccenv_packages *ret, char **ret_explanation, struct ccenv_error *err);

struct ccenv_search_options {
	const char *spec;            /* "fmt", "cuda-nvcc 13.*"; it needs a name */
	const char *const *channels; /* [the manifest's, or conda-forge] */
	size_t n_channels;
	const char *platform; /* [this machine's] */
};

/*
 * The records that match a spec, for the platform and noarch: the newest version first. CCENV_ENOTFOUND
 * if there is none. Free *ret with ccenv_packages_free().
 */
CCENV_API int ccenv_search(struct ccenv *c, const struct ccenv_search_options *o,
	struct ccenv_packages *ret, struct ccenv_error *err);

/* What to remove from the cache; everything can be fetched again. */
struct ccenv_clean_options {
	bool packages, downloads, repodata; /* [all three] */
	uint64_t min_age_s;                 /* only what has not been used for this long */
	/* Remove the least recently used packages until this much is left; 0: no limit. */
	uint64_t keep_bytes;
	bool unshared; /* only packages of which no prefix shares a file */
	bool dry_run;  /* only report what would be removed */
};

struct ccenv_clean_result {
	size_t n;
	uint64_t bytes; /* freed */
};

/* Removes entries of the cache; it needs no manifest. */
CCENV_API int ccenv_clean(struct ccenv *c, const struct ccenv_clean_options *o,
	struct ccenv_clean_result *ret, struct ccenv_error *err);

/* ---- looking at locks ---- */

/* A package as one lock has it; all 0 if it does not. */
struct ccenv_locked {
	const char *version, *build, *subdir, *channel, *url;
	const char *sha256; /* NULL if unknown */
	uint64_t size;
};

/* What differs between two locks: added (no `before`), removed (no `after`) or changed. */
struct ccenv_change {
	const char *environment;
	const char *platform; /* of a target its name and side: "grace:build", "grace:host" */
	const char *name;
	struct ccenv_locked before, after;
};

struct ccenv_changes {
	/* Sorted by environment, "default" first, platform and name; targets after platforms. */
	struct ccenv_change *items;
	size_t n;
	void *owner;
};

/*
 * Compares two locks. Each is a file, or else a revision of git: "HEAD~1" is the project's lock in
 * that revision, "HEAD~1:dir/ccenv.lock" another one. `after` NULL is the project's lock as it is
 * now. No manifest is needed. Free with ccenv_changes_free().
 */
CCENV_API int ccenv_diff(struct ccenv *c, const char *before, const char *after,
	struct ccenv_changes *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_changes_free(struct ccenv_changes *list);

/* A package that is not what it could be. */
struct ccenv_outdated_package {
	const char *environment, *platform, *name;
	const char *locked, *locked_build; /* NULL: a new lock would add it */
	const char *update, *update_build; /* in a new lock; NULL: it would not have it */
	const char *newest;                /* in the channels; NULL if they have none any more */
	const char *requested;             /* what the manifest asks for; NULL if it does not */
	bool changes;                      /* a new lock has another package */
	bool is_held;                      /* asked for, and even a new lock has not the newest */
	const char
		*held_by; /* the part of `requested` that does not admit it; NULL: other packages */
};

struct ccenv_outdated {
	struct ccenv_outdated_package *items;
	size_t n;
	void *owner;
};

/* Solves as `ccenv lock --update` does, writes nothing, and compares with the lock. Free with
 * ccenv_outdated_free(). */
CCENV_API int ccenv_outdated(struct ccenv *c, struct ccenv_outdated *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_outdated_free(struct ccenv_outdated *list);

/* The license of a locked package. What is only known once it is in the cache is empty before. */
struct ccenv_license {
	const char *name, *version;
	const char *license, *family; /* as its record has them; NULL if it does not */
	const char *dir;              /* of the unpacked package; NULL: it is not in the cache */
	const char *const *texts;     /* files of it with license texts */
	size_t n_texts;
	bool cuda_eula; /* it is under the EULA of NVIDIA's CUDA Toolkit */
	/* Files of it that Attachment A of that EULA names: they may be distributed with an
	 * application, under its conditions. */
	const char *const *redistributable;
	size_t n_redistributable;
	const char *source; /* where the list of them is from */
};

struct ccenv_licenses {
	struct ccenv_license *items; /* sorted by name */
	size_t n;
	void *owner;
};

/* Of the locked packages; NULL takes the defaults of ccenv_install(). Free with ccenv_licenses_free(). */
CCENV_API int ccenv_licenses(struct ccenv *c, const char *environment, const char *platform,
	struct ccenv_licenses *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_licenses_free(struct ccenv_licenses *list);

/* ---- what is installed, for build systems ---- */

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

/* A variable of the environment in which the tools are used. */
struct ccenv_variable {
	const char *name;
	const char *value; /* NULL: it must not be set */
	bool prepend;      /* the value goes before the old one, separated by a colon */
};

struct ccenv_variables {
	struct ccenv_variable *items;
	size_t n;
	/* The names of those that are unset because they name the active conda environment, as
	 * "CFLAGS, LDFLAGS"; NULL when there is none. */
	const char *of_conda;
	void *owner;
};

/*
 * What to set, and what to unset because it would change a build without a trace. LD_LIBRARY_PATH is
 * never set. `getenv_fn` (may be NULL) is the environment that they are for: with the root's own
 * compilers, and unless CCENV_HERMETIC is 0, compiler flags that name the directory of an active conda
 * environment (CONDA_PREFIX) are unset as well; flags of the user's own stay. CCENV_EUSAGE when a path
 * cannot be in PATH. Free with ccenv_variables_free().
 */
CCENV_API int ccenv_environment(const struct ccenv_tools *tools,
	const char *(*getenv_fn)(const char *name), struct ccenv_variables *ret,
	struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_variables_free(struct ccenv_variables *list);

enum ccenv_shell {
	CCENV_SHELL_SH = 0, /* any POSIX shell */
	CCENV_SHELL_FISH,
};

/* The same as commands of a shell, one per line. free() it. */
CCENV_API char *ccenv_environment_text(const struct ccenv_variables *list, enum ccenv_shell shell);
/*
 * What an interactive shell evaluates: the same, and "(NAME) " before its prompt. It may be evaluated
 * again, for the same or another root: what an earlier one put before PATH and the prompt goes.
 * free() it.
 */
CCENV_API char *ccenv_shell_hook(
	const struct ccenv_variables *list, const char *name, enum ccenv_shell shell);
/*
 * The value that a variable gets where the environment is that of `getenv_fn`; NULL: it is unset. What
 * a shell hook has put before PATH goes. free() it.
 */
CCENV_API char *ccenv_variable_value(
	const struct ccenv_variable *v, const char *(*getenv_fn)(const char *name));
/* What to call a project: its name in the manifest, else that of its directory. free() it. */
CCENV_API char *ccenv_project_name(const struct ccenv *c);

/* GPU architectures. Strings belong to the struct. */
struct ccenv_archs {
	const char *cuda_version; /* locked: "13.0" */
	const char *const *known; /* what its nvcc accepts: "90", "90a", ascending */
	size_t n_known;
	/* Of the manifest, as CMAKE_CUDA_ARCHITECTURES; none: nvcc's default. */
	const char *const *chosen;
	size_t n_chosen;
	void *owner;
};

/* From the lock alone: nothing needs to be installed. `of` may be NULL. */
CCENV_API int ccenv_archs(struct ccenv *c, const struct ccenv_selection *of,
	struct ccenv_archs *ret, struct ccenv_error *err);
/* Frees what the struct holds, not `archs` itself. */
CCENV_API void ccenv_archs_free(struct ccenv_archs *archs);

/*
 * Writes ccenv-presets.json, for CMakePresets.json to include, and the toolchain file ccenv.cmake
 * that it uses, both into `dir` [where the manifest is]. They should be committed. A file of that
 * name that is not ccenv's is CCENV_EUSAGE. *ret_changed: was anything written?
 */
CCENV_API int ccenv_presets(
	struct ccenv *c, const char *dir, bool *ret_changed, struct ccenv_error *err);

/* A problem that ccenv_check() found. */
struct ccenv_finding {
	const char *subject; /* a file, or a step of nvcc */
	const char *text;    /* a sentence about it */
};

struct ccenv_findings {
	struct ccenv_finding *items; /* in the order of what was looked at */
	size_t n;
	size_t n_steps, n_files; /* that were checked */
	void *owner;
};

struct ccenv_check_options {
	const char *target;       /* as for ccenv_tools() */
	const char *const *files; /* programs and shared libraries, or directories that have some */
	size_t n_files;
	bool installed; /* the files are for other machines: they must not name the root */
};

/*
 * Does a build use only the root's toolchain? Asks nvcc for its steps (nvcc --dryrun) and looks where
 * each program, header and library directory is; checks `files` for link stubs, for another CUDA and
 * for libraries that no RUNPATH leads to. Findings are not a failure: they are in *ret.
 */
CCENV_API int ccenv_check(struct ccenv *c, const struct ccenv_check_options *o,
	struct ccenv_findings *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_findings_free(struct ccenv_findings *list);

struct ccenv_exec_options {
	const char *at;     /* where the sources are then ["/ccenv/src"] */
	const char *source; /* directory with the sources [that of the manifest, or this one] */
	const char *const *binds; /* more directories and their places: "DIR=PATH" */
	size_t n_binds;
	const char *const *argv; /* the command; NULL behind the last */
};

/*
 * Puts this process where directories are at fixed places: the sources at o->at, and a root elsewhere
 * at /ccenv/root, so that paths that compilers record are the same for every checkout. Everything else is at its place too. The working directory is the same one by its new path.
 * *ret_argv is what the caller must then execute: the command, by `ccenv run` when something is
 * installed, and by bwrap where that is what can do it; free() each and the list. CCENV_EHOST, with
 * ways out, when the machine allows no namespaces. The process must have one thread.
 */
CCENV_API int ccenv_exec(struct ccenv *c, const struct ccenv_exec_options *o, char ***ret_argv,
	struct ccenv_error *err);

struct ccenv_rebuild_options {
	/* A CMake build directory, which is compared with a second build; or, with a command, the directory
	 * below the sources whose files are compared [the working directory: "."] */
	const char *build_dir;
	/* Builds, in the sources' directory: it is run in two copies of them. NULL: CMake. NULL behind the
	 * last */
	const char *const *argv;
	/* For diffoscope's report and the files that differ [ccenv-rebuild-check in the build directory, or
	 * here]; made only where something differs */
	const char *report_dir;
};

/* One difference between the two builds. */
struct ccenv_rebuild_finding {
	const char *
		artefact; /* path from the build directory; of a member of an archive, "lib.a(m.o)" */
	const char *section; /* of an ELF file; "" for others */
	const char *symbol;  /* "" when there is none */
	const char *cause; /* a word, stable: "date", "path", "tmpxft", … (docs/rebuild-check.md) */
	const char *title; /* the same for people */
	const char *cure;
	const char *first, *second; /* what the builds have there, as text */
};

struct ccenv_rebuild {
	size_t n_artefacts, n_different;
	struct ccenv_rebuild_finding *findings; /* by cause, then by artefact */
	size_t n_findings;
	const char *const *varied; /* what was different: "directory", "time (libfaketime)", … */
	size_t n_varied;
	const char *const *not_varied; /* what could not be, and why */
	size_t n_not_varied;
	const char *report; /* of diffoscope; NULL when there is none */
	void *owner;
};

/*
 * Builds a second time, in another directory and under another user, home, time, time zone, locale, umask
 * and number of processors, and says what differs and why. Differences are not a failure: they are in
 * *ret. A build that fails is CCENV_EDATA, with the end of what it printed. `c` needs no manifest.
 */
CCENV_API int ccenv_rebuild_check(struct ccenv *c, const struct ccenv_rebuild_options *o,
	struct ccenv_rebuild *ret, struct ccenv_error *err);
/* Frees what the struct holds, not `rebuild` itself. */
CCENV_API void ccenv_rebuild_free(struct ccenv_rebuild *rebuild);

struct ccenv_provenance_options {
	const char *const
		*files; /* that were built [programs and libraries of the build directory] */
	size_t n_files;
	const char *environment, *platform; /* as for ccenv_install() */
	const char
		*builder; /* URI of who built them ["https://ccenv.dev/provenance/builder/local"] */
};

/*
 * What the files were built from, as JSON: an in-toto Statement v1 with a SLSA provenance v1. The source
 * commit (and whether the work tree is as committed), manifest, lock and each locked package with their
 * digests, targets, and flags of the CMake build directory that has the first file. It names no time but
 * that of SOURCE_DATE_EPOCH, so the same files and inputs give the same text. free() it.
 */
CCENV_API int ccenv_provenance(struct ccenv *c, const struct ccenv_provenance_options *o,
	char **ret_text, struct ccenv_error *err);

struct ccenv_touch_result {
	size_t n_files;      /* that git tracks, those of submodules too */
	size_t n_touched;    /* that have another time now */
	size_t n_modified;   /* that are not as committed, and keep their time */
	size_t n_submodules; /* that are checked out */
	bool shallow; /* old commits are not there: some times would be others in a full clone */
};

/*
 * Gives each file and link of the git work tree that has the working directory, and of its submodules, the
 * time of the newest commit that changed it, so that it is the same in every checkout. CCENV_ENOTFOUND
 * outside a repository, or without git. `c` needs no manifest.
 */
CCENV_API int ccenv_touch(struct ccenv *c, struct ccenv_touch_result *ret, struct ccenv_error *err);
/* How bad a finding of ccenv_doctor() is. */
enum ccenv_severity {
	CCENV_FINE = 0, /* as it should be */
	CCENV_NOTE,     /* good to know */
	CCENV_WARNING,  /* may give a wrong or slow build, or a program that does not run */
	CCENV_PROBLEM,  /* something does not work before it is cured */
};

struct ccenv_diagnosis {
	const char *check; /* what was looked at: "driver", "glibc", "disk", … */
	enum ccenv_severity severity;
	const char *text; /* complete */
	const char *cure; /* what to do about it; NULL: nothing, or the text says it */
};

struct ccenv_diagnoses {
	struct ccenv_diagnosis *items; /* in the order of the checks */
	size_t n;
	enum ccenv_severity worst;
	void *owner;
};

/*
 * Looks at the machine, the environment and the project for what would spoil a build: driver against
 * the locked CUDA, glibc, disk, file systems, variables, CMake, other toolkits, a cache that others
 * can write to, a stale lock or root. Changes nothing and needs neither manifest nor network. NULL
 * is the environment "default". Free with ccenv_diagnoses_free().
 */
CCENV_API int ccenv_doctor(struct ccenv *c, const char *environment, struct ccenv_diagnoses *ret,
	struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_diagnoses_free(struct ccenv_diagnoses *list);

/* A virtual package of this machine: "__cuda", "13.0", "0". */
struct ccenv_virtual {
	const char *name, *version, *build;
	const char *source; /* where it was found: "the C library", "NVML", "CONDA_OVERRIDE_CUDA" */
};

struct ccenv_info {
	const char *version, *platform, *cache_dir;
	const char *manifest, *lock, *root; /* NULL when there is none */
	struct ccenv_virtual *virtuals;
	size_t n_virtuals;
	const char *const *channels; /* of the manifest, without credentials */
	size_t n_channels;
	/* By ccenv_info_extend() only: */
	const char *const
		*gpus; /* "NVIDIA H100 80GB HBM3, driver 550.54.15, compute capability 9.0" */
	size_t n_gpus;
	uint64_t cache_bytes; /* on the disk; what prefixes share is counted here, too */
	size_t n_cache_packages;
	void *owner;
};

/* What ccenv sees on this machine. `c` needs no manifest. */
CCENV_API int ccenv_info(struct ccenv *c, struct ccenv_info *ret, struct ccenv_error *err);
/* Adds what takes longer to find out: the GPUs, by nvidia-smi, and how large the cache is. */
CCENV_API void ccenv_info_extend(struct ccenv *c, struct ccenv_info *info);
/* Frees what the struct holds, not `info` itself. */
CCENV_API void ccenv_info_free(struct ccenv_info *info);

#ifdef __cplusplus
}
#endif
#endif
