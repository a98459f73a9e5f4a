/* SPDX-License-Identifier: MIT */
/*
 * ccenv shell: a shell with the installed tools. Its own start files are read first, since they may set
 * PATH; then it evaluates what `ccenv shell-hook` prints. ccenv is replaced by the shell, so signals,
 * jobs and the exit status are the shell's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/os.h"
#include "base/path.h"
#include "cli/cli.h"
#include "cli/shells.h"

struct start {
	struct ce_cli *cli;
	const char *program; /* path or name of the shell */
	const char *hook;
	const char *argv[4];
	char *file; /* for --rcfile or ENV; or NULL */
	char *dir;  /* ZDOTDIR; or NULL */
};

/* 'text', for any POSIX shell. */
static void add_quoted(struct ce_buf *out, const char *text)
{
	ce_buf_addc(out, '\'');
	for (; *text; text++)
		if (*text == '\'')
			ce_buf_adds(out, "'\\''");
		else
			ce_buf_addc(out, *text);
	ce_buf_addc(out, '\'');
}

/* A command that gives a variable the value it has here. */
static void add_restore(struct ce_buf *out, const char *name)
{
	const char *value = getenv(name);

	if (!value) {
		ce_buf_addf(out, "unset %s\n", name);
		return;
	}
	ce_buf_addf(out, "export %s=", name);
	add_quoted(out, value);
	ce_buf_addc(out, '\n');
}

/* A file in memory that the shell reads by its path: nothing is left when the shell is killed. Its
 * first line closes the descriptor that the shell inherits for it. */
static int make_file(struct start *s, const char *text)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int fd = ce_os_scratch_file();

	if (fd < 0 || fcntl(fd, F_SETFD, 0) < 0)
		return ce_cli_failf(
			s->cli, CCENV_EIO, "cannot start %s: %s", s->program, strerror(errno));
	if (fd < 10)
		ce_buf_addf(&b, "exec %d<&-\n", fd);
	ce_buf_adds(&b, text);
	if (ce_fs_write_all(fd, b.data, b.len) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return ce_cli_failf(
			s->cli, CCENV_EIO, "cannot start %s: %s", s->program, strerror(errno));
	}
	s->file = ce_asprintf(CE_OS_FD_DIR "/%d", fd);
	return CE_EXIT_OK;
}

static int start_bash(struct start *s)
{
	CE_AUTOFREE char *text = ce_asprintf("[ -f ~/.bashrc ] && . ~/.bashrc\n%s", s->hook);
	int status = make_file(s, text);

	s->argv[1] = "--rcfile";
	s->argv[2] = s->file;
	return status;
}

static int start_posix(struct start *s)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int status;

	add_restore(&b, "ENV");
	ce_buf_adds(&b, "[ -n \"${ENV-}\" ] && [ -r \"$ENV\" ] && . \"$ENV\"\n");
	ce_buf_adds(&b, s->hook);
	status = make_file(s, ce_buf_str(&b));
	if (s->file)
		setenv("ENV", s->file, 1);
	return status;
}

/*
 * zsh takes no file, only a directory of start files. The first of them, .zshenv, removes it, gives the
 * user's own directory back, and has the hook run before the first prompt, behind all start files.
 */
static int start_zsh(struct start *s)
{
	const char *tmp = getenv("TMPDIR");
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_AUTOFREE char *path = NULL;
	struct ccenv_error err;

	s->dir = ce_asprintf("%s/ccenv-zsh.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(s->dir)) {
		ce_freep(&s->dir);
		return ce_cli_failf(
			s->cli, CCENV_EIO, "cannot start %s: %s", s->program, strerror(errno));
	}
	path = ce_path_join(s->dir, ".zshenv");
	ce_buf_adds(&b, "command rm -f -- ");
	add_quoted(&b, path);
	ce_buf_adds(&b, "\ncommand rmdir -- ");
	add_quoted(&b, s->dir);
	ce_buf_addc(&b, '\n');
	add_restore(&b, "ZDOTDIR");
	ce_buf_adds(&b, "[[ -f ${ZDOTDIR:-$HOME}/.zshenv ]] && source ${ZDOTDIR:-$HOME}/.zshenv\n"
			"_ccenv_hook() {\n"
			"precmd_functions=(${precmd_functions:#_ccenv_hook})\n"
			"unfunction _ccenv_hook\n");
	ce_buf_adds(&b, s->hook);
	ce_buf_adds(&b, "}\ntypeset -ga precmd_functions\nprecmd_functions+=(_ccenv_hook)\n");
	if (ce_fs_replace(path, b.data, b.len, NULL, &err) < 0)
		return ce_cli_fail(s->cli, &err, NULL);
	setenv("ZDOTDIR", s->dir, 1);
	return CE_EXIT_OK;
}

/* How the shell evaluates the hook. One that reads commands from a file or a pipe has no start files and
 * no prompt: its environment is enough. */
static int prepare(struct start *s, const struct ce_shell *shell)
{
	s->argv[0] = s->program;
	if (!isatty(STDIN_FILENO))
		return CE_EXIT_OK;
	if (!shell) {
		ce_ui_warn(&s->cli->ui,
			"this shell is not one that ccenv knows: its start files may change PATH again");
		return CE_EXIT_OK;
	}
	switch (shell->start) {
	case CE_SHELL_BASH:
		return start_bash(s);
	case CE_SHELL_ZSH:
		return start_zsh(s);
	case CE_SHELL_FISH:
		s->argv[1] = "--init-command";
		s->argv[2] = s->hook;
		return CE_EXIT_OK;
	default:
		return start_posix(s);
	}
}

/* Of what was made for a shell that then did not start. */
static void drop(struct start *s)
{
	struct ccenv_error err;

	if (s->dir)
		ce_ignore(ce_fs_remove_tree(s->dir, &err)); /* it is in the directory for such */
	free(s->dir);
	free(s->file);
}

/* What the hook would set, for a shell that evaluates none, and for the hook to know what is in PATH
 * already. */
static void mark(const struct ccenv_variables *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct ccenv_variable *v = &list->items[i];
		CE_AUTOFREE char *value = NULL;

		if (strcmp(v->name, "PATH") != 0)
			continue;
		value = ccenv_variable_value(v, ce_cli_getenv);
		setenv("PATH", value, 1);
		setenv("CCENV_SHELL_PATH", v->value, 1);
	}
	setenv("CCENV_IN_SHELL", "1", 1);
}

static int start(struct ce_cli *cli, const char *program, const struct ccenv_variables *list,
	const char *name)
{
	const struct ce_shell *shell = ce_shell_find(program);
	enum ccenv_shell syntax = shell ? shell->syntax : CCENV_SHELL_SH;
	CE_AUTOFREE char *hook = ccenv_shell_hook(list, name, syntax);
	struct start s = {.cli = cli, .program = program, .hook = hook};
	int status = prepare(&s, shell);

	mark(list);
	if (status == CE_EXIT_OK)
		status = ce_cli_exec(cli, list, s.argv);
	drop(&s);
	return status;
}

static int run(struct ce_cli *cli)
{
	const char *program = NULL, *target = NULL;
	const struct ce_opt own[] = {
		{"shell", 's', "SHELL", "the shell to start [SHELL, or /bin/sh]",
			.string = &program},
		CE_OPT_TARGET(target),
		{0},
	};
	CE_AUTOFREE char *name = NULL;
	struct ccenv_variables list;
	struct ccenv_tools tools;
	int status;

	if (!ce_cli_begin(cli, own, &status))
		return status;
	if (!program)
		program = getenv("SHELL");
	if (!program || !*program)
		program = "/bin/sh";
	if (strcmp(program, "posix") == 0)
		program = "sh";
	status = ce_cli_shell(cli, target, &tools, &list, &name);
	if (status != CE_EXIT_OK)
		return status;
	status = start(cli, program, &list, name);
	ccenv_variables_free(&list);
	ccenv_tools_free(&tools);
	return status;
}

const struct ce_command ce_cmd_shell = {
	.name = "shell",
	.args = "",
	.summary = "start a shell with the installed tools; exit leaves it",
	.example = "  ccenv shell\n",
	.run = run,
};
