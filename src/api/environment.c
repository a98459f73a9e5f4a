/* SPDX-License-Identifier: MIT */
/* ccenv_environment(): the variables under which the installed tools are used. */
#include <string.h>

#include "api/project.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "emit/emit_env.h"

static void add(struct ccenv_variables *list, const char *name, const char *value, bool prepend)
{
	list->items[list->n++] = (struct ccenv_variable){name, value, prepend};
}

static void set_all(struct ccenv_variables *list, struct ce_arena *a, const char *value,
	const char *const *names, size_t n)
{
	for (size_t i = 0; value && i < n; i++)
		add(list, names[i], ce_arena_strdup(a, value), false);
}

#define SET(list, a, value, ...)                                                                   \
	set_all(list, a, value, (const char *const[]){__VA_ARGS__},                                \
		CE_COUNT(((const char *const[]){__VA_ARGS__})))

int ccenv_environment(
	const struct ccenv_tools *t, struct ccenv_variables *ret, struct ccenv_error *err)
{
	enum {
		MOST = 60
	};
	/* nvcc's flags: each would take precedence over the command line. */
	static const char *const always[] = {
		"CUDAFLAGS", "NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS"};
	/* Headers and libraries of the system, for a compiler with its own sysroot. */
	static const char *const own_gcc[] = {"COMPILER_PATH", "CPATH", "CPLUS_INCLUDE_PATH",
		"C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH", "PKG_CONFIG_PATH",
		"PKG_CONFIG_SYSROOT_DIR"};
	struct ce_arena *a;

	if (strchr(t->root, ':') || strchr(t->prefix, ':'))
		return ce_fail(err, CCENV_EUSAGE,
			"%s: a path with a colon cannot be in PATH; choose another directory with --root",
			t->root);
	a = ce_owner_new();
	*ret = (struct ccenv_variables){.owner = a};
	ret->items = ce_arena_array(a, MOST, sizeof(*ret->items));
	for (size_t i = 0; i < CE_COUNT(always); i++)
		add(ret, always[i], NULL, false);
	for (size_t i = 0; t->cxx && i < CE_COUNT(own_gcc); i++)
		add(ret, own_gcc[i], NULL, false);
	/* Tools differ in which they read, and some complain if they differ. The second half is what
	 * makefiles say with ?= where the toolkit is. */
	SET(ret, a, t->view, "CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDAToolkit_ROOT", "CUDA",
		"CUDADIR", "CUDAHOME", "CUDAPATH", "CUDA_BASE", "CUDA_DIR", "CUDA_INSTALL_DIR",
		"CUDA_INSTALL_PATH", "CUDA_TOOLKIT", "CUDA_TOOLKIT_PATH", "CUDA_TOOLKIT_ROOT",
		"CUDA_TOOLKIT_ROOT_DIR");
	SET(ret, a, t->nvcc, "CUDACXX");
	SET(ret, a, t->cc, "CC");
	SET(ret, a, t->cxx, "CXX", "CUDAHOSTCXX", "NVCC_CCBIN");
	if (!t->cxx)
		add(ret, "NVCC_CCBIN", NULL, false);
	SET(ret, a, t->ar, "AR");
	SET(ret, a, t->cmake_file, "CMAKE_TOOLCHAIN_FILE");
	SET(ret, a, t->pkg_config, "PKG_CONFIG");
	if (t->cxx)
		SET(ret, a, t->pkg_config_libdir, "PKG_CONFIG_LIBDIR");
	else
		add(ret, "PKG_CONFIG_PATH",
			ce_arena_printf(a, "%s/pkgconfig/%s", t->root, t->target), true);
	add(ret, "PATH", ce_arena_printf(a, "%s/bin:%s/bin:%s/bin", t->view, t->root, t->prefix),
		true);
	return 0;
}

void ccenv_variables_free(struct ccenv_variables *list)
{
	ce_owner_free(list->owner);
	*list = (struct ccenv_variables){0};
}

char *ccenv_environment_text(const struct ccenv_variables *list, enum ccenv_shell shell)
{
	struct ce_buf b = {0};

	for (size_t i = 0; i < list->n; i++) {
		if (shell == CCENV_SHELL_FISH)
			ce_emit_env_fish(&b, &list->items[i]);
		else
			ce_emit_env_sh(&b, &list->items[i]);
	}
	return ce_buf_steal(&b);
}
