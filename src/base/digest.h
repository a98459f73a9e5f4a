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
	CE_SHA256_HEX = 64
};

/* Lower-case hex of n bytes: 2 * n digits and a NUL. */
void ce_hex(const void *data, size_t n, char *ret_hex);

/* A running sha256. Life: new, update any number of times, then final (which frees) or free. */
struct ce_sha256;
struct ce_sha256 *ce_sha256_new(void);
void ce_sha256_update(struct ce_sha256 *s, const void *data, size_t len);
void ce_sha256_final(struct ce_sha256 *s, char hex[CE_SHA256_HEX + 1]);
void ce_sha256_free(struct ce_sha256 *s);
CE_DEFINE_FREEP(struct ce_sha256, ce_sha256_free, ce_sha256_freep)

void ce_sha256_bytes(const void *data, size_t len, char hex[CE_SHA256_HEX + 1]);
CE_MUST_CHECK int ce_sha256_file(
	const char *path, char hex[CE_SHA256_HEX + 1], struct ccenv_error *err);
/*
 * A running md5, of the same life. Only for packages whose index gives nothing better.
 */
struct ce_md5;
enum {
	CE_MD5_HEX = 32
};
struct ce_md5 *ce_md5_new(void);
void ce_md5_update(struct ce_md5 *s, const void *data, size_t len);
void ce_md5_final(struct ce_md5 *s, char hex[CE_MD5_HEX + 1]);
void ce_md5_free(struct ce_md5 *s);
CE_DEFINE_FREEP(struct ce_md5, ce_md5_free, ce_md5_freep)

/* Is this exactly 64 lower-case hex digits? */
bool ce_sha256_is_hex(const char *hex);

#endif
