/* SPDX-License-Identifier: MIT */
/*
 * What an answer means: a body, a redirect (followed here, one request each, so that every host
 * gets its own credentials and no other's), a failure that may pass and is tried again, or one that
 * cannot.
 */
#include "base/clock.h"
#include "io/download_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/event.h"
#include "base/url.h"

#define PROXY_WANTS "the proxy wants a user and password in http_proxy or https_proxy"

enum {
	MAX_REDIRECTS = 10,
	FIRST_RETRY_MS = 500,    /* doubled each time */
	MAX_RETRY_AFTER_S = 120, /* a server that wants more is an error now, not a hanging build */
};

/* "bytes 100-199/200" -> 100; UINT64_MAX for what says no first byte. */
static uint64_t range_start(const char *text)
{
	bool said = strncasecmp(text, "bytes ", 6) == 0 && text[6] >= '0' && text[6] <= '9';

	return said ? strtoull(text + 6, NULL, 10) : UINT64_MAX;
}

/* A status of this class that is not known is one like 200 (RFC 9110, 15). */
static bool has_body(long status)
{
	return status >= 200 && status < 300 && status != 204 && status != 205;
}

static bool can_do_without_range(const struct ce_transfer *t)
{
	return (t->from || t->t.until) && !t->no_range && !t->t.part;
}

/* The server does not do well with ranges: the same from the first byte to the last. */
static void ask_without_range(struct ce_transfer *t, long status)
{
	t->no_range = true;
	t->other_range = false;
	t->from = 0;
	if (ce_transfer_restart(t) < 0)
		ce_transfer_finish_failed(t, status);
	else
		ce_transfer_requeue(t, 0);
}

/* Looks at the status before the first byte of a body. <0 ends the transfer. */
int ce_transfer_check_answer(struct ce_transfer *t)
{
	long status = ce_transfer_status(t);
	curl_off_t length = -1;
	char text[96];

	t->checked = true;
	t->dropped = !has_body(status);
	if (t->dropped)
		return 0;
	/* Where no range was asked for and none is named, all that came is all there is: the receiver
	 * checks it. */
	bool asked = t->from || (t->t.until && !t->no_range);
	if (status == 206 && (asked || t->content_range) &&
		(!t->content_range || range_start(t->content_range) != t->from)) {
		t->other_range = can_do_without_range(t);
		return ce_transfer_fail(t, CCENV_ENET,
			"the server sent another part of the file than asked for",
			"try again later");
	}
	if (status == 206 && t->t.on_range)
		t->t.on_range(t->t.user, ce_transfer_whole(t), t->etag);
	if (status != 206 && t->t.part)
		return ce_transfer_fail(t, CCENV_ENET, "the server does not send it in parts", "");
	if (status != 206 && t->from) {
		t->from = 0;
		int r = ce_transfer_restart(t);
		if (r < 0)
			return r;
	}
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length < 0)
		return 0;
	uint64_t total = t->from + (uint64_t)length;
	if (t->t.expected_bytes && total != t->t.expected_bytes) {
		snprintf(text, sizeof(text), "the server has %llu bytes where %llu were promised",
			(unsigned long long)total, (unsigned long long)t->t.expected_bytes);
		return ce_transfer_fail(t, CCENV_EHASH, text,
			"its copy is damaged or was replaced; try later or use another channel");
	}
	return total > t->t.max_bytes ? ce_transfer_fail_size(t) : 0;
}

/* Where a redirect leads; NULL when it must not be followed (then t->err says why). The caller
 * frees. */
static char *redirect_target(struct ce_transfer *t)
{
	CE_AUTOFREE char *target = ce_url_join(t->url, t->location);

	if (!ce_url_is_web(target)) {
		ce_transfer_fail(t, CCENV_ENET,
			"the server redirects to something other than a web address",
			"check the channel's URL");
		return NULL;
	}
	if (ce_url_has_scheme(t->url, "https") && !ce_url_has_scheme(target, "https")) {
		ce_transfer_fail(t, CCENV_ENET, "the server redirects from https to plain http",
			"check the channel's URL");
		return NULL;
	}
	/* The user and password of the URL that was asked stay with its host, as in browsers. */
	return ce_url_with_user_of(target, t->url);
}

static void follow(struct ce_transfer *t, long status)
{
	if (++t->redirects > MAX_REDIRECTS) {
		ce_transfer_fail(t, CCENV_ENET, "too many redirects", "check the channel's URL");
		ce_transfer_finish_failed(t, status);
		return;
	}
	char *url = redirect_target(t);
	if (!url) {
		ce_transfer_finish_failed(t, status);
		return;
	}
	free(t->url);
	t->url = url;
	ce_transfer_requeue(t, 0);
}

static bool may_pass(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_SSL_CONNECT_ERROR:
		return true;
	default:
		return false;
	}
}

/* Was nobody there, or nobody whose word counts? Where a redirect leads is another matter. */
static bool is_unreachable(const struct ce_transfer *t, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return t->redirects == 0;
	default:
		return false;
	}
}

static const char *way_out_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return "check the network, http_proxy and https_proxy, or use --offline with a filled cache";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "check http_proxy and https_proxy";
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "install ca-certificates, or set SSL_CERT_FILE to a file with the certificates to trust";
	case CURLE_OPERATION_TIMEDOUT:
		return "try again later; CCENV_NET_TIMEOUT sets how many seconds a server may stall";
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "check the channel's URL";
	default:
		return "try again later";
	}
}

/* Waits and tries again, if that may help; false when it will not. `cause` is for the log. */
static bool retry(struct ce_transfer *t, const char *cause, curl_off_t retry_after_s)
{
	struct ce_downloader *d = t->d;
	int64_t delay = (int64_t)FIRST_RETRY_MS << t->tries;

	/* A mirror that is left is a better bet than this server once more. */
	if (t->t.part || t->t.once || ce_transfer_has_place(t) || t->tries >= d->retries ||
		retry_after_s > MAX_RETRY_AFTER_S)
		return false;
	if (retry_after_s > 0)
		delay = (int64_t)retry_after_s * 1000;
	else
		delay += ce_now_ms(CE_CLOCK_MONOTONIC) * 7919 %
			 (delay / 4); /* many clients, not all at once */
	t->tries++;
	CE_AUTOFREE char *url = ce_url_redact(t->asked);
	ce_log(d->events, delay >= 2000 ? CCENV_LOG_NOTICE : CCENV_LOG_INFO,
		"%s: %s; attempt %u of %u in %.1f s", url, cause, t->tries + 1, d->retries + 1,
		(double)delay / 1000);
	/* A long body is continued where it broke, if the server can say that it is still the same.
	 */
	bool resume = t->got >= t->t.resume_from + CE_TRANSFER_SOME && t->etag &&
		      t->etag[0] == '"' && !t->no_range && !t->t.text;
	char *etag = resume ? ce_strdup(t->etag) : NULL;
	ce_transfer_requeue(t, delay);
	if (resume) {
		t->from = t->got;
		ce_transfer_add_header(t, "If-Range", etag);
		free(etag);
		return true;
	}
	if (t->got == t->t.resume_from && !t->no_range)
		t->from = t->got;
	else
		t->from = 0;
	if (t->from == 0 && ce_transfer_restart(t) < 0)
		ce_transfer_finish_failed(t, 0);
	return true;
}

/* What to do about a server that wants to know who asks. The caller frees. */
static char *credentials_wanted(const struct ce_transfer *t)
{
	struct ce_url u;

	/* What is stored without a port is not sent to this one (credentials.h). */
	if (ce_url_split(t->url, &u) && ce_url_has_scheme(t->url, "https") &&
		ce_url_port(&u) != 443)
		return ce_asprintf(
			"it wants credentials: put them into ~/.rattler/credentials.json under \"%.*s\"",
			(int)u.host_len, u.host);
	return ce_strdup(
		"it wants credentials: put them into ~/.rattler/credentials.json or ~/.netrc");
}

static void finish_status(struct ce_transfer *t, long status)
{
	curl_off_t after = 0;
	char text[128];

	if ((status == 404 || status == 410 || status == 501) && t->t.missing_ok) {
		ce_transfer_finish(t, 0, NULL, status);
		return;
	}
	if (status == 416 &&
		can_do_without_range(t)) { /* what is on disk is no part of this file */
		ask_without_range(t, status);
		return;
	}
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
	bool passing = status == 408 || status == 429 || (status >= 500 && status != 501);
	snprintf(text, sizeof(text), "the server answered %ld", status);
	if (passing && retry(t, text, after))
		return;
	if (status == 404 || status == 410) {
		snprintf(text, sizeof(text), "the server has no such file (status %ld)", status);
		ce_transfer_fail(t, CCENV_ENOTFOUND, text,
			"check the channel, or lock again with `ccenv lock`");
	} else if (status == 407) {
		ce_transfer_fail(t, CCENV_ENET, text, PROXY_WANTS);
	} else if (status == 401 || status == 403) {
		CE_AUTOFREE char *way_out = credentials_wanted(t);
		ce_transfer_fail(t, CCENV_ENET, text, way_out);
	} else if (after > MAX_RETRY_AFTER_S) {
		snprintf(text, sizeof(text), "the server answered %ld and asks to wait %lld s",
			status, (long long)after);
		ce_transfer_fail(t, CCENV_ENET, text, "try again after that time");
	} else {
		ce_transfer_fail(t, CCENV_ENET, text,
			passing ? "try again later" : "check the channel's URL");
	}
	ce_transfer_finish_failed(t, status);
}

static void finish_error(struct ce_transfer *t, CURLcode code)
{
	/* libcurl's text may hold a proxy's URL with its password. */
	bool plain = t->curl_text[0] && !strchr(t->curl_text, '@');
	const char *cause = plain ? t->curl_text : curl_easy_strerror(code);
	long status = ce_transfer_status(t), tunnel = 0;

	if (t->other_range) {
		ask_without_range(t, status);
		return;
	}
	if (t->err.code < 0) { /* ours: a callback or a limit */
		ce_transfer_finish_failed(t, status);
		return;
	}
	if (t->dropped) { /* an endless error page */
		finish_status(t, status);
		return;
	}
	curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
		ce_transfer_avoid_place(t);
	bool refused = tunnel >= 400 && tunnel < 500 && tunnel != 408 && tunnel != 429;
	if (!refused && may_pass(code) && retry(t, cause, 0))
		return;
	t->unreachable = refused || is_unreachable(t, code);
	ce_transfer_fail(t, CCENV_ENET, cause,
		tunnel == 407 ? PROXY_WANTS
		: refused     ? "the proxy refuses this server: check https_proxy and no_proxy"
			      : way_out_of(code));
	ce_transfer_finish_failed(t, status);
}

void ce_transfer_end_http(struct ce_transfer *t, CURLcode code)
{
	if (code != CURLE_OK) {
		finish_error(t, code);
		return;
	}
	long status = ce_transfer_status(t);
	if ((!t->checked && ce_transfer_check_answer(t) < 0) || t->err.code < 0) {
		finish_error(t, CURLE_WRITE_ERROR);
		return;
	}
	if (status >= 300 && status < 400 && status != 304 && t->location) {
		follow(t, status);
	} else if (status == 304 && (t->t.if_none_match || t->t.if_modified_since)) {
		ce_transfer_finish(t, 0, NULL, status);
	} else if (has_body(status)) {
		if (ce_transfer_check_length(t))
			ce_transfer_finish(t, 0, NULL, 200);
		else
			ce_transfer_finish_failed(t, status);
	} else {
		finish_status(t, status);
	}
}
