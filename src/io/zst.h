/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ZST_H
#define CE_IO_ZST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * A zstd stream, inflated piece by piece. The caller's limits on input and output bound the time;
 * the window is capped here (128 MiB, zstd's own default), which bounds the memory.
 */
struct ce_zst;

struct ce_zst *ce_zst_new(void);
void ce_zst_free(struct ce_zst *z);
CE_DEFINE_FREEP(struct ce_zst, ce_zst_free, ce_zst_freep)

struct ce_zst_input {
	const void *data;
	size_t len;
};

/*
 * Inflates from `in`, which is moved forward, into `out`; *ret_len bytes were made. When *ret_len is
 * less than `cap`, all of the input was used. Garbage is CCENV_EDATA.
 */
CE_MUST_CHECK int ce_zst_read(struct ce_zst *z, struct ce_zst_input *in, void *out, size_t cap,
	size_t *ret_len, struct ccenv_error *err);
/* Has the stream come to a proper end? Ask after the last byte: false means that it was cut off. */
bool ce_zst_is_complete(const struct ce_zst *z);

/* A complete stream at once; `out` must have a limit (ce_buf_init()), and going beyond it is
 * CCENV_EDATA. */
CE_MUST_CHECK int ce_zst_inflate(
	const void *data, size_t len, struct ce_buf *out, struct ccenv_error *err);

/* The bytes as one frame, appended to `out`: the same for the same bytes and version of libzstd. */
void ce_zst_deflate(const void *data, size_t len, struct ce_buf *out);

#endif
