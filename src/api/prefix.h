/* SPDX-License-Identifier: MIT */
#ifndef CE_API_PREFIX_H
#define CE_API_PREFIX_H

#include "base/digest.h"
#include "model/request.h"

struct ccenv;
struct ce_lockfile_platform;

/* The prefix below the root for the locked packages, of one side of a target or of a platform; `hash` gets
 * the name of the set: the same packages give the same directory, whatever else the lock has. The caller
 * frees the path. */
char *ce_prefix_of_lock(const struct ccenv *c, const struct ce_lockfile_platform *p,
	enum ce_side side, char hash[CE_SHA256_HEX + 1]);
/* The prefix that --prefix means: where a link leads, since what is there gets replaced. The caller
 * frees it. */
char *ce_prefix_of_option(const char *option);

#endif
