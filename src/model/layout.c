/* SPDX-License-Identifier: MIT */
/* Paths of cache and root; see layout.h. */
#include "model/layout.h"

#include <stddef.h>

#include "base/alloc.h"
#include "base/path.h"

char *ce_layout_cache_default(const char *(*getenv_fn)(const char *name))
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

char *ce_layout_pkgs(const char *cache_dir)
{
	return ce_path_join(cache_dir, "pkgs");
}

char *ce_layout_pkg(const char *cache_dir, const char *sha256)
{
	return ce_asprintf("%s/pkgs/%s", cache_dir, sha256);
}

char *ce_layout_pkg_list(const char *cache_dir, const char *sha256)
{
	return ce_asprintf("%s/pkgs/%s.list", cache_dir, sha256);
}

char *ce_layout_archive(const char *cache_dir, const char *sha256)
{
	return ce_asprintf("%s/archives/%s.part", cache_dir, sha256);
}

char *ce_layout_repodata(const char *cache_dir)
{
	return ce_path_join(cache_dir, "repodata");
}

char *ce_layout_locks(const char *cache_dir)
{
	return ce_path_join(cache_dir, "locks");
}

char *ce_layout_env(const char *root, const char *platform, const char *content_hash)
{
	return ce_asprintf("%s/env/%s-%.12s", root, platform, content_hash);
}

char *ce_layout_view(const char *root, const char *cuda_target, const char *content_hash)
{
	return ce_asprintf("%s/view/%s-%.12s", root, cuda_target, content_hash);
}

char *ce_layout_view_link(const char *root, const char *cuda_target)
{
	return ce_asprintf("%s/view/%s", root, cuda_target);
}

char *ce_layout_stamp(const char *root)
{
	return ce_path_join(root, "stamp.json");
}

char *ce_layout_installed(const char *root)
{
	return ce_path_join(root, "installed");
}
