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
 * retry `on_restart` is called before the body begins again. What cannot pass (404, 403, a bad
 * certificate) fails at once. Proxy and CA variables as curl has them, and SSL_CERT_FILE,
 * REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE; credentials as credentials.h says. No text about a URL holds
 * credentials: each goes through ce_url_redact().
 *
 * Mirrors are the downloader's own business. A URL has places: its mirrors in order, at last the
 * URL itself. A place that fails in any way makes room for the next one; one that cannot be reached
 * is not asked again by this downloader while another is left. Only the receiver can know that a
 * body is no good: it says so with the verdict that on_done returns.
 *
 * Also from the environment:
 *     CCENV_MIRRORS      "URL=MIRROR,MIRROR URL=…": what is below URL is asked for at the mirrors
 *     CCENV_NET_RETRIES  retries after a failure that may pass [3]
 *     CCENV_NET_TIMEOUT  seconds that a server may stall [30]
 */
struct ce_downloader;

struct ce_download_result {
	int code;         /* 0, or a negative ccenv_code: then `text` says why */
	const char *text; /* complete sentence, borrowed until on_done returns */
	long status;      /* HTTP status; 200 for a file that was read */
	const char *etag; /* header values, or NULL; borrowed */
	const char *last_modified;
	const char *cache_control, *expires, *date, *age;
	/* Size of the file of which a range came, UINT64_MAX if it is not said; 0: all of it came. */
	uint64_t whole;
	unsigned place;   /* the one that answered, counted from 0 */
	bool more_places; /* there are others behind it; without, a verdict changes nothing */
	const char *from; /* its URL, to be shown; borrowed */
	/* With an error: no server was reached, or none that proves who it is; another file of it
	 * will not come either. */
	bool unreachable;
};

/* What the receiver says of the end of a transfer. */
enum ce_verdict {
	CE_TAKEN,   /* it is done with it, whatever it was */
	CE_DAMAGED, /* the body is no good: ask the next place, if there is one */
	CE_MISSING, /* "not there" is not good enough: the same */
};

struct ce_download {
	const char *url;
	uint64_t max_bytes;      /* cap of the body; required */
	uint64_t expected_bytes; /* 0 when unknown; for progress and an early "wrong length" */
	/* Ask for a range from here; on_restart when the server sends everything instead. */
	uint64_t resume_from;
	/* Ask for what is before this byte only; 0: to the end. The server may send more. */
	uint64_t until;
	/* One of several parts: an answer with anything else, or a failure, ends it at once. */
	bool part;
	bool alone; /* over a connection of its own */
	bool once;  /* a failure is not tried again */
	/* A file of some 100 KB or more, from a server that is far away: ask for it in so many parts at
	 * once (download_parts.h). 0, or where that cannot be: as one. */
	unsigned parts;
	const char *if_none_match; /* ETag, or NULL */
	const char *if_modified_since;
	/* Begin here: 0, or `place` of an earlier result (to stay with a mirror), or one more than that
	 * (to go on behind it). Beyond the last it is the last. */
	unsigned place;
	bool text;       /* shrinks well: the server may send it gzipped */
	bool missing_ok; /* 404, 410, 501 and an absent file are results (status), not errors */
	void *user;
	/* An answer with a range begins: the size of the file, and its ETag or NULL. May be NULL. */
	void (*on_range)(void *user, uint64_t whole, const char *etag);
	/* <0 (and *err filled) ends the transfer with that error; no retry. */
	int (*on_data)(void *user, const void *data, size_t len, struct ccenv_error *err);
	int (*on_restart)(void *user, struct ccenv_error *err);
	/* Called again after a verdict other than CE_TAKEN, if result->more_places. */
	enum ce_verdict (*on_done)(void *user, const struct ce_download_result *result);
};

struct ce_downloader_options {
	/* The environment is a parameter; getenv() in the program. */
	const char *(*getenv_fn)(const char *name);
	/* file:// still works; everything else is CCENV_EOFFLINE before any connection. */
	bool offline;
	unsigned parallel; /* transfers at once; 0 is the default (16) */
	/* The same once a server speaks http/2, where one more costs no connection: for many small
	 * files. 0 is no more than `parallel`. */
	unsigned multiplexed;
	/* For so long a transfer may be slower than 4 KiB/s, all tries together; 0 is the default (an
	 * hour). It is for servers that trickle for ever. */
	unsigned patience_s;
	/* Channels as the user wrote them: see credentials.h. Borrowed for the call. */
	const char *const *channels;
	size_t n_channels;
	const struct ccenv_events *events;
};

/* The time of a Date, Expires or Last-Modified header, seconds since 1970; -1 if it is none. */
int64_t ce_http_date(const char *text);

CE_MUST_CHECK int ce_downloader_new(
	const struct ce_downloader_options *o, struct ce_downloader **ret, struct ccenv_error *err);
/* Ends what still runs, without on_done. */
void ce_downloader_free(struct ce_downloader *d);
CE_DEFINE_FREEP(struct ce_downloader, ce_downloader_free, ce_downloader_freep)
/* Copies `t` and its strings. Starts when a place is free. */
void ce_downloader_add(struct ce_downloader *d, const struct ce_download *t);
/* Works for at most `timeout_ms` (-1: until all is done). Returns the number of transfers left, or
 * <0. */
CE_MUST_CHECK int ce_downloader_run(
	struct ce_downloader *d, int timeout_ms, struct ccenv_error *err);
/* For callbacks: the ce_downloader_run() under way returns at once. */
void ce_downloader_interrupt(struct ce_downloader *d);

#endif
