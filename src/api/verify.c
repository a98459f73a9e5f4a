/* SPDX-License-Identifier: MIT */
/* ccenv_verify(): the files of a prefix against its records. */
#include "api/locked.h"
#include "api/prefix.h"
#include "api/project.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"
#include "install/install.h"
#include "model/lockfile.h"

int ccenv_verify(struct ccenv *c, const struct ccenv_install_options *o, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	CE_AUTOFREE char *prefix = NULL;
	const struct ce_lockfile_platform *p;
	char hash[CE_SHA256_HEX + 1];

	if (o->prefix && !*o->prefix)
		return ce_fail(err, CCENV_EUSAGE, "--prefix is empty");
	if (o->prefix) {
		prefix = ce_prefix_of_option(o->prefix);
	} else {
		int r = ce_locked_read(c, o->environment, o->platform, &lock, &p, err);

		if (r < 0)
			return r;
		prefix = ce_prefix_of_lock(c, p, hash);
	}
	if (!ce_fs_is_dir(prefix))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s: nothing is installed there; run `ccenv install`", prefix);
	return ce_install_verify(prefix, 0, &c->events, err);
}
