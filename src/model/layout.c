/* SPDX-License-Identifier: MIT */
/* Paths of the root; see layout.h. */
#include "model/layout.h"

#include <stddef.h>

#include "base/alloc.h"
#include "base/path.h"

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
