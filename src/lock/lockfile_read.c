/* SPDX-License-Identifier: MIT */
/* The lock from JSON text. The hard part is trust: a lock comes from a repository, so every field
 * is checked. */
#include "lock/lockfile.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "lock/lockfile_format.h"
#include "lock/lockfile_origin.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "model/pkg_read.h"
#include "spec/name.h"
#include "spec/subdir.h"

enum {
	LOCK_BYTES_MAX = 64 << 20,
	PACKAGES_MAX = 100000,
	ENVIRONMENTS_MAX = 256,
	PLATFORMS_MAX = 64,
	BASES_MAX = 256,
	STRINGS_MAX = 4096, /* specs, channels, virtual packages */
};

struct reader {
	struct ce_cursor c;
	struct ce_lockfile *lock;
	struct ce_map by_url;
	struct ccenv_error *err;
};

/* Where the three parts of a lock begin; the text holds them in any order. */
struct parts {
	struct ce_cursor version, environments, packages;
};

static int fail_kind(struct reader *r, const char *key, const char *expected, enum ce_kind found)
{
	return ce_fail(r->err, CCENV_EDATA, "%s: expected %s, found %s", key, expected,
		ce_kind_name(found));
}

static int enter(struct reader *r, const char *key, enum ce_kind kind)
{
	enum ce_kind found = r->c.ops->peek(&r->c);

	if (found == kind && r->c.ops->enter(&r->c))
		return 0;
	return fail_kind(r, key, ce_kind_name(kind), found);
}

static int skip(struct reader *r)
{
	return r->c.ops->skip(&r->c) ? 0 : ce_fail(r->err, CCENV_EDATA, "malformed data");
}

static int fail_end(struct reader *r, const char *key)
{
	return ce_fail(r->err, CCENV_EDATA, "%s: malformed data", key);
}

static int read_string(struct reader *r, const char *key, const char **ret)
{
	enum ce_kind found = r->c.ops->peek(&r->c);

	if (found != CE_KIND_STRING)
		return fail_kind(r, key, "a string", found);
	if (r->c.ops->string(&r->c, ret))
		return 0;
	return ce_fail(r->err, CCENV_EDATA, "%s: expected UTF-8 without control characters", key);
}

static int read_strings(struct reader *r, const char *key, size_t max, struct ce_strs *ret)
{
	enum ce_kind found = r->c.ops->peek(&r->c);

	if (found != CE_KIND_LIST)
		return fail_kind(r, key, "a list of strings", found);
	if (ce_cursor_strings(&r->c, max, ret, &found))
		return 0;
	if (found == CE_KIND_LIST)
		return ce_fail(r->err, CCENV_EDATA, "%s: more than %zu entries", key, max);
	if (found == CE_KIND_STRING)
		return ce_fail(r->err, CCENV_EDATA,
			"%s: expected strings of UTF-8 without control characters", key);
	return fail_kind(r, key, "a list of strings", found);
}

/* Marks `key` as seen. Given twice, two readers would see two different locks. */
static int see(struct reader *r, unsigned *seen, unsigned bit, const char *key)
{
	if (*seen & bit)
		return ce_fail(r->err, CCENV_EDATA, "%s is given twice", key);
	*seen |= bit;
	return 0;
}

static int read_packages(struct reader *r)
{
	struct ce_lockfile *lock = r->lock;
	CE_AUTOFREE struct ce_pkg *pkgs = NULL;
	size_t n = 0, cap = 0;
	int more, e = enter(r, "packages", CE_KIND_LIST);

	if (e < 0)
		return e;
	while ((more = r->c.ops->next_item(&r->c)) > 0) {
		if (n == PACKAGES_MAX)
			return ce_fail(r->err, CCENV_EDATA, "packages: more than %d", PACKAGES_MAX);
		CE_GROW(pkgs, n, cap);
		e = ce_pkg_read(&r->c, NULL, &pkgs[n], r->err);
		if (e < 0)
			return ce_context(r->err, e, "packages[%zu]", n);
		n++;
	}
	if (more < 0)
		return fail_end(r, "packages");
	lock->pkgs = ce_arena_array(&lock->arena, n + 1, sizeof(*pkgs));
	if (n)
		memcpy(lock->pkgs, pkgs, n * sizeof(*pkgs));
	for (; lock->n_pkgs < n; lock->n_pkgs++)
		if (ce_map_set(&r->by_url, pkgs[lock->n_pkgs].url, &lock->pkgs[lock->n_pkgs]))
			return ce_fail(r->err, CCENV_EDATA, "packages[%zu]: %s is given twice",
				lock->n_pkgs, pkgs[lock->n_pkgs].url);
	return 0;
}

/* "__cuda=13.0=0" */
static int read_virtual(struct reader *r, const char *text, struct ce_virtual *ret)
{
	struct ce_arena *a = &r->lock->arena;
	const char *version = strchr(text, '='), *build;

	build = version ? strchr(version + 1, '=') : NULL;
	if (!build || !ce_has_prefix(text, "__"))
		return ce_fail(r->err, CCENV_EDATA,
			"virtual-packages: \"%s\": expected name=version=build", text);
	ret->name = ce_arena_strndup(a, text, (size_t)(version - text));
	ret->version = ce_arena_strndup(a, version + 1, (size_t)(build - version - 1));
	ret->build = ce_arena_strdup(a, build + 1);
	return 0;
}

static int set_virtuals(struct reader *r, struct ce_strs texts, struct ce_lockfile_platform *p)
{
	p->virtuals = ce_arena_array(&r->lock->arena, texts.n + 1, sizeof(*p->virtuals));
	for (; p->n_virtuals < texts.n; p->n_virtuals++) {
		int e = read_virtual(r, texts.items[p->n_virtuals], &p->virtuals[p->n_virtuals]);

		if (e < 0)
			return e;
	}
	return 0;
}

/* An environment has one package of a name. */
static int set_packages(struct reader *r, struct ce_strs urls, struct ce_lockfile_platform *p)
{
	CE_CLEANUP(ce_map_release) struct ce_map names = {0};

	p->pkgs = ce_arena_array(&r->lock->arena, urls.n + 1, sizeof(*p->pkgs));
	for (; p->n_pkgs < urls.n; p->n_pkgs++) {
		p->pkgs[p->n_pkgs] = ce_map_get(&r->by_url, urls.items[p->n_pkgs]);
		if (!p->pkgs[p->n_pkgs])
			return ce_fail(r->err, CCENV_EDATA, "%s is not in the list of packages",
				urls.items[p->n_pkgs]);
		if (!ce_map_insert(&names, p->pkgs[p->n_pkgs]->name))
			return ce_fail(
				r->err, CCENV_EDATA, "%s is given twice", p->pkgs[p->n_pkgs]->name);
	}
	return 0;
}

/* The list of a key that is seen once. */
static int see_strings(struct reader *r, unsigned *seen, unsigned bit, const char *key, size_t max,
	struct ce_strs *ret)
{
	int e = see(r, seen, bit, key);

	return e < 0 ? e : read_strings(r, key, max, ret);
}

static int read_platform_key(struct reader *r, const char *key, size_t len, unsigned *seen,
	struct ce_lockfile_platform *p)
{
	struct ce_strs list = {0};
	int e;

	if (ce_cursor_key_is(key, len, "specs")) {
		e = see_strings(r, seen, 1, "specs", STRINGS_MAX, &list);
		if (e < 0)
			return e;
		p->specs = list.items;
		p->n_specs = list.n;
		return 0;
	}
	if (ce_cursor_key_is(key, len, "virtual-packages")) {
		e = see_strings(r, seen, 2, "virtual-packages", STRINGS_MAX, &list);
		return e < 0 ? e : set_virtuals(r, list, p);
	}
	if (ce_cursor_key_is(key, len, "packages")) {
		e = see_strings(r, seen, 4, "packages", PACKAGES_MAX, &list);
		return e < 0 ? e : set_packages(r, list, p);
	}
	/* Of one side of a target; a platform is the key of its set. */
	if (ce_cursor_key_is(key, len, "platform")) {
		e = see(r, seen, 8, "platform");
		return e < 0 ? e : read_string(r, "platform", &p->platform);
	}
	return skip(r);
}

/* `name` is what messages call it. */
static int read_set(struct reader *r, const char *name, struct ce_lockfile_platform *p)
{
	unsigned seen = 0;
	const char *key;
	size_t len;
	int more, e = enter(r, name, CE_KIND_MAP);

	if (e < 0)
		return e;
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		e = read_platform_key(r, key, len, &seen, p);
		if (e < 0)
			return ce_context(r->err, e, "%s", name);
	}
	return more < 0 ? fail_end(r, name) : 0;
}

static int read_platform(struct reader *r, struct ce_lockfile_platform *p)
{
	const char *name = p->platform;
	int e = read_set(r, name, p);

	p->platform = name;
	return e;
}

static int read_platforms(struct reader *r, struct ce_lockfile_env *env)
{
	const char *key;
	size_t len;
	int more, e = enter(r, "platforms", CE_KIND_MAP);

	if (e < 0)
		return e;
	env->platforms = ce_arena_array(&r->lock->arena, PLATFORMS_MAX, sizeof(*env->platforms));
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		CE_AUTOFREE char *name = ce_strndup(key, len);

		if (!ce_subdir_is_known(key, len))
			return ce_fail(r->err, CCENV_EDATA, "unknown platform \"%s\"", name);
		if (ce_lockfile_platform_find(env, name))
			return ce_fail(r->err, CCENV_EDATA, "%s is given twice", name);
		if (env->n_platforms == PLATFORMS_MAX)
			return ce_fail(
				r->err, CCENV_EDATA, "platforms: more than %d", PLATFORMS_MAX);
		env->platforms[env->n_platforms].platform = ce_arena_strdup(&r->lock->arena, name);
		e = read_platform(r, &env->platforms[env->n_platforms++]);
		if (e < 0)
			return e;
	}
	return more < 0 ? fail_end(r, "platforms") : 0;
}

static int read_side(struct reader *r, const char *key, struct ce_lockfile_platform *p)
{
	int e = read_set(r, key, p);

	if (e >= 0 && (!p->platform || !ce_subdir_is_known(p->platform, strlen(p->platform))))
		e = ce_fail(r->err, CCENV_EDATA, "%s: platform: expected one of conda's, found %s",
			key, p->platform ? p->platform : "none");
	return e;
}

/* {"build": …, "host": …}: both must be there. */
static int read_target(struct reader *r, struct ce_lockfile_target *t)
{
	unsigned seen = 0;
	const char *key;
	size_t len;
	int more, e = enter(r, t->name, CE_KIND_MAP);

	while (e >= 0 && (more = r->c.ops->next_key(&r->c, &key, &len)) != 0) {
		if (more < 0)
			return fail_end(r, t->name);
		if (ce_cursor_key_is(key, len, "build")) {
			e = see(r, &seen, 1, "build");
			e = e < 0 ? e : read_side(r, "build", &t->build);
		} else if (ce_cursor_key_is(key, len, "host")) {
			e = see(r, &seen, 2, "host");
			e = e < 0 ? e : read_side(r, "host", &t->host);
		} else {
			e = skip(r);
		}
	}
	if (e >= 0 && seen != 3)
		e = ce_fail(r->err, CCENV_EDATA, "expected \"build\" and \"host\"");
	return e < 0 ? ce_context(r->err, e, "%s", t->name) : 0;
}

static int read_targets(struct reader *r, struct ce_lockfile_env *env)
{
	const char *key;
	size_t len;
	int more, e = enter(r, "targets", CE_KIND_MAP);

	if (e < 0)
		return e;
	env->targets = ce_arena_array(&r->lock->arena, PLATFORMS_MAX, sizeof(*env->targets));
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		CE_AUTOFREE char *name = ce_strndup(key, len);

		if (!ce_name_is_valid(key, len))
			return ce_fail(r->err, CCENV_EDATA, "targets: invalid target name");
		if (ce_lockfile_target_find(env, name))
			return ce_fail(r->err, CCENV_EDATA, "targets: %s is given twice", name);
		if (env->n_targets == PLATFORMS_MAX)
			return ce_fail(r->err, CCENV_EDATA, "targets: more than %d", PLATFORMS_MAX);
		env->targets[env->n_targets].name = ce_arena_strdup(&r->lock->arena, name);
		e = read_target(r, &env->targets[env->n_targets++]);
		if (e < 0)
			return ce_context(r->err, e, "targets");
	}
	return more < 0 ? fail_end(r, "targets") : 0;
}

/* {"<channel>": ["<URL>", …]} */
static int read_bases(struct reader *r, struct ce_lockfile_env *env)
{
	struct ce_arena *a = &r->lock->arena;
	const char *key;
	size_t len;
	int more, e = enter(r, "base-urls", CE_KIND_MAP);

	if (e < 0)
		return e;
	env->bases = ce_arena_array(a, BASES_MAX, sizeof(*env->bases));
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		const char *channel = ce_arena_strndup(a, key, len);
		struct ce_strs urls = {0};

		e = read_strings(r, "base-urls", BASES_MAX, &urls);
		if (e < 0)
			return e;
		if (urls.n > BASES_MAX - env->n_bases)
			return ce_fail(r->err, CCENV_EDATA, "base-urls: more than %d", BASES_MAX);
		for (size_t i = 0; i < urls.n; i++)
			env->bases[env->n_bases++] = (struct ce_base_url){channel, urls.items[i]};
	}
	return more < 0 ? fail_end(r, "base-urls") : 0;
}

static int read_env_key(
	struct reader *r, const char *key, size_t len, unsigned *seen, struct ce_lockfile_env *env)
{
	struct ce_strs list = {0};
	int e;

	if (ce_cursor_key_is(key, len, "channels")) {
		e = see_strings(r, seen, 1, "channels", STRINGS_MAX, &list);
		if (e < 0)
			return e;
		env->channels = list.items;
		env->n_channels = list.n;
		return 0;
	}
	if (ce_cursor_key_is(key, len, "options")) {
		e = see(r, seen, 2, "options");
		return e < 0 ? e : read_string(r, "options", &env->options);
	}
	if (ce_cursor_key_is(key, len, "base-urls")) {
		e = see(r, seen, 8, "base-urls");
		return e < 0 ? e : read_bases(r, env);
	}
	if (ce_cursor_key_is(key, len, "platforms")) {
		e = see(r, seen, 4, "platforms");
		return e < 0 ? e : read_platforms(r, env);
	}
	if (ce_cursor_key_is(key, len, "targets")) {
		e = see(r, seen, 16, "targets");
		return e < 0 ? e : read_targets(r, env);
	}
	return skip(r);
}

static int read_env(struct reader *r, struct ce_lockfile_env *env)
{
	unsigned seen = 0;
	const char *key;
	size_t len;
	int more, e = enter(r, "the environment", CE_KIND_MAP);

	if (e < 0)
		return e;
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		e = read_env_key(r, key, len, &seen, env);
		if (e < 0)
			return e;
	}
	return more < 0 ? fail_end(r, "the environment") : 0;
}

static int read_environments(struct reader *r)
{
	struct ce_lockfile *lock = r->lock;
	const char *key;
	size_t len;
	int more, e = enter(r, "environments", CE_KIND_MAP);

	if (e < 0)
		return e;
	lock->envs = ce_arena_array(&lock->arena, ENVIRONMENTS_MAX, sizeof(*lock->envs));
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		CE_AUTOFREE char *name = ce_strndup(key, len);
		struct ce_lockfile_env *env;

		if (!ce_name_is_valid(key, len))
			return ce_fail(
				r->err, CCENV_EDATA, "environments: invalid environment name");
		if (ce_lockfile_env_find(lock, name))
			return ce_fail(
				r->err, CCENV_EDATA, "environments: %s is given twice", name);
		if (lock->n_envs == ENVIRONMENTS_MAX)
			return ce_fail(r->err, CCENV_EDATA, "environments: more than %d",
				ENVIRONMENTS_MAX);
		env = &lock->envs[lock->n_envs++];
		env->name = ce_arena_strdup(&lock->arena, name);
		env->options = "";
		e = read_env(r, env);
		if (e < 0)
			return ce_context(r->err, e, "environments: %s", name);
	}
	return more < 0 ? fail_end(r, "environments") : 0;
}

static int read_version(struct reader *r)
{
	uint64_t version = 0;

	if (!r->c.ops || !ce_cursor_uint(&r->c, &version))
		return ce_fail(r->err, CCENV_EDATA, "version: expected the number of a format");
	if (version != CE_LOCKFILE_FORMAT)
		return ce_fail(r->err, CCENV_EDATA,
			"format version %llu, this ccenv knows %d; use a newer ccenv",
			(unsigned long long)version, CE_LOCKFILE_FORMAT);
	return 0;
}

/* Finds the parts, with a look at the whole text: what is malformed anywhere is refused. */
static int find_parts(struct reader *r, struct parts *parts)
{
	static const char *const names[] = {"version", "environments", "packages"};
	struct ce_cursor *const where[] = {&parts->version, &parts->environments, &parts->packages};
	unsigned seen = 0;
	const char *key;
	size_t len;
	int more, e;

	if (r->c.ops->peek(&r->c) != CE_KIND_MAP || !r->c.ops->enter(&r->c))
		return ce_fail(r->err, CCENV_EDATA, "expected an object");
	while ((more = r->c.ops->next_key(&r->c, &key, &len)) > 0) {
		for (size_t i = 0; i < CE_COUNT(names); i++) {
			if (!ce_cursor_key_is(key, len, names[i]))
				continue;
			e = see(r, &seen, 1U << i, names[i]);
			if (e < 0)
				return e;
			*where[i] = r->c;
		}
		e = skip(r);
		if (e < 0)
			return e;
	}
	if (more < 0 || r->c.ops->peek(&r->c) != CE_KIND_END || r->c.p != r->c.end)
		return ce_fail(r->err, CCENV_EDATA, "malformed data");
	return 0;
}

/* "line 3, column 7: malformed data" */
static int say_where(const struct reader *r, const char *text, int e)
{
	size_t line = 1, column = 1;

	for (const char *p = text; p < r->c.p; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	return ce_context(r->err, e, "line %zu, column %zu", line, column);
}

static int read_lock(struct reader *r, const char *text)
{
	struct parts parts = {0};
	int e = find_parts(r, &parts);

	if (e < 0)
		return say_where(r, text, e);
	r->c = parts.version;
	e = read_version(r);
	if (e < 0)
		return e;
	if (parts.packages.ops) {
		r->c = parts.packages;
		e = read_packages(r);
		if (e < 0)
			return e;
	}
	if (!parts.environments.ops)
		return ce_lockfile_check_origins(r->lock, r->err);
	r->c = parts.environments;
	e = read_environments(r);
	return e < 0 ? e : ce_lockfile_check_origins(r->lock, r->err);
}

int ce_lockfile_parse(
	const char *text, size_t len, struct ce_lockfile **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = ce_lockfile_new();
	struct reader r = {.lock = lock, .err = err};
	int e;

	ce_cursor_json(&r.c, text, len, &lock->arena);
	e = read_lock(&r, text);
	ce_map_release(&r.by_url);
	if (e < 0)
		return e;
	*ret_lock = CE_TAKE(lock);
	return 0;
}

int ce_lockfile_read(const char *path, struct ce_lockfile **ret_lock, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	return ce_lockfile_read_text(path, &text, ret_lock, err);
}

int ce_lockfile_read_text(const char *path, struct ce_buf *text, struct ce_lockfile **ret_lock,
	struct ccenv_error *err)
{
	size_t at = text->len;
	int r = ce_fs_read(path, LOCK_BYTES_MAX, text, err);

	if (r == CCENV_ENOTFOUND) {
		*ret_lock = NULL;
		return 0;
	}
	if (r < 0)
		return r;
	r = ce_lockfile_parse(ce_buf_str(text) + at, text->len - at, ret_lock, err);
	if (r < 0) {
		ce_context(err, r, "%s", path);
		return ce_hint(err, r,
			"(restore it from version control, or remove it and run `ccenv lock`)");
	}
	return 0;
}
