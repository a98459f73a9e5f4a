/* SPDX-License-Identifier: MIT */
/* Paths of the cache; see layout.h. */
#include "cache/layout.h"

#include <stddef.h>

#include "base/alloc.h"
#include "base/path.h"

char *ce_cache_default(const char *(*getenv_fn)(const char *name))
{
	const char *dir = getenv_fn("CCENV_CACHE_DIR");
	const char *xdg = getenv_fn("XDG_CACHE_HOME");
	const char *home = getenv_fn("HOME");

	if (dir && dir[0])
		return ce_path_absolute(dir);
	/* The XDG rule: a relative value is invalid and ignored. */
	if (xdg && xdg[0] == '/')
		return ce_path_join(xdg, "ccenv");
	if (home && home[0])
		return ce_path_join(home, ".cache/ccenv");
	return NULL;
}

char *ce_cache_pkgs(const char *cache_dir)
{
	return ce_path_join(cache_dir, "pkgs");
}

char *ce_cache_entry(const char *cache_dir, const char *digest)
{
	return ce_asprintf("%s/pkgs/%s", cache_dir, digest);
}

char *ce_cache_list(const char *cache_dir, const char *digest)
{
	return ce_asprintf("%s/pkgs/%s.list", cache_dir, digest);
}

char *ce_cache_entry_lock(const char *cache_dir, const char *digest)
{
	return ce_asprintf("%s/locks/%s.lock", cache_dir, digest);
}

char *ce_cache_archives(const char *cache_dir)
{
	return ce_path_join(cache_dir, "archives");
}

char *ce_cache_part(const char *cache_dir, const char *digest)
{
	return ce_asprintf("%s/archives/%s.part", cache_dir, digest);
}

char *ce_cache_repodata(const char *cache_dir)
{
	return ce_path_join(cache_dir, "repodata");
}

char *ce_cache_locks(const char *cache_dir)
{
	return ce_path_join(cache_dir, "locks");
}
