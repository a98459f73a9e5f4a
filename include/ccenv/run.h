/* SPDX-License-Identifier: MIT */
#ifndef CCENV_RUN_H
#define CCENV_RUN_H

/* The environment in which tools run, and commands at fixed places. Rules as in ccenv/ccenv.h. */

#include "ccenv/build.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A variable of the environment in which the tools are used. */
struct ccenv_variable {
	const char *name;
	const char *value; /* NULL: it must not be set */
	bool prepend;      /* the value goes before the old one, separated by a colon */
};

struct ccenv_variables {
	struct ccenv_variable *items;
	size_t n;
	/* The names of those that are unset because they name the active conda environment, as
	 * "CFLAGS, LDFLAGS"; NULL when there is none. */
	const char *of_conda;
	void *owner;
};

/*
 * What to set, and what to unset because it would change a build without a trace. LD_LIBRARY_PATH is
 * never set. `getenv_fn` (may be NULL) is the environment that they are for: with the root's own
 * compilers, compiler flags that name the directory of an active conda environment (CONDA_PREFIX) are
 * unset as well; flags of the user's own stay. Where CCENV_HERMETIC is 0 there, these stay too, and what
 * gcc and nvcc read besides (CPATH, LIBRARY_PATH, NVCC_APPEND_FLAGS …). CCENV_EUSAGE when a path cannot
 * be in PATH. Free with ccenv_variables_free().
 */
CCENV_API int ccenv_environment(const struct ccenv_tools *tools,
	const char *(*getenv_fn)(const char *name), struct ccenv_variables *ret,
	struct ccenv_error *err);
/* Frees what the list holds, not `list` itself. */
CCENV_API void ccenv_variables_free(struct ccenv_variables *list);

enum ccenv_shell {
	CCENV_SHELL_SH = 0, /* any POSIX shell */
	CCENV_SHELL_FISH,
};

/* The same as commands of a shell, one per line. free() it. */
CCENV_API char *ccenv_environment_text(const struct ccenv_variables *list, enum ccenv_shell shell);
/*
 * What an interactive shell evaluates: the same, and "(NAME) " before its prompt. It may be evaluated
 * again, for the same or another root: what an earlier one put before PATH and the prompt goes.
 * free() it.
 */
CCENV_API char *ccenv_shell_hook(
	const struct ccenv_variables *list, const char *name, enum ccenv_shell shell);
/*
 * The value that a variable gets where the environment is that of `getenv_fn`; NULL: it is unset. What
 * a shell hook has put before PATH goes. free() it.
 */
CCENV_API char *ccenv_variable_value(
	const struct ccenv_variable *v, const char *(*getenv_fn)(const char *name));

/*
 * The command as this machine can run it: a program of the host of a target comes behind the target's
 * emulator, or a qemu-user; anything else is left as it is. `path` is the PATH in which a program without
 * a "/" is looked up. CCENV_EHOST: there is nothing to run it with. free() the list, not its texts, which
 * are those of `argv` and `tools`, or live as long as these.
 */
CCENV_API int ccenv_emulate(struct ccenv_tools *tools, const char *path, const char *const *argv,
	const char ***ret_argv, struct ccenv_error *err);

struct ccenv_exec_options {
	const char *at;     /* where the sources are then ["/ccenv/src"] */
	const char *source; /* directory with the sources [that of the manifest, or this one] */
	const char *const *binds; /* more directories and their places: "DIR=PATH" */
	size_t n_binds;
	const char *const *argv; /* the command; NULL behind the last */
};

/*
 * Puts this process where directories are at fixed places: the sources at o->at, and a root elsewhere
 * at /ccenv/root, so that paths that compilers record are the same for every checkout. Everything else is at its place too. The working directory is the same one by its new path.
 * *ret_argv is what the caller must then execute: the command, by `ccenv run` when something is
 * installed, and by bwrap where that is what can do it; free() each and the list. CCENV_EHOST, with
 * ways out, when the machine allows no namespaces. The process must have one thread.
 */
CCENV_API int ccenv_exec(struct ccenv *c, const struct ccenv_exec_options *o, char ***ret_argv,
	struct ccenv_error *err);

#ifdef __cplusplus
}
#endif
#endif
