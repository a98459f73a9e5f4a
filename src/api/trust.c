/* SPDX-License-Identifier: MIT */
/* Is what was found without being named another user's? See trust.h. */
#include "api/trust.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/path.h"
#include "cache/layout.h"

/* The user who called sudo; -1 when that is not so. */
static uid_t sudo_uid(const struct ccenv *c)
{
	const char *text = c->getenv_fn("SUDO_UID");
	unsigned long long uid;
	char *end;

	if (geteuid() != 0 || !text || *text < '0' || *text > '9')
		return (uid_t)-1;
	errno = 0;
	uid = strtoull(text, &end, 10);
	return errno || *end || uid >= (uid_t)-1 ? (uid_t)-1 : (uid_t)uid;
}

static bool is_owned_by_dir(const char *path, uid_t uid)
{
	CE_AUTOFREE char *dir = ce_path_dir(path);
	struct stat st;

	return stat(dir, &st) == 0 && st.st_uid == uid && !(st.st_mode & S_IWOTH);
}

static bool is_trusted(const struct ccenv *c, const char *path, uid_t uid)
{
	struct stat here;

	if (uid == 0 || uid == geteuid())
		return true;
	if (stat(".", &here) == 0 && here.st_uid == uid)
		return true;
	return geteuid() == 0 && (uid == sudo_uid(c) || is_owned_by_dir(path, uid));
}

/* "alice (uid 1001)" */
static char *user_name(uid_t uid)
{
	char text[4096];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(uid, &pw, text, sizeof(text), &found) != 0 || !found)
		return ce_asprintf("uid %lu", (unsigned long)uid);
	return ce_asprintf("%s (uid %lu)", found->pw_name, (unsigned long)uid);
}

bool ce_trust_has_owner(const struct ccenv *c, const char *path)
{
	struct ccenv_error ignored;

	return ce_trust_check_owner(c, path, "", "", &ignored) >= 0;
}

int ce_trust_check_owner(const struct ccenv *c, const char *path, const char *option,
	const char *value, struct ccenv_error *err)
{
	int (*const look[])(const char *, struct stat *) = {lstat, stat};

	for (size_t i = 0; i < CE_COUNT(look); i++) {
		CE_AUTOFREE char *owner = NULL;
		struct stat st;

		if (look[i](path, &st) < 0 || is_trusted(c, path, st.st_uid))
			continue;
		owner = user_name(st.st_uid);
		return ce_fail(err, CCENV_EUNTRUSTED,
			"%s belongs to %s, neither to you nor to the owner of the working directory: give %s %s if you trust it",
			path, owner, option, value);
	}
	return 0;
}

int ce_trust_check_root(const struct ccenv *c, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_dir(c->root);
	CE_AUTOFREE char *stamp = ce_path_join(c->root, "stamp.json");
	const char *const paths[] = {dir, c->root, stamp};

	for (size_t i = 0; !c->root_is_named && i < CE_COUNT(paths); i++) {
		int r = ce_trust_check_owner(c, paths[i], "--root", c->root, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Can others write there? A group that is the user's own is nobody else. */
static bool is_shared(const struct stat *st)
{
	return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != getegid());
}

int ce_trust_check_cache(const struct ccenv *c, struct ccenv_error *err)
{
	CE_AUTOFREE char *pkgs = ce_cache_pkgs(c->cache_dir);
	const char *const paths[] = {c->cache_dir, pkgs};

	for (size_t i = 0; !c->shared_cache && i < CE_COUNT(paths); i++) {
		struct stat st;
		int r;

		if (stat(paths[i], &st) < 0)
			continue;
		if (is_shared(&st))
			return ce_fail(err, CCENV_EUNTRUSTED,
				"other users can write to the cache %s, and so decide what is installed from it: make it writable for you only (chmod go-w), or accept that with --shared-cache or CCENV_SHARED_CACHE=1",
				paths[i]);
		if (c->cache_is_named)
			continue;
		r = ce_trust_check_owner(c, paths[i], "--cache-dir", c->cache_dir, err);
		if (r < 0)
			return r;
	}
	return 0;
}
