/* SPDX-License-Identifier: MIT */
/* Running git; see git.h. */
#include "io/git.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/os.h"
#include "ccenv/ccenv.h"

enum {
	RECORD_MAX = 1 << 20,
	MESSAGE_MAX = 2000
};

/* Each switches off something that a repository's configuration could have git run or fetch. */
static const char *const settings[] = {"core.fsmonitor=false", "core.hooksPath=/dev/null",
	"core.sshCommand=false", "core.askPass=false", "core.pager=cat",
	"credential.helper=", "diff.external=", "log.showSignature=false", "log.showRoot=true",
	"protocol.allow=never", "submodule.recurse=false", "core.quotePath=false",
	"status.relativePaths=false"};

static char **arguments(const struct ce_git *git, const char *const *args)
{
	size_t n = 0, n_args = 0;
	const char **argv;

	while (args[n_args])
		n_args++;
	argv = ce_calloc(2 * CE_COUNT(settings) + n_args + 8, sizeof(*argv));
	argv[n++] = "git";
	argv[n++] = "-C";
	argv[n++] = git->dir;
	argv[n++] = "--no-pager";
	argv[n++] = "--no-optional-locks";
	argv[n++] = "--literal-pathspecs";
	for (size_t i = 0; i < CE_COUNT(settings); i++) {
		argv[n++] = "-c";
		argv[n++] = settings[i];
	}
	for (size_t i = 0; i < n_args; i++)
		argv[n++] = args[i];
	return (char **)argv;
}

static void free_list(char **list)
{
	for (size_t i = 0; list[i]; i++)
		free(list[i]);
	free(list);
}

static char **environment(const struct ce_git *git)
{
	static const char *const kept[] = {"PATH", "HOME", "XDG_CONFIG_HOME", "LD_LIBRARY_PATH"};
	static const char *const set[] = {"LC_ALL=C", "TZ=UTC0", "GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
		"GIT_PAGER=cat", "GIT_EDITOR=false"};
	char **env = ce_calloc(CE_COUNT(kept) + CE_COUNT(set) + 2, sizeof(*env));
	size_t n = 0;

	for (size_t i = 0; i < CE_COUNT(kept); i++) {
		const char *value = git->getenv_fn(kept[i]);

		if (value)
			env[n++] = ce_asprintf("%s=%s", kept[i], value);
	}
	for (size_t i = 0; i < CE_COUNT(set); i++)
		env[n++] = ce_strdup(set[i]);
	/* Where git is too old for GIT_NO_LAZY_FETCH. It counts more than protocol.* of any configuration. */
	env[n++] = ce_strdup(git->copies ? "GIT_ALLOW_PROTOCOL=file" : "GIT_ALLOW_PROTOCOL=none");
	return env;
}

/* Starts git with its output in `out` and its messages in `messages`. 0 or an errno. */
static int start(
	const struct ce_git *git, const char *const *args, int out, int messages, pid_t *ret)
{
	CE_AUTOFREE char *program = ce_fs_find_program(git->getenv_fn("PATH"), "git");
	posix_spawn_file_actions_t actions;
	int r;

	if (!program)
		return ENOENT;
	char **argv = arguments(git, args);
	char **env = environment(git);

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, messages, 2);
	r = posix_spawn(ret, program, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	free_list(env);
	free(argv);
	return r;
}

struct reading {
	int (*take)(void *user, const char *record, size_t len, struct ccenv_error *err);
	void *user;
	struct ccenv_error *err;
	struct ce_buf rest; /* the beginning of a record */
};

/* The records that are complete in a block; the rest is kept. As take(). */
static int take_block(struct reading *r, const char *data, size_t n)
{
	const char *end;
	int res = 0;

	while (res == 0 && (end = memchr(data, '\0', n))) {
		size_t len = (size_t)(end - data);

		if (r->rest.len) {
			ce_buf_add(&r->rest, data, len);
			res = r->take(r->user, ce_buf_str(&r->rest), r->rest.len, r->err);
			ce_buf_clear(&r->rest);
		} else {
			res = r->take(r->user, data, len, r->err);
		}
		data = end + 1;
		n -= len + 1;
	}
	if (res != 0)
		return res;
	ce_buf_add(&r->rest, data, n);
	if (r->rest.overflow)
		return ce_fail(r->err, CCENV_EDATA,
			"git prints more than %zu bytes where a name or a text is expected",
			r->rest.max);
	return 0;
}

static int read_records(struct reading *r, int fd)
{
	char block[16384];
	int res = 0;

	while (res == 0) {
		ssize_t n = read(fd, block, sizeof(block));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ce_fail_errno(r->err, errno, "cannot read what git prints");
		if (n == 0)
			break;
		res = take_block(r, block, (size_t)n);
	}
	if (res == 0 && r->rest.len)
		res = r->take(r->user, ce_buf_str(&r->rest), r->rest.len, r->err);
	return res;
}

/* Why git failed, in its own words. */
static int fail_git(const struct ce_git *git, int messages, int status, struct ccenv_error *err)
{
	char text[MESSAGE_MAX + 1];
	ssize_t n = pread(messages, text, MESSAGE_MAX, 0);
	char *at = text;

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	if (strncmp(at, "fatal: ", 7) == 0)
		at += 7;
	if (!*at)
		return ce_fail(err, CCENV_EDATA, "%s: git ended with status %d", git->dir, status);
	return ce_fail(err, CCENV_EDATA, "%s: git: %s", git->dir, at);
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int start_failed(int errnum, struct ccenv_error *err)
{
	if (errnum == ENOENT)
		return ce_fail(err, CCENV_ENOTFOUND,
			"git is not installed, or in no directory of PATH that begins with \"/\"; this needs it to read the repository");
	return ce_fail_errno(err, errnum, "cannot run git");
}

/* As ce_git_records(); `reading` has what takes the records, and how long they may be. */
static int run(const struct ce_git *git, const char *const *args, struct reading *reading,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int messages = ce_os_scratch_file();
	int ends[2], r, status;
	pid_t child;

	if (messages < 0 || ce_os_pipe(ends) < 0)
		return ce_fail_errno(err, errno, "cannot run git");
	r = start(git, args, ends[1], messages, &child);
	close(ends[1]);
	if (r != 0) {
		close(ends[0]);
		return start_failed(r, err);
	}
	r = read_records(reading, ends[0]);
	close(ends[0]);
	ce_buf_release(&reading->rest);
	if (r != 0)
		kill(child, SIGTERM); /* it may have much more to say */
	status = wait_for(child);
	if (r == 0 && status != 0)
		return fail_git(git, messages, status, err);
	return r < 0 ? r : 0;
}

int ce_git_records(const struct ce_git *git, const char *const *args,
	int (*take)(void *user, const char *record, size_t len, struct ccenv_error *err),
	void *user, struct ccenv_error *err)
{
	struct reading reading = {
		.take = take, .user = user, .err = err, .rest = {.max = RECORD_MAX}};

	return run(git, args, &reading, err);
}

static int add_text(void *user, const char *record, size_t len, struct ccenv_error *err)
{
	struct ce_buf *text = user;

	if (text->len)
		return ce_fail(err, CCENV_EDATA, "git prints a NUL byte");
	ce_buf_add(text, record, len);
	return 0;
}

int ce_git_text(const struct ce_git *git, const char *const *args, struct ce_buf *ret,
	struct ccenv_error *err)
{
	struct reading reading = {.take = add_text,
		.user = ret,
		.err = err,
		.rest = {.max = ret->max ? ret->max : RECORD_MAX}};
	int r = run(git, args, &reading, err);

	if (r >= 0 && ret->len && ret->data[ret->len - 1] == '\n')
		ret->data[--ret->len] = '\0';
	return r;
}

int ce_git_top(const struct ce_git *git, struct ce_buf *ret, struct ccenv_error *err)
{
	const char *const args[] = {"rev-parse", "--show-toplevel", NULL};
	int r = ce_git_text(git, args, ret, err);

	if (r == CCENV_EDATA && strstr(err->text, "not a git repository"))
		return ce_fail(err, CCENV_ENOTFOUND, "%s is not in a git repository", git->dir);
	return r;
}

int ce_git_head(const struct ce_git *git, struct ce_git_head *ret, struct ccenv_error *err)
{
	const char *const head[] = {"show", "-s", "--format=%H %ct", "HEAD", "--", NULL};
	const char *const shallow[] = {"rev-parse", "--is-shallow-repository", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0}, is = {0};
	struct ce_git_head h = {0};
	size_t n;
	int r = ce_git_text(git, head, &b, err);

	if (r == CCENV_EDATA && strstr(err->text, "bad revision"))
		return ce_fail(err, CCENV_ENOTFOUND, "%s: there is no commit yet", git->dir);
	if (r < 0)
		return r;
	n = strcspn(ce_buf_str(&b), " ");
	if (n < 40 || n >= sizeof(h.commit) || ce_buf_str(&b)[n] != ' ')
		return ce_fail(err, CCENV_EDATA, "%s: git does not name the commit", git->dir);
	memcpy(h.commit, ce_buf_str(&b), n);
	h.time = strtoll(ce_buf_str(&b) + n + 1, NULL, 10);
	r = ce_git_text(git, shallow, &is, err);
	if (r < 0)
		return r;
	h.shallow = strcmp(ce_buf_str(&is), "true") == 0;
	*ret = h;
	return 0;
}

struct status {
	int (*take)(void *user, const char *path, size_t len, struct ccenv_error *err);
	void *user;
};

/* "XY PATH" */
static int take_status(void *user, const char *record, size_t len, struct ccenv_error *err)
{
	struct status *s = user;

	return len > 3 ? s->take(s->user, record + 3, len - 3, err) : 0;
}

int ce_git_modified(const struct ce_git *git,
	int (*take)(void *user, const char *path, size_t len, struct ccenv_error *err), void *user,
	struct ccenv_error *err)
{
	const char *const args[] = {"status", "--porcelain=v1", "-z", "--untracked-files=no",
		"--no-renames", "--ignore-submodules=all", NULL};
	struct status s = {.take = take, .user = user};

	return ce_git_records(git, args, take_status, &s, err);
}
