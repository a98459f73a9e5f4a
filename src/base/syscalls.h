/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_SYSCALLS_H
#define CE_BASE_SYSCALLS_H

/*
 * What to do when a file system refuses a call that the job can be done without: one table for
 * everything that writes files. docs/design/system-calls.md says why each row is as it is.
 */
enum ce_syscall {
	CE_SYS_CLONE,      /* ioctl(FICLONE); otherwise: link or copy */
	CE_SYS_COPY_RANGE, /* copy_file_range(); otherwise: read and write */
	CE_SYS_LINK,       /* linkat(); otherwise: copy */
	CE_SYS_EXCHANGE,   /* renameat2(RENAME_EXCHANGE); otherwise: two renames */
	CE_SYS_CHMOD,      /* fchmod(); otherwise: the mode that the file has, if it serves */
	CE_SYS_UTIMENS,    /* futimens(); otherwise: the time that the file has */
	CE_SYS_FSYNC,      /* fsync(); otherwise: rename without it */
	CE_SYS_FLOCK,      /* flock(); otherwise: without the lock */
};

enum ce_way {
	CE_WAY_STOP,       /* a failure: report it */
	CE_WAY_OTHER_ONCE, /* do this one otherwise, and try again with the next */
	CE_WAY_OTHER,      /* this file system does not have it: do it otherwise from now on */
};

/* How to go on after the call has failed with this errno. */
enum ce_way ce_way_after(enum ce_syscall call, int errnum);

#endif
