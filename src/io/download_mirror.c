/* SPDX-License-Identifier: MIT */
/* Mirrors: other places for what is below some URL, read from CCENV_MIRRORS. Place n of a URL is its
 * n-th mirror; behind the last one comes the URL itself. */
#include "io/download_transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "base/url.h"

struct ce_mirror {
	struct ce_mirror *next;
	char *prefix; /* of the URLs it stands for, without a slash at the end */
	char **urls;  /* in order */
	bool *unreachable;
	size_t n, cap;
};

void ce_mirrors_free(struct ce_mirror *m)
{
	while (m) {
		struct ce_mirror *next = m->next;
		for (size_t i = 0; i < m->n; i++)
			free(m->urls[i]);
		free(m->urls);
		free(m->unreachable);
		free(m->prefix);
		free(m);
		m = next;
	}
}

static char *take_url(const char *text, size_t len)
{
	while (len && text[len - 1] == '/')
		len--;
	return ce_strndup(text, len);
}

/* One entry: URL=MIRROR,MIRROR. False when one of them is no URL that can be asked. */
static bool parse_entry(struct ce_mirror *m, const char *p, size_t len)
{
	size_t at = strcspn(p, "= \t\r\n");

	if (at >= len)
		return false;
	m->prefix = take_url(p, at);
	for (const char *end = p + len; p + at < end; at += strcspn(p + at, ", \t\r\n")) {
		size_t n = strcspn(p + ++at, ", \t\r\n");

		if (n == 0)
			continue;
		CE_GROW(m->urls, m->n, m->cap);
		m->urls[m->n] = take_url(p + at, n);
		if (!ce_url_is_supported(m->urls[m->n++]))
			return false;
	}
	m->unreachable = ce_calloc(m->n + 1, sizeof(*m->unreachable));
	return ce_url_is_supported(m->prefix);
}

int ce_mirrors_parse(const char *text, struct ce_mirror **ret, struct ccenv_error *err)
{
	struct ce_mirror *first = NULL, **last = &first;
	size_t number = 0; /* the text itself may hold a password, and is not shown */

	for (const char *p = text; p && *(p += strspn(p, " \t\r\n"));) {
		size_t len = strcspn(p, " \t\r\n");
		struct ce_mirror *m = ce_calloc(1, sizeof(*m));

		*last = m;
		last = &m->next;
		number++;
		if (!parse_entry(m, p, len)) {
			ce_mirrors_free(first);
			return ce_fail(err, CCENV_EUSAGE,
				"CCENV_MIRRORS: entry %zu is malformed; write URL=MIRROR,MIRROR with spaces between several, each with https://, http:// or file:// in front",
				number);
		}
		p += len;
	}
	*ret = first;
	return 0;
}

/* The mirrors of a URL without credentials: those of the longest prefix that ends where a part of
 * the path ends. */
static struct ce_mirror *find(struct ce_mirror *m, const char *url)
{
	struct ce_mirror *found = NULL;
	size_t best = 0;

	for (; m; m = m->next) {
		size_t len = strlen(m->prefix);
		if (len <= best || strncmp(url, m->prefix, len) != 0 || !strchr("/?#", url[len]))
			continue;
		found = m;
		best = len;
	}
	return found;
}

static struct ce_mirror *mirrors_of(const struct ce_transfer *t)
{
	if (!t->d->mirrors)
		return NULL;
	CE_AUTOFREE char *plain = ce_url_strip_credentials(t->t.url);
	return find(t->d->mirrors, plain);
}

bool ce_transfer_has_place(const struct ce_transfer *t)
{
	const struct ce_mirror *m = mirrors_of(t);

	return m && t->place < m->n;
}

void ce_transfer_avoid_place(const struct ce_transfer *t)
{
	struct ce_mirror *m = mirrors_of(t);

	if (m && t->place < m->n)
		m->unreachable[t->place] = true;
}

void ce_transfer_go_to_place(struct ce_transfer *t, size_t n)
{
	const struct ce_mirror *m = mirrors_of(t);

	while (m && n < m->n && m->unreachable[n])
		n++;
	free(t->url);
	free(t->asked);
	if (m && n < m->n) {
		/* A mirror is another host: the credentials in the URL are not for it. */
		CE_AUTOFREE char *plain = ce_url_strip_credentials(t->t.url);
		t->asked = ce_asprintf("%s%s", m->urls[n], plain + strlen(m->prefix));
		t->place = n;
	} else {
		t->asked = ce_strdup(t->t.url);
		t->place = m ? m->n : 0;
	}
	t->url = ce_strdup(t->asked);
	t->redirects = 0;
	t->no_range = false;
}
