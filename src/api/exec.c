/* SPDX-License-Identifier: MIT */
/* ccenv_exec(): a command that sees the sources and the root at fixed places. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "io/places.h"
#include "io/spawn.h"

#define ROOT_PLACE "/ccenv/root"

enum {
	PROBE_S = 20,
	PROBE_MAX = 64 << 10
};

struct exec {
	struct ccenv *c;
	const struct ccenv_exec_options *o;
	struct ccenv_error *err;
	char *source, *here; /* without links */
	char *at;            /* absolute */
	char *root;          /* without links; NULL when nothing is installed */
	struct ce_place *places;
	size_t n, cap;
	char *self; /* this program */
};

static void exec_release(struct exec *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free((char *)x->places[i].from);
		free((char *)x->places[i].to);
	}
	free(x->places);
	free(x->source);
	free(x->here);
	free(x->at);
	free(x->root);
	free(x->self);
}

/* What is behind `dir` in `path`: "" for dir itself, "/sub", or NULL. */
static const char *behind(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

/* The directory without links; NULL with an error. The caller frees it. */
static char *real_dir(struct exec *x, const char *path)
{
	char *real = realpath(path, NULL);

	if (real && ce_fs_is_dir(real))
		return real;
	if (real)
		ce_fail(x->err, CCENV_EUSAGE, "%s is not a directory", path);
	else
		ce_fail(x->err, CCENV_ENOTFOUND, "%s: %s", path, strerror(errno));
	free(real);
	return NULL;
}

/* A place that a mount can have. The system's own would hide what every program needs. */
static int check_place(struct exec *x, const char *to)
{
	static const char *const taken[] = {"/bin", "/dev", "/etc", "/lib", "/lib64", "/proc",
		"/run", "/sbin", "/sys", "/tmp", "/usr"};

	if (to[0] != '/')
		return ce_fail(x->err, CCENV_EUSAGE, "%s: a place is an absolute path", to);
	for (size_t i = 0; i < CE_COUNT(taken); i++)
		if (strcmp(taken[i], to) == 0 || strcmp(to, "/") == 0)
			return ce_fail(x->err, CCENV_EUSAGE,
				"programs need %s as it is; choose another place", to);
	if (ce_has_prefix(to, "/proc/") || ce_has_prefix(to, "/sys/"))
		return ce_fail(x->err, CCENV_EUSAGE, "%s: nothing can be put there", to);
	for (size_t i = 0; i < x->n; i++)
		if (behind(to, x->places[i].to) || behind(x->places[i].to, to))
			return ce_fail(x->err, CCENV_EUSAGE,
				"%s and %s overlap; choose other places", to, x->places[i].to);
	return 0;
}

/* `from` is taken over. A directory that is at its place already needs nothing. */
static int add_place(struct exec *x, char *from, const char *to)
{
	CE_AUTOFREE char *owned = from;
	int r = check_place(x, to);

	if (r < 0 || ce_fs_is_same_dir(from, to))
		return r;
	CE_GROW(x->places, x->n, x->cap);
	x->places[x->n++] = (struct ce_place){CE_TAKE(owned), ce_strdup(to)};
	return 0;
}

/* "DIR=PATH"; the last = counts, as a directory may have one in its name. */
static int add_bind(struct exec *x, const char *text)
{
	const char *equals = strrchr(text, '=');
	CE_AUTOFREE char *dir = NULL, *to = NULL;
	char *from;

	if (!equals || equals == text || equals[1] != '/')
		return ce_fail(
			x->err, CCENV_EUSAGE, "%s: expected DIR=PATH, with an absolute PATH", text);
	dir = ce_strndup(text, (size_t)(equals - text));
	to = ce_path_absolute(equals + 1);
	from = real_dir(x, dir);
	return from ? add_place(x, from, to) : x->err->code;
}

static int find_root(struct exec *x)
{
	struct ccenv_tools tools;
	int r = ccenv_tools(x->c, NULL, &tools, x->err);

	if (r == CCENV_ENOTFOUND && !ce_fs_exists(x->c->root))
		return 0;
	if (r < 0)
		return r;
	x->root = real_dir(x, tools.root);
	ccenv_tools_free(&tools);
	return x->root ? 0 : x->err->code;
}

static int find_places(struct exec *x)
{
	const char *at = x->o->at ? x->o->at : "/ccenv/src";
	CE_AUTOFREE char *dir =
		x->c->manifest_path ? ce_path_dir(x->c->manifest_path) : ce_strdup(".");
	int r;

	if (at[0] != '/')
		return ce_fail(x->err, CCENV_EUSAGE, "--at %s: expected an absolute path", at);
	x->source = real_dir(x, x->o->source ? x->o->source : dir);
	x->here = x->source ? real_dir(x, ".") : NULL;
	if (!x->here)
		return x->err->code;
	r = find_root(x);
	if (r < 0)
		return r;
	x->at = ce_path_absolute(at);
	r = add_place(x, ce_strdup(x->source), x->at);
	/* A root in the sources keeps its place in them: a build that finds it there, as CMake does, and the
	 * environment must not know it by two paths. */
	if (r >= 0 && x->root && !behind(x->root, x->source))
		r = add_place(x, ce_strdup(x->root), ROOT_PLACE);
	for (size_t i = 0; r >= 0 && i < x->o->n_binds; i++)
		r = add_bind(x, x->o->binds[i]);
	return r;
}

/* A path below one of the places by its new name. The caller frees it. */
static char *moved(const struct exec *x, const char *path)
{
	const char *rest = behind(path, x->source);

	if (rest)
		return ce_asprintf("%s%s", x->at, rest);
	for (size_t i = 0; i < x->n; i++) {
		rest = behind(path, x->places[i].from);
		if (rest)
			return ce_asprintf("%s%s", x->places[i].to, rest);
	}
	return ce_strdup(path);
}

/* ---- what is executed ---- */

struct words {
	char **items;
	size_t n, cap;
};

static void put(struct words *w, const char *word)
{
	CE_GROW(w->items, w->n, w->cap);
	w->items[w->n++] = word ? ce_strdup(word) : NULL;
}

static void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->items[i]);
	free(w->items);
}

static void put_command(const struct exec *x, struct words *w)
{
	if (x->root) {
		CE_AUTOFREE char *root = moved(x, x->root);

		put(w, x->self);
		put(w, "run");
		put(w, "--root");
		put(w, root);
		if (x->c->manifest_path) {
			CE_AUTOFREE char *real = realpath(x->c->manifest_path, NULL);
			CE_AUTOFREE char *manifest = moved(x, real ? real : x->c->manifest_path);

			put(w, "--manifest");
			put(w, manifest);
		}
		put(w, "--");
	}
	for (size_t i = 0; x->o->argv[i]; i++)
		put(w, x->o->argv[i]);
}

static void put_bwrap(
	struct words *w, const char *bwrap, const struct ce_place_steps *steps, const char *dir)
{
	put(w, bwrap);
	for (size_t i = 0; i < steps->n; i++) {
		const struct ce_place_step *s = &steps->items[i];

		put(w, s->kind == CE_PLACE_DIR     ? "--dir"
			: s->kind == CE_PLACE_LINK ? "--symlink"
						   : "--dev-bind-try");
		if (s->kind != CE_PLACE_DIR)
			put(w, s->from);
		put(w, s->to);
	}
	put(w, "--chdir");
	put(w, dir);
	put(w, "--");
}

/* ---- which way the machine allows ---- */

/* Entering is tried in a child first: a failure half way leaves a process that sees half a root. */
static int probe_own(const struct ce_place_steps *steps, struct ccenv_error *err)
{
	const struct ce_places_user user = {0};
	int ends[2], status = 0;
	ssize_t n;
	pid_t child;

	if (pipe(ends) < 0)
		return ce_fail_errno(err, errno, "cannot start a process");
	child = fork();
	if (child == 0) {
		int r = ce_places_enter(steps, &user, err);

		if (r < 0)
			ce_ignore(write(ends[1], err->text, strlen(err->text)));
		_exit(r < 0 ? 1 : 0);
	}
	close(ends[1]);
	n = child < 0 ? -1 : read(ends[0], err->text, sizeof(err->text) - 1);
	err->text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	if (child < 0)
		return ce_fail_errno(err, errno, "cannot start a process");
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return 0;
	err->code = CCENV_EHOST;
	return CCENV_EHOST;
}

static int probe_bwrap(
	const char *bwrap, const struct ce_place_steps *steps, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(words_free) struct words w = {0};
	int status, r;

	if (!bwrap)
		return ce_fail(err, CCENV_EHOST, "bwrap cannot be run");
	put_bwrap(&w, bwrap, steps, "/");
	put(&w, "true");
	put(&w, NULL);
	ce_buf_init(&out, PROBE_MAX);
	r = ce_spawn_read((const char *const *)w.items, PROBE_S, &out, &status, err);
	if (r < 0)
		return ce_fail(err, CCENV_EHOST, "bwrap cannot be run");
	if (status != 0)
		return ce_fail(err, CCENV_EHOST, "%.*s", (int)strcspn(ce_buf_str(&out), "\n"),
			ce_buf_str(&out));
	return 0;
}

static int fail_both(const struct exec *x, const char *own, const char *bwrap)
{
	return ce_fail(x->err, CCENV_EHOST,
		"this machine does not let programs have namespaces of their own, which fixed places need (%s; %s). Ways out: check the sources out in %s and run the command there; install bubblewrap; in a container, start it with --security-opt seccomp=unconfined and --cap-add SYS_ADMIN; in a chroot, be root and make its directory a mount point before (mount --bind DIR DIR); on Ubuntu 24.04 and later, sysctl kernel.apparmor_restrict_unprivileged_userns=0; elsewhere user.max_user_namespaces must not be 0",
		own, bwrap, x->at);
}

/* bubblewrap may be allowed what other programs are not, but takes rights from root that builds may use:
 * root tries without it first. *ret_bwrap: it is the way. `bwrap` is its path, or NULL. */
static int choose(const struct exec *x, const char *bwrap, const struct ce_place_steps *steps,
	bool *ret_bwrap)
{
	struct ccenv_error own = {0}, other = {0};
	bool root = geteuid() == 0;

	if (root && probe_own(steps, &own) == 0)
		*ret_bwrap = false;
	else if (probe_bwrap(bwrap, steps, &other) == 0)
		*ret_bwrap = true;
	else if (!root && probe_own(steps, &own) == 0)
		*ret_bwrap = false;
	else
		return fail_both(x, own.text, other.text);
	return 0;
}

static int enter(const struct exec *x, struct words *w)
{
	const struct ce_places_user user = {0};
	CE_CLEANUP(ce_places_release) struct ce_place_steps steps = {0};
	CE_AUTOFREE char *here = moved(x, x->here);
	CE_AUTOFREE char *program = ce_fs_find_program(x->c->getenv_fn("PATH"), "bwrap");
	bool bwrap = false;
	int r = ce_places_plan(x->places, x->n, &steps, x->err);

	if (r >= 0)
		r = choose(x, program, &steps, &bwrap);
	if (r < 0)
		return r;
	ce_log(&x->c->events, CCENV_LOG_INFO, "%s is at %s, by %s", x->source, x->at,
		bwrap ? "bubblewrap" : "a mount namespace");
	if (bwrap) {
		put_bwrap(w, program, &steps, here);
		return 0;
	}
	r = ce_places_enter(&steps, &user, x->err);
	if (r < 0)
		return r;
	return chdir(here) < 0 ? ce_fail_errno(x->err, errno, "cannot change to %s", here) : 0;
}

int ccenv_exec(struct ccenv *c, const struct ccenv_exec_options *o, char ***ret_argv,
	struct ccenv_error *err)
{
	CE_CLEANUP(exec_release) struct exec x = {.c = c, .o = o, .err = err};
	struct words w = {0};
	int r = ce_project_check(c, err);

	if (r >= 0)
		r = find_places(&x);
	if (r < 0)
		return r;
	x.self = realpath("/proc/self/exe", NULL);
	if (!x.self)
		return ce_fail_errno(err, errno, "cannot find this program: /proc/self/exe");
	if (x.n)
		r = enter(&x, &w);
	if (r < 0) {
		words_free(&w);
		return r;
	}
	put_command(&x, &w);
	put(&w, NULL);
	*ret_argv = w.items;
	return 0;
}
