/* SPDX-License-Identifier: MIT */
/* The parts of one file: asked for together, handed on in their order. */
#include "io/download_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/url.h"
#include "io/download_transfer.h"

enum {
	/* What a connection carries in its first two round trips, nearly: 10 packets, then 20. */
	PART = 28 << 10,
	PARTS_MAX = 8,             /* in the first flight */
	CA_CACHE_SINCE = 0x075700, /* libcurl 7.87 */
};

enum part_state {
	PART_ASKED,
	PART_HERE,
	PART_FAILED,
};

struct part {
	struct ce_parts *all;
	enum part_state state;
	uint64_t from, until;
	uint64_t whole; /* size of the file, as the answer says; 0 when it says none */
	const char *etag;
	uint64_t got;       /* bytes that have come */
	struct ce_buf body; /* not of the first part, which is handed on as it comes */
};

struct ce_parts {
	struct ce_parts *next, **link; /* in d->parts */
	struct ce_downloader *d;
	struct ce_download t;             /* `url` is ours */
	struct part parts[2 * PARTS_MAX]; /* the first flight, and what is beyond it */
	size_t n, n_first;
	size_t n_asked;   /* under way */
	size_t delivered; /* parts handed on */
	bool settled;     /* the receiver has its answer, or the whole has been asked for */
	/* What the first part's answer said; strings are ours. */
	struct ce_download_result result;
};

bool ce_parts_can(const struct ce_downloader *d, const struct ce_download *t)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	return t->parts > 1 && !d->mirrors && !d->offline && t->place == 0 && !t->resume_from &&
	       !t->if_none_match && !t->if_modified_since && ce_url_is_web(t->url) &&
	       v->version_num >= CA_CACHE_SINCE;
}

static void result_release(struct ce_download_result *r)
{
	const char *const all[] = {
		r->etag, r->last_modified, r->cache_control, r->expires, r->date, r->age, r->from};

	for (size_t i = 0; i < CE_COUNT(all); i++)
		free((char *)all[i]);
	*r = (struct ce_download_result){0};
}

static const char *copy(const char *text)
{
	return text ? ce_strdup(text) : NULL;
}

static void keep_result(struct ce_parts *p, const struct ce_download_result *r)
{
	p->result = *r;
	p->result.etag = copy(r->etag);
	p->result.last_modified = copy(r->last_modified);
	p->result.cache_control = copy(r->cache_control);
	p->result.expires = copy(r->expires);
	p->result.date = copy(r->date);
	p->result.age = copy(r->age);
	p->result.from = copy(r->from);
}

static void parts_free(struct ce_parts *p)
{
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	for (size_t i = 0; i < p->n; i++) {
		free((char *)p->parts[i].etag);
		ce_buf_release(&p->parts[i].body);
	}
	result_release(&p->result);
	free((char *)p->t.url);
	free(p);
}

void ce_parts_free_all(struct ce_parts *first)
{
	while (first) {
		struct ce_parts *next = first->next;
		parts_free(first);
		first = next;
	}
}

/* The whole, as if there had been no parts. */
static void ask_for_whole(struct ce_parts *p)
{
	struct ce_download t = p->t;
	struct ccenv_error err = {0};

	p->settled = true;
	t.parts = 0;
	if (!t.on_restart || t.on_restart(t.user, &err) >= 0) {
		ce_transfer_add(p->d, &t);
		return;
	}
	p->result.code = err.code;
	p->result.text = err.text;
	(void)t.on_done(t.user, &p->result);
}

static bool is_complete(const struct part *a)
{
	uint64_t end = a->until < a->whole ? a->until : a->whole;

	return a->from + a->got == end;
}

/* Is it of the same file, by the server's word, and as long as it must be? */
static bool fits(const struct ce_parts *p, const struct part *a)
{
	return a->etag && strcmp(a->etag, p->result.etag) == 0 && a->whole == p->result.whole &&
	       is_complete(a);
}

static void end(struct ce_parts *p, const struct ccenv_error *err)
{
	p->settled = true;
	p->result.code = err ? err->code : 0;
	p->result.text = err ? err->text : NULL;
	/* There is another place to ask: the same one, for the whole. */
	p->result.more_places = !err;
	if (p->t.on_done(p->t.user, &p->result) != CE_TAKEN && !err)
		ask_for_whole(p);
}

/* Hands on what is there in order, once the first part is. */
static void deliver(struct ce_parts *p)
{
	struct ccenv_error err = {0};

	while (!p->settled && p->delivered < p->n) {
		struct part *a = &p->parts[p->delivered];
		if (a->from >= p->result.whole)
			break;
		if (a->state == PART_ASKED)
			return;
		if (a->state == PART_FAILED || !fits(p, a)) {
			ask_for_whole(p);
			return;
		}
		p->delivered++;
		if (p->t.on_data(p->t.user, ce_buf_str(&a->body), a->body.len, &err) < 0)
			end(p, &err);
		ce_buf_release(&a->body);
	}
	if (!p->settled)
		end(p, NULL);
}

static void ask(struct ce_parts *p, uint64_t from, uint64_t until);

/* Once the first answer has said how long the file is: what lies beyond the first flight, in as
 * many parts as there are connections. */
static void ask_for_rest(struct ce_parts *p, uint64_t whole)
{
	uint64_t from = p->parts[p->n - 1].until;
	uint64_t size = whole > from ? (whole - from + p->n_first - 1) / p->n_first : 0;

	if (p->n > p->n_first || whole > p->t.max_bytes)
		return;
	for (; from < whole; from += size)
		ask(p, from, from + size);
}

static void on_range(void *user, uint64_t whole, const char *etag)
{
	struct part *a = user;

	free((char *)a->etag);
	a->etag = copy(etag);
	a->whole = whole;
	if (a == a->all->parts && !a->all->settled)
		ask_for_rest(a->all, whole);
}

static int on_data(void *user, const void *data, size_t len, struct ccenv_error *err)
{
	struct part *a = user;
	struct ce_parts *p = a->all;

	a->got += len;
	if (a == p->parts)
		return p->t.on_data(p->t.user, data, len, err);
	if (p->settled || a->from + a->got > a->until)
		return ce_fail(err, CCENV_ENET, "of no use any more");
	ce_buf_add(&a->body, data, len);
	return 0;
}

static int on_restart(void *user, struct ccenv_error *err)
{
	struct part *a = user;
	struct ce_parts *p = a->all;

	a->got = 0;
	ce_buf_clear(&a->body);
	return a == p->parts && p->t.on_restart ? p->t.on_restart(p->t.user, err) : 0;
}

static enum ce_verdict on_first(struct ce_parts *p, const struct ce_download_result *r)
{
	struct part *a = p->parts;
	bool at_once = !r->whole || (r->whole <= a->until && is_complete(a));

	if (r->code < 0 || r->status != 200 || at_once) {
		p->settled = true;
		return p->t.on_done(p->t.user, r);
	}
	keep_result(p, r);
	p->delivered = 1;
	if (!r->etag || r->etag[0] != '"' || r->whole > p->t.max_bytes || !is_complete(a))
		ask_for_whole(p);
	else
		deliver(p);
	return CE_TAKEN;
}

static enum ce_verdict on_done(void *user, const struct ce_download_result *r)
{
	struct part *a = user;
	struct ce_parts *p = a->all;
	enum ce_verdict verdict = CE_TAKEN;

	p->n_asked--;
	a->state = r->code < 0 || r->status != 200 ? PART_FAILED : PART_HERE;
	if (a == p->parts)
		verdict = on_first(p, r);
	else if (!p->settled && p->delivered)
		deliver(p);
	if (p->settled && !p->n_asked)
		parts_free(p);
	return verdict;
}

static void ask(struct ce_parts *p, uint64_t from, uint64_t until)
{
	struct part *a = &p->parts[p->n++];

	*a = (struct part){.all = p, .from = from, .until = until};
	ce_buf_init(&a->body, until - from);
	p->n_asked++;
	struct ce_download t = {
		.url = p->t.url,
		.max_bytes = p->t.max_bytes,
		.resume_from = from,
		.until = until,
		.part = from > 0,
		.alone = p->n_first == 0,
		.missing_ok = p->t.missing_ok,
		.user = a,
		.on_range = on_range,
		.on_data = on_data,
		.on_restart = on_restart,
		.on_done = on_done,
	};
	ce_transfer_add(p->d, &t);
}

void ce_parts_add(struct ce_downloader *d, const struct ce_download *t)
{
	struct ce_parts *p = ce_calloc(1, sizeof(*p));
	unsigned n = t->parts < PARTS_MAX ? t->parts : PARTS_MAX;

	p->d = d;
	p->t = *t;
	p->t.url = ce_strdup(t->url);
	p->next = d->parts;
	p->link = &d->parts;
	if (p->next)
		p->next->link = &p->next;
	d->parts = p;
	for (unsigned i = 0; i < n; i++)
		ask(p, (uint64_t)i * PART, (uint64_t)(i + 1) * PART);
	p->n_first = p->n;
}
