/* SPDX-License-Identifier: MIT */
/* ccenv_touch(): the files of a git work tree get the time of the newest commit that changed them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "cache/beneath.h"
#include "io/git.h"

enum {
	SUBMODULES_DEEP = 16,
	FILES_MAX = 5000000
};

/* A tracked file, link or submodule. */
struct tracked {
	const char *path; /* from the top */
	int64_t time;     /* of the newest commit that changed it */
	bool found;       /* the time is known */
	bool modified;    /* not as committed: it keeps its time */
	bool submodule;
};

struct tree {
	const struct ce_git *git;
	struct ce_arena arena;
	struct tracked *items;
	size_t n, cap;
	struct ce_map index; /* path -> where in items, plus one */
	size_t wanted;       /* files whose time is not known yet */
	/* While the log is read: the commit, and whether the next record is a path. */
	int64_t commit_time;
	bool path_is_next;
};

static void tree_release(struct tree *t)
{
	ce_map_release(&t->index);
	ce_arena_release(&t->arena);
	free(t->items);
}

static struct tracked *find(const struct tree *t, const char *path)
{
	size_t at = (size_t)(uintptr_t)ce_map_get(&t->index, path);

	return at ? &t->items[at - 1] : NULL;
}

/* "100644 HASH STAGE\tPATH"; a file in conflict comes once a stage. */
static int take_tracked(void *user, const char *record, size_t len, struct ccenv_error *err)
{
	struct tree *t = user;
	const char *path = memchr(record, '\t', len);

	/* Control characters are fine in a name here; one that leads elsewhere is not. */
	if (!path || !path[1] || path[1] == '/' || strstr(path + 1, "../"))
		return ce_fail(err, CCENV_EDATA, "%s: git lists a file without a proper name",
			t->git->dir);
	if (t->n == FILES_MAX)
		return ce_fail(err, CCENV_EDATA, "%s: more than %d files", t->git->dir, FILES_MAX);
	if (ce_map_has(&t->index, path + 1))
		return 0;
	CE_GROW(t->items, t->n, t->cap);
	t->items[t->n++] = (struct tracked){.path = ce_arena_strdup(&t->arena, path + 1),
		.submodule = strncmp(record, "160000", 6) == 0};
	ce_map_set(&t->index, path + 1, (void *)(uintptr_t)t->n);
	return 0;
}

static int take_modified(void *user, const char *path, size_t len, struct ccenv_error *err)
{
	struct tracked *f = find(user, path);

	(void)len;
	(void)err;
	if (f)
		f->modified = true;
	return 0;
}

/*
 * The log, newest first: the time of a commit, then for each file it changed a record that begins with a
 * colon, and the path. What a merge only took over from one side is not listed with it.
 */
static int take_log(void *user, const char *record, size_t len, struct ccenv_error *err)
{
	struct tree *t = user;
	const char *text = record + (len && record[0] == '\n');
	struct tracked *f;

	(void)err;
	if (t->path_is_next) {
		t->path_is_next = false;
		f = find(t, record);
		if (!f || f->found || f->modified || f->submodule)
			return 0;
		f->found = true;
		f->time = t->commit_time;
		return --t->wanted == 0;
	}
	if (*text == ':')
		t->path_is_next = true;
	else if (*text)
		t->commit_time = strtoll(text, NULL, 10);
	return 0;
}

static int read_tree(struct tree *t, struct ccenv_error *err)
{
	const char *const list[] = {"ls-files", "-z", "--stage", "--full-name", NULL};
	const char *const log[] = {"log", "-z", "--raw", "--no-abbrev", "--no-renames", "-c",
		"--format=%ct", "HEAD", "--", NULL};
	int r = ce_git_records(t->git, list, take_tracked, t, err);

	if (r >= 0)
		r = ce_git_modified(t->git, take_modified, t, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < t->n; i++)
		t->wanted += !t->items[i].modified && !t->items[i].submodule;
	return t->wanted ? ce_git_records(t->git, log, take_log, t, err) : 0;
}

/* ---- the files ---- */

/* The directory of the last file, which the next one is mostly in too. */
struct place {
	int top, dir;
	char *name;
};

/* The directory of a path, reached through no link; -1 with errno. */
static int dir_of(struct place *p, const char *path)
{
	CE_AUTOFREE char *name = strchr(path, '/') ? ce_path_dir(path) : ce_strdup("");

	if (p->name && strcmp(p->name, name) == 0)
		return p->dir;
	ce_fs_closep(&p->dir);
	ce_freep(&p->name);
	p->dir = ce_open_dir_beneath(p->top, name);
	if (p->dir >= 0)
		p->name = CE_TAKE(name);
	return p->dir;
}

/* 1: it has another time now; 0: it had that time, or is not there. */
static int set_time(
	const struct tree *t, struct place *p, const struct tracked *f, struct ccenv_error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = f->time}};
	const char *base = ce_path_base(f->path);
	int dir = dir_of(p, f->path);
	struct stat st;

	if (dir < 0 || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* a sparse checkout; or a link is in its place, and git says so */
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return 0;
	if (st.st_mtim.tv_sec == f->time && st.st_mtim.tv_nsec == 0)
		return 0;
	if (utimensat(dir, base, times, AT_SYMLINK_NOFOLLOW) < 0)
		return ce_fail_errno(
			err, errno, "cannot set the time of %s/%s", t->git->dir, f->path);
	return 1;
}

static int touch_tree(struct ccenv *c, const char *top, unsigned depth,
	struct ccenv_touch_result *res, struct ccenv_error *err);

/* Those that are checked out; in the others there is no file. */
static int touch_submodule(struct ccenv *c, const struct tree *t, const struct tracked *f,
	unsigned depth, struct ccenv_touch_result *res, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_join(t->git->dir, f->path);
	CE_CLEANUP(ce_fs_closep) int top = open(t->git->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CE_CLEANUP(ce_fs_closep) int fd = top < 0 ? -1 : ce_open_dir_beneath(top, f->path);
	struct stat st;

	/* A link in its place leads to another repository. */
	if (fd < 0 || fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (depth == SUBMODULES_DEEP)
		return ce_fail(err, CCENV_EDATA, "%s: submodules are nested more than %d deep", dir,
			SUBMODULES_DEEP);
	res->n_submodules++;
	return touch_tree(c, dir, depth + 1, res, err);
}

static int touch_files(struct ccenv *c, const struct tree *t, unsigned depth,
	struct ccenv_touch_result *res, struct ccenv_error *err)
{
	struct place p = {.top = open(t->git->dir, O_PATH | O_DIRECTORY | O_CLOEXEC), .dir = -1};
	int r = 0;

	if (p.top < 0)
		return ce_fail_errno(err, errno, "cannot open %s", t->git->dir);
	for (size_t i = 0; r >= 0 && i < t->n; i++) {
		const struct tracked *f = &t->items[i];

		res->n_files += !f->submodule;
		res->n_modified += f->modified && !f->submodule;
		if (f->submodule)
			r = touch_submodule(c, t, f, depth, res, err);
		else if (f->found)
			r = set_time(t, &p, f, err);
		res->n_touched += r > 0;
	}
	ce_fs_closep(&p.dir);
	ce_fs_closep(&p.top);
	free(p.name);
	return r < 0 ? r : 0;
}

static int touch_tree(struct ccenv *c, const char *top, unsigned depth,
	struct ccenv_touch_result *res, struct ccenv_error *err)
{
	CE_CLEANUP(tree_release) struct tree t = {0};
	const struct ce_git git = {.dir = top, .getenv_fn = c->getenv_fn};
	struct ce_git_head head;
	int r = ce_git_head(&git, &head, err);

	if (r < 0)
		return r;
	t.git = &git;
	res->shallow |= head.shallow;
	if (head.shallow)
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s is a shallow clone: files that none of its commits changed get the time of its oldest commit, and another time in a full clone (git fetch --unshallow)",
			top);
	r = read_tree(&t, err);
	return r < 0 ? r : touch_files(c, &t, depth, res, err);
}

int ccenv_touch(struct ccenv *c, struct ccenv_touch_result *ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *here = ce_path_absolute(".");
	CE_CLEANUP(ce_buf_release) struct ce_buf top = {0};
	const struct ce_git git = {.dir = here, .getenv_fn = c->getenv_fn};
	struct ccenv_touch_result res = {0};
	int r = ce_git_top(&git, &top, err);

	if (r == CCENV_ENOTFOUND && strstr(err->text, "git repository"))
		return ce_hint(err, r, "(the times of files come from its commits)");
	if (r >= 0)
		r = touch_tree(c, ce_buf_str(&top), 0, &res, err);
	if (r >= 0)
		*ret = res;
	return r;
}
