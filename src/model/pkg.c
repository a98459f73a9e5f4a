/* SPDX-License-Identifier: MIT */
/* Copying and ordering records. */
#include "model/pkg.h"

#include <string.h>

#include "base/arena.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "spec/version.h"

bool ce_pkg_is_conda(const struct ce_pkg *pkg)
{
	return ce_has_suffix(pkg->fn, ".conda");
}

/* The time when the index first had the file is the index's own; the other is its author's. */
uint64_t ce_pkg_date(const struct ce_pkg *pkg)
{
	return pkg->indexed_timestamp ? pkg->indexed_timestamp : pkg->timestamp;
}

const char *ce_pkg_digest(const struct ce_pkg *pkg)
{
	return pkg->sha256 ? pkg->sha256 : pkg->md5;
}

void ce_pkg_prepare(struct ce_pkg *pkg, struct ce_arena *a)
{
	struct ccenv_error ignored;

	pkg->parsed_version = NULL;
	if (ce_version_parse(pkg->version, a, &pkg->parsed_version, &ignored) < 0)
		pkg->parsed_version = NULL;
}

static const char **copy_list(const char *const *list, size_t n, struct ce_arena *a)
{
	const char **copy = ce_arena_array(a, n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = ce_arena_strdup(a, list[i]);
	return copy;
}

static struct ce_pkg_extra *copy_extras(
	const struct ce_pkg_extra *extras, size_t n, struct ce_arena *a)
{
	struct ce_pkg_extra *copy = ce_arena_array(a, n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = (struct ce_pkg_extra){
			.group = ce_arena_strdup(a, extras[i].group),
			.depends = copy_list(extras[i].depends, extras[i].n_depends, a),
			.n_depends = extras[i].n_depends,
		};
	return copy;
}

void ce_pkg_copy(const struct ce_pkg *p, struct ce_arena *a, struct ce_pkg *ret_pkg)
{
	struct ce_pkg c = *p;

	c.name = ce_arena_strdup(a, p->name);
	c.version = ce_arena_strdup(a, p->version);
	c.build = ce_arena_strdup(a, p->build);
	c.subdir = ce_arena_strdup(a, p->subdir);
	c.fn = ce_arena_strdup(a, p->fn);
	c.channel = ce_arena_strdup(a, p->channel);
	c.url = ce_arena_strdup(a, p->url);
	c.sha256 = ce_arena_strdup(a, p->sha256);
	c.md5 = ce_arena_strdup(a, p->md5);
	c.depends = copy_list(p->depends, p->n_depends, a);
	c.constrains = copy_list(p->constrains, p->n_constrains, a);
	c.extras = copy_extras(p->extras, p->n_extras, a);
	c.flags = copy_list(p->flags, p->n_flags, a);
	c.track_features = ce_arena_strdup(a, p->track_features);
	c.features = ce_arena_strdup(a, p->features);
	c.license = ce_arena_strdup(a, p->license);
	c.license_family = ce_arena_strdup(a, p->license_family);
	c.python_site_packages_path = ce_arena_strdup(a, p->python_site_packages_path);
	ce_pkg_prepare(&c, a);
	*ret_pkg = c;
}

static int compare_versions(const struct ce_pkg *a, const struct ce_pkg *b)
{
	int c = 0;

	if (a->parsed_version && b->parsed_version)
		c = ce_version_compare(a->parsed_version, b->parsed_version);
	return c ? c : strcmp(a->version, b->version);
}

int ce_pkg_compare(const struct ce_pkg *a, const struct ce_pkg *b)
{
	int c = strcmp(a->name, b->name);

	if (!c)
		c = compare_versions(a, b);
	if (!c)
		c = strcmp(a->build, b->build);
	if (!c)
		c = strcmp(a->subdir, b->subdir);
	if (!c)
		c = strcmp(a->channel, b->channel);
	return c ? c : strcmp(a->url, b->url);
}
