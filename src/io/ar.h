/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_AR_H
#define CE_IO_AR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct ccenv_error;

/* The members of a static library in memory: ar(5), with GNU's and BSD's long names. */
struct ce_ar_member {
	const char *name;
	int64_t time; /* seconds since 1970 */
	unsigned uid, gid, mode;
	const unsigned char *data; /* in the file's bytes */
	size_t size;
};

struct ce_ar {
	struct ce_arena arena;
	struct ce_ar_member *members; /* without the table of symbols and that of names */
	size_t n;
	int64_t table_time; /* of the table of symbols; 0 without one */
};

bool ce_ar_is(const void *data, size_t size);
/* The bytes must stay as long as the list. CCENV_EDATA for a file that is damaged. */
CE_MUST_CHECK int ce_ar_parse(
	const unsigned char *data, size_t size, struct ce_ar *ret, struct ccenv_error *err);
void ce_ar_release(struct ce_ar *ar);

#endif
