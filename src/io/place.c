/* SPDX-License-Identifier: MIT */
/* What kind of file system a directory is on; see place.h. */
#include "io/place.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/os.h"
#include "base/path.h"

#ifndef ST_NOEXEC /* macOS */
#define ST_NOEXEC 0
#endif

/* By the number that statfs() gives (man 2 statfs, and the file systems' own sources). */
static const struct {
	unsigned long type;
	const char *name;
	bool network, no_links;
} kinds[] = {
	{0x6969, "nfs", true, false},
	{0x517b, "smb", true, false},
	{0xfe534d42, "smb2", true, false},
	{0xff534d42, "cifs", true, false},
	{0x0bd00bd0, "lustre", true, false},
	{0x47504653, "gpfs", true, false},
	{0x00c36400, "ceph", true, false},
	{0x5346414f, "afs", true, false},
	{0x19830326, "beegfs", true, false},
	{0x01021997, "9p", true, false},
	{0x65735546, "fuse", true, false},
	{0x4d44, "vfat", false, true},
	{0x2011bab0, "exfat", false, true},
	{0x01021994, "tmpfs", false, false},
};

/* The nearest that exists. The caller frees it. */
static char *existing(const char *path)
{
	char *at = ce_path_absolute(path);

	while (strcmp(at, "/") != 0) {
		struct stat st;
		char *parent;

		if (stat(at, &st) == 0)
			break;
		parent = ce_path_dir(at);
		ce_freep(&at);
		at = parent;
	}
	return at;
}

bool ce_place_look(const char *path, struct ce_place *ret)
{
	CE_AUTOFREE char *at = existing(path);
	struct statvfs vfs;
	unsigned long kind;
	struct stat st;

	if (statvfs(at, &vfs) < 0 || stat(at, &st) < 0)
		return false;
	kind = ce_os_fs_kind(at);
	*ret = (struct ce_place){
		.path = path,
		.no_exec = vfs.f_flag & ST_NOEXEC,
		.read_only = (vfs.f_flag & ST_RDONLY) || access(at, W_OK) < 0,
		.free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize,
		.free_files = vfs.f_files ? vfs.f_favail : UINT64_MAX,
		.dev = st.st_dev,
	};
	for (size_t i = 0; i < CE_COUNT(kinds); i++)
		if (kinds[i].type == kind) {
			ret->fs = kinds[i].name;
			ret->network = kinds[i].network;
			ret->no_links = kinds[i].no_links;
		}
	return true;
}
