/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_DOWNLOAD_TRANSFER_H
#define CE_IO_DOWNLOAD_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ccenv/ccenv.h"
#include "io/download.h"

/*
 * One transfer, as the files download*.c share it: download.c drives the queue, download_parts.c
 * makes several transfers of one file, download_file.c and download_http.c make requests,
 * download_answer.c decides what an answer means, and download_transfer.c has what all of them
 * need. Nobody else includes this.
 */
enum ce_transfer_state {
	CE_TRANSFER_WAITING, /* for a place, or for `not_before` */
	CE_TRANSFER_RUNNING,
	CE_TRANSFER_FINISHED,
};

enum {
	/* Of a broken body that is worth continuing, of an error page that is read to its end. */
	CE_TRANSFER_SOME = 1 << 20
};

struct ce_transfer {
	struct ce_transfer *next;
	struct ce_downloader *d;
	struct ce_download t; /* strings are ours */
	enum ce_transfer_state state;
	CURL *easy;
	struct curl_slist *headers;
	CURLcode refused; /* the first option that libcurl did not take */
	int fd;           /* of a file:// transfer, else -1 */
	char *asked;      /* t.url, or the same on a mirror */
	size_t place;     /* the mirror that is asked; their number is the URL itself */
	/* Now asked for: `asked`, or where a redirect led; without stored credentials. */
	char *url;
	bool own_error; /* a callback failed: nothing else will help */
	bool unreachable;
	unsigned tries, redirects;
	bool no_range;      /* the server refused one */
	bool other_range;   /* the server sent one that was not asked for */
	uint64_t from;      /* first byte asked for in this request */
	uint64_t got;       /* bytes handed on, counted from the begin of the body */
	uint64_t drained;   /* of an error page */
	bool checked;       /* the answer's status has been looked at */
	bool dropped;       /* body of an error or a redirect: not handed on */
	int64_t not_before; /* monotonic ms */
	int64_t began;      /* the same; 0 until it runs */
	char *etag, *last_modified, *cache_control, *expires, *date, *age;
	char *location, *content_range;
	struct ccenv_error err; /* of a callback or check; err.code != 0 ends the transfer */
	char curl_text[CURL_ERROR_SIZE];
};

struct ce_downloader {
	CURLM *multi; /* made for the first http transfer */
	struct ce_credentials *credentials;
	const char *(*env)(const char *name);
	const struct ccenv_events *events;
	struct ce_mirror *mirrors;
	struct ce_parts *parts; /* files that come in parts */
	bool offline;
	unsigned parallel;
	unsigned streams; /* at once, where it is multiplexed */
	unsigned n_own;   /* transfers that did not wait to share a connection */
	bool http2;       /* libcurl speaks it */
	bool multiplexed; /* a server speaks http/2: more requests cost no connections */
	unsigned retries;
	unsigned patience_s;
	long stall_s; /* seconds without a byte, or with only a trickle, that end a request */
	struct ce_transfer *first, **last; /* all that are not finished, in order of adding */
	unsigned running, files;
	int left;
	bool interrupted;
};

/* ---- download_transfer.c ---- */

/* To the end of the queue, whatever t->parts says; copies `t` and its strings. */
void ce_transfer_add(struct ce_downloader *d, const struct ce_download *t);
/* The caller has taken it out of the queue. */
void ce_transfer_free(struct ce_transfer *t);
long ce_transfer_status(const struct ce_transfer *t);
/* The size of the file of which a range came, UINT64_MAX if it is not said; 0 when all came. */
uint64_t ce_transfer_whole(const struct ce_transfer *t);
void ce_transfer_clear_headers(struct ce_transfer *t);
/* A header of the next request; one with a line break in it is dropped. */
void ce_transfer_add_header(struct ce_transfer *t, const char *name, const char *value);
/* Frees what belongs to one request, keeping the transfer. */
void ce_transfer_reset(struct ce_transfer *t);
/* Another request for the same thing, after some time. */
void ce_transfer_requeue(struct ce_transfer *t, int64_t delay_ms);
/* Ends the transfer; the text is borrowed. */
void ce_transfer_finish(struct ce_transfer *t, int code, const char *text, long status);
/* With t->err, unless there is a mirror left to try. */
void ce_transfer_finish_failed(struct ce_transfer *t, long status);
/* Fills t->err with "cannot download URL: <cause>; <way out>"; returns code. */
int ce_transfer_fail(struct ce_transfer *t, int code, const char *cause, const char *way_out);
/* The same for a body of more than max_bytes. */
int ce_transfer_fail_size(struct ce_transfer *t);
/* Hands bytes to the caller, within the limits. <0: t->err says why the transfer must end. */
int ce_transfer_deliver(struct ce_transfer *t, const void *data, size_t len);
/* The body begins again: what was handed on is void. <0 as above. */
int ce_transfer_restart(struct ce_transfer *t);
/* At the end of the body; false fills t->err. */
bool ce_transfer_check_length(struct ce_transfer *t);

/* ---- download_mirror.c ---- */

/* "URL=MIRROR,MIRROR URL=…"; NULL is empty. */
CE_MUST_CHECK int ce_mirrors_parse(
	const char *text, struct ce_mirror **ret, struct ccenv_error *err);
void ce_mirrors_free(struct ce_mirror *m);
/* Is there another place behind the present one? */
bool ce_transfer_has_place(const struct ce_transfer *t);
/* Goes to place `n`, or to the one behind it that can be reached; beyond the last, to the last. */
void ce_transfer_go_to_place(struct ce_transfer *t, size_t n);
/* The present place cannot be reached. */
void ce_transfer_avoid_place(const struct ce_transfer *t);

/* ---- download_file.c ---- */

void ce_transfer_start_file(struct ce_transfer *t);
void ce_transfer_step_file(struct ce_transfer *t); /* one piece */

/* ---- download_http.c ---- */

void ce_transfer_start_http(struct ce_transfer *t);

/* ---- download_answer.c ---- */

/* Looks at the status before the first byte of a body. <0: t->err says why the transfer must end.
 */
int ce_transfer_check_answer(struct ce_transfer *t);
/* libcurl is done with the request. */
void ce_transfer_end_http(struct ce_transfer *t, CURLcode code);

#endif
