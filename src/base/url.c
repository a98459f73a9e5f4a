/* SPDX-License-Identifier: MIT */
/* URL text: parts, what may be shown of it, and the path of a file:// URL. */
#include "base/url.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/os.h"
#include "base/strs.h"

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
	const char *at = ce_os_memrchr(authority, '@', len);
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

bool ce_url_is_supported(const char *text)
{
	struct ce_url u;

	if (ce_url_has_scheme(text, "file"))
		return true;
	/* "http://https://host": a scheme is no host, and the port of this one is empty. */
	return ce_url_is_web(text) && ce_url_split(text, &u) && ce_url_host_len(&u) > 0 &&
	       !(u.host[u.host_len - 1] == ':' && ce_has_prefix(u.path, "//"));
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

bool ce_url_is_web(const char *text)
{
	return ce_url_has_scheme(text, "https") || ce_url_has_scheme(text, "http");
}

int ce_url_port(const struct ce_url *url)
{
	size_t at = ce_url_host_len(url);
	int port = 0;

	if (at + 1 >= url->host_len) /* "host:" is fine */
		return url->scheme_len == 5 && strncasecmp(url->scheme, "https", 5) == 0  ? 443
		       : url->scheme_len == 4 && strncasecmp(url->scheme, "http", 4) == 0 ? 80
											  : 0;
	while (++at < url->host_len) {
		char c = url->host[at];
		if (c < '0' || c > '9')
			return -1;
		port = port * 10 + (c - '0');
		if (port > 65535)
			return -1;
	}
	return port;
}

bool ce_url_same_origin(const struct ce_url *a, const struct ce_url *b)
{
	size_t n = ce_url_host_len(a);

	return a->scheme_len == b->scheme_len && n == ce_url_host_len(b) &&
	       strncasecmp(a->scheme, b->scheme, a->scheme_len) == 0 &&
	       strncasecmp(a->host, b->host, n) == 0 && ce_url_port(a) == ce_url_port(b);
}

/* "127." and digits and dots: no name that only begins so. */
static bool is_loopback_address(const char *host, size_t len)
{
	if (len < 7 || strncmp(host, "127.", 4) != 0)
		return false;
	return strspn(host, "0123456789.") >= len;
}

bool ce_url_is_loopback(const struct ce_url *url)
{
	static const char name[] = "localhost";
	size_t n = ce_url_host_len(url), tail = sizeof(name) - 1;

	if (is_loopback_address(url->host, n) || (n == 5 && strncmp(url->host, "[::1]", 5) == 0))
		return true;
	return n >= tail && strncasecmp(url->host + n - tail, name, tail) == 0 &&
	       (n == tail || url->host[n - tail - 1] == '.');
}

/* Adds the segments of `path` behind the `root` bytes that never go away. */
static void add_segments(struct ce_buf *b, size_t root, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			const char *slash = ce_os_memrchr(b->data + root, '/', b->len - root);
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

/* The last segment of the path, and the query of `base`, make way for `ref`. */
static void add_relative(struct ce_buf *b, const char *path, const char *ref)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf whole = {0};
	size_t root = b->len, len = strcspn(path, "?#"), end = strcspn(ref, "?#"), last = end;

	while (last && ref[last - 1] != '/')
		last--;
	/* "x/", "x/." and "x/.." name a directory. */
	bool directory = strspn(ref + last, ".") == end - last && end - last <= 2;
	if (*ref == '?' || !*ref) {
		ce_buf_add(b, path, *ref ? len : strcspn(path, "#"));
		ce_buf_adds(b, ref);
		return;
	}
	if (*ref != '/') {
		while (len && path[len - 1] != '/')
			len--;
		ce_buf_add(&whole, path, len);
	}
	ce_buf_add(&whole, ref, end);
	add_segments(b, root, ce_buf_str(&whole));
	if (directory || b->len == root)
		ce_buf_addc(b, '/');
	ce_buf_adds(b, ref + end);
}

/* Is there "scheme:" before anything else? */
static bool has_any_scheme(const char *ref)
{
	size_t n = strspn(ref, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return n > 0 && ref[n] == ':';
}

/* What no URL may hold is percent-encoded, as browsers do it to what servers write. */
static char *escaped(const char *url)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	for (; *url; url++) {
		unsigned char c = (unsigned char)*url;
		if (c <= ' ' || c >= 0x7f)
			ce_buf_addf(&b, "%%%02X", c);
		else
			ce_buf_addc(&b, *url);
	}
	return ce_buf_steal(&b);
}

char *ce_url_join(const char *base, const char *ref)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *plain = ce_strndup(ref, strcspn(ref, "#"));
	struct ce_url u;

	if (has_any_scheme(plain) || !ce_url_split(base, &u))
		return escaped(plain);
	if (strncmp(plain, "//", 2) == 0) {
		ce_buf_addf(&b, "%.*s:%s", (int)u.scheme_len, u.scheme, plain);
	} else {
		ce_buf_add(&b, base, (size_t)(u.path - base));
		add_relative(&b, u.path, plain);
	}
	return escaped(ce_buf_str(&b));
}

char *ce_url_with_user_of(const char *url, const char *other)
{
	struct ce_url to, from;

	if (!ce_url_split(url, &to) || !ce_url_split(other, &from) || to.user_len ||
		!from.user_len || !ce_url_same_origin(&from, &to))
		return ce_strdup(url);
	return ce_asprintf(
		"%.*s%.*s@%s", (int)(to.host - url), url, (int)from.user_len, from.user, to.host);
}

/* Adds the path without conda's tokens, which stand as /t/<token>/ wherever the server's own part
 * of the path ends. */
static void add_path_without_tokens(struct ce_buf *b, const char *path, size_t len)
{
	const char *end = path + len, *token;

	while ((token = memmem(path, (size_t)(end - path), "/t/", 3)) != NULL) {
		ce_buf_add(b, path, (size_t)(token - path));
		path = token + 3;
		while (path < end && *path != '/')
			path++;
	}
	ce_buf_add(b, path, (size_t)(end - path));
}

/* Is the value of this query parameter a key to something? */
static bool is_secret(const char *name, size_t len)
{
	static const char *const words[] = {"token", "access_token", "auth", "auth_token", "apikey",
		"api_key", "key", "password", "secret", "sig", "signature"};
	static const char *const begins[] = {"x-amz-", "x-goog-"}; /* of signed URLs */

	for (size_t i = 0; i < CE_COUNT(words); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], name, len) == 0)
			return true;
	}
	for (size_t i = 0; i < CE_COUNT(begins); i++) {
		if (len > strlen(begins[i]) && strncasecmp(begins[i], name, strlen(begins[i])) == 0)
			return true;
	}
	return false;
}

/* Adds the query, from its ? on, without such parameters; then the fragment. */
static void add_query_without_secrets(struct ce_buf *b, const char *query)
{
	char separator = '?';

	while (*query == '?' || *query == '&') {
		size_t name = strcspn(++query, "=&#"), len = strcspn(query, "&#");
		if (!is_secret(query, name)) {
			ce_buf_addc(b, separator);
			ce_buf_add(b, query, len);
			separator = '&';
		}
		query += len;
	}
	ce_buf_adds(b, query);
}

char *ce_url_strip_credentials(const char *url)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	struct ce_url u;

	if (!ce_url_split(url, &u))
		return ce_strdup(url);
	ce_buf_add(&b, u.scheme, u.scheme_len);
	ce_buf_adds(&b, "://");
	ce_buf_add(&b, u.host, u.host_len);
	size_t len = strcspn(u.path, "?#");
	if (!ce_url_is_web(url)) {
		ce_buf_adds(&b, u.path);
	} else {
		add_path_without_tokens(&b, u.path, len);
		add_query_without_secrets(&b, u.path + len);
	}
	return ce_buf_steal(&b);
}

bool ce_url_has_credentials(const char *url)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(url);

	return ce_url_is_torn(url) || strcmp(plain, url) != 0;
}

/* "user:pass/word@host": where the user part really ends; NULL if it ends where it must. */
static const char *torn_user_end(const char *url)
{
	struct ce_url u;

	if (!ce_url_split(url, &u) || u.user_len || ce_url_port(&u) >= 0)
		return NULL;
	return strrchr(u.path, '@');
}

bool ce_url_is_torn(const char *url)
{
	return torn_user_end(url) != NULL;
}

/* "?a=secret&b=c" -> "?a=***&b=***": which value is a key to something cannot be known. */
static void add_hidden_query(struct ce_buf *b, const char *query)
{
	while (*query && *query != '#') {
		size_t name = strcspn(query, "=&#"), len = strcspn(query, "&#");

		ce_buf_add(b, query, name);
		if (name < len)
			ce_buf_adds(b, "=***");
		query += len;
		if (*query == '&') {
			ce_buf_addc(b, '&');
			query++;
		}
	}
}

/* "/x", "./x", "~/x"; "//user:password@host" is a URL without its scheme. */
static bool is_path(const char *text)
{
	return text[0] && strchr("/.~", text[0]) &&
	       !(ce_has_prefix(text, "//") && strchr(text, '@'));
}

/* What may be shown of a text that no program can read as a URL. */
static char *redact_broken(const char *text)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	const char *at = strrchr(text, '@');
	size_t len;

	if (at) {
		ce_buf_adds(&b, "***");
		text = at;
	}
	len = strcspn(text, "?#");
	add_path_without_tokens(&b, text, len);
	add_hidden_query(&b, text + len);
	return ce_buf_steal(&b);
}

static char *redact_url(const char *url)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *mended = NULL;
	CE_AUTOFREE char *plain = NULL;
	const char *at = torn_user_end(url);
	size_t len;

	if (at)
		mended = ce_asprintf("%.*s%s", (int)(strstr(url, "://") + 3 - url), url, at + 1);
	plain = ce_url_strip_credentials(mended ? mended : url);
	len = ce_url_is_web(plain) ? strcspn(plain, "?#") : strlen(plain);
	ce_buf_add(&b, plain, len);
	add_hidden_query(&b, plain + len);
	return ce_buf_steal(&b);
}

char *ce_url_redact(const char *url)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *shown = is_path(url)               ? ce_strdup(url)
				  : ce_url_is_supported(url) ? redact_url(url)
							     : redact_broken(url);

	ce_buf_adds(&b, shown);
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char)b.data[i], next = (unsigned char)b.data[i + 1];
		if (c == 0xc2 && next >= 0x80 && next < 0xa0) /* C1, in UTF-8 */
			b.data[i + 1] = '?';
		else if (c >= ' ' && c != 0x7f)
			continue;
		b.data[i] = '?';
	}
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
