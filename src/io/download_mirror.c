/* SPDX-License-Identifier: MIT */
/* Mirrors: other places for what is below some URL, read from CCENV_MIRRORS. */
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
	size_t n, cap;
};

void ce_mirrors_free(struct ce_mirror *m)
{
	while (m) {
		struct ce_mirror *next = m->next;
		for (size_t i = 0; i < m->n; i++)
			free(m->urls[i]);
		free(m->urls);
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

int ce_mirrors_parse(const char *text, struct ce_mirror **ret, struct ccenv_error *err)
{
	struct ce_mirror *first = NULL, **last = &first;

	for (const char *p = text; p && *(p += strspn(p, " \t\r\n"));) {
		size_t len = strcspn(p, " \t\r\n"), at = strcspn(p, "= \t\r\n");
		if (at >= len || !strstr(p, "://") || strstr(p, "://") > p + at) {
			ce_mirrors_free(first);
			return ce_fail(err, CCENV_EUSAGE,
				"CCENV_MIRRORS: \"%.*s\" is no mirror; write URL=MIRROR,MIRROR with spaces between several",
				(int)len, p);
		}
		struct ce_mirror *m = ce_calloc(1, sizeof(*m));
		*last = m;
		last = &m->next;
		m->prefix = take_url(p, at);
		for (const char *end = p + len; p + at < end; at += strcspn(p + at, ", \t\r\n")) {
			size_t n = strcspn(p + ++at, ", \t\r\n");
			CE_GROW(m->urls, m->n, m->cap);
			m->urls[m->n++] = take_url(p + at, n);
		}
		p += len;
	}
	*ret = first;
	return 0;
}

/* The mirrors of a URL without credentials: those of the longest prefix that ends where a part of
 * the path ends. */
static const struct ce_mirror *find(const struct ce_mirror *m, const char *url)
{
	const struct ce_mirror *found = NULL;
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

bool ce_transfer_has_mirror(const struct ce_transfer *t)
{
	CE_AUTOFREE char *plain = t->d->mirrors ? ce_url_strip_credentials(t->t.url) : NULL;
	const struct ce_mirror *m = find(t->d->mirrors, plain);

	return m && t->mirror <= m->n;
}

bool ce_transfer_next_mirror(struct ce_transfer *t)
{
	/* A mirror is another host: what the URL brings to prove who asks is not for it. */
	CE_AUTOFREE char *plain = t->d->mirrors ? ce_url_strip_credentials(t->t.url) : NULL;
	const struct ce_mirror *m = find(t->d->mirrors, plain);

	if (!m || t->mirror > m->n)
		return false;
	free(t->url);
	free(t->asked);
	/* Behind the last mirror comes the place itself. */
	if (t->mirror == m->n)
		t->asked = ce_strdup(t->t.url);
	else
		t->asked = ce_asprintf("%s%s", m->urls[t->mirror], plain + strlen(m->prefix));
	t->url = ce_strdup(t->asked);
	t->mirror++;
	t->redirects = 0;
	t->no_range = false;
	return true;
}
