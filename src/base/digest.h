/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_DIGEST_H
#define CE_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;

/* Hashes over libcrypto, as lower-case hex. */

enum {
	CE_SHA256_HEX = 64,
	CE_MD5_HEX = 32,
	CE_DIGEST_HEX_MAX = CE_SHA256_HEX
};

enum ce_digest_alg {
	CE_DIGEST_SHA256,
	CE_DIGEST_MD5, /* only for packages whose index gives nothing better */
};

/* A running hash. Life: new, update any number of times, then final (which frees) or free. */
struct ce_digest;
struct ce_digest *ce_digest_new(enum ce_digest_alg alg);
void ce_digest_update(struct ce_digest *d, const void *data, size_t len);
/* Writes CE_SHA256_HEX or CE_MD5_HEX digits and a NUL; room for the longest always serves. */
void ce_digest_final(struct ce_digest *d, char *ret_hex);
void ce_digest_free(struct ce_digest *d);
CE_DEFINE_FREEP(struct ce_digest, ce_digest_free, ce_digest_freep)

/* The sha256 of bytes in memory. */
void ce_sha256_bytes(const void *data, size_t len, char hex[CE_SHA256_HEX + 1]);
/* The sha256 of a regular file, which may be reached through links. */
CE_MUST_CHECK int ce_sha256_file(
	const char *path, char hex[CE_SHA256_HEX + 1], struct ccenv_error *err);
/* Is this exactly 64 lower-case hex digits? */
bool ce_sha256_is_hex(const char *hex);

/* Lower-case hex of n bytes: 2 * n digits and a NUL. */
void ce_hex(const void *data, size_t n, char *ret_hex);

#endif
