/* SPDX-License-Identifier: MIT */
/* Requests, channel addresses, solutions. */
#include "model/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"

/* conda's default channel_alias (CEP 26). */
static const char alias[] = "https://conda.anaconda.org/";

struct ce_request *ce_request_new(void)
{
	return ce_calloc(1, sizeof(struct ce_request));
}

void ce_request_free(struct ce_request *r)
{
	if (!r)
		return;
	ce_arena_release(&r->arena);
	free(r);
}

void ce_solution_free(struct ce_solution *s)
{
	if (!s)
		return;
	free(s->pkgs);
	free(s);
}

/* file:// URL of a path, with what a URL cannot hold percent-encoded. */
static const char *file_url(const char *path, struct ce_arena *a)
{
	CE_CLEANUP(ce_freep) char *abs = ce_path_absolute(path);
	char *url = ce_arena_alloc(a, strlen("file://") + 3 * strlen(abs) + 1), *p = url;

	memcpy(p, "file://", 7);
	p += 7;
	for (const char *s = abs; *s; s++) {
		static const char hex[] = "0123456789ABCDEF";
		unsigned char c = (unsigned char)*s;

		if (c > 0x20 && c < 0x7f && !strchr("%?#\"<>\\^`{|}", c)) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = hex[c >> 4];
			*p++ = hex[c & 15];
		}
	}
	return url;
}

const char *ce_channel_url(const char *channel, struct ce_arena *a)
{
	size_t n = strlen(channel);

	if (channel[0] == '/' || channel[0] == '.' || channel[0] == '~')
		return file_url(channel, a);
	while (n > 0 && channel[n - 1] == '/')
		n--;
	if (strstr(channel, "://"))
		return ce_arena_strndup(a, channel, n);
	return ce_arena_printf(a, "%s%.*s", alias, (int)n, channel);
}

const char *ce_channel_name(const char *url)
{
	const char *slash;

	if (strncmp(url, alias, strlen(alias)) == 0)
		return url + strlen(alias);
	slash = strrchr(url, '/');
	return slash && slash[1] ? slash + 1 : url;
}
