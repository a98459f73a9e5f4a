/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_NAME_INDEX_H
#define CE_REPODATA_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "repodata/record_scan.h"

struct ccenv_error;

/*
 * A repodata.json in the cache, with what is needed to find the records of a name without reading
 * the rest.
 *
 * One file: the text as it came, then tables (names, sorted; spans of neighbouring records of one
 * name; removed files), then a footer. It is put in place in one step (base/stage.h) and never changed after
 * that. Tables carry a check sum, and each span has
 * its own, which is verified when the span is read: damage is CCENV_EDATA, never a wrong record. In
 * the machine's own byte order: a cache is not carried around.
 *
 * Caps: 2 GiB of text, 4 million spans, 1 million names.
 */
struct ce_name_index_writer;

/* `path` is where the file will be. */
CE_MUST_CHECK int ce_name_index_writer_new(
	const char *path, struct ce_name_index_writer **ret, struct ccenv_error *err);
/* Leaves nothing behind unless finished. */
void ce_name_index_writer_free(struct ce_name_index_writer *w);
CE_DEFINE_FREEP(struct ce_name_index_writer, ce_name_index_writer_free, ce_name_index_writer_freep)
/* Where the next bytes of text may be put, and how many (at least 1); borrowed until the next call.
 */
char *ce_name_index_writer_space(struct ce_name_index_writer *w, size_t *ret_len);
/* That many were put there. */
CE_MUST_CHECK int ce_name_index_writer_filled(
	struct ce_name_index_writer *w, size_t len, struct ccenv_error *err);
/* The text is complete: checks that, and puts the file in its place. */
CE_MUST_CHECK int ce_name_index_writer_finish(
	struct ce_name_index_writer *w, struct ccenv_error *err);

struct ce_name_index;

/* Maps the file. CCENV_ENOTFOUND when absent, CCENV_EDATA when damaged. */
CE_MUST_CHECK int ce_name_index_open(
	const char *path, struct ce_name_index **ret, struct ccenv_error *err);
void ce_name_index_close(struct ce_name_index *i);
CE_DEFINE_FREEP(struct ce_name_index, ce_name_index_close, ce_name_index_closep)

/* Names this very content: 16 hex digits. Borrowed. */
const char *ce_name_index_id(const struct ce_name_index *i);
const char *ce_name_index_base_url(
	const struct ce_name_index *i); /* info.base_url, "" when absent; borrowed */
/* What it declares and nobody follows, by declared.h; "" when nothing. Borrowed. */
const char *ce_name_index_declared(const struct ce_name_index *i);
/* Hands each name to `each`, sorted; borrowed from the index. */
void ce_name_index_each_name(const struct ce_name_index *i,
	void (*each)(void *user, const char *name, size_t len), void *user);
/*
 * Hands each record of `name` that is not removed to `each`, in the order of the text. Slices are
 * borrowed from the index. <0 from `each` ends it.
 */
typedef int ce_name_index_each_fn(void *user, const struct ce_repo_scan_record *rec,
	enum ce_repo_scan_section section, struct ccenv_error *err);
CE_MUST_CHECK int ce_name_index_each(const struct ce_name_index *i, const char *name,
	ce_name_index_each_fn *each, void *user, struct ccenv_error *err);

/* "cuda-nvcc-12.9.86-hcdd1206_1.conda" -> length of "cuda-nvcc"; 0 when it is no package file name.
 */
size_t ce_name_index_fn_name(const char *fn, size_t len);

#endif
