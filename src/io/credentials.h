/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_CREDENTIALS_H
#define CE_IO_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_events;

/*
 * What the user has for servers (docs/design/channels.md), and which request it goes with:
 *
 *     user:password@, /t/<token>/ and ?token=… in a channel that the user named
 *         what lies below that channel
 *     $RATTLER_AUTH_FILE, else ~/.rattler/credentials.json
 *         the host of the key, "*.example.org" too, the longest match wins; a key may have a port
 *     <URL>.token, as `anaconda login` writes them, in $BINSTAR_CONFIG_DIR/data, else
 *     $XDG_CONFIG_HOME/binstar or ~/.config/binstar, and what older programs use,
 *     $XDG_DATA_HOME/binstar or ~/.local/share/binstar
 *         what lies below that URL, and the same with "conda" where it has "api"
 *     $NETRC, else ~/.netrc (read by libcurl)
 *         the host
 *
 * What is stored goes over https only, to the host and port that it is for. One that names no port
 * is for the port of its scheme. The loopback excepted: there http will do, and any port. A URL
 * that was stored or written with http:// is what the user wanted.
 *
 * None of it is ever printed: of a file that cannot be understood a warning tells line and column
 * alone, and most channels need none. Control characters in it are refused. Its memory is wiped when
 * it is freed, and while there is some the process dumps no core.
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
	const char *netrc; /* path of a netrc file that may be asked for the host */
};

/* A URL that has a user or token of its own is left as it is. */
void ce_credentials_find(
	const struct ce_credentials *c, const char *url, struct ce_credential *ret);
/* Wipes and frees ret->url. */
void ce_credential_release(struct ce_credential *c);

#endif
