/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_IMPORT_H
#define CE_EXCHANGE_IMPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

struct ccenv_error;

/*
 * Files of other programs -> the JSON of ccenv.json and ccenv.lock, which their own readers then check
 * like any file from outside: a package's name, URL, hashes and numbers are judged in one place
 * (lock/lockfile.h), whatever file they come from. Here only the form is translated.
 */
struct ce_import {
	/* In the form of ccenv.json; NULL when the file is a lock only. */
	json_t *manifest;
	/*
	 * In the form of ccenv.lock; NULL when the file is a manifest only. A platform may lack "specs" and
	 * "virtual-packages": the file does not say what was asked for.
	 */
	json_t *lock;
	/* The format keeps less of a record than an index has: dependencies, sizes. */
	bool sparse;
	/* What has no counterpart, a line each: "tasks (build, test)". Each once. */
	struct ce_buf left_out;
	/* Does the file list its channels? Those of package URLs that are not in the list, a line each:
	 * "URL (PACKAGE)", for the first package. */
	bool lists_channels;
	struct ce_buf foreign;
};

void ce_import_release(struct ce_import *im);

/* What a file is. */
enum ce_import_kind {
	CE_IMPORT_NONE = 0,
	CE_IMPORT_PIXI_LOCK,     /* version 5 to 7 */
	CE_IMPORT_PIXI_MANIFEST, /* pixi.toml, or [tool.pixi] of a pyproject.toml */
	CE_IMPORT_CONDA_LOCK,    /* version 1 */
	CE_IMPORT_EXPLICIT,
	CE_IMPORT_ENVIRONMENT,
};

/* Is a file of this kind a lock, with exact packages? */
bool ce_import_kind_is_lock(enum ce_import_kind kind);

/*
 * Translates a file into `im`, which is zeroed or has what another file of the same project gave. `path`
 * is for its type (.toml) and for messages. *ret_kind may be NULL. CCENV_EDATA: malformed, of an unknown
 * kind or version. The caller calls ce_import_release(), on failure too.
 */
CE_MUST_CHECK int ce_import_text(const char *path, const char *text, size_t len,
	struct ce_import *im, enum ce_import_kind *ret_kind, struct ccenv_error *err);

/*
 * A manifest for a lock without one, into im->manifest: what was asked for, where the lock says it, else
 * the packages that no other needs, in exactly their versions; and the system requirements that the
 * packages have. `name` may be NULL.
 */
CE_MUST_CHECK int ce_import_derive(struct ce_import *im, const char *name, struct ccenv_error *err);

#endif
