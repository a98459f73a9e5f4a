/* SPDX-License-Identifier: MIT */
/* Where conda and mamba keep archives; see external_cache.h. */
#include "fetch/external_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "fetch/fetch.h"
#include "fetch/import_unpacked.h"
#include "model/pkg.h"
#include "spec/channel.h"

enum {
	LAYOUTS = 3
};

/* "https://host:8080/channel/noarch/x.conda" -> "https/host_8080/channel/noarch/x.conda"; NULL for
 * what has no host. */
static char *url_as_path(const char *url)
{
	const char *sep = strstr(url, "://");
	char *path;

	if (!sep)
		return NULL;
	path = ce_asprintf("%.*s/%s", (int)(sep - url), url, sep + 3);
	for (char *p = path; *p; p++)
		if (*p == ':' || *p == '\\')
			*p = '_';
	return path;
}

/* Where the archive is below a cache of that layout; NULL when that is no path. */
static char *path_in_layout(const struct ce_pkg *pkg, size_t layout)
{
	CE_AUTOFREE char *path = NULL;

	if (layout == 0)
		path = ce_strdup(pkg->fn);
	else if (layout == 1)
		path = url_as_path(pkg->url);
	else
		path = ce_asprintf("%s/%s/%s", ce_channel_name(pkg->channel), pkg->subdir, pkg->fn);
	return path && ce_path_is_safe(path) ? CE_TAKE(path) : NULL;
}

/* The file if it may be read and may be the one. */
static int open_file(const char *path, const struct ce_pkg *pkg, const struct ce_fetch_options *o,
	uint64_t *ret_size)
{
	/* A pipe would make open() wait. */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *wrong = NULL;
	struct stat st = {0};

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -1;
	if (fd < 0)
		wrong = errno == ELOOP ? "is a link" : "cannot be read";
	else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		wrong = "is not a regular file";
	else if (pkg->size > 0 && (uint64_t)st.st_size != pkg->size)
		wrong = "has another size than the locked package";
	if (wrong) {
		ce_log(o->events, CCENV_LOG_NOTICE, "%s %s: it is not used", path, wrong);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*ret_size = (uint64_t)st.st_size;
	return fd;
}

int ce_external_open(const struct ce_pkg *pkg, const struct ce_fetch_options *o, size_t *at,
	char **ret_path, uint64_t *ret_size)
{
	while (pkg->sha256 && *at < (o->n_external_caches + o->n_trusted_caches) * LAYOUTS) {
		size_t i = *at / LAYOUTS;
		const char *dir = i < o->n_external_caches
					  ? o->external_caches[i]
					  : o->trusted_caches[i - o->n_external_caches];
		CE_AUTOFREE char *rel = path_in_layout(pkg, *at % LAYOUTS);
		CE_AUTOFREE char *path = rel ? ce_path_join(dir, rel) : NULL;
		int fd = path ? open_file(path, pkg, o, ret_size) : -1;

		++*at;
		if (fd >= 0) {
			ce_log(o->events, CCENV_LOG_INFO, "%s: reading %s", pkg->fn, path);
			*ret_path = CE_TAKE(path);
			return fd;
		}
	}
	return -1;
}

char *ce_external_unpacked(const struct ce_pkg *pkg, const struct ce_fetch_options *o, size_t *at)
{
	size_t suffix = strlen(ce_pkg_is_conda(pkg) ? ".conda" : ".tar.bz2");

	while (pkg->sha256 && *at < o->n_trusted_caches * LAYOUTS) {
		CE_AUTOFREE char *rel = path_in_layout(pkg, *at % LAYOUTS);
		CE_AUTOFREE char *path = NULL;
		size_t dir = (*at)++ / LAYOUTS;

		if (!rel || strlen(rel) <= suffix)
			continue;
		rel[strlen(rel) - suffix] = '\0';
		path = ce_path_join(o->trusted_caches[dir], rel);
		if (!ce_fs_is_dir(path))
			continue;
		if (ce_unpacked_is(path, pkg)) {
			ce_log(o->events, CCENV_LOG_INFO, "%s: copying %s", pkg->fn, path);
			return CE_TAKE(path);
		}
		ce_log(o->events, CCENV_LOG_NOTICE,
			"%s: nothing says that it is the locked package, so it is not used", path);
	}
	return NULL;
}
