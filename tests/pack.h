/* SPDX-License-Identifier: MIT */
#ifndef CE_TESTS_PACK_H
#define CE_TESTS_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/pkg.h"

/* Making package files for tests, good ones and bad ones: nothing is checked here. */
struct pack_entry {
	const char *path;
	const char *data;   /* of a file (NUL-terminated unless n_data) */
	const char *target; /* of a symbolic link */
	const char *hard;   /* of a hard link */
	size_t n_data;
	unsigned mode; /* 0: 0644 */
	bool dir;
};

/* Ends with an entry whose path is NULL. The members of a .conda are named after it. */
void pack_conda(const char *path, const struct pack_entry *info, const struct pack_entry *pkg);
/* A zip of these members: tars where there are entries, else data. Ends with one without a name. */
struct pack_member {
	const char *name;
	const struct pack_entry *entries;
	const void *data;
	size_t n_data;
};
void pack_zip(const char *path, const struct pack_member *members);
void pack_tar_bz2(const char *path, const struct pack_entry *all);

/* A package and its record. Files of `pkg` are listed in paths.json; `link_json` may be NULL. */
struct pack_package {
	const char *name, *version, *build;
	const char *depends[8];
	const struct pack_entry *files;
	const char *paths_json; /* NULL: made from files, without placeholders */
	const char *link_json;
	const char *placeholder; /* for files whose data holds it */
	const char *python_site_packages_path;
	bool binary; /* mode of those */
	bool bz2;
	bool info_last; /* info/ comes after the files, in the same tar of a .conda */
	enum ce_noarch noarch;
};

/* Writes dir/noarch/<fn> and fills the record (file:// URL, hashes of the file). */
void pack_package(
	const char *dir, const struct pack_package *p, struct ce_arena *a, struct ce_pkg *ret);

#endif
