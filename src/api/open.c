/* SPDX-License-Identifier: MIT */
/* ccenv_open(), ccenv_close(): where a project is, and its manifest. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/url.h"
#include "cache/layout.h"
#include "manifest/manifest_file.h"
#include "model/manifest.h"

static const char *system_getenv(const char *name)
{
	return getenv(name);
}

/* The nearest ccenv.json, from the working directory upwards; NULL when there is none. */
static char *find_manifest(void)
{
	CE_AUTOFREE char *dir = ce_path_absolute(".");

	for (;;) {
		CE_AUTOFREE char *path = ce_path_join(dir, "ccenv.json");
		char *parent;

		/* One that cannot be looked at is there: reading it says why not. A directory above may be
		 * closed to this user. */
		if (ce_fs_exists(path) || (errno != ENOENT && errno != ENOTDIR && errno != EACCES))
			return CE_TAKE(path);
		if (strcmp(dir, "/") == 0)
			return NULL;
		parent = ce_path_dir(dir);
		ce_freep(&dir);
		dir = parent;
	}
}

/* A project of a few options: the manifest that `ccenv init` would write for them. */
static int manifest_from_options(
	const struct ccenv_options *o, struct ccenv *c, struct ccenv_error *err)
{
	const struct ce_manifest_new_options m = {
		.channels = o->channels,
		.n_channels = o->n_channels,
		.cuda_version = o->cuda_version,
		.components = o->components,
		.n_components = o->n_components,
	};

	ce_manifest_render(&m, &c->manifest_text);
	return ce_manifest_parse(ce_buf_str(&c->manifest_text), c->manifest_text.len,
		"the command line", &c->manifest, err);
}

/* The cache below the home that the user database knows, for services and `env -i`. A place that
 * others can write to is no cache: who makes an entry decides what is linked from it. */
static char *cache_of_user(void)
{
	char text[4096];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(getuid(), &pw, text, sizeof(text), &found) != 0 || !found ||
		found->pw_dir[0] != '/')
		return NULL;
	return ce_path_join(found->pw_dir, ".cache/ccenv");
}

/* An empty value is a variable that was not set, and would mean the working directory. */
static int check_not_empty(const struct ccenv_options *o, struct ccenv_error *err)
{
	const struct {
		const char *name, *value;
	} paths[] = {
		{"--manifest", o->manifest},
		{"--lock", o->lock},
		{"--root", o->root},
		{"--cache-dir", o->cache_dir},
	};

	for (size_t i = 0; i < CE_COUNT(paths); i++)
		if (paths[i].value && !*paths[i].value)
			return ce_fail(err, CCENV_EUSAGE, "%s is empty", paths[i].name);
	return 0;
}

static int set_cache(struct ccenv *c, const struct ccenv_options *o, struct ccenv_error *err)
{
	const char *named = c->getenv_fn("CCENV_CACHE_DIR");
	const char *shared = c->getenv_fn("CCENV_SHARED_CACHE");

	c->cache_is_named = o->cache_dir || (named && *named);
	c->shared_cache = o->shared_cache || (shared && *shared && strcmp(shared, "0") != 0);
	if (o->cache_dir)
		c->cache_dir = ce_path_absolute(o->cache_dir);
	else
		c->cache_dir = ce_cache_default(c->getenv_fn);
	if (!c->cache_dir)
		c->cache_dir = cache_of_user();
	if (!c->cache_dir)
		return ce_fail(err, CCENV_EUSAGE,
			"there is no place for the cache: HOME is not set, and this user has no home directory; give --cache-dir or CCENV_CACHE_DIR");
	return 0;
}

static void set_paths(struct ccenv *c, const struct ccenv_options *o)
{
	CE_AUTOFREE char *dir =
		c->manifest_path ? ce_path_dir(c->manifest_path) : ce_path_absolute(".");
	CE_AUTOFREE char *root = ce_path_join(dir, "build/_ccenv");
	CE_AUTOFREE char *lock = NULL;

	c->root_is_named = o->root;
	c->lock_is_named = o->lock;
	c->root = ce_path_absolute(o->root ? o->root : root);
	lock = ce_path_join(c->manifest_path ? dir : c->root, "ccenv.lock");
	c->lock_path = ce_path_absolute(o->lock ? o->lock : lock);
}

/* The manifest that is named, or one that is found and may be used. */
static void set_manifest(struct ccenv *c, const struct ccenv_options *o)
{
	if (o->manifest) {
		c->manifest_path = ce_path_absolute(o->manifest);
		return;
	}
	if (o->cuda_version)
		return;
	c->manifest_path = find_manifest();
	if (c->manifest_path && ce_trust_check_owner(c, c->manifest_path, "--manifest",
					c->manifest_path, &c->untrusted) < 0)
		ce_freep(&c->manifest_path);
}

/* Directories of an option, or else of a variable with colons between them; made absolute. */
static void set_dirs(
	const char *const *dirs, size_t n_dirs, const char *text, char ***ret, size_t *ret_n)
{
	char **list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < n_dirs; i++) {
		CE_GROW(list, n, cap);
		list[n++] = ce_path_absolute(dirs[i]);
	}
	while (n_dirs == 0 && text && *text) {
		size_t len = strcspn(text, ":");
		CE_AUTOFREE char *dir = ce_strndup(text, len);

		if (len > 0) {
			CE_GROW(list, n, cap);
			list[n++] = ce_path_absolute(dir);
		}
		text += len + (text[len] == ':');
	}
	*ret = list;
	*ret_n = n;
}

static void free_dirs(char **dirs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(dirs[i]);
	free(dirs);
}

char *ccenv_manifest_path(const struct ccenv_options *o)
{
	struct ccenv c = {.getenv_fn = o->getenv_fn ? o->getenv_fn : system_getenv};

	set_manifest(&c, o);
	return c.manifest_path;
}

static void closep(struct ccenv **c)
{
	ccenv_close(*c);
}

int ccenv_open(const struct ccenv_options *o, struct ccenv **ret, struct ccenv_error *err)
{
	CE_CLEANUP(closep) struct ccenv *c = ce_calloc(1, sizeof(*c));
	int r;

	c->getenv_fn = o->getenv_fn ? o->getenv_fn : system_getenv;
	c->events = o->events;
	c->offline = o->offline;
	r = check_not_empty(o, err);
	if (r < 0)
		return r;
	r = set_cache(c, o, err);
	if (r < 0)
		return r;
	set_manifest(c, o);
	set_paths(c, o);
	set_dirs(o->package_caches, o->n_package_caches, c->getenv_fn("CCENV_PACKAGE_CACHES"),
		&c->package_caches, &c->n_package_caches);
	set_dirs(o->trusted_caches, o->n_trusted_caches, c->getenv_fn("CCENV_TRUSTED_CACHES"),
		&c->trusted_caches, &c->n_trusted_caches);
	if (c->manifest_path)
		r = ce_manifest_read(c->manifest_path, &c->manifest_text, &c->manifest, err);
	else if (o->cuda_version)
		r = manifest_from_options(o, c, err);
	if (r < 0)
		return r;
	if (c->manifest)
		c->manifest->home = ce_arena_strdup(&c->manifest->arena, c->getenv_fn("HOME"));
	*ret = CE_TAKE(c);
	return 0;
}

void ccenv_close(struct ccenv *c)
{
	if (!c)
		return;
	ce_manifest_freep(&c->manifest);
	ce_buf_release(&c->manifest_text);
	free(c->manifest_path);
	free(c->lock_path);
	free(c->root);
	free(c->cache_dir);
	free_dirs(c->package_caches, c->n_package_caches);
	free_dirs(c->trusted_caches, c->n_trusted_caches);
	free(c);
}

int ce_project_use_lock(struct ccenv *c, const char *lock_path, struct ccenv_error *err)
{
	if (!*lock_path)
		return ce_fail(err, CCENV_EUSAGE, "the name of the lock is empty");
	ce_manifest_freep(&c->manifest);
	ce_buf_clear(&c->manifest_text);
	ce_freep(&c->manifest_path);
	c->untrusted.code = 0; /* that was the manifest which is not used */
	free(c->lock_path);
	c->lock_path = ce_path_absolute(lock_path);
	if (!c->root_is_named) {
		free(c->root);
		c->root = ce_path_absolute("build/_ccenv");
	}
	return 0;
}

int ce_project_check(const struct ccenv *c, struct ccenv_error *err)
{
	if (c->untrusted.code == 0)
		return 0;
	*err = c->untrusted;
	return err->code;
}

int ce_project_no_lock(const struct ccenv *c, struct ccenv_error *err)
{
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	if (c->manifest || c->lock_is_named || c->root_is_named)
		return ce_fail(err, CCENV_ENOTFOUND, "%s: no such file; run `ccenv lock` first",
			c->lock_path);
	return ce_fail(err, CCENV_ENOTFOUND,
		"there is no ccenv.json here or in a parent directory, and no %s; change to the project, or name its lock with --lock or what is installed with --root",
		c->lock_path);
}

int ce_project_check_committed_url(const char *what, const char *url, struct ccenv_error *err)
{
	if (!ce_url_has_credentials(url))
		return 0;
	return ce_fail(err, CCENV_EUSAGE,
		"the URL of the %s has credentials, and the file that names it is to be committed: leave them out",
		what);
}

int ce_project_need_manifest(const struct ccenv *c, struct ccenv_error *err)
{
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	if (c->manifest)
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND,
		"there is no ccenv.json here or in a parent directory; `ccenv init --cuda 13.0` makes one, or give --manifest FILE or --cuda VERSION");
}

struct ce_arena *ce_owner_new(void)
{
	return ce_calloc(1, sizeof(struct ce_arena));
}

void ce_owner_free(void *owner)
{
	if (!owner)
		return;
	ce_arena_release(owner);
	free(owner);
}

const char *ccenv_version(void)
{
	return CCENV_VERSION;
}
