/* SPDX-License-Identifier: MIT */
/* Graphs as pictures; see graphviz.h. */
#include "cli/graphviz.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/fs.h"
#include "base/os.h"
#include "cli/cli.h"

extern char **environ;

/* Starts `dot` with `in` as its input; 0 or an errno. */
static int start(int in, pid_t *ret)
{
	char *const argv[] = {(char[]){"dot"}, (char[]){"-Tsvg"}, NULL};
	CE_AUTOFREE char *dot = ce_fs_find_program(ce_cli_getenv("PATH"), argv[0]);
	posix_spawn_file_actions_t actions;
	int r;

	if (!dot)
		return ENOENT;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	r = posix_spawn(ret, dot, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int wait_for(struct ce_cli *cli, pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return ce_cli_failf(
				cli, CCENV_EIO, "cannot wait for dot: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return CE_EXIT_OK;
	return ce_cli_failf(cli, CCENV_EIO, "graphviz's dot failed; --dot prints the graph itself");
}

int ce_graphviz_svg(struct ce_cli *cli, const char *graph, size_t len)
{
	CE_CLEANUP(ce_fs_closep) int in = ce_os_scratch_file();
	pid_t child;
	int r;

	fflush(stdout);
	if (in < 0 || ce_fs_write_all(in, graph, len) < 0 || lseek(in, 0, SEEK_SET) < 0)
		return ce_cli_failf(
			cli, CCENV_EIO, "cannot keep the graph in memory: %s", strerror(errno));
	r = start(in, &child);
	if (r == ENOENT)
		return ce_cli_failf(cli, CCENV_ENOTFOUND,
			"--svg needs graphviz, and there is no dot in the absolute directories of PATH: install graphviz, or use --dot");
	if (r != 0)
		return ce_cli_failf(cli, CCENV_EIO, "cannot run dot: %s", strerror(r));
	return wait_for(cli, child);
}
