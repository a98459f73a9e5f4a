/* SPDX-License-Identifier: MIT */
/* Where the packages of a lock are installed; see prefix.h. */
#include "api/prefix.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/path.h"
#include "model/layout.h"
#include "model/lockfile.h"
#include "model/pkg.h"

static void hash_packages(const struct ce_lockfile_platform *p, char hex[CE_SHA256_HEX + 1])
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);

	for (size_t i = 0; i < p->n_pkgs; i++) {
		const char *digest = ce_pkg_digest(p->pkgs[i]);

		ce_digest_update(d, p->pkgs[i]->fn, strlen(p->pkgs[i]->fn) + 1);
		/* One without is refused later, by fetch. */
		if (digest)
			ce_digest_update(d, digest, strlen(digest) + 1);
	}
	ce_digest_final(d, hex);
}

char *ce_prefix_of_lock(const struct ccenv *c, const struct ce_lockfile_platform *p,
	enum ce_side side, char hash[CE_SHA256_HEX + 1])
{
	hash_packages(p, hash);
	return side == CE_SIDE_HOST ? ce_layout_host(c->root, p->platform, hash)
				    : ce_layout_env(c->root, p->platform, hash);
}

char *ce_prefix_of_option(const char *option)
{
	CE_AUTOFREE char *path = ce_path_absolute(option);
	char at[1];
	char *real = readlink(path, at, sizeof(at)) < 0 ? NULL : realpath(path, NULL);

	return real ? real : CE_TAKE(path);
}
