/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_URL_H
#define CE_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Taking URLs apart (RFC 3986), as far as files, credentials and redirects need it. Text only: no
 * I/O, nothing is looked up.
 *
 * Two functions take credentials out of a URL, and they are not the same:
 *     ce_url_strip_credentials()  for files and comparisons: the URL of the same thing, usable by
 *                                 everybody who has credentials of their own
 *     ce_url_redact()             for people: what may be shown, also of a URL that is malformed
 */

/* Slices of the URL's text, each borrowed; empty where absent. */
struct ce_url {
	const char *scheme; /* "https" */
	size_t scheme_len;
	const char *user; /* "user:password", without the @ */
	size_t user_len;
	const char *host; /* with the port, if there is one */
	size_t host_len;
	const char *path; /* from the first slash on, query too */
};

/* False when the text does not look like <scheme>://…. */
bool ce_url_split(const char *text, struct ce_url *ret);
bool ce_url_has_scheme(const char *text, const char *scheme);
bool ce_url_is_web(const char *text); /* http or https */
/* https or http with a host, or file: what can be read from. */
bool ce_url_is_supported(const char *text);
/* Length of the host without ":port". */
size_t ce_url_host_len(const struct ce_url *url);
/* The port, the scheme's own if none is given (80, 443, else 0); -1 if it is no port number. */
int ce_url_port(const struct ce_url *url);
/* The same scheme, host and port? */
bool ce_url_same_origin(const struct ce_url *a, const struct ce_url *b);
/* localhost, *.localhost, 127.x.y.z or [::1]: what is sent there does not leave the machine. */
bool ce_url_is_loopback(const struct ce_url *url);

/*
 * What `ref` means in a document that lies in the directory `dir` (a URL, its last slash may be
 * missing): an absolute URL stays, "/x" begins at the host, the rest in the directory; "." and ".."
 * are resolved. Without a slash at the end. The caller frees.
 */
char *ce_url_resolve(const char *dir, const char *ref);
/*
 * Where a redirect from `base` to `ref` leads (RFC 3986, 5.2), without the fragment. Bytes that no
 * URL may hold are percent-encoded. The result may be of any scheme. The caller frees.
 */
char *ce_url_join(const char *base, const char *ref);

/* `url` with the user:password@ of `other`, if both have one origin and `url` has none of its own.
 * The caller frees. */
char *ce_url_with_user_of(const char *url, const char *other);
/*
 * The URL without user:password@ and, in http and https URLs, without conda's /t/<token>/ and
 * without parameters of the query that are keys (token=, signature= and the like). A directory
 * named "t" of a file:// URL is a directory. The caller frees.
 */
char *ce_url_strip_credentials(const char *url);
/* Is there something that ce_url_strip_credentials() takes out? */
bool ce_url_has_credentials(const char *url);
/*
 * The URL as it may be shown: as above, and the values of a query are hidden, control characters
 * are replaced, and a password with an unescaped / ? or # in it is found too. A text that was to be
 * a URL ("https//user:password@host", "htps://", "https:///") shows nothing that stands before its
 * last @. A path stays. The caller frees.
 */
char *ce_url_redact(const char *url);
/* Was user:password@ written with an unescaped / ? or #, so that no program can read the URL? */
bool ce_url_is_torn(const char *url);

/* Percent-decodes the path of a file:// URL; NULL if it is not one. The caller frees. */
char *ce_url_file_path(const char *url);

#endif
