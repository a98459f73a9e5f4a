/* SPDX-License-Identifier: MIT */
#ifndef CE_LOCK_LOCKFILE_ORIGIN_H
#define CE_LOCK_LOCKFILE_ORIGIN_H

#include "base/attr.h"

struct ccenv_error;
struct ce_lockfile;

/*
 * Do all packages come from where the lock says that they may? Anybody can propose a change to a
 * lock; what they can change in silence is then no more than what the list of channels shows.
 *
 * - Channels and base URLs are https, http or file URLs without a character that no URL may hold; of
 *   an https channel, the base URLs are https as well, and none of another host's is a file.
 * - Each package of an environment has a channel of that environment, and its URL is exactly
 *   <channel>/<subdir>/<file>, or <base>/<file> with a base URL that the lock names for the channel.
 * - It has a sha256, and no two packages have the same.
 *
 * For locks that are read and for new ones alike. CCENV_EDATA names the package.
 */
CE_MUST_CHECK int ce_lockfile_check_origins(
	const struct ce_lockfile *lock, struct ccenv_error *err);

#endif
