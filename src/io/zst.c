/* SPDX-License-Identifier: MIT */
/* zstd streams over libzstd. */
#include "io/zst.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

enum {
	WINDOW_LOG_MAX = 27
};

struct ce_zst {
	ZSTD_DStream *stream;
	bool within; /* a frame: some, but not all of it was read */
	bool any;
};

struct ce_zst *ce_zst_new(void)
{
	struct ce_zst *z = ce_calloc(1, sizeof(*z));

	z->stream = ZSTD_createDStream();
	if (!z->stream)
		abort(); /* out of memory */
	ZSTD_DCtx_setParameter(z->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return z;
}

void ce_zst_free(struct ce_zst *z)
{
	if (!z)
		return;
	ZSTD_freeDStream(z->stream);
	free(z);
}

int ce_zst_read(struct ce_zst *z, struct ce_zst_input *in, void *out, size_t cap, size_t *ret_len,
	struct ccenv_error *err)
{
	ZSTD_inBuffer i = {in->data, in->len, 0};
	ZSTD_outBuffer o = {out, cap, 0};

	while (o.pos < o.size) {
		size_t had = i.pos, made = o.pos;
		size_t left = ZSTD_decompressStream(z->stream, &o, &i);
		if (ZSTD_isError(left))
			return ce_fail(err, CCENV_EDATA, "damaged zstd data (%s)",
				ZSTD_getErrorName(left));
		if (i.pos == had && o.pos == made)
			break; /* wants more input */
		z->any = true;
		z->within = left != 0;
	}
	in->data = (const char *)in->data + i.pos;
	in->len -= i.pos;
	*ret_len = o.pos;
	return 0;
}

bool ce_zst_is_complete(const struct ce_zst *z)
{
	return z->any && !z->within;
}

int ce_zst_inflate(const void *data, size_t len, struct ce_buf *out, struct ccenv_error *err)
{
	CE_CLEANUP(ce_zst_freep) struct ce_zst *z = ce_zst_new();
	/* Given room for all that the head promises, libzstd needs no window of its own. It may
	 * lie. */
	unsigned long long promised = ZSTD_getFrameContentSize(data, len);
	struct ce_zst_input in = {data, len};
	size_t n = 0, step = 64 << 10;

	assert(out->max);
	if (promised < ZSTD_CONTENTSIZE_ERROR && promised > step && promised <= out->max)
		step = (size_t)promised;
	do {
		size_t room = out->max - out->len;
		if (room > step)
			room = step;
		if (room == 0 || !ce_buf_reserve(out, room))
			return ce_fail(err, CCENV_EDATA,
				"inflates to more than %zu bytes, the most that is allowed",
				out->max);
		int r = ce_zst_read(z, &in, out->data + out->len, room, &n, err);
		if (r < 0)
			return r;
		out->len += n;
		out->data[out->len] = '\0';
		if (n < room && !ce_zst_is_complete(z))
			return ce_fail(err, CCENV_EDATA, "zstd data ends too early");
	} while (in.len || !ce_zst_is_complete(z));
	return 0;
}

void ce_zst_deflate(const void *data, size_t len, struct ce_buf *out)
{
	enum {
		LEVEL = 19 /* an index is written once and read often */
	};
	const size_t room = ZSTD_compressBound(len);
	size_t n;

	if (!ce_buf_reserve(out, room))
		abort(); /* `out` has no limit */
	n = ZSTD_compress(out->data + out->len, room, data, len, LEVEL);
	if (ZSTD_isError(n))
		abort(); /* out of memory */
	out->len += n;
	out->data[out->len] = '\0';
}
