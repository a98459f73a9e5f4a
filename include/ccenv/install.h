/* SPDX-License-Identifier: MIT */
#ifndef CCENV_INSTALL_H
#define CCENV_INSTALL_H

/* From the manifest to an installed prefix: lock, install, verify; and the package cache. Rules as in ccenv/ccenv.h. */

#include "ccenv/project.h"

#ifdef __cplusplus
extern "C" {
#endif

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
 * o->prefix, or one that ccenv_adopt() has put in use, that was not installed from the project's lock is
 * compared with the packages that its records name. A warning names what the cache does not have. 0: all is as
 * locked; 1: all is as the records have it, with no lock to compare with. CCENV_EHASH names the first differences.
 */
CCENV_API int ccenv_verify(
	struct ccenv *c, const struct ccenv_install_options *o, struct ccenv_error *err);

/* The locked packages of a part; of a target both sides. `of` may be NULL: all defaults. Free with ccenv_packages_free(). */
CCENV_API int ccenv_list(struct ccenv *c, const struct ccenv_selection *of,
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

#ifdef __cplusplus
}
#endif
#endif
