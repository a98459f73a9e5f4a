/* SPDX-License-Identifier: MIT */
/* What other formats have no place for; see note.h. */
#include "exchange/note.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/url.h"
#include "exchange/export.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_json.h"

json_t *ce_note_url(const char *url)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(url);

	return json_string(plain);
}

static json_t *note_platform(const struct ce_lockfile_platform *p)
{
	json_t *o = json_object(), *virtuals = json_array(), *specs = json_array();

	for (size_t i = 0; i < p->n_virtuals; i++)
		json_array_append_new(
			virtuals, json_sprintf("%s=%s=%s", p->virtuals[i].name,
					  p->virtuals[i].version, p->virtuals[i].build));
	/* A spec may name a URL, and one of an older ccenv may have credentials in it. */
	for (size_t i = 0; i < p->n_specs; i++)
		json_array_append_new(specs, ce_note_url(p->specs[i]));
	json_object_set_new(o, "specs", specs);
	json_object_set_new(o, "virtual-packages", virtuals);
	return o;
}

static json_t *note_bases(const struct ce_lockfile_env *env)
{
	json_t *o = json_object();

	for (size_t i = 0; i < env->n_bases; i++) {
		json_t *urls = json_object_get(o, env->bases[i].channel);

		if (!urls) {
			urls = json_array();
			json_object_set_new(o, env->bases[i].channel, urls);
		}
		json_array_append_new(urls, ce_note_url(env->bases[i].url));
	}
	return o;
}

static json_t *note_env(const struct ce_export *e, const struct ce_lockfile_env *env)
{
	json_t *o = json_object(), *platforms = json_object();

	if (env->options[0])
		json_object_set_new(o, "options", json_string(env->options));
	if (env->n_bases)
		json_object_set_new(o, "base-urls", note_bases(env));
	for (size_t i = 0; i < env->n_platforms; i++)
		if (!e->platform || &env->platforms[i] == e->platform)
			json_object_set_new(platforms, env->platforms[i].platform,
				note_platform(&env->platforms[i]));
	json_object_set_new(o, "platforms", platforms);
	return o;
}

json_t *ce_note_new(const struct ce_export *e)
{
	json_t *o = json_object(), *envs = json_object();

	json_object_set_new(o, "version", json_integer(1));
	for (size_t i = 0; i < e->lock->n_envs; i++)
		if (!e->env || &e->lock->envs[i] == e->env)
			json_object_set_new(
				envs, e->lock->envs[i].name, note_env(e, &e->lock->envs[i]));
	json_object_set_new(o, "environments", envs);
	return o;
}

json_t *ce_note_package(const struct ce_pkg *p, const char *const *kept)
{
	json_t *o = ce_pkg_to_json(p);

	for (; *kept; kept++)
		json_object_del(o, *kept);
	if (json_object_size(o) > 0)
		return o;
	json_decref(o);
	return NULL;
}
