/* SPDX-License-Identifier: MIT */
/* The sources at another place, without what was built in them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/project.h"
#include "api/rebuild.h"
#include "api/root.h"
#include "base/alloc.h"
#include "base/copy.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "io/git.h"

enum {
	DEPTH_MAX = 64
};

struct copy {
	const char *from, *to;
	const char *skip; /* a directory without links, or NULL */
	struct ccenv_error *err;
	struct ce_map
		built; /* directories that git lists files in: "y" if a build made them, else "n" */
};

/* Not the times: they are to differ, as in two checkouts. */
static int copy_file(struct copy *c, const char *from, const char *to, const struct stat *st)
{
	CE_CLEANUP(ce_fs_closep)
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CE_CLEANUP(ce_fs_closep)
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);

	if (in < 0)
		return ce_fail_errno(c->err, errno, "cannot read %s", from);
	if (out < 0)
		return ce_fail_errno(c->err, errno, "cannot write %s", to);
	if (ce_copy_clone(in, out) < 0 && ce_copy_bytes(in, out, (uint64_t)st->st_size) < 0)
		return ce_fail_errno(c->err, errno, "cannot copy %s", from);
	return 0;
}

static int copy_link(struct copy *c, const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return ce_fail_errno(c->err, errno, "cannot read %s", from);
	target[n] = '\0';
	return symlink(target, to) < 0 ? ce_fail_errno(c->err, errno, "cannot write %s", to) : 0;
}

/* What a build made, by its signs: a build directory of CMake or Meson, a root of ccenv. */
static bool is_built(const struct copy *c, const char *dir)
{
	static const char *const signs[] = {
		"CMakeCache.txt", "meson-private", ".ccenv-rebuild-check"};
	CE_AUTOFREE char *real = realpath(dir, NULL);

	if (strcmp(ce_path_base(dir), ".git") == 0 || ce_root_has_marker(dir))
		return true;
	if (real && c->skip && strcmp(real, c->skip) == 0)
		return true;
	for (size_t i = 0; i < CE_COUNT(signs); i++) {
		CE_AUTOFREE char *sign = ce_path_join(dir, signs[i]);

		if (ce_fs_exists(sign))
			return true;
	}
	return false;
}

static int copy_any(struct copy *c, const char *from, const char *to, unsigned depth);

static int copy_dir(struct copy *c, const char *from, const char *to, unsigned depth)
{
	DIR *d = depth > DEPTH_MAX ? NULL : opendir(from);
	struct dirent *e;
	int r = 0;

	if (!d)
		return ce_fail_errno(
			c->err, depth > DEPTH_MAX ? ELOOP : errno, "cannot open %s", from);
	if (mkdir(to, 0777) < 0 && errno != EEXIST)
		r = ce_fail_errno(c->err, errno, "cannot make %s", to);
	while (r == 0 && (e = readdir(d))) {
		CE_AUTOFREE char *a = NULL, *b = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		a = ce_path_join(from, e->d_name);
		b = ce_path_join(to, e->d_name);
		r = copy_any(c, a, b, depth + 1);
	}
	closedir(d);
	return r;
}

static int copy_any(struct copy *c, const char *from, const char *to, unsigned depth)
{
	struct stat st;

	if (lstat(from, &st) < 0)
		return errno == ENOENT ? 0 : ce_fail_errno(c->err, errno, "cannot read %s", from);
	if (S_ISDIR(st.st_mode))
		return is_built(c, from) ? 0 : copy_dir(c, from, to, depth);
	if (S_ISLNK(st.st_mode))
		return copy_link(c, from, to);
	return S_ISREG(st.st_mode) ? copy_file(c, from, to, &st) : 0;
}

/* Is a directory on the way to the path one that a build made, and that git does not ignore? */
static bool is_in_built(struct copy *c, const char *path)
{
	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		CE_AUTOFREE char *dir = ce_strndup(path, (size_t)(slash - path));
		CE_AUTOFREE char *from = ce_path_join(c->from, dir);
		const char *known = ce_map_get(&c->built, dir);

		if (!known) {
			known = is_built(c, from) ? "y" : "n";
			ce_map_set(&c->built, dir, (void *)known);
		}
		if (*known == 'y')
			return true;
	}
	return false;
}

/* A path that git lists, a submodule as a directory. */
static int take_path(void *user, const char *path, size_t len, struct ccenv_error *err)
{
	struct copy *c = user;
	CE_AUTOFREE char *from = ce_path_join(c->from, path);
	CE_AUTOFREE char *to = ce_path_join(c->to, path);
	CE_AUTOFREE char *dir = ce_path_dir(to);
	int r;

	if (len == 0 || path[0] == '/' || strstr(path, "../"))
		return ce_fail(
			err, CCENV_EDATA, "%s: git lists a file without a proper name", c->from);
	if (is_in_built(c, path))
		return 0;
	r = ce_fs_mkdirs(dir, err);
	/* A file in conflict is listed once a stage. */
	return r < 0 || ce_fs_exists(to) ? r : copy_any(c, from, to, 1);
}

/* For builds that ask git for the version: a clone that shares the objects and writes to its own. */
static void clone_repository(const struct ce_git *git, const char *to)
{
	CE_AUTOFREE char *tmp = ce_asprintf("%s.git", to);
	CE_AUTOFREE char *made = ce_path_join(tmp, ".git");
	CE_AUTOFREE char *place = ce_path_join(to, ".git");
	CE_AUTOFREE char *source = ce_path_join(git->dir, ".git");
	const struct ce_git original = {
		.dir = git->dir, .getenv_fn = git->getenv_fn, .copies = true};
	const struct ce_git copy = {.dir = to, .getenv_fn = git->getenv_fn};
	const char *const clone[] = {
		"clone", "--quiet", "--shared", "--no-checkout", "--template=", ".", tmp, NULL};
	const char *const reset[] = {"reset", "--quiet", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ccenv_error ignored;

	/* Without one the build sees no repository, as from a release's archive. */
	if (!ce_fs_exists(source) || ce_git_text(&original, clone, &out, &ignored) < 0 ||
		rename(made, place) < 0)
		ce_ignore(ce_fs_remove_tree(made, &ignored));
	else
		ce_ignore(ce_git_text(&copy, reset, &out, &ignored));
	ce_ignore(ce_fs_remove_tree(tmp, &ignored));
}

int ce_sources_copy(const struct ccenv *c, const char *from, const char *to, const char *skip,
	struct ccenv_error *err)
{
	const char *const list[] = {
		"ls-files", "-z", "--cached", "--others", "--exclude-standard", NULL};
	const struct ce_git git = {.dir = from, .getenv_fn = c->getenv_fn};
	struct copy copy = {.from = from, .to = to, .skip = skip, .err = err};
	CE_CLEANUP(ce_buf_release) struct ce_buf top = {0};
	struct ccenv_error no_git;
	int r = ce_fs_mkdirs(to, err);

	if (r < 0)
		return r;
	if (ce_git_top(&git, &top, &no_git) < 0)
		return copy_dir(&copy, from, to, 0);
	r = ce_git_records(&git, list, take_path, &copy, err);
	ce_map_release(&copy.built);
	if (r >= 0)
		clone_repository(&git, to);
	return r;
}
