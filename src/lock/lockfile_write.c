/* SPDX-License-Identifier: MIT */
/* The lock as text: keys in a fixed order, everything else in the order of the struct. */
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "lock/lockfile.h"
#include "lock/lockfile_format.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_json.h"

static json_t *platform_to_json(const struct ce_lockfile_platform *p)
{
	json_t *o = json_object(), *virtuals = json_array(), *urls = json_array();

	for (size_t i = 0; i < p->n_virtuals; i++)
		json_array_append_new(
			virtuals, json_sprintf("%s=%s=%s", p->virtuals[i].name,
					  p->virtuals[i].version, p->virtuals[i].build));
	for (size_t i = 0; i < p->n_pkgs; i++)
		json_array_append_new(urls, json_string(p->pkgs[i]->url));
	json_object_set_new(o, "specs", ce_json_of_strings(p->specs, p->n_specs));
	json_object_set_new(o, "virtual-packages", virtuals);
	json_object_set_new(o, "packages", urls);
	return o;
}

/* One side of a target, which says for which platform it is. */
static json_t *side_to_json(const struct ce_lockfile_platform *p)
{
	json_t *o = json_pack("{ss}", "platform", p->platform);
	json_t *rest = platform_to_json(p);

	json_object_update(o, rest);
	json_decref(rest);
	return o;
}

static json_t *targets_to_json(const struct ce_lockfile_env *env)
{
	json_t *targets = json_object();

	for (size_t i = 0; i < env->n_targets; i++) {
		const struct ce_lockfile_target *t = &env->targets[i];
		json_t *o = json_object();

		json_object_set_new(o, "build", side_to_json(&t->build));
		json_object_set_new(o, "host", side_to_json(&t->host));
		json_object_set_new(targets, t->name, o);
	}
	return targets;
}

static json_t *bases_to_json(const struct ce_lockfile_env *env)
{
	json_t *o = json_object();

	for (size_t i = 0; i < env->n_bases; i++) {
		json_t *urls = json_object_get(o, env->bases[i].channel);

		if (!urls) {
			urls = json_array();
			json_object_set_new(o, env->bases[i].channel, urls);
		}
		json_array_append_new(urls, json_string(env->bases[i].url));
	}
	return o;
}

static json_t *pkg_to_json(const struct ce_pkg *p)
{
	CE_AUTOFREE char *usual = ce_asprintf("%s/%s/%s", p->channel, p->subdir, p->fn);
	json_t *o = ce_pkg_to_json(p);

	if (strcmp(usual, p->url) != 0)
		json_object_set_new(o, "channel", json_string(p->channel));
	return o;
}

void ce_lockfile_render(const struct ce_lockfile *lock, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object();
	json_t *envs = json_object(), *pkgs = json_array();

	json_object_set_new(root, "version", json_integer(CE_LOCKFILE_FORMAT));
	json_object_set_new(root, "environments", envs);
	json_object_set_new(root, "packages", pkgs);
	for (size_t i = 0; i < lock->n_envs; i++) {
		const struct ce_lockfile_env *env = &lock->envs[i];
		json_t *o = json_object(), *platforms = json_object();

		json_object_set_new(
			o, "channels", ce_json_of_strings(env->channels, env->n_channels));
		if (env->n_bases)
			json_object_set_new(o, "base-urls", bases_to_json(env));
		if (env->options[0])
			json_object_set_new(o, "options", json_string(env->options));
		json_object_set_new(o, "platforms", platforms);
		for (size_t p = 0; p < env->n_platforms; p++)
			json_object_set_new(platforms, env->platforms[p].platform,
				platform_to_json(&env->platforms[p]));
		if (env->n_targets)
			json_object_set_new(o, "targets", targets_to_json(env));
		json_object_set_new(envs, env->name, o);
	}
	for (size_t i = 0; i < lock->n_pkgs; i++)
		json_array_append_new(pkgs, pkg_to_json(&lock->pkgs[i]));
	ce_json_format(root, out);
}

/* A link comes with a checkout: it must lead to what would be replaced anyway. */
static int check_output(const char *path, struct ccenv_error *err)
{
	struct ce_lockfile *there = NULL;
	struct stat st;
	int r = ce_fs_check_rewrite(path, err);

	if (r < 0 || lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return r;
	r = ce_lockfile_read(path, &there, err);
	ce_lockfile_free(there);
	return r < 0 ? ce_hint(err, r,
			       "(a link to what is not a lock is not written through; remove it)")
		     : 0;
}

int ce_lockfile_write(const char *path, const struct ce_lockfile *lock, bool *ret_changed,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r = check_output(path, err);

	if (r < 0)
		return r;
	ce_lockfile_render(lock, &b);
	return ce_fs_rewrite(path, ce_buf_str(&b), b.len, ret_changed, err);
}
