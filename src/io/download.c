/* SPDX-License-Identifier: MIT */
/* The queue of transfers and the loop that drives them. */
#include "io/download.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/url.h"
#include "io/credentials.h"
#include "io/download_parts.h"
#include "io/download_transfer.h"

enum {
	DEFAULT_PARALLEL = 16,
	DEFAULT_RETRIES = 3,  /* CCENV_NET_RETRIES */
	DEFAULT_STALL_S = 30, /* CCENV_NET_TIMEOUT */
	DEFAULT_PATIENCE_S = 3600,
};

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static long env_number(const struct ce_downloader *d, const char *name, long preset, long max)
{
	const char *text = d->env(name);
	char *end;

	if (!text || !*text)
		return preset;
	long value = strtol(text, &end, 10);
	return *end || value < 0 || value > max ? preset : value;
}

int ce_downloader_new(
	const struct ce_downloader_options *o, struct ce_downloader **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_downloader_freep) struct ce_downloader *d = ce_calloc(1, sizeof(*d));

	d->env = o->getenv_fn ? o->getenv_fn : no_env;
	d->events = o->events;
	d->offline = o->offline;
	d->parallel = o->parallel ? o->parallel : DEFAULT_PARALLEL;
	d->streams = o->multiplexed;
	d->retries = (unsigned)env_number(d, "CCENV_NET_RETRIES", DEFAULT_RETRIES, 20);
	d->patience_s = o->patience_s ? o->patience_s : DEFAULT_PATIENCE_S;
	d->stall_s = env_number(d, "CCENV_NET_TIMEOUT", DEFAULT_STALL_S, 3600);
	d->last = &d->first;
	d->credentials = ce_credentials_new(d->env, d->events, o->channels, o->n_channels);
	int r = ce_mirrors_parse(d->env("CCENV_MIRRORS"), &d->mirrors, err);
	if (r < 0)
		return r;
	*ret = CE_TAKE(d);
	return 0;
}

void ce_downloader_free(struct ce_downloader *d)
{
	if (!d)
		return;
	while (d->first) {
		struct ce_transfer *t = d->first;
		d->first = t->next;
		ce_transfer_free(t);
	}
	if (d->multi)
		curl_multi_cleanup(d->multi);
	ce_parts_free_all(d->parts);
	ce_credentials_free(d->credentials);
	ce_mirrors_free(d->mirrors);
	free(d);
}

void ce_downloader_add(struct ce_downloader *d, const struct ce_download *t)
{
	if (ce_parts_can(d, t))
		ce_parts_add(d, t);
	else
		ce_transfer_add(d, t);
}

static void start(struct ce_transfer *t)
{
	if (ce_url_has_scheme(t->url, "file")) {
		ce_transfer_start_file(t);
	} else if (ce_url_is_torn(t->url)) {
		ce_transfer_fail(t, CCENV_EUSAGE, "its password has a / ? or # in it",
			"write %2F, %3F or %23");
		ce_transfer_finish_failed(t, 0);
	} else if (!ce_url_is_web(t->url)) {
		ce_transfer_fail(t, CCENV_EUSAGE,
			"only file://, http:// and https:// are understood",
			"check the channel's URL");
		ce_transfer_finish_failed(t, 0);
	} else if (t->d->offline) {
		ce_transfer_fail(t, CCENV_EOFFLINE,
			"it is not in the cache, and --offline forbids the network",
			"run once without --offline");
		ce_transfer_finish_failed(t, 0);
	} else {
		ce_transfer_start_http(t);
	}
}

/* Starts what may start. Returns ms until the next one that waits for its time, or `max_ms`. */
static int64_t start_some(struct ce_downloader *d, int64_t max_ms)
{
	int64_t now = ce_now_ms(CE_CLOCK_MONOTONIC);
	unsigned max = d->multiplexed && d->streams > d->parallel ? d->streams : d->parallel;

	for (struct ce_transfer *t = d->first; t && d->running < max; t = t->next) {
		if (t->state != CE_TRANSFER_WAITING)
			continue;
		if (t->not_before <= now)
			start(t);
		else if (t->not_before - now < max_ms)
			max_ms = t->not_before - now;
	}
	return max_ms;
}

static void drop_finished(struct ce_downloader *d)
{
	struct ce_transfer **p = &d->first;

	while (*p) {
		struct ce_transfer *t = *p;
		if (t->state != CE_TRANSFER_FINISHED) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		ce_transfer_free(t);
	}
	d->last = p;
}

static void reap(struct ce_downloader *d)
{
	CURLMsg *m;
	int n;

	while ((m = curl_multi_info_read(d->multi, &n)) != NULL) {
		void *t = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result; /* m is void once the handle is removed */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		ce_transfer_end_http(t, code);
	}
}

static void step_files(struct ce_downloader *d)
{
	for (struct ce_transfer *t = d->first; t && d->files; t = t->next) {
		if (t->state == CE_TRANSFER_RUNNING && t->fd >= 0)
			ce_transfer_step_file(t);
	}
}

static int fail_multi(CURLMcode code, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_ENET, "libcurl stopped: %s; please report this",
		curl_multi_strerror(code));
}

int ce_downloader_run(struct ce_downloader *d, int timeout_ms, struct ccenv_error *err)
{
	int64_t end = timeout_ms < 0 ? INT64_MAX : ce_now_ms(CE_CLOCK_MONOTONIC) + timeout_ms;

	for (;;) {
		int active = 0;
		CURLMcode mc = d->multi ? curl_multi_perform(d->multi, &active) : CURLM_OK;

		if (mc != CURLM_OK)
			return fail_multi(mc, err);
		if (d->multi)
			reap(d);
		step_files(d);
		int left = d->left;
		int64_t wait = start_some(d, 1000);
		drop_finished(d);
		int64_t now = ce_now_ms(CE_CLOCK_MONOTONIC);
		if (d->left == 0 || now >= end || d->interrupted) {
			d->interrupted = false;
			return d->left;
		}
		if (end - now < wait)
			wait = end - now;
		/* A file has its next piece at once; what ended while starting has left its place
		 * to another. */
		if (d->files || d->left != left)
			wait = 0;
		if (d->multi && wait)
			mc = curl_multi_poll(d->multi, NULL, 0, (int)wait, NULL);
		else if (wait)
			usleep((useconds_t)wait * 1000);
		if (mc != CURLM_OK)
			return fail_multi(mc, err);
	}
}

void ce_downloader_interrupt(struct ce_downloader *d)
{
	d->interrupted = true;
}
