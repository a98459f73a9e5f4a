/* SPDX-License-Identifier: MIT */
/*
 * Which failures stop a run. File systems disagree on how they say "not here" (EPERM on vfat,
 * EACCES under SELinux and on SMB, EINVAL on 9p, ENOTTY on overlays …), so what is not in the table
 * means that; the table has the failures that the other way would only repeat.
 */
#include "base/syscalls.h"

#include <errno.h>
#include <stddef.h>

#include "base/attr.h"

enum {
	ALL = ~0,
	DATA = 1 << CE_SYS_CLONE |
	       1 << CE_SYS_COPY_RANGE, /* read and write, and see for themselves */
	NAMES = 1 << CE_SYS_LINK,
	WRITES = ALL & ~(1 << CE_SYS_FLOCK)
};

static const struct {
	int errnum;
	int calls; /* a bit per enum ce_syscall */
	enum ce_way way;
} rows[] = {
	/* CIFS and some kernels say EIO where they cannot copy; a real one comes back from read(). */
	{EIO, DATA, CE_WAY_OTHER_ONCE},
	{EIO, ALL & ~DATA, CE_WAY_STOP},
	{ENOSPC, WRITES, CE_WAY_STOP},
	{EDQUOT, WRITES, CE_WAY_STOP},
	{EFBIG, DATA | NAMES, CE_WAY_STOP},
	{EROFS, WRITES & ~(1 << CE_SYS_FSYNC), CE_WAY_STOP},
	/* Of the names, not of the file system: a copy would meet the same. */
	{EEXIST, NAMES, CE_WAY_STOP},
	{ENOENT, NAMES, CE_WAY_STOP},
	{ENOTDIR, NAMES, CE_WAY_STOP},
	{ENAMETOOLONG, NAMES, CE_WAY_STOP},
	/* Of this one file or this moment. */
	{EMLINK, ALL, CE_WAY_OTHER_ONCE},
	{ENOMEM, ALL, CE_WAY_OTHER_ONCE},
	{EINTR, ALL, CE_WAY_OTHER_ONCE},
	{EAGAIN, ALL, CE_WAY_OTHER_ONCE},
	{ETXTBSY, ALL, CE_WAY_OTHER_ONCE},
};

enum ce_way ce_way_after(enum ce_syscall call, int errnum)
{
	for (size_t i = 0; i < CE_COUNT(rows); i++)
		if (rows[i].errnum == errnum && rows[i].calls & 1 << call)
			return rows[i].way;
	return CE_WAY_OTHER;
}
