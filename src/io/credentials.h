/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_CREDENTIALS_H
#define CE_IO_CREDENTIALS_H

#include <stddef.h>

#include "base/attr.h"

struct ccenv_events;

/*
 * What the user has stored for servers (docs/design/channels.md):
 *     $RATTLER_AUTH_FILE, else ~/.rattler/credentials.json   by host, "*.example.org" too; the
 * longest match wins
 *     $BINSTAR_CONFIG_DIR/data, else $XDG_CONFIG_HOME/binstar or ~/.config/binstar, and what older
 * programs use, $XDG_DATA_HOME/binstar or ~/.local/share/binstar   <URL>.token, as `anaconda login`
 * writes them: for URL, and for the same with "conda" where it has "api" (api.anaconda.org)
 *     user:password@ and /t/<token>/ in the channels that the user named
 * netrc is left to libcurl; ce_credentials_netrc() says which file.
 *
 * None of it is ever printed. A file that cannot be understood is a warning, no failure: most
 * channels need none.
 */
struct ce_credentials;

struct ce_credentials *ce_credentials_new(const char *(*getenv_fn)(const char *name),
	const struct ccenv_events *events, const char *const *channels, size_t n_channels);
/* Reads the files. To be called once, before anything is looked for. */
void ce_credentials_load(struct ce_credentials *c);
void ce_credentials_free(struct ce_credentials *c);
CE_DEFINE_FREEP(struct ce_credentials, ce_credentials_free, ce_credentials_freep)

/* What belongs to one request. `url` is malloc'ed, the rest borrowed from the store or NULL. */
struct ce_credential {
	char *url; /* the one to ask for: with /t/<token>/ where the store has a token of conda's */
	const char *user, *password;
	const char *bearer;
};

/* A URL that brings its own user or token is left as it is. The caller frees ret->url. */
void ce_credentials_find(
	const struct ce_credentials *c, const char *url, struct ce_credential *ret);
/* Path of the netrc file, NULL when there is none. Borrowed. */
const char *ce_credentials_netrc(const struct ce_credentials *c);

#endif
