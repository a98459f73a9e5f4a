/* SPDX-License-Identifier: MIT */
/* URL text: parts, what may be shown of it, and the path of a file:// URL. */
#include "base/url.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"

bool ce_url_split(const char *text, struct ce_url *ret)
{
	const char *sep = strstr(text, "://");
	struct ce_url u = {0};

	if (!sep || sep == text || memchr(text, '/', (size_t)(sep - text)))
		return false;
	u.scheme = text;
	u.scheme_len = (size_t)(sep - text);
	const char *authority = sep + 3;
	size_t len = strcspn(authority, "/?#");
	u.path = authority + len;
	/* The last @ ends the user part: a password may hold one. */
	const char *at = memrchr(authority, '@', len);
	if (at) {
		u.user = authority;
		u.user_len = (size_t)(at - authority);
		u.host = at + 1;
		u.host_len = len - u.user_len - 1;
	} else {
		u.user = authority;
		u.host = authority;
		u.host_len = len;
	}
	*ret = u;
	return true;
}

bool ce_url_has_scheme(const char *text, const char *scheme)
{
	struct ce_url u;

	return ce_url_split(text, &u) && strlen(scheme) == u.scheme_len &&
	       strncasecmp(u.scheme, scheme, u.scheme_len) == 0;
}

size_t ce_url_host_len(const struct ce_url *url)
{
	/* [::1]:8080 */
	const char *end =
		url->host_len && url->host[0] == '[' ? memchr(url->host, ']', url->host_len) : NULL;
	size_t from = end ? (size_t)(end - url->host) : 0;
	const char *colon =
		url->host_len ? memchr(url->host + from, ':', url->host_len - from) : NULL;

	return colon ? (size_t)(colon - url->host) : url->host_len;
}

/* Adds the segments of `path` behind the `root` bytes that never go away. */
static void add_segments(struct ce_buf *b, size_t root, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			const char *slash = memrchr(b->data + root, '/', b->len - root);
			b->len = slash ? (size_t)(slash - b->data) : root;
			b->data[b->len] = '\0';
		} else if (n && !(n == 1 && *path == '.')) {
			ce_buf_addc(b, '/');
			ce_buf_add(b, path, n);
		}
		path += n + (path[n] == '/');
	}
}

char *ce_url_resolve(const char *dir, const char *ref)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ce_url u;
	bool absolute = ce_url_split(ref, &u);

	if (absolute) {
		ce_buf_add(&b, ref, (size_t)(u.path - ref));
		add_segments(&b, b.len, u.path);
		return ce_buf_steal(&b);
	}
	if (!ce_url_split(dir, &u))
		u = (struct ce_url){.path = dir + strlen(dir)};
	ce_buf_add(&b, dir, (size_t)(u.path - dir));
	size_t root = b.len;
	if (ref[0] != '/')
		add_segments(&b, root, u.path);
	add_segments(&b, root, ref);
	return ce_buf_steal(&b);
}

char *ce_url_redact(const char *url)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ce_url u;

	if (!ce_url_split(url, &u))
		return ce_strdup(url);
	ce_buf_add(&b, u.scheme, u.scheme_len);
	ce_buf_adds(&b, "://");
	ce_buf_add(&b, u.host, u.host_len);
	const char *path = u.path;
	const char *token;
	/* conda's tokens stand as /t/<token>/ before the rest of the path, wherever it begins. */
	while ((token = strstr(path, "/t/")) != NULL) {
		ce_buf_add(&b, path, (size_t)(token - path));
		path = token + 3;
		path += strcspn(path, "/?#");
	}
	ce_buf_adds(&b, path);
	return ce_buf_steal(&b);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *ce_url_file_path(const char *url)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ce_url u;

	if (!ce_url_has_scheme(url, "file") || !ce_url_split(url, &u))
		return NULL;
	/* file:///path and file://localhost/path; no other host has files that can be read here. */
	bool local =
		u.host_len == 0 || (u.host_len == 9 && strncasecmp(u.host, "localhost", 9) == 0);
	if (!local || u.path[0] != '/')
		return NULL;
	for (const char *p = u.path; *p; p++) {
		int high = *p == '%' ? hex_value(p[1]) : -1;
		int low = high >= 0 ? hex_value(p[2]) : -1;
		if (low < 0) {
			ce_buf_addc(&b, *p);
			continue;
		}
		if (high == 0 && low == 0)
			return NULL;
		ce_buf_addc(&b, (char)(high << 4 | low));
		p += 2;
	}
	return ce_buf_steal(&b);
}
