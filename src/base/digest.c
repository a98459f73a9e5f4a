/* SPDX-License-Identifier: MIT */
/*
 * sha256 and md5 over libcrypto. By its own functions, not by EVP: those look for providers and
 * read openssl.cnf before the first byte, a millisecond that every run would pay.
 */
#include "base/digest.h"

#define OPENSSL_API_COMPAT 0x10101000L /* OpenSSL 3 calls these functions old, and has them */
#include <errno.h>
#include <fcntl.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

struct ce_digest {
	enum ce_digest_alg alg;
	union {
		SHA256_CTX sha256;
		MD5_CTX md5;
	} ctx;
};

void ce_hex(const void *data, size_t n, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < n; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[2 * n] = '\0';
}

/* What libcrypto's functions return here is always 1. */

struct ce_digest *ce_digest_new(enum ce_digest_alg alg)
{
	struct ce_digest *d = ce_alloc(sizeof(*d));

	d->alg = alg;
	if (alg == CE_DIGEST_MD5)
		MD5_Init(&d->ctx.md5);
	else
		SHA256_Init(&d->ctx.sha256);
	return d;
}

void ce_digest_update(struct ce_digest *d, const void *data, size_t len)
{
	if (d->alg == CE_DIGEST_MD5)
		MD5_Update(&d->ctx.md5, data, len);
	else
		SHA256_Update(&d->ctx.sha256, data, len);
}

void ce_digest_final(struct ce_digest *d, char *ret_hex)
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	if (d->alg == CE_DIGEST_MD5)
		MD5_Final(md, &d->ctx.md5);
	else
		SHA256_Final(md, &d->ctx.sha256);
	ce_hex(md, d->alg == CE_DIGEST_MD5 ? MD5_DIGEST_LENGTH : SHA256_DIGEST_LENGTH, ret_hex);
	ce_digest_free(d);
}

void ce_digest_free(struct ce_digest *d)
{
	free(d);
}

void ce_sha256_bytes(const void *data, size_t len, char hex[CE_SHA256_HEX + 1])
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);

	ce_digest_update(d, data, len);
	ce_digest_final(d, hex);
}

int ce_sha256_file(const char *path, char hex[CE_SHA256_HEX + 1], struct ccenv_error *err)
{
	enum {
		CHUNK = 256 << 10
	};
	CE_CLEANUP(ce_digest_freep) struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);
	CE_CLEANUP(ce_fs_closep) int fd = ce_fs_open_file(AT_FDCWD, path, 0);
	CE_AUTOFREE char *buf = ce_alloc(CHUNK);
	ssize_t n;

	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", path);
	while ((n = read(fd, buf, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(err, errno, "cannot read %s", path);
		ce_digest_update(d, buf, (size_t)n);
	}
	ce_digest_final(CE_TAKE(d), hex);
	return 0;
}

bool ce_sha256_is_hex(const char *hex)
{
	size_t n = strspn(hex, "0123456789abcdef");

	return n == CE_SHA256_HEX && hex[n] == '\0';
}
