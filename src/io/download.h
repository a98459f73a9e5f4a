/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_DOWNLOAD_H
#define CE_IO_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ccenv_events;

/*
 * Transfers over libcurl's multi interface: file://, http://, https://, many at once over one
 * connection pool.
 *
 * One thread drives a downloader. A transfer hands its body to `on_data` as it arrives, and its end
 * to `on_done`, both in the thread that calls ce_downloader_run(); they may add further transfers.
 * Retries with backoff on what can pass (connection, timeout, 408, 429 with Retry-After, 5xx); on a
 * retry `on_restart` is called before the body begins anew. What cannot pass (404, 403, a bad
 * certificate) fails at once. Proxy and CA variables as curl has them, and SSL_CERT_FILE,
 * REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE; netrc and stored credentials (docs/design/channels.md); they
 * are never sent on to another host and never printed: every text about a URL goes through
 * ce_url_redact().
 *
 * Also from the environment:
 *     CCENV_MIRRORS      "URL=MIRROR,MIRROR URL=…": what is below URL is asked for at the mirrors
 * in order, at last at URL itself; the next one when one fails in any way. With missing_ok, "not
 * there" is an answer, not a failure; who asked may go on to the next place with skip_places, as it
 * may when what came is damaged. Credentials in URL are for URL alone.
 *     CCENV_NET_RETRIES  further tries after a failure that may
 * pass [3] CCENV_NET_TIMEOUT  seconds that a server may stall [30]
 */
struct ce_downloader;

struct ce_download_result {
	int code;         /* 0, or a negative ccenv_code: then `text` says why */
	const char *text; /* complete sentence, borrowed until on_done returns */
	long status;      /* HTTP status; 200 for a file that was read */
	uint64_t bytes;   /* on the wire, body */
	const char *etag; /* header values, or NULL; borrowed */
	const char *last_modified;
	const char *cache_control;
	/* Of the places (mirrors in order, then the URL itself) the one that answered: as
	 * skip_places it asks the ones behind it, of which there are some if more_places. */
	unsigned place;
	bool more_places;
	const char *from; /* its URL, to be shown; borrowed */
};

struct ce_download {
	const char *url;
	uint64_t max_bytes;      /* cap of the body; required */
	uint64_t expected_bytes; /* 0 when unknown; for progress and an early "wrong length" */
	uint64_t resume_from;    /* ask for a range from here; on_restart when the server sends the
				    whole instead */
	const char *if_none_match; /* ETag, or NULL */
	const char *if_modified_since;
	unsigned skip_places; /* so many of the first mirrors are not asked: what they have is no
				 good */
	bool text;            /* shrinks well: the server may send it gzipped */
	bool missing_ok;      /* 404, 501 and an absent file are results (status), not errors */
	void *user;
	/* <0 (and *err filled) ends the transfer with that error; no retry. */
	int (*on_data)(void *user, const void *data, size_t len, struct ccenv_error *err);
	int (*on_restart)(void *user, struct ccenv_error *err);
	void (*on_done)(void *user, const struct ce_download_result *result);
};

struct ce_downloader_options {
	const char *(*getenv_fn)(
		const char *name); /* the environment is a parameter; getenv() in the program */
	bool offline;      /* file:// still works; everything else is CCENV_EOFFLINE before any
			      connection */
	unsigned parallel; /* transfers at once; 0 is the default (16) */
	/* Channels as the user wrote them. The user:password or token in one goes with what lies
	 * below it, whose URL has none in the lock; other texts are ignored. Borrowed for the call.
	 */
	const char *const *channels;
	size_t n_channels;
	const struct ccenv_events *events;
};

CE_MUST_CHECK int ce_downloader_new(
	const struct ce_downloader_options *o, struct ce_downloader **ret, struct ccenv_error *err);
void ce_downloader_free(struct ce_downloader *d); /* ends what still runs, without on_done */
CE_DEFINE_FREEP(struct ce_downloader, ce_downloader_free, ce_downloader_freep)
/* Copies `t` and its strings. Starts when a place is free. */
void ce_downloader_add(struct ce_downloader *d, const struct ce_download *t);
/* Works for at most `timeout_ms` (-1: until all is done). Returns the number of transfers left, or
 * <0. */
CE_MUST_CHECK int ce_downloader_run(
	struct ce_downloader *d, int timeout_ms, struct ccenv_error *err);

#endif
