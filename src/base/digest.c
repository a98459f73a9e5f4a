/* SPDX-License-Identifier: MIT */
/* sha256 and md5 over libcrypto. */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "ccenv/ccenv.h"

struct ce_sha256 {
	EVP_MD_CTX *ctx;
};

struct ce_md5 {
	EVP_MD_CTX *ctx;
};

/* libcrypto fails here only when memory ends. */
static EVP_MD_CTX *start(const EVP_MD *kind)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, kind, NULL) != 1)
		abort();
	return ctx;
}

static void finish(EVP_MD_CTX *ctx, char *hex, size_t n_hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(ctx, md, &n) != 1 || n != n_hex / 2)
		abort();
	for (unsigned i = 0; i < n; i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[n_hex] = '\0';
}

struct ce_sha256 *ce_sha256_new(void)
{
	struct ce_sha256 *s = ce_alloc(sizeof(*s));

	s->ctx = start(EVP_sha256());
	return s;
}

void ce_sha256_update(struct ce_sha256 *s, const void *data, size_t len)
{
	if (EVP_DigestUpdate(s->ctx, data, len) != 1)
		abort();
}

void ce_sha256_final(struct ce_sha256 *s, char hex[CE_SHA256_HEX + 1])
{
	finish(s->ctx, hex, CE_SHA256_HEX);
	ce_sha256_free(s);
}

void ce_sha256_free(struct ce_sha256 *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

struct ce_md5 *ce_md5_new(void)
{
	struct ce_md5 *s = ce_alloc(sizeof(*s));

	s->ctx = start(EVP_md5());
	return s;
}

void ce_md5_update(struct ce_md5 *s, const void *data, size_t len)
{
	if (EVP_DigestUpdate(s->ctx, data, len) != 1)
		abort();
}

void ce_md5_final(struct ce_md5 *s, char hex[CE_MD5_HEX + 1])
{
	finish(s->ctx, hex, CE_MD5_HEX);
	ce_md5_free(s);
}

void ce_md5_free(struct ce_md5 *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->ctx);
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
	CE_CLEANUP(ce_freep) char *buf = ce_alloc(CHUNK);
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
