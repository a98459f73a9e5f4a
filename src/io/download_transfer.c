/* SPDX-License-Identifier: MIT */
/* What every transfer does, whatever its scheme: handing on bytes within limits, failing, ending.
 */
#include "io/download_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/event.h"
#include "base/url.h"

enum {
	SLOW = 4 << 10, /* bytes a second; sixteen of them may share a bad line */
};

void ce_transfer_add(struct ce_downloader *d, const struct ce_download *t)
{
	struct ce_transfer *n = ce_calloc(1, sizeof(*n));

	n->d = d;
	n->t = *t;
	n->t.url = ce_strdup(t->url);
	n->t.if_none_match = t->if_none_match ? ce_strdup(t->if_none_match) : NULL;
	n->t.if_modified_since = t->if_modified_since ? ce_strdup(t->if_modified_since) : NULL;
	ce_transfer_go_to_place(n, t->place);
	n->from = t->resume_from;
	n->got = t->resume_from;
	n->fd = -1;
	*d->last = n;
	d->last = &n->next;
	d->left++;
}

void ce_transfer_clear_headers(struct ce_transfer *t)
{
	char **const all[] = {&t->etag, &t->last_modified, &t->cache_control, &t->expires, &t->date,
		&t->age, &t->location, &t->content_range};

	for (size_t i = 0; i < CE_COUNT(all); i++) {
		free(*all[i]);
		*all[i] = NULL;
	}
}

void ce_transfer_add_header(struct ce_transfer *t, const char *name, const char *value)
{
	CE_AUTOFREE char *line = ce_asprintf("%s: %s", name, value);

	struct curl_slist *more;

	/* A header value from a cache file must not bring a second header. */
	if (strpbrk(line, "\r\n"))
		return;
	more = curl_slist_append(t->headers, line);
	if (more)
		t->headers = more;
	else if (t->refused == CURLE_OK)
		t->refused = CURLE_OUT_OF_MEMORY;
}

/* Frees what belongs to one request, keeping the transfer. */
void ce_transfer_reset(struct ce_transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->d->multi, t->easy);
		curl_easy_cleanup(t->easy);
		t->easy = NULL;
	}
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	ce_transfer_clear_headers(t);
	t->checked = t->dropped = false;
	t->drained = 0;
}

void ce_transfer_free(struct ce_transfer *t)
{
	ce_transfer_reset(t);
	free((char *)t->t.url);
	free((char *)t->t.if_none_match);
	free((char *)t->t.if_modified_since);
	free(t->url);
	free(t->asked);
	free(t);
}

long ce_transfer_status(const struct ce_transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* "bytes 100-199/200" -> 200 */
uint64_t ce_transfer_whole(const struct ce_transfer *t)
{
	const char *slash = t->content_range ? strchr(t->content_range, '/') : NULL;
	uint64_t whole = slash ? strtoull(slash + 1, NULL, 10) : 0;

	if (!t->content_range || ce_transfer_status(t) != 206)
		return 0;
	return whole ? whole : UINT64_MAX;
}

static void leave(struct ce_transfer *t)
{
	if (t->state == CE_TRANSFER_RUNNING) {
		t->d->running--;
		t->d->files -= t->fd >= 0;
	}
}

/* The same from the next place. False when the receiver cannot begin again: then t->err says why. */
static bool move_on(struct ce_transfer *t)
{
	leave(t);
	ce_transfer_go_to_place(t, t->place + 1);
	ce_transfer_reset(t);
	t->state = CE_TRANSFER_WAITING;
	t->not_before = 0;
	t->tries = 0;
	t->own_error = t->unreachable = false;
	t->from = t->got == t->t.resume_from ? t->got : 0;
	return t->from || ce_transfer_restart(t) >= 0;
}

/* Tells the receiver, which may want it from the next place. */
void ce_transfer_finish(struct ce_transfer *t, int code, const char *text, long status)
{
	CE_AUTOFREE char *from = ce_url_redact(t->asked);
	bool more = ce_transfer_has_place(t);
	struct ce_download_result result = {
		.code = code,
		.text = text,
		.status = status,
		.etag = t->etag,
		.last_modified = t->last_modified,
		.cache_control = t->cache_control,
		.expires = t->expires,
		.date = t->date,
		.age = t->age,
		.whole = ce_transfer_whole(t),
		.place = (unsigned)t->place,
		.more_places = more,
		.from = from,
		.unreachable = code < 0 && t->unreachable,
	};

	leave(t);
	t->state = CE_TRANSFER_FINISHED;
	if (t->t.on_done(t->t.user, &result) != CE_TAKEN && more) {
		/* What has arrived is void, from the first byte on. */
		t->t.resume_from = 0;
		if (move_on(t))
			return;
		result.code = t->err.code;
		result.text = t->err.text;
		result.more_places = false;
		t->state = CE_TRANSFER_FINISHED;
		(void)t->t.on_done(t->t.user, &result);
	}
	t->d->left--;
	ce_transfer_reset(t);
}

/* Fills t->err with "cannot download URL: <cause>". */
int ce_transfer_fail(struct ce_transfer *t, int code, const char *cause, const char *way_out)
{
	CE_AUTOFREE char *url = ce_url_redact(t->asked);

	return ce_fail(&t->err, code, "cannot download %s: %s%s%s", url, cause,
		*way_out ? "; " : "", way_out);
}

void ce_transfer_finish_failed(struct ce_transfer *t, long status)
{
	if (!t->own_error && ce_transfer_has_place(t)) {
		struct ccenv_error why = t->err;
		if (move_on(t)) {
			CE_AUTOFREE char *url = ce_url_redact(t->asked);
			ce_log(t->d->events, CCENV_LOG_INFO, "%s; trying %s", why.text, url);
			return;
		}
	}
	ce_transfer_finish(t, t->err.code, t->err.text, status);
}

/* A file of any size may come, but not for ever. */
static int check_patience(struct ce_transfer *t)
{
	int64_t now = ce_now_ms(CE_CLOCK_MONOTONIC);
	int64_t allowed_s = t->d->patience_s + (int64_t)(t->got / SLOW);

	if (t->began == 0)
		t->began = now;
	if (now - t->began <= allowed_s * 1000)
		return 0;
	return ce_transfer_fail(t, CCENV_ENET, "it arrives at less than 4 KiB/s",
		"try again later, or use a mirror");
}

int ce_transfer_fail_size(struct ce_transfer *t)
{
	char text[96];

	snprintf(text, sizeof(text), "it is larger than %llu bytes, the most that is allowed",
		(unsigned long long)t->t.max_bytes);
	return ce_transfer_fail(t, CCENV_EDATA, text, "check that the URL is what you meant");
}

/* Data goes to the caller; every limit is checked here, for files and for the network. */
int ce_transfer_deliver(struct ce_transfer *t, const void *data, size_t len)
{
	char text[96];

	if (len > t->t.max_bytes || t->got > t->t.max_bytes - len)
		return ce_transfer_fail_size(t);
	t->got += len;
	int slow = check_patience(t);
	if (slow < 0)
		return slow;
	if (t->t.expected_bytes && t->got > t->t.expected_bytes) {
		snprintf(text, sizeof(text), "it is longer than the %llu bytes promised",
			(unsigned long long)t->t.expected_bytes);
		return ce_transfer_fail(t, CCENV_EHASH, text,
			"the server's copy is damaged or was replaced; try later or use another channel");
	}
	t->err.code = 0;
	int r = t->t.on_data ? t->t.on_data(t->t.user, data, len, &t->err) : 0;
	if (r < 0) {
		t->err.code = r;
		t->own_error = true;
	}
	return r;
}

/* The body begins again: what was handed on is void. */
int ce_transfer_restart(struct ce_transfer *t)
{
	bool void_data = t->got > 0;

	t->got = 0;
	t->err.code = 0;
	int r = void_data && t->t.on_restart ? t->t.on_restart(t->t.user, &t->err) : 0;
	if (r < 0) {
		t->err.code = r;
		t->own_error = true;
	}
	return r;
}

/* "got N of M bytes" when the body ended too early; true when all is well. */
bool ce_transfer_check_length(struct ce_transfer *t)
{
	char text[96];

	if (!t->t.expected_bytes || t->got == t->t.expected_bytes)
		return true;
	snprintf(text, sizeof(text), "it has %llu bytes where %llu were promised",
		(unsigned long long)t->got, (unsigned long long)t->t.expected_bytes);
	ce_transfer_fail(t, CCENV_EHASH, text,
		"the server's copy is damaged or was replaced; try later or use another channel");
	return false;
}

void ce_transfer_requeue(struct ce_transfer *t, int64_t delay_ms)
{
	ce_transfer_reset(t);
	t->d->running--;
	t->state = CE_TRANSFER_WAITING;
	t->not_before = ce_now_ms(CE_CLOCK_MONOTONIC) + delay_ms;
}
