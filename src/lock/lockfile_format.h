/* SPDX-License-Identifier: MIT */
#ifndef CE_LOCK_LOCKFILE_FORMAT_H
#define CE_LOCK_LOCKFILE_FORMAT_H

/* What reading and writing the lock share. A reader refuses any other version. */
enum {
	CE_LOCKFILE_FORMAT = 1
};

#endif
