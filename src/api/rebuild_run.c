/* SPDX-License-Identifier: MIT */
/* A build under another user, home, time, time zone, umask, locale and number of processors. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/project.h"
#include "api/rebuild.h"
#include "api/reproducible.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "base/path.h"
#include "io/places.h"
#include "io/spawn.h"
#include "model/manifest.h"

#define OTHER_USER "rebuilder"
#define OTHER_HOST "rebuild-host"
/* 13 hours 45 minutes east: another day for most. */
#define OTHER_ZONE "<" CE_OTHER_ZONE_TEXT ">-13:45"

enum {
	TAIL = 3000,
	LOCALES_MAX = 1 << 20,
	LOCALES_S = 10
};

/* ---- what this machine can vary ---- */

static void says(struct ce_variation *v, bool can, const char *what)
{
	if (can && v->n_varied < CE_COUNT(v->varied))
		v->varied[v->n_varied++] = what;
	else if (!can && v->n_not_varied < CE_COUNT(v->not_varied))
		v->not_varied[v->n_not_varied++] = what;
}

static struct ce_places_user other_user(const struct ce_variation *v, const struct ce_build *b)
{
	return (struct ce_places_user){.other = true,
		.uid = b->uid,
		.host = OTHER_HOST,
		.passwd = v->passwd,
		.group = v->group};
}

/* A copy of a system's file with one line more; NULL without one. */
static const char *with_line(
	struct ce_variation *v, const struct ce_build *b, const char *file, const char *line)
{
	const char *path = ce_arena_printf(&v->arena, "%s.%s", b->home, ce_path_base(file));
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;

	ce_buf_adds(&text, line);
	if (ce_fs_read(file, 16 << 20, &text, &ignored) < 0 ||
		ce_fs_replace(path, text.data, text.len, NULL, &ignored) < 0)
		return NULL;
	return path;
}

/* A user namespace with another user in it, as a child can have it. */
static bool can_be_other_user(const struct ce_variation *v, const struct ce_build *second)
{
	const struct ce_place_steps none = {0};
	const struct ce_places_user user = other_user(v, second);
	struct ccenv_error ignored;
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(ce_places_enter(&none, &user, &ignored) < 0 ? 1 : 0);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && status == 0;
}

static const char *find_faketime(struct ce_arena *a)
{
	static const char *const patterns[] = {"/usr/lib/*/faketime/libfaketimeMT.so.1",
		"/usr/lib/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1",
		"/usr/local/lib/faketime/libfaketimeMT.so.1"};
	const char *found = NULL;

	for (size_t i = 0; !found && i < CE_COUNT(patterns); i++) {
		glob_t g;

		if (glob(patterns[i], 0, NULL, &g) == 0 && g.gl_pathc)
			found = ce_arena_strdup(a, g.gl_pathv[0]);
		globfree(&g);
	}
	return found;
}

static bool is_c(const char *name, size_t n)
{
	return (n == 1 && name[0] == 'C') || (n == 5 && strncmp(name, "POSIX", n) == 0);
}

/* How much more a locale changes than another: one of a language other than English has another sign
 * before decimals, and other names of months. 0: nothing. */
static int locale_rank(const char *name, size_t n, const char *first)
{
	if (n > 3 && name[2] == '_')
		return strncmp(name, first, 2) == 0  ? strncmp(name, first, 5) != 0
		       : strncmp(name, "en", 2) == 0 ? 3
						     : 4;
	if (is_c(name, n))
		return is_c(first, strlen(first)) ? 0 : 2;
	/* The same order and numbers, but another set of characters. */
	return n > 2 && strncmp(name, "C.", 2) == 0 && is_c(first, strlen(first));
}

/* Of those that are installed the one that is least like `first`; NULL when none is other. */
static const char *find_locale(struct ce_arena *a, const char *first)
{
	const char *const argv[] = {"locale", "-a", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	struct ccenv_error ignored;
	const char *at, *found = NULL;
	int status, best = 0;

	ce_buf_init(&out, LOCALES_MAX);
	if (ce_spawn_read(argv, LOCALES_S, &out, &status, &ignored) < 0 || status != 0)
		return is_c(first, strlen(first)) ? NULL : "C";
	for (at = ce_buf_str(&out); *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t n = strcspn(at, "\n");
		int rank = locale_rank(at, n, first);

		if (rank > best) {
			best = rank;
			found = ce_arena_strndup(a, at, n);
		}
	}
	return found;
}

bool ce_nvcc_drops_faketime(const char *path)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;

	return ce_fs_read(path, 64 << 10, &text, &ignored) == 0 &&
	       ce_has_prefix(ce_buf_str(&text), "#!") &&
	       strstr(ce_buf_str(&text), "libfaketime") != NULL;
}

/* With "reproducible" the build itself sets SOURCE_DATE_EPOCH, to the time of the commit. */
static bool has_epoch(const struct ccenv *c)
{
	const char *mode, *set = c->getenv_fn("SOURCE_DATE_EPOCH");
	struct ccenv_error ignored;

	if (set && *set)
		return true;
	return ce_reproducible_mode(c, ce_manifest_reproducible(c->manifest), &mode, &ignored) ==
		       0 &&
	       ce_reproducible_is_on(mode);
}

static void find_time(const struct ccenv *c, enum ce_nvcc nvcc, struct ce_variation *v)
{
	v->faketime = nvcc == CE_NVCC_OF_ANOTHER ? NULL : find_faketime(&v->arena);
	v->epoch = (!v->faketime || nvcc != CE_NVCC_NONE) && !has_epoch(c);
	if (v->faketime)
		says(v, true,
			v->epoch
				? "time (libfaketime: 403 days later; for nvcc by SOURCE_DATE_EPOCH)"
				: "time (libfaketime: 403 days later)");
	else if (v->epoch)
		says(v, true, "date (SOURCE_DATE_EPOCH: 403 days later)");
	else
		says(v, false, "date (SOURCE_DATE_EPOCH is set, or is that of the commit)");
}

void ce_variation_find(const struct ccenv *c, const struct ce_build *first, enum ce_nvcc nvcc,
	struct ce_variation *ret, struct ce_build *second)
{
	struct ce_variation v = {0};
	CE_AUTOFREE char *user = NULL, *group = NULL;
	const char *locale;

	second->user = OTHER_USER;
	second->host = OTHER_HOST;
	second->uid = first->uid == 4321 ? 4322 : 4321;
	second->cores = first->cores > 1 ? first->cores / 2 : 1;
	second->umask = first->umask == 077 ? 022 : 077;
	v.cache_dir = c->cache_dir;
	user = ce_asprintf(
		OTHER_USER ":x:%u:%u::%s:/bin/sh\n", second->uid, second->uid, second->home);
	group = ce_asprintf(OTHER_USER ":x:%u:\n", second->uid);
	v.passwd = with_line(&v, second, "/etc/passwd", user);
	v.group = with_line(&v, second, "/etc/group", group);
	v.user = can_be_other_user(&v, second);
	locale = find_locale(&v.arena, first->locale);
	second->locale = locale ? locale : first->locale;
	if (!v.user) {
		second->uid = first->uid;
		second->host = first->host;
	}
	says(&v, true, "directory");
	says(&v, true, "home");
	says(&v, true, "time zone");
	says(&v, true, ce_arena_printf(&v.arena, "umask (%03o)", second->umask));
	says(&v, locale != NULL,
		locale ? ce_arena_printf(&v.arena, "locale (%s)", locale)
		       : "locale (no other one is installed)");
	says(&v, v.user,
		v.user ? "user and host"
		       : "user and host (this machine lets programs have no user namespace; USER and LOGNAME differ)");
	find_time(c, nvcc, &v);
	says(&v, second->cores != first->cores,
		second->cores != first->cores ? ce_arena_printf(&v.arena, "processors (%u of %u)",
							second->cores, first->cores)
					      : "processors (there is one)");
	*ret = v;
}

/* ---- running it ---- */

static void set_faketime(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	CE_AUTOFREE char *both = old && *old ? ce_asprintf("%s:%s", library, old) : NULL;
	CE_AUTOFREE char *later = ce_asprintf("+%d", CE_REBUILD_LATER_S);

	setenv("LD_PRELOAD", both ? both : library, 1);
	setenv("FAKETIME", later, 1);
	/* Times of files stay what they are: build tools compare them. */
	setenv("NO_FAKE_STAT", "1", 1);
	setenv("DONT_FAKE_MONOTONIC", "1", 1);
}

/* In the child. What a cache of compilations has is what the first build made. */
static int vary(const struct ce_variation *v, const struct ce_build *b, struct ccenv_error *err)
{
	const struct ce_place_steps none = {0};
	const struct ce_places_user user = other_user(v, b);
	CE_AUTOFREE char *self = realpath("/proc/self/exe", NULL);
	CE_AUTOFREE char *jobs = ce_asprintf("%u", b->cores);
	const struct {
		const char *name, *value;
	} set[] = {
		{"HOME", b->home},
		{"USER", OTHER_USER},
		{"LOGNAME", OTHER_USER},
		{"TMPDIR", b->tmp},
		{"TZ", OTHER_ZONE},
		{"LC_ALL", b->locale},
		{"LANG", b->locale},
		{"CCENV_CACHE_DIR", v->cache_dir},
		{"CCACHE_DISABLE", "1"},
		{"SCCACHE_RECACHE", "1"},
		{"CMAKE_BUILD_PARALLEL_LEVEL", jobs},
		{"GIT_OPTIONAL_LOCKS", "0"},
	};
	int r = 0;

	if (v->user)
		r = ce_places_enter(&none, &user, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < CE_COUNT(set); i++)
		setenv(set[i].name, set[i].value, 1);
	if (self)
		setenv("CCENV_EXECUTABLE", self,
			0); /* for a configure that cannot find it by PATH */
	unsetenv("LANGUAGE");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOSTNAME");
	umask(b->umask);
	ce_ignore(ce_os_use_processors(b->cores)); /* then it has all of them */
	if (v->faketime)
		set_faketime(v->faketime);
	if (v->epoch) {
		CE_AUTOFREE char *later =
			ce_asprintf("%lld", (long long)time(NULL) + CE_REBUILD_LATER_S);

		setenv("SOURCE_DATE_EPOCH", later, 1);
	}
	return 0;
}

static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static volatile sig_atomic_t running; /* the group of the build */

/* A signal that would end ccenv ends the build; then ccenv tidies up and fails. */
static void end_build(int number)
{
	if (running > 0)
		kill(-(pid_t)running, number);
}

static CE_NORETURN void child(const char *const *argv, const char *dir, int out,
	const struct ce_variation *v, const struct ce_build *b)
{
	int null = open("/dev/null", O_RDONLY);
	struct ccenv_error err;

	for (size_t i = 0; i < CE_COUNT(endings); i++)
		signal(endings[i], SIG_DFL);
	/* A group of its own, so that what it started ends with it. */
	setpgid(0, 0);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (v && vary(v, b, &err) < 0) {
		ce_ignore(write(2, err.text, strlen(err.text)));
		_exit(1);
	}
	if (chdir(dir) < 0)
		_exit(1);
	setenv("PWD", dir, 1);
	unsetenv("OLDPWD");
	execvp(argv[0], (char *const *)argv);
	ce_ignore(write(2, argv[0], strlen(argv[0])));
	ce_ignore(write(2, ": command not found\n", 20));
	_exit(127);
}

/* The end of what a build printed, which says why it failed. */
static int fail_build(const char *const *argv, const char *log, int status, const char *which,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ccenv_error ignored;
	const char *tail;

	if (WIFSIGNALED(status))
		return ce_fail(err, CCENV_EDATA, "the %s build was killed by signal %d (%s)", which,
			WTERMSIG(status), argv[0]);
	ce_ignore(ce_fs_read(log, 256 << 20, &text, &ignored));
	tail = ce_buf_str(&text);
	if (text.len > TAIL) {
		tail += text.len - TAIL;
		tail += strcspn(tail, "\n");
	}
	return ce_fail(err, CCENV_EDATA, "the %s build failed (%s, exit status %d):\n%s", which,
		argv[0], WEXITSTATUS(status), tail);
}

int ce_rebuild_run(const char *const *argv, const char *dir, const char *log,
	const struct ce_variation *v, struct ce_build *build, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep)
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int64_t shift = v && v->faketime ? CE_REBUILD_LATER_S : 0;
	void (*old[CE_COUNT(endings)])(int);
	int status = 0;
	pid_t pid;

	if (out < 0)
		return ce_fail_errno(err, errno, "cannot write %s", log);
	if (!build->from)
		build->from = time(NULL) + shift;
	running = 0;
	for (size_t i = 0; i < CE_COUNT(endings); i++)
		old[i] = signal(endings[i], end_build);
	pid = fork();
	if (pid == 0)
		child(argv, dir, out, v, build);
	if (pid > 0)
		setpgid(pid, pid);
	running = pid;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	running = 0;
	for (size_t i = 0; i < CE_COUNT(endings); i++)
		signal(endings[i], old[i]);
	build->until = time(NULL) + (v ? CE_REBUILD_LATER_S : 0);
	if (pid < 0)
		return ce_fail_errno(err, errno, "cannot start %s", argv[0]);
	return status == 0 ? 0 : fail_build(argv, log, status, v ? "second" : "first", err);
}
