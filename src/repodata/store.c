/* SPDX-License-Identifier: MIT */
/* Files of the index cache. */
#include "repodata/store.h"

#include <errno.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/stage.h"

int ce_store_write(const char *path, const void *data, size_t len, struct ccenv_error *err)
{
	CE_CLEANUP(ce_stage_drop) struct ce_stage stage = CE_STAGE_NONE;
	int r = ce_stage_file(path, 0644, &stage, err);

	if (r < 0)
		return r;
	if (ce_fs_write_all(stage.fd, data, len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	stage.hasty = true;
	return ce_stage_commit(&stage, err);
}
