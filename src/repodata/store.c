/* SPDX-License-Identifier: MIT */
/* Files of the index cache. */
#include "repodata/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"

int ce_store_write(const char *path, const void *data, size_t len, struct ccenv_error *err)
{
	CE_AUTOFREE char *tmp = ce_asprintf("%s.%ld.XXXXXX", path, (long)getpid());
	int fd = mkostemp(tmp, O_CLOEXEC);

	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot write beside %s", path);
	bool good = ce_fs_write_all(fd, data, len) == 0 && fchmod(fd, 0644) == 0;
	int error = errno;
	close(fd);
	if (good && rename(tmp, path) == 0)
		return 0;
	if (good)
		error = errno;
	unlink(tmp);
	return ce_fail_errno(err, error, "cannot write %s", path);
}
