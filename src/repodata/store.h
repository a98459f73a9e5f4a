/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_STORE_H
#define CE_REPODATA_STORE_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;

/*
 * Puts a file into the cache by base/stage.h, without fsync(). A crash may leave it
 * empty or torn, which is why whatever is read from there is checked against a hash; waiting for
 * the disk would cost more than fetching it again.
 */
CE_MUST_CHECK int ce_store_write(
	const char *path, const void *data, size_t len, struct ccenv_error *err);

#endif
