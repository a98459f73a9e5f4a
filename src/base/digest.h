/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_DIGEST_H
#define CE_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;

/* sha256 over libcrypto, as lower-case hex. */

enum {
	CE_SHA256_HEX = 64
};

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
/* Is this exactly 64 lower-case hex digits? */
bool ce_sha256_is_hex(const char *hex);

#endif
