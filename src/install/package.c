/* SPDX-License-Identifier: MIT */
/* What an entry of the cache has to install: its list, made when it was unpacked. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/strs.h"
#include "cache/contents.h"
#include "cache/entry.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "model/pkg.h"

struct ce_planned_path *ce_install_plan_add_path(struct ce_planned_pkg *p)
{
	CE_GROW(p->paths, p->n_paths, p->cap_paths);
	p->paths[p->n_paths] = (struct ce_planned_path){.path = NULL};
	return &p->paths[p->n_paths++];
}

static bool is_link_script(const char *path)
{
	static const char *const ends[] = {"-pre-link.sh", "-post-link.sh", "-pre-unlink.sh"};
	if (!ce_has_prefix(path, "bin/."))
		return false;
	for (size_t i = 0; i < CE_COUNT(ends); i++)
		if (ce_has_suffix(path, ends[i]))
			return true;
	return false;
}

static int read_contents(struct ce_planned_pkg *p, struct ccenv_error *err)
{
	int r = ce_entry_read(p->dir, p->pkg, &p->contents, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(err, r,
			"it is not in the cache (it was removed meanwhile): run the command again");
	return r;
}

int ce_install_plan_read_package(struct ce_planned_pkg *p, struct ccenv_error *err)
{
	int r = read_contents(p, err);

	if (r < 0)
		return ce_context(err, r, "%s", p->pkg->fn);
	p->paths = ce_calloc(p->contents->n + p->contents->n_entry_points + 1, sizeof(*p->paths));
	p->cap_paths = p->contents->n + p->contents->n_entry_points + 1;
	for (size_t i = 0; i < p->contents->n; i++) {
		const struct ce_content *c = &p->contents->items[i];

		if (!c->listed)
			continue;
		ce_install_plan_add_path(p)->content = c;
		p->paths[p->n_paths - 1].path = c->path;
		p->has_scripts = p->has_scripts || is_link_script(c->path);
	}
	return 0;
}
