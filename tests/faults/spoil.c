/* SPDX-License-Identifier: MIT */
/* Bodies that are wrong in themselves; see spoil.h. */
#include "spoil.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/attr.h"
#include "base/buf.h"

/* `n` bytes of `c` between two texts, compressed. */
static void compress_filled(
	struct ce_buf *b, const char *before, char c, size_t n, const char *after)
{
	static char block[1 << 20];
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_inBuffer in = {before, strlen(before), 0};
	char out[4096];
	size_t left;

	memset(block, c, sizeof(block));
	ce_buf_clear(b);
	for (size_t step = 0; step <= n / sizeof(block) + 1; step++) {
		bool last = step == n / sizeof(block) + 1;
		if (step)
			in = last ? (ZSTD_inBuffer){after, strlen(after), 0}
				  : (ZSTD_inBuffer){block, sizeof(block), 0};
		do {
			ZSTD_outBuffer o = {out, sizeof(out), 0};
			left = ZSTD_compressStream2(
				z, &o, &in, last ? ZSTD_e_end : ZSTD_e_continue);
			ce_buf_add(b, out, o.pos);
		} while (last ? left : in.pos < in.size);
	}
	ZSTD_freeCCtx(z);
}

static void compress_text(struct ce_buf *b, const void *text, size_t len)
{
	char *copy = malloc(ZSTD_compressBound(len));
	size_t n = ZSTD_compress(copy, ZSTD_compressBound(len), text, len, 3);

	ce_buf_clear(b);
	ce_buf_add(b, copy, n);
	free(copy);
}

/* Made before the first request: making them takes seconds, and a server that is silent so long is
 * another fault. */
static struct ce_buf bomb, space_bomb, many;

void test_bombs_make(bool slow)
{
	compress_filled(&bomb, "", '\0', (size_t)4 << 30, "");
	compress_filled(&space_bomb, "{\"info\":{},", ' ', (size_t)1 << 30, "\"packages\":{}}");
	if (!slow)
		return;
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	ce_buf_adds(&text, "{\"packages\":{");
	for (unsigned i = 0; i < 600 * 1000; i++)
		ce_buf_addf(&text,
			"%s\"top-%u-0.conda\":{\"name\":\"top\",\"version\":\"%u\",\"build\":\"0\","
			"\"build_number\":0,\"depends\":[]}",
			i ? "," : "", i, i);
	ce_buf_adds(&text, "}}");
	compress_text(&many, ce_buf_str(&text), text.len);
}

static void put(struct ce_buf *b, const struct ce_buf *body)
{
	ce_buf_clear(b);
	ce_buf_add(b, body->data, body->len);
}

/* A body that is wrong in itself. */
void test_spoil(struct ce_buf *b, enum fault f, bool packed)
{
	char *deep;

	switch (f) {
	case OTHER_BYTES:
		compress_text(b, "\x81\xa8packages\x80", 11);
		break;
	case GARBAGE:
		for (size_t i = 0; i < b->len; i++)
			b->data[i] = (char)(i * 7 + 3);
		break;
	case GARBAGE_MSGPACK:
		compress_text(b, "\xdf\xff\xff\xff\xff\xc1garbage", 13);
		break;
	case PORTAL:
		ce_buf_clear(b);
		ce_buf_adds(b, "<!DOCTYPE html><title>Please log in</title>");
		break;
	case BOMB:
		put(b, &bomb);
		break;
	case SPACE_BOMB:
		put(b, &space_bomb);
		break;
	case MANY:
		put(b, &many);
		break;
	case DEEP:
		deep = malloc(1000 * 1000);
		memset(deep, packed ? '\x91' : '[', 1000 * 1000);
		ce_buf_clear(b);
		ce_buf_adds(b, "{\"x\":");
		ce_buf_add(b, deep, 1000 * 1000);
		if (packed)
			compress_text(b, deep, 1000 * 1000);
		free(deep);
		break;
	default:
		break;
	}
}

void test_bombs_release(void)
{
	ce_buf_release(&bomb);
	ce_buf_release(&space_bomb);
	ce_buf_release(&many);
}
