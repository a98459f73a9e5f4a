/* SPDX-License-Identifier: MIT */
/* What the URL of a package says; see parts.h. */
#include "exchange/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/os.h"
#include "base/strs.h"
#include "spec/subdir.h"

/* Cuts "-x" off the end of the first `*n` bytes; where x begins, or NULL. */
static const char *cut_last(const char *stem, size_t *n)
{
	const char *dash = ce_os_memrchr(stem, '-', *n);

	if (!dash || dash == stem || dash + 1 == stem + *n)
		return NULL;
	*n = (size_t)(dash - stem);
	return dash + 1;
}

static bool read_stem(const char *fn, struct ce_url_parts *p)
{
	const char *version, *build, *end;
	size_t n = strlen(fn), to_version;

	if (ce_has_suffix(fn, ".conda"))
		n -= strlen(".conda");
	else if (ce_has_suffix(fn, ".tar.bz2"))
		n -= strlen(".tar.bz2");
	else
		return false;
	end = fn + n;
	build = cut_last(fn, &n);
	to_version = n;
	version = build ? cut_last(fn, &n) : NULL;
	if (!version)
		return false;
	p->name = ce_strndup(fn, n);
	p->version = ce_strndup(version, (size_t)(fn + to_version - version));
	p->build = ce_strndup(build, (size_t)(end - build));
	return true;
}

bool ce_url_parts_read(const char *url, struct ce_url_parts *ret)
{
	const char *fn = strrchr(url, '/'), *subdir;
	struct ce_url_parts p = {0};

	if (!fn || fn == url)
		return false;
	subdir = ce_os_memrchr(url, '/', (size_t)(fn - url));
	if (!subdir || subdir == url ||
		!ce_subdir_is_known(subdir + 1, (size_t)(fn - subdir - 1)) ||
		!read_stem(fn + 1, &p))
		return false;
	p.channel = ce_strndup(url, (size_t)(subdir - url));
	p.subdir = ce_strndup(subdir + 1, (size_t)(fn - subdir - 1));
	p.fn = ce_strdup(fn + 1);
	*ret = p;
	return true;
}

void ce_url_parts_release(struct ce_url_parts *p)
{
	free(p->channel);
	free(p->subdir);
	free(p->fn);
	free(p->name);
	free(p->version);
	free(p->build);
	*p = (struct ce_url_parts){0};
}

bool ce_build_number_of(const char *build, uint64_t *ret)
{
	size_t n = strlen(build), at = n;

	while (at > 0 && build[at - 1] >= '0' && build[at - 1] <= '9')
		at--;
	if (at == n || n - at > 18)
		return false;
	*ret = strtoull(build + at, NULL, 10);
	return true;
}
