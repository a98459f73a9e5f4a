/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_RECORD_H
#define CE_REPODATA_RECORD_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;
struct ce_cursor;
struct ce_pkg;

/*
 * One record of an index into a ce_pkg, by the rules of ce_pkg_from_json() but straight from the
 * bytes: an index has tens of thousands of them within reach, and a tree for each would cost more
 * than all the rest.
 */
struct ce_repo_record_place {
	const char *name; /* what the index files it under: the record must say the same */
	const char *subdir, *channel;
	const char *base_url; /* of the files, without a slash at the end */
	unsigned channel_rank;
	struct ce_arena *arena; /* the strings above live there too, or longer */
};

/*
 * The cursor stands at the record; `fn` is its file name, `fn_len` bytes of it. CCENV_EDATA says
 * what is wrong with this one record, which is then to be left out.
 */
CE_MUST_CHECK int ce_repo_record_read(struct ce_cursor *c, const char *fn, size_t fn_len,
	const struct ce_repo_record_place *place, struct ce_pkg *ret, struct ccenv_error *err);

#endif
