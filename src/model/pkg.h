/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_PKG_H
#define CE_MODEL_PKG_H

#include <jansson.h>
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

/*
 * One package, as the index or a lock describes it (CEP 34, CEP 36). Strings are never NULL unless
 * said so; all memory belongs to the arena of whoever made it (a ce_repodata, a ce_lock).
 */
struct ce_pkg {
	const char *name; /* checked: CEP 26 characters */
	const char *version;
	const char *build;
	uint64_t build_number;
	const char *subdir;
	const char *fn; /* file name, checked: <name>-<version>-<build>.conda or .tar.bz2 */
	const char
		*channel;   /* URL of the channel, without subdir, credentials and trailing slash */
	const char *url;    /* of the file, without credentials */
	const char *sha256; /* lower-case hex, or NULL */
	const char *md5;    /* lower-case hex, or NULL */
	uint64_t size;      /* bytes of the file; 0 when unknown */
	uint64_t timestamp; /* milliseconds since 1970; 0 when unknown (old records in seconds are
			       converted) */
	const char **depends;
	size_t n_depends;
	const char **constrains;
	size_t n_constrains;
	const char *track_features;            /* space separated, NULL when none */
	const char *features;                  /* as above; old packages */
	const char *license;                   /* may be NULL */
	const char *license_family;            /* may be NULL */
	const char *python_site_packages_path; /* may be NULL */
	enum ce_noarch noarch;
	/* Filled by ce_pkg_prepare(), not part of the record. */
	const struct ce_version
		*parsed_version; /* NULL when the version does not parse: never a candidate */
	unsigned channel_rank;   /* 0 is the first channel of the request */
};

/*
 * Reads a record object. `fn`, `subdir`, `channel` and `url` are where it was found. A record with
 * a bad name, version or file name is CCENV_EDATA: the caller leaves it out and says so at debug
 * level. sha256 and md5 of the wrong form are an error too.
 */
CE_MUST_CHECK int ce_pkg_from_json(const json_t *record, const char *fn, const char *subdir,
	const char *channel, const char *url, struct ce_arena *a, struct ce_pkg *ret_pkg,
	struct ccenv_error *err);
/*
 * Is every field that becomes a path, or that files are compared with, of the right form? Name,
 * version and build (CEP 26), a file name made of the three, hashes.
 */
CE_MUST_CHECK int ce_pkg_check(const struct ce_pkg *pkg, struct ccenv_error *err);
/* Milliseconds from a record's timestamp, which old records have in seconds. */
uint64_t ce_pkg_timestamp_ms(uint64_t timestamp);
/* The record as an object, keys in a fixed order, absent and empty fields left out (as lock and
 * conda-meta want). */
json_t *ce_pkg_to_json(const struct ce_pkg *pkg);
/* Parses the version into `a`. */
void ce_pkg_prepare(struct ce_pkg *pkg, struct ce_arena *a);
/* Copies all fields and strings into `a`. */
void ce_pkg_copy(const struct ce_pkg *pkg, struct ce_arena *a, struct ce_pkg *ret_pkg);
/* Order by name, version, build, subdir, url; versions by conda's order. For qsort-like use and
 * sorted output. */
int ce_pkg_compare(const struct ce_pkg *a, const struct ce_pkg *b);
bool ce_pkg_is_conda(const struct ce_pkg *pkg); /* .conda, else .tar.bz2 */
/* What names the package's entry in the cache: the sha256, or the md5 when that is all there is, or
 * NULL. Borrowed. */
const char *ce_pkg_digest(const struct ce_pkg *pkg);

#endif
