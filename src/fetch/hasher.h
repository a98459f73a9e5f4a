/* SPDX-License-Identifier: MIT */
#ifndef CE_FETCH_HASHER_H
#define CE_FETCH_HASHER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/digest.h"

/*
 * The digest of an archive, of the very bytes that are unpacked: a chunk is read into memory once,
 * and from there it is hashed and unpacked. A second reading of the file might find other bytes.
 *
 * With a thread of its own, hashing goes on while the chunk is unpacked.
 *
 * Life: new, then for each chunk room and put, then final, then free.
 */
struct ce_hasher;

enum {
	CE_HASHER_CHUNK = 256 << 10 /* bytes of room */
};

/* Without a thread where one is not wanted or cannot be started. */
struct ce_hasher *ce_hasher_new(enum ce_digest_alg alg, bool threaded);
void ce_hasher_free(struct ce_hasher *h);
CE_DEFINE_FREEP(struct ce_hasher, ce_hasher_free, ce_hasher_freep)

/* Where to read the next chunk to. What was there before is of no use to anybody any more: the
 * caller has unpacked the chunk before this one, and it may wait for hashing. */
char *ce_hasher_room(struct ce_hasher *h);
/* Hashes the first `len` bytes of it; they stay as they are until the next ce_hasher_room(). */
void ce_hasher_put(struct ce_hasher *h, size_t len);
/* The digest of all that was put; once. */
void ce_hasher_final(struct ce_hasher *h, char ret_hex[CE_DIGEST_HEX_MAX + 1]);

#endif
