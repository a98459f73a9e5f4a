/* SPDX-License-Identifier: MIT */
#ifndef CE_API_HOST_CHECK_H
#define CE_API_HOST_CHECK_H

#include <stddef.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"

struct ccenv;
struct ce_lockfile_platform;
struct ce_virtual;

/* Does this machine have what the locked packages were solved for? CCENV_EHOST otherwise; only a
 * warning for __cuda: a machine without a driver can still build. */
CE_MUST_CHECK int ce_host_check(
	struct ccenv *c, const struct ce_lockfile_platform *p, struct ccenv_error *err);

/* The same with the `n` virtual packages of this machine, from ce_host_virtuals(): to ask for the
 * driver twice costs milliseconds. */
CE_MUST_CHECK int ce_host_check_against(struct ccenv *c, const struct ce_lockfile_platform *p,
	const struct ce_virtual *virtuals, size_t n, struct ccenv_error *err);

#endif
