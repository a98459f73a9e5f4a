/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_PKG_READ_H
#define CE_MODEL_PKG_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_cursor;
struct ce_pkg;

/*
 * The one reader of package records: of an index (JSON or msgpack), of a lock, of conda-meta. It
 * reads straight from the bytes, since an index has tens of thousands of records within reach and a
 * tree for each would cost more than all the rest.
 *
 * What is taken is what conda or rattler take (tests/records has the table):
 *
 *     name, version, build         strings, which must be there; a name in capitals is lowered
 *     build_number, size           whole numbers from 0 to 2^63-1; 7.0 is 7
 *     timestamp                    any number, a fraction is dropped; seconds in old records
 *     sha256, md5                  hexadecimal digits, or bytes in msgpack
 *     indexed_timestamp            the same
 *     depends, constrains, flags   lists of strings
 *     extra_depends                an object of such lists
 *     track_features, features     a string, or a list of strings
 *     noarch                       "generic", "python", "", true or false
 *     license, license_family      a string; anything else, or one with control characters, is
 *                                  dropped: they are for people only
 *
 * null is as good as a field that is not there. A field given twice, a control character and text
 * that is not UTF-8 are refused. Unknown fields are skipped.
 */

/* Where an index lists a record: what the record itself says of these is not looked at. */
struct ce_pkg_origin {
	const char *fn; /* `fn_len` bytes of it */
	size_t fn_len;
	const char
		*name; /* what the index files it under, lower case: the record must say the same */
	const char *subdir, *channel;
	const char *base_url; /* of the files, without a slash at the end */
	unsigned channel_rank;
	bool is_v3; /* as in ce_pkg */
};

/*
 * Reads the record at the cursor, whose arena gets all strings; those of `origin` must live as long.
 * Without an origin the record must have "url" and "subdir" itself; "fn" is the last part of the
 * URL, "channel" what stands before subdir and file name unless it is given.
 *
 * CCENV_EDATA names the file, the field and what is wrong with it. The cursor is then somewhere in
 * the record.
 */
CE_MUST_CHECK int ce_pkg_read(struct ce_cursor *c, const struct ce_pkg_origin *origin,
	struct ce_pkg *ret_pkg, struct ccenv_error *err);

#endif
