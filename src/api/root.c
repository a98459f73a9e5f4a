/* SPDX-License-Identifier: MIT */
/* Is a directory a root of ccenv's, or in use by something else? See root.h. */
#include "api/root.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "emit/emit.h"

static const char marker[] = ".ccenv-root";
static const char marker_text[] = "A root of ccenv, which replaces and removes files here.\n";

/* Is there a file of that name, and not a link to one? */
static bool has_file(const char *dir, const char *name)
{
	CE_AUTOFREE char *path = ce_path_join(dir, name);
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool leads_to(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* What can be there before the first install: the log and the stamp of the CMake module, the lock of a
 * project without a manifest, a cache; and what another install makes at this moment. */
static bool is_harmless(const struct ccenv *c, const char *name)
{
	static const char *const names[] = {".", "..", "log.txt", "cmake.stamp", "lock"};
	CE_AUTOFREE char *path = ce_path_join(c->root, name);

	for (size_t i = 0; i < CE_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return ce_has_prefix(name, ".ccenv") || leads_to(path, c->lock_path) ||
	       leads_to(path, c->cache_dir);
}

/* The first name of something else in the directory; NULL without any. The caller frees it. */
static int find_other(const struct ccenv *c, char **ret, struct ccenv_error *err)
{
	DIR *d = opendir(c->root);
	struct dirent *e;

	*ret = NULL;
	if (!d && errno == ENOENT)
		return 0;
	if (!d && errno == ENOTDIR)
		return ce_fail(err, CCENV_EUSAGE,
			"%s is not a directory; give another one with --root", c->root);
	if (!d)
		return ce_fail_errno(err, errno, "cannot open %s", c->root);
	while ((e = readdir(d))) {
		if (is_harmless(c, e->d_name) || (*ret && strcmp(*ret, e->d_name) < 0))
			continue;
		free(*ret);
		*ret = ce_strdup(e->d_name);
	}
	closedir(d);
	return 0;
}

/* The directories that an install writes to must not lead elsewhere. */
static int check_parts(const char *root, struct ccenv_error *err)
{
	static const char *const parts[] = {
		"bin", "env", "host", "ide", "make", "meson", "pkgconfig", "toolchain", "view"};

	for (size_t i = 0; i < CE_COUNT(parts); i++) {
		CE_AUTOFREE char *path = ce_path_join(root, parts[i]);
		struct stat st;

		if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
			return ce_fail(err, CCENV_EUSAGE,
				"%s is not a directory of ccenv's (a link is not followed there); remove it",
				path);
	}
	return 0;
}

bool ce_root_has_marker(const char *dir)
{
	return has_file(dir, marker);
}

static bool is_root(const char *dir)
{
	return has_file(dir, marker) || has_file(dir, "installed");
}

int ce_root_check(const struct ccenv *c, struct ccenv_error *err)
{
	CE_AUTOFREE char *other = NULL;
	int r = ce_trust_check_root(c, err);

	if (r < 0)
		return r;
	if (!is_root(c->root)) {
		r = find_other(c, &other, err);
		if (r < 0)
			return r;
	}
	/* Another install may have made it a root meanwhile: the marker comes before the rest. */
	if (other && !is_root(c->root))
		return ce_fail(err, CCENV_EUSAGE,
			"%s is in use (it has \"%s\") and was not made by ccenv, which removes files from its root: give an empty or new directory with --root",
			c->root, other);
	return check_parts(c->root, err);
}

int ce_root_claim(const struct ccenv *c, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(c->root, marker);
	int r = ce_root_check(c, err);

	if (r < 0)
		return r;
	r = ce_fs_mkdirs(c->root, err);
	if (r < 0)
		return ce_hint(
			err, r, "(choose another place with --root DIR; in CMake, CCENV_ROOT_DIR)");
	return ce_fs_replace(path, marker_text, sizeof(marker_text) - 1, NULL, err);
}

int ce_root_check_all(const struct ccenv *c, struct ccenv_error *err)
{
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	r = ce_emit_check_path("directory", c->root, err);
	if (r < 0)
		return r;
	return ce_root_check(c, err);
}

static void on_wait(void *user, const char *holder)
{
	struct ccenv *c = user;

	ce_log(&c->events, CCENV_LOG_NOTICE, "Waiting for %s, which is using %s", holder, c->root);
}

int ce_root_lock(struct ccenv *c, struct ce_fs_lock **ret, struct ccenv_error *err)
{
	enum {
		TIMEOUT_S = 1800
	};
	CE_AUTOFREE char *guard = ce_path_join(c->root, "lock");
	int r = ce_root_claim(c, err);

	if (r < 0)
		return r;
	return ce_fs_lock(guard, TIMEOUT_S, on_wait, c, ret, err);
}
