/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_PKG_H
#define CE_MODEL_PKG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;
struct ce_version;

enum ce_noarch {
	CE_NOARCH_NONE = 0,
	CE_NOARCH_GENERIC,
	CE_NOARCH_PYTHON,
};

/* What a record needs besides where whoever needs it asks for this group (CEP 44). */
struct ce_pkg_extra {
	const char *group;
	const char **depends;
	size_t n_depends;
};

/*
 * One package, as the index or a lock describes it (CEP 34, CEP 36). Strings are never NULL unless
 * said so; all memory belongs to the arena of whoever made it (a ce_repodata, a ce_lockfile).
 */
struct ce_pkg {
	const char *name; /* checked (spec/name.h), lower case */
	const char *version;
	const char *build;
	uint64_t build_number;
	const char *subdir;
	/* File name, checked: <name>-<version>-<build>.conda or .tar.bz2, the name as written. */
	const char *fn;
	/* URL of the channel, without subdir, credentials and trailing slash. */
	const char *channel;
	unsigned
		channel_rank; /* the channel's place in the request: 0 is the first; not in a lock */
	bool is_v3;           /* listed in the "v3" of an index (CEP 48); not in a lock */
	const char *url;      /* of the file, without credentials */
	const char *sha256;   /* lower-case hex, or NULL */
	const char *md5;      /* lower-case hex, or NULL */
	uint64_t size;        /* bytes of the file; 0 when unknown */
	/* Milliseconds since 1970; 0 when unknown. Old records in seconds are converted. */
	uint64_t timestamp;
	/* The same, when the index first listed the file (CEP 47). */
	uint64_t indexed_timestamp;
	const char **depends;
	size_t n_depends;
	const char **constrains;
	size_t n_constrains;
	struct ce_pkg_extra *extras;
	size_t n_extras;
	const char **flags; /* CEP 45 */
	size_t n_flags;
	const char *track_features;            /* space separated, NULL when none */
	const char *features;                  /* as above; old packages */
	const char *license;                   /* may be NULL */
	const char *license_family;            /* may be NULL */
	const char *python_site_packages_path; /* may be NULL */
	enum ce_noarch noarch;
	/* Of `version`. NULL only in a record that was made from a version that is none. */
	const struct ce_version *parsed_version;
};

/* Parses the version into `a`: for records that are made, not read. */
void ce_pkg_prepare(struct ce_pkg *pkg, struct ce_arena *a);
/* Copies all fields and strings into `a`. */
void ce_pkg_copy(const struct ce_pkg *pkg, struct ce_arena *a, struct ce_pkg *ret_pkg);
/* Order by name, version (conda's order), build, subdir, channel, URL. */
int ce_pkg_compare(const struct ce_pkg *a, const struct ce_pkg *b);
/* When the package was published, as far as the index knows, in milliseconds; 0: unknown. */
uint64_t ce_pkg_date(const struct ce_pkg *pkg);
bool ce_pkg_is_conda(const struct ce_pkg *pkg); /* .conda, else .tar.bz2 */
/* What names the package's entry in the cache: the sha256, or the md5 when that is all there is, or
 * NULL. Borrowed. */
const char *ce_pkg_digest(const struct ce_pkg *pkg);

#endif
