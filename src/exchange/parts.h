/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_PARTS_H
#define CE_EXCHANGE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the URL of a package says, for formats that leave out of a record what follows from it. Rules of
 * rattler_lock 6 and 7 and of CEP 26.
 */
struct ce_url_parts {
	/* malloc'ed; release with ce_url_parts_release(). */
	char *channel, *subdir, *fn;
	char *name, *version, *build; /* of the file name, as written */
};

/* False when it is not <channel>/<known subdir>/<name>-<version>-<build>.{conda,tar.bz2}; nothing is
 * to be released then. */
bool ce_url_parts_read(const char *url, struct ce_url_parts *ret);
void ce_url_parts_release(struct ce_url_parts *p);
/* The number at the end of a build string, "h123_4" has 4; false, and *ret as it was, when there is
 * none. */
bool ce_build_number_of(const char *build, uint64_t *ret);

#endif
