/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_URL_H
#define CE_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Taking URLs apart, as far as files, credentials and redirects need it. */

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
/*
 * What `ref` means in a document that lies in the directory `dir` (a URL, its last slash may be
 * missing): an absolute URL stays, "/x" begins at the host, the rest in the directory; "." and ".."
 * are resolved. Without a slash at the end. The caller frees.
 */
char *ce_url_resolve(const char *dir, const char *ref);
/* The URL for people and files: user:password@ and /t/<token>/ taken out. The caller frees. */
char *ce_url_redact(const char *url);
/* Percent-decodes the path of a file:// URL; NULL if it is not one. The caller frees. */
char *ce_url_file_path(const char *url);
/* Length of the host without ":port". */
size_t ce_url_host_len(const struct ce_url *url);

#endif
