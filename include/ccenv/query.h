/* SPDX-License-Identifier: MIT */
#ifndef CCENV_QUERY_H
#define CCENV_QUERY_H

/* Questions to channels and locks. Rules as in ccenv/ccenv.h. */

#include "ccenv/install.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* Of the locked packages; of a target both sides, each package once. `of` may be NULL: all defaults. Free with
 * ccenv_licenses_free(). */
CCENV_API int ccenv_licenses(struct ccenv *c, const struct ccenv_selection *of,
	struct ccenv_licenses *ret, struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_licenses_free(struct ccenv_licenses *list);

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

#ifdef __cplusplus
}
#endif
#endif
