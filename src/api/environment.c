/* SPDX-License-Identifier: MIT */
/* ccenv_environment(): the variables under which the installed tools are used; and shells that have them. */
#include <string.h>

#include "api/project.h"
#include "api/reproducible.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "emit/emit_env.h"
#include "model/manifest.h"

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

/* Does the text have the directory as a path, not as the beginning of another one's name? */
static bool names_dir(const char *text, const char *dir)
{
	size_t n = strlen(dir);

	for (const char *at = text; (at = strstr(at, dir)); at += n)
		if (!at[n] || strchr("/ :;,\"'", at[n]))
			return true;
	return false;
}

static bool is_hermetic(const char *(*getenv_fn)(const char *name))
{
	const char *value = getenv_fn ? getenv_fn("CCENV_HERMETIC") : NULL;

	return !value || strcmp(value, "0") != 0;
}

/* What adds flags and directories to those of the command line: nvcc and the scripts that are gcc drop it too. */
static void unset_directories(struct ccenv_variables *list, bool own_gcc, bool hermetic)
{
	/* nvcc's flags: each would take precedence over the command line. */
	static const char *const always[] = {
		"CUDAFLAGS", "NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS"};
	/* Headers and libraries of the system, for a compiler with its own sysroot. */
	static const char *const of_gcc[] = {"COMPILER_PATH", "CPATH", "CPLUS_INCLUDE_PATH",
		"C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH"};
	/* The pkg-config of the root does not look at them in any case. */
	static const char *const of_pkg_config[] = {"PKG_CONFIG_PATH", "PKG_CONFIG_SYSROOT_DIR"};

	for (size_t i = 0; hermetic && i < CE_COUNT(always); i++)
		add(list, always[i], NULL, false);
	for (size_t i = 0; hermetic && own_gcc && i < CE_COUNT(of_gcc); i++)
		add(list, of_gcc[i], NULL, false);
	for (size_t i = 0; own_gcc && i < CE_COUNT(of_pkg_config); i++)
		add(list, of_pkg_config[i], NULL, false);
}

/* What conda's compiler packages set when an environment is activated: flags with the headers, libraries
 * and RUNPATH of that environment. */
static void unset_conda(struct ccenv_variables *list, const char *(*getenv_fn)(const char *name))
{
	static const char *const flags[] = {"CFLAGS", "CMAKE_ARGS", "CMAKE_PREFIX_PATH",
		"CONDA_BUILD_SYSROOT", "CPPFLAGS", "CXXFLAGS", "DEBUG_CFLAGS", "DEBUG_CPPFLAGS",
		"DEBUG_CXXFLAGS", "LDFLAGS", "LDFLAGS_LD", "MESON_ARGS"};
	CE_CLEANUP(ce_buf_release) struct ce_buf names = {0};
	const char *conda = getenv_fn("CONDA_PREFIX");

	if (!conda || conda[0] != '/' || !conda[1] || !is_hermetic(getenv_fn))
		return;
	for (size_t i = 0; i < CE_COUNT(flags); i++) {
		const char *value = getenv_fn(flags[i]);

		if (!value || !names_dir(value, conda))
			continue;
		add(list, flags[i], NULL, false);
		ce_buf_addf(&names, "%s%s", names.len ? ", " : "", flags[i]);
	}
	if (names.len)
		list->of_conda = ce_arena_strdup(list->owner, ce_buf_str(&names));
}

int ccenv_environment(const struct ccenv_tools *t, const char *(*getenv_fn)(const char *name),
	struct ccenv_variables *ret, struct ccenv_error *err)
{
	enum {
		MOST = 80
	};
	struct ce_arena *a;

	if (strchr(t->root, ':') || strchr(t->prefix, ':') || strchr(t->tools, ':'))
		return ce_fail(err, CCENV_EUSAGE,
			"%s: a path with a colon cannot be in PATH; choose another directory with --root",
			t->root);
	a = ce_owner_new();
	*ret = (struct ccenv_variables){.owner = a};
	ret->items = ce_arena_array(a, MOST, sizeof(*ret->items));
	unset_directories(ret, t->cxx != NULL, is_hermetic(getenv_fn));
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
			ce_arena_printf(a, "%s/pkgconfig/%s", t->root, t->label), true);
	if (strcmp(t->reproducible, "") != 0)
		SET(ret, a, t->reproducible, "CCENV_REPRODUCIBLE");
	if (ce_reproducible_is_on(t->reproducible)) {
		SET(ret, a, "C.UTF-8", "LC_ALL");
		SET(ret, a, "UTC", "TZ");
		/* Generators in Python list what is in a set in an order of its hashes. */
		SET(ret, a, "0", "PYTHONHASHSEED");
		SET(ret, a, t->source_date, "SOURCE_DATE_EPOCH");
	}
	/* Makefiles and CMake that run within this one build for the same target. */
	if (t->name)
		SET(ret, a, t->name, "CCENV_TARGET");
	/* The compilers of a target by their own names only: cc and gcc stay those whose programs run
	 * here. */
	add(ret, "PATH",
		t->name ? ce_arena_printf(a, "%s/bin:%s/host:%s/bin:%s/bin", t->view, t->view,
				  t->root, t->tools)
			: ce_arena_printf(a, "%s/bin:%s/bin:%s/bin", t->view, t->root, t->prefix),
		true);
	if (getenv_fn && t->cxx)
		unset_conda(ret, getenv_fn);
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

static const char *value_of_path(const struct ccenv_variables *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, "PATH") == 0)
			return list->items[i].value;
	return "";
}

char *ccenv_shell_hook(const struct ccenv_variables *list, const char *name, enum ccenv_shell shell)
{
	CE_AUTOFREE char *variables = ccenv_environment_text(list, shell);
	struct ce_buf b = {0};

	if (shell == CCENV_SHELL_FISH)
		ce_emit_hook_fish(&b, variables, value_of_path(list), name);
	else
		ce_emit_hook_sh(&b, variables, value_of_path(list), name);
	return ce_buf_steal(&b);
}

/* Without what a shell hook has put before it. */
static const char *before_hook(const char *old, const char *(*getenv_fn)(const char *name))
{
	const char *hook = getenv_fn("CCENV_SHELL_PATH");
	size_t n = hook ? strlen(hook) : 0;

	if (!n || strncmp(old, hook, n) != 0 || (old[n] && old[n] != ':'))
		return old;
	return old[n] ? old + n + 1 : "";
}

char *ccenv_variable_value(
	const struct ccenv_variable *v, const char *(*getenv_fn)(const char *name))
{
	const char *old = v->prepend ? getenv_fn(v->name) : NULL;

	if (!v->value)
		return NULL;
	if (old && strcmp(v->name, "PATH") == 0)
		old = before_hook(old, getenv_fn);
	/* No colon at the end: an empty entry is the working directory. */
	return old && *old ? ce_asprintf("%s:%s", v->value, old) : ce_strdup(v->value);
}

char *ccenv_project_name(const struct ccenv *c)
{
	CE_AUTOFREE char *dir =
		c->manifest_path ? ce_path_dir(c->manifest_path) : ce_path_absolute(".");

	return ce_strdup(c->manifest && c->manifest->name ? c->manifest->name : ce_path_base(dir));
}
