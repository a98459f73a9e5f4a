/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_PLACE_H
#define CE_IO_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* The file system that a directory is on, as far as it can spoil an install. */
struct ce_place {
	const char *path;       /* as asked for; borrowed */
	const char *fs;         /* "nfs", "vfat"; NULL for what is nothing special */
	bool network;           /* locks and times of other machines */
	bool no_links;          /* neither hard nor symbolic links */
	bool no_exec;           /* mounted so that programs there cannot be run */
	bool read_only;         /* mounted read-only, or not writable for this user */
	uint64_t free_bytes;    /* for this user */
	uint64_t free_files;    /* UINT64_MAX where the file system has no limit */
	unsigned long long dev; /* two places with the same are on one file system */
};

/* Looks at the path, or at the nearest parent that exists. False if none can be looked at. */
bool ce_place_look(const char *path, struct ce_place *ret);

#endif
