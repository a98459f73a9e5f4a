/* SPDX-License-Identifier: MIT */
/* The lock from JSON text. The hard part is trust: a lock comes from a repository, so every field
 * is checked. */
#include "lock/lock_file.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "lock/lock_format.h"
#include "model/lock.h"
#include "model/pkg.h"
#include "model/request.h"
#include "spec/name.h"
#include "spec/subdir.h"

enum {
	LOCK_BYTES_MAX = 64 << 20,
	PACKAGES_MAX = 100000,
	ENVIRONMENTS_MAX = 256,
};

static bool url_is_allowed(const char *url)
{
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0 ||
	       strncmp(url, "file:///", 8) == 0;
}

/* The channel is the URL without subdir and file name, unless the entry names another (CEP 15). */
static const char *channel_of(
	const json_t *o, const char *url, const char *subdir, struct ce_arena *a)
{
	const char *named = json_string_value(json_object_get(o, "channel"));
	size_t tail = strlen(subdir) + 1 + strlen(ce_path_base(url)) + 1;

	if (named)
		return ce_arena_strdup(a, named);
	return ce_arena_strndup(a, url, strlen(url) > tail ? strlen(url) - tail : 0);
}

static int read_package(
	const json_t *o, struct ce_lock *lock, struct ce_pkg *ret, struct ccenv_error *err)
{
	const char *url = NULL, *subdir = NULL;
	int r;

	r = ce_json_string(o, "url", &lock->arena, &url, err);
	if (r >= 0)
		r = ce_json_string(o, "subdir", &lock->arena, &subdir, err);
	if (r < 0)
		return r;
	if (!url || !url_is_allowed(url))
		return ce_fail(
			err, CCENV_EDATA, "\"%s\" is no https, http or file URL", url ? url : "");
	if (!subdir || !ce_subdir_is_known(subdir, strlen(subdir)))
		return ce_fail(
			err, CCENV_EDATA, "%s: \"%s\" is no subdir", url, subdir ? subdir : "");
	r = ce_pkg_from_json(o, ce_path_base(url), subdir, channel_of(o, url, subdir, &lock->arena),
		url, &lock->arena, ret, err);
	if (r < 0)
		return r;
	if (!ret->sha256)
		return ce_fail(err, CCENV_EDATA, "%s: sha256 is missing", url);
	ce_pkg_prepare(ret, &lock->arena);
	return 0;
}

static int read_packages(
	const json_t *root, struct ce_lock *lock, struct ce_map *by_url, struct ccenv_error *err)
{
	json_t *array, *o;
	size_t i;
	int r = ce_json_array(root, "packages", &array, err);

	if (r < 0)
		return r;
	if (json_array_size(array) > PACKAGES_MAX)
		return ce_fail(err, CCENV_EDATA, "packages: more than %d", PACKAGES_MAX);
	lock->pkgs = ce_arena_array(&lock->arena, json_array_size(array) + 1, sizeof(*lock->pkgs));
	json_array_foreach (array, i, o) {
		struct ce_pkg *p = &lock->pkgs[lock->n_pkgs];

		r = read_package(o, lock, p, err);
		if (r < 0)
			return ce_context(err, r, "packages[%zu]", i);
		if (ce_map_set(by_url, p->url, p))
			return ce_fail(
				err, CCENV_EDATA, "packages[%zu]: %s is there twice", i, p->url);
		lock->n_pkgs++;
	}
	return 0;
}

/* "__cuda=13.0=0" */
static int read_virtual(
	const char *text, struct ce_arena *a, struct ce_virtual *ret, struct ccenv_error *err)
{
	const char *version = strchr(text, '='), *build;

	build = version ? strchr(version + 1, '=') : NULL;
	if (!build || strncmp(text, "__", 2) != 0)
		return ce_fail(err, CCENV_EDATA,
			"virtual-packages: \"%s\" is not name=version=build", text);
	ret->name = ce_arena_strndup(a, text, (size_t)(version - text));
	ret->version = ce_arena_strndup(a, version + 1, (size_t)(build - version - 1));
	ret->build = ce_arena_strdup(a, build + 1);
	return 0;
}

static int read_platform(const json_t *o, struct ce_lock *lock, const struct ce_map *by_url,
	struct ce_lock_platform *p, struct ccenv_error *err)
{
	const char **texts = NULL;
	size_t n = 0;
	int r;

	r = ce_json_strings(o, "specs", &lock->arena, &p->specs, &p->n_specs, err);
	if (r >= 0)
		r = ce_json_strings(o, "virtual-packages", &lock->arena, &texts, &n, err);
	if (r < 0)
		return r;
	p->virtuals = ce_arena_array(&lock->arena, n + 1, sizeof(*p->virtuals));
	for (; p->n_virtuals < n; p->n_virtuals++) {
		r = read_virtual(
			texts[p->n_virtuals], &lock->arena, &p->virtuals[p->n_virtuals], err);
		if (r < 0)
			return r;
	}
	n = 0;
	r = ce_json_strings(o, "packages", &lock->arena, &texts, &n, err);
	if (r < 0)
		return r;
	p->pkgs = ce_arena_array(&lock->arena, n + 1, sizeof(*p->pkgs));
	for (; p->n_pkgs < n; p->n_pkgs++) {
		p->pkgs[p->n_pkgs] = ce_map_get(by_url, texts[p->n_pkgs]);
		if (!p->pkgs[p->n_pkgs])
			return ce_fail(err, CCENV_EDATA, "%s is not in the list of packages",
				texts[p->n_pkgs]);
	}
	return 0;
}

static int read_env(const char *name, const json_t *o, struct ce_lock *lock,
	const struct ce_map *by_url, struct ccenv_error *err)
{
	struct ce_lock_env *env = &lock->envs[lock->n_envs++];
	const char *platform;
	json_t *platforms = NULL, *v;
	int r;

	if (!ce_name_is_valid(name, strlen(name)))
		return ce_fail(err, CCENV_EDATA, "\"%s\" is no environment name", name);
	env->name = ce_arena_strdup(&lock->arena, name);
	env->options = "";
	r = ce_json_strings(o, "channels", &lock->arena, &env->channels, &env->n_channels, err);
	if (r >= 0)
		r = ce_json_string(o, "options", &lock->arena, &env->options, err);
	if (r >= 0)
		r = ce_json_object(o, "platforms", &platforms, err);
	if (r < 0)
		return r;
	env->platforms = ce_arena_array(
		&lock->arena, json_object_size(platforms) + 1, sizeof(*env->platforms));
	json_object_foreach (platforms, platform, v) {
		struct ce_lock_platform *p = &env->platforms[env->n_platforms++];

		if (!ce_subdir_is_known(platform, strlen(platform)))
			return ce_fail(err, CCENV_EDATA, "\"%s\" is no platform", platform);
		p->platform = ce_arena_strdup(&lock->arena, platform);
		r = read_platform(v, lock, by_url, p, err);
		if (r < 0)
			return ce_context(err, r, "%s", platform);
	}
	return 0;
}

static int read_root(const json_t *root, struct ce_lock *lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_map_release) struct ce_map by_url = {0};
	uint64_t version = 0;
	const char *name;
	json_t *envs = NULL, *v;
	int r;

	r = ce_json_uint(root, "version", &version, err);
	if (r < 0)
		return r;
	if (version != CE_LOCK_FORMAT)
		return ce_fail(err, CCENV_EDATA,
			"format version %llu, this ccenv knows %d; use a newer ccenv",
			(unsigned long long)version, CE_LOCK_FORMAT);
	r = read_packages(root, lock, &by_url, err);
	if (r >= 0)
		r = ce_json_object(root, "environments", &envs, err);
	if (r < 0)
		return r;
	if (json_object_size(envs) > ENVIRONMENTS_MAX)
		return ce_fail(err, CCENV_EDATA, "environments: more than %d", ENVIRONMENTS_MAX);
	lock->envs = ce_arena_array(&lock->arena, json_object_size(envs) + 1, sizeof(*lock->envs));
	json_object_foreach (envs, name, v) {
		r = read_env(name, v, lock, &by_url, err);
		if (r < 0)
			return ce_context(err, r, "environments: %s", name);
	}
	return 0;
}

int ce_lock_parse(const char *text, size_t len, struct ce_lock **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lock_freep) struct ce_lock *lock = ce_lock_new();
	CE_CLEANUP(ce_json_decrefp) json_t *root = NULL;
	int r = ce_json_parse(text, len, &root, err);

	if (r >= 0)
		r = read_root(root, lock, err);
	if (r < 0)
		return r;
	*ret_lock = CE_TAKE(lock);
	return 0;
}

int ce_lock_read(const char *path, struct ce_lock **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	return ce_lock_read_text(path, &text, ret_lock, err);
}

int ce_lock_read_text(
	const char *path, struct ce_buf *text, struct ce_lock **ret_lock, struct ccenv_error *err)
{
	size_t at = text->len;
	int r = ce_fs_read(path, LOCK_BYTES_MAX, text, err);

	if (r == CCENV_ENOTFOUND) {
		*ret_lock = NULL;
		return 0;
	}
	if (r < 0)
		return r;
	r = ce_lock_parse(ce_buf_str(text) + at, text->len - at, ret_lock, err);
	if (r < 0) {
		ce_context(err, r, "%s", path);
		return ce_hint(err, r,
			"(restore it from version control, or remove it and run `ccenv lock`)");
	}
	return 0;
}
