/* SPDX-License-Identifier: MIT */
/* The config files in an editor; see config_edit.h. */
#include "cli/config_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "cli/cli.h"

extern char **environ;

enum {
	FILE_MAX = 1 << 20
};

static const char *editor_of_user(void)
{
	static const char *const variables[] = {"VISUAL", "EDITOR"};

	for (size_t i = 0; i < CE_COUNT(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return value;
	}
	return "vi";
}

/* `EDITOR PATH` by sh, as the variables may hold options: EDITOR="code --wait". 0 or an errno. */
static int start(const char *editor, const char *path, pid_t *ret)
{
	CE_AUTOFREE char *command = ce_asprintf("%s \"$1\"", editor);
	CE_AUTOFREE char *file = ce_strdup(path);
	char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, (char[]){"sh"}, file, NULL};
	posix_spawnattr_t attributes;
	sigset_t keys;
	int r;

	sigemptyset(&keys);
	sigaddset(&keys, SIGINT);
	sigaddset(&keys, SIGQUIT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &keys);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawnp(ret, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return r;
}

/* Ctrl-C belongs to the editor while it runs. */
static int run_editor(const char *editor, const char *path, struct ccenv_error *err)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction interrupt, quit;
	int r, status = 0;
	pid_t child;

	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	r = start(editor, path, &child);
	while (r == 0 && waitpid(child, &status, 0) < 0)
		r = errno == EINTR ? 0 : errno;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (r != 0)
		return ce_fail(err, CCENV_EIO, "cannot run %s: %s", editor, strerror(r));
	if (WIFEXITED(status) && WEXITSTATUS(status) == CE_EXIT_NO_COMMAND)
		return ce_fail(err, CCENV_ENOTFOUND,
			"there is no editor \"%s\" in PATH; set EDITOR, or use `ccenv config set`",
			editor);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return ce_fail(
			err, CCENV_EIO, "the editor \"%s\" failed; nothing was changed", editor);
	return 0;
}

static int write_private(const char *path, const struct ce_buf *text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || ce_fs_write_all(fd, ce_buf_str(text), text->len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	return 0;
}

/* The copy of an earlier call is gone on with, if it is a file of this user. */
static int make_copy(const char *copy, const struct ce_buf *text, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_dir(copy);
	struct stat st;
	int r;

	if (lstat(copy, &st) < 0) {
		r = ce_fs_mkdirs(dir, err);
		return r < 0 ? r : write_private(copy, text, err);
	}
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return 0;
	return ce_fail(err, CCENV_EUNTRUSTED,
		"%s is not a file of yours from an earlier `ccenv config edit`; remove it", copy);
}

static int read_if_there(const char *path, struct ce_buf *ret, struct ccenv_error *err)
{
	int r = ce_fs_read(path, FILE_MAX, ret, err);

	if (r != CCENV_ENOTFOUND)
		return r;
	ce_buf_adds(ret, "{\n}\n");
	return 0;
}

static void warn(void *user, const char *text)
{
	ce_ui_warn(user, text);
}

/* The file takes the text of the copy, if that is sound. */
static int finish(struct ce_cli *cli, enum ce_config_level level, const char *copy,
	bool *ret_changed, struct ccenv_error *err)
{
	const char *path = cli->config.paths[level];
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	const struct ce_config_warn warnings = {warn, &cli->ui};
	int r = ce_fs_read(copy, FILE_MAX, &text, err);

	if (r < 0)
		return r;
	r = ce_config_check_text(level, copy, &text, &warnings, err);
	if (r < 0)
		return ce_hint(err, r,
			"(%s is unchanged; `ccenv config edit` goes on with that text)", path);
	r = ce_config_write(&cli->config, level, &text, ret_changed, err);
	if (r >= 0)
		unlink(copy);
	return r;
}

static int edit(struct ce_cli *cli, enum ce_config_level level, const char *editor,
	bool *ret_changed, struct ccenv_error *err)
{
	const char *path = cli->config.paths[level];
	CE_AUTOFREE char *copy = ce_asprintf("%s.edit", path);
	CE_CLEANUP(ce_buf_release) struct ce_buf old = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf new = {0};
	struct ccenv_error ignored;
	int r = read_if_there(path, &old, err);

	if (r >= 0)
		r = make_copy(copy, &old, err);
	if (r < 0)
		return r;
	r = run_editor(editor, copy, err);
	/* Nothing is left of an edit that changed nothing. */
	if (ce_fs_read(copy, FILE_MAX, &new, &ignored) >= 0 && old.len == new.len &&
		memcmp(ce_buf_str(&old), ce_buf_str(&new), old.len) == 0) {
		unlink(copy);
		*ret_changed = false;
		return r;
	}
	return r < 0 ? r : finish(cli, level, copy, ret_changed, err);
}

int ce_config_edit(struct ce_cli *cli, enum ce_config_level level, const char *editor)
{
	struct ccenv_error err;
	bool changed = false;

	ce_ui_clear(&cli->ui);
	if (edit(cli, level, editor ? editor : editor_of_user(), &changed, &err) < 0)
		return ce_cli_fail(cli, &err, NULL);
	return ce_cli_wrote(cli, cli->config.paths[level],
		changed ? "Wrote %s" : "Nothing changed in %s", cli->config.paths[level]);
}
