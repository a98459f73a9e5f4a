/* SPDX-License-Identifier: MIT */
#ifndef CE_API_IMPORTED_H
#define CE_API_IMPORTED_H

#include "base/attr.h"
#include "ccenv/ccenv.h"
#include "exchange/import.h"

struct ce_buf;
struct ce_lockfile;
struct ce_lockfile_platform;

/* What ccenv_import() and ccenv_install() from another program's lock share. */

enum {
	CE_IMPORT_BYTES_MAX = 64 << 20
};

/* Reads a file and translates it. Warnings say what has no counterpart. CCENV_ENOTFOUND without a
 * file. */
CE_MUST_CHECK int ce_imported_read(struct ccenv *c, const char *path, struct ce_import *im,
	enum ce_import_kind *ret_kind, struct ccenv_error *err);
/*
 * The lock of an import, as it is: checked, and completed from the channels' indexes where the format
 * keeps less. That fails only for a package without sha256 that no index has. The caller frees.
 */
CE_MUST_CHECK int ce_imported_lock(struct ccenv *c, struct ce_import *im, const char *path,
	struct ce_lockfile **ret, struct ccenv_error *err);

/*
 * The packages of c->lock_path, which is another program's lock or a ccenv.lock, for the environment and
 * platform of `o`; `text` gets the bytes of the file, and *ret points into *ret_lock.
 */
CE_MUST_CHECK int ce_imported_platform(struct ccenv *c, const struct ccenv_install_options *o,
	struct ce_buf *text, struct ce_lockfile **ret_lock, const struct ce_lockfile_platform **ret,
	struct ccenv_error *err);

#endif
