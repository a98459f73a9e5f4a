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
#include "ccenv/ccenv.h"

struct ce_sha256 {
	SHA256_CTX ctx;
};

struct ce_md5 {
	MD5_CTX ctx;
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

/* What these functions return is 1 always. */

struct ce_sha256 *ce_sha256_new(void)
{
	struct ce_sha256 *s = ce_alloc(sizeof(*s));

	SHA256_Init(&s->ctx);
	return s;
}

void ce_sha256_update(struct ce_sha256 *s, const void *data, size_t len)
{
	SHA256_Update(&s->ctx, data, len);
}

void ce_sha256_final(struct ce_sha256 *s, char hex[CE_SHA256_HEX + 1])
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	SHA256_Final(md, &s->ctx);
	ce_hex(md, sizeof(md), hex);
	ce_sha256_free(s);
}

void ce_sha256_free(struct ce_sha256 *s)
{
	free(s);
}

struct ce_md5 *ce_md5_new(void)
{
	struct ce_md5 *s = ce_alloc(sizeof(*s));

	MD5_Init(&s->ctx);
	return s;
}

void ce_md5_update(struct ce_md5 *s, const void *data, size_t len)
{
	MD5_Update(&s->ctx, data, len);
}

void ce_md5_final(struct ce_md5 *s, char hex[CE_MD5_HEX + 1])
{
	unsigned char md[MD5_DIGEST_LENGTH];

	MD5_Final(md, &s->ctx);
	ce_hex(md, sizeof(md), hex);
	ce_md5_free(s);
}

void ce_md5_free(struct ce_md5 *s)
{
	free(s);
}

void ce_sha256_bytes(const void *data, size_t len, char hex[CE_SHA256_HEX + 1])
{
	struct ce_sha256 *s = ce_sha256_new();

	ce_sha256_update(s, data, len);
	ce_sha256_final(s, hex);
}

int ce_sha256_file(const char *path, char hex[CE_SHA256_HEX + 1], struct ccenv_error *err)
{
	enum {
		CHUNK = 256 << 10
	};
	CE_CLEANUP(ce_sha256_freep) struct ce_sha256 *s = ce_sha256_new();
	CE_AUTOFREE char *buf = ce_alloc(CHUNK);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot open %s", path);
	while ((n = read(fd, buf, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int errnum = errno;

			close(fd);
			return ce_fail_errno(err, errnum, "cannot read %s", path);
		}
		ce_sha256_update(s, buf, (size_t)n);
	}
	close(fd);
	ce_sha256_final(CE_TAKE(s), hex);
	return 0;
}

bool ce_sha256_is_hex(const char *hex)
{
	size_t n = strspn(hex, "0123456789abcdef");

	return n == CE_SHA256_HEX && hex[n] == '\0';
}
