/* SPDX-License-Identifier: MIT */
/* A record as an object. */
#include "model/pkg_json.h"

#include "base/json.h"
#include "model/pkg.h"

static void set_string(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static void set_strings(json_t *o, const char *key, const char *const *list, size_t n)
{
	if (n)
		json_object_set_new(o, key, ce_json_of_strings(list, n));
}

json_t *ce_pkg_extras_to_json(const struct ce_pkg *p)
{
	json_t *groups = json_object();

	for (size_t i = 0; i < p->n_extras; i++)
		json_object_set_new(groups, p->extras[i].group,
			ce_json_of_strings(p->extras[i].depends, p->extras[i].n_depends));
	return groups;
}

json_t *ce_pkg_to_json(const struct ce_pkg *p)
{
	static const char *const noarch[] = {NULL, "generic", "python"};
	json_t *o = json_object();

	set_string(o, "name", p->name);
	set_string(o, "version", p->version);
	set_string(o, "build", p->build);
	json_object_set_new(o, "build_number", json_integer((json_int_t)p->build_number));
	set_string(o, "subdir", p->subdir);
	set_string(o, "noarch", noarch[p->noarch]);
	set_string(o, "url", p->url);
	set_string(o, "sha256", p->sha256);
	set_string(o, "md5", p->md5);
	if (p->size)
		json_object_set_new(o, "size", json_integer((json_int_t)p->size));
	if (p->timestamp)
		json_object_set_new(o, "timestamp", json_integer((json_int_t)p->timestamp));
	set_strings(o, "depends", p->depends, p->n_depends);
	set_strings(o, "constrains", p->constrains, p->n_constrains);
	if (p->n_extras)
		json_object_set_new(o, "extra_depends", ce_pkg_extras_to_json(p));
	set_strings(o, "flags", p->flags, p->n_flags);
	set_string(o, "track_features", p->track_features);
	set_string(o, "features", p->features);
	set_string(o, "license", p->license);
	set_string(o, "license_family", p->license_family);
	set_string(o, "python_site_packages_path", p->python_site_packages_path);
	return o;
}
