/* SPDX-License-Identifier: MIT */
#ifndef CCENV_EXCHANGE_H
#define CCENV_EXCHANGE_H

/* Locks, prefixes and channels of other programs (docs/exchange.md). Rules as in ccenv/ccenv.h. */

#include "ccenv/install.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ccenv_exchange_format {
	CCENV_EXCHANGE_EXPLICIT = 1,     /* @EXPLICIT (CEP 23): conda, mamba, micromamba */
	CCENV_EXCHANGE_PIXI,             /* pixi.lock, version 6 */
	CCENV_EXCHANGE_CONDA_LOCK,       /* conda-lock.yml, version 1 */
	CCENV_EXCHANGE_ENVIRONMENT_YAML, /* environment.yml with exact packages */
	CCENV_EXCHANGE_SPDX,             /* SPDX 2.3 JSON */
	CCENV_EXCHANGE_CYCLONEDX,        /* CycloneDX 1.5 JSON */
};

/* The format of that name ("conda-lock"); 0 when there is none. */
CCENV_API enum ccenv_exchange_format ccenv_exchange_format_find(const char *name);
/* The i-th name; NULL behind the last. */
CCENV_API const char *ccenv_exchange_format_name(size_t i);

struct ccenv_export_options {
	enum ccenv_exchange_format format;
	/* The environment ["default"; in pixi.lock all]; the platform, or one side of a target, "grace:build"
	 * [this machine's; in pixi.lock and conda-lock.yml all]; a target: its host side. */
	struct ccenv_selection of;
};

/* The lock of the project in another format. The same lock gives the same text. free() it. */
CCENV_API int ccenv_export(struct ccenv *c, const struct ccenv_export_options *o, char **ret_text,
	struct ccenv_error *err);

struct ccenv_import_options {
	/*
	 * A pixi.toml, pyproject.toml, pixi.lock, conda-lock.yml, environment.yml or @EXPLICIT list, or a
	 * directory with one of the first four [the working directory]. A pixi.lock beside its manifest is
	 * read too, and the other way round.
	 */
	const char *path;
	const char *manifest; /* to write [ccenv.json]; if it exists, only a lock can be imported */
};

struct ccenv_import_result {
	char *manifest, *lock; /* what was written, or is as it should be; free() them */
	size_t n_packages;     /* in the lock */
};

/*
 * Makes a manifest and a lock of another program's. A lock keeps exactly its packages; where the format
 * keeps less of a record than the channel's index, the index completes it if it can be had. A manifest
 * without a lock is solved. What has no counterpart is logged as a warning. On failure nothing is written.
 */
CCENV_API int ccenv_import(struct ccenv *c, const struct ccenv_import_options *o,
	struct ccenv_import_result *ret, struct ccenv_error *err);

/*
 * Build files in the root for a conda prefix that another program made (pixi, conda, micromamba). Nothing
 * in the prefix is changed. Its records say what it has; one that is malformed, or reached through a link,
 * is CCENV_EDATA.
 */
CCENV_API int ccenv_adopt(struct ccenv *c, const char *prefix, struct ccenv_install_result *ret,
	struct ccenv_error *err);

struct ccenv_mirror_options {
	const char *dir;
	bool add; /* keep what the mirror has already [exactly the locked packages] */
	/* Only the environment; the platform, or one side of a target, "grace:host"; both sides of a target
	 * [all] */
	struct ccenv_selection of;
};

/*
 * Makes a directory a channel of the locked packages, with repodata.json, repodata.json.zst and shards, for
 * any web server or object store. The same packages give the same bytes. A directory that is in use by
 * something else is CCENV_EUSAGE. *ret_n: how many packages of the lock it has.
 */
CCENV_API int ccenv_mirror(struct ccenv *c, const struct ccenv_mirror_options *o, size_t *ret_n,
	struct ccenv_error *err);

struct ccenv_bundle_options {
	const char *path;          /* of the file to write */
	struct ccenv_selection of; /* as for a mirror */
};

/*
 * Writes one file with the manifest, the lock and the archives of its packages, for ccenv_install() on a
 * machine without network. The same packages give the same bytes. *ret_n: how many packages it has.
 */
CCENV_API int ccenv_bundle(struct ccenv *c, const struct ccenv_bundle_options *o, size_t *ret_n,
	struct ccenv_error *err);

#ifdef __cplusplus
}
#endif
#endif
