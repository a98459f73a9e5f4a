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

char *ce_layout_host(const char *root, const char *platform, const char *content_hash)
{
	return ce_asprintf("%s/host/%s-%.12s", root, platform, content_hash);
}

char *ce_layout_view(const char *root, const char *label, const char *content_hash)
{
	return ce_asprintf("%s/view/%s-%.12s", root, label, content_hash);
}

char *ce_layout_view_link(const char *root, const char *label)
{
	return ce_asprintf("%s/view/%s", root, label);
}

char *ce_layout_stamp(const char *root, const char *label)
{
	return ce_asprintf("%s/stamp%s%s.json", root, label ? "-" : "", label ? label : "");
}

char *ce_layout_installed(const char *root, const char *label)
{
	return ce_asprintf("%s/installed%s%s", root, label ? "-" : "", label ? label : "");
}
