/* SPDX-License-Identifier: MIT */
/*
 * What build systems and people ask of an installed root: its tools, an environment for them, and
 * files to commit. Part of api/. Everything is read from the stamp, which the
 * emitters write last.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "emit/emit.h"
#include "emit/emit_env.h"
#include "model/layout.h"
#include "model/platform.h"

enum {
	STAMP_MAX = 1 << 20
};

/* ---- the tools ---- */

struct tools_owner {
	struct ce_arena arena;
};

void ccenv_tools_free(struct ccenv_tools *tools)
{
	struct tools_owner *owner = tools->owner;

	if (!owner)
		return;
	ce_arena_release(&owner->arena);
	free(owner);
	*tools = (struct ccenv_tools){0};
}

/* `rel` seen from `dir`, without "..". */
static const char *below(struct ce_arena *a, const char *dir, const char *rel)
{
	CE_AUTOFREE char *joined = ce_path_join(dir, rel);
	CE_AUTOFREE char *path = ce_path_absolute(joined);

	return ce_arena_strdup(a, path);
}

/* The same if it is there, else NULL. */
static const char *if_there(struct ce_arena *a, const char *dir, const char *rel)
{
	const char *path = below(a, dir, rel);

	return access(path, F_OK) == 0 ? path : NULL;
}

static bool is_target(const struct ccenv_tools *t, const char *name)
{
	const char *platform = ce_platform_of_target(name);

	return platform && strcmp(platform, t->platform) == 0;
}

static int read_strings(
	const json_t *o, struct ce_arena *a, struct ccenv_tools *t, struct ccenv_error *err)
{
	const struct {
		const char *key, **to;
	} keys[] = {
		{"content", &t->content},
		{"platform", &t->platform},
		{"target", &t->target},
		{"cuda", &t->cuda_version},
		{"nvcc", &t->nvcc_version},
		{"gcc", &t->gcc_version},
		{"prefix", &t->prefix},
		{"view", &t->view},
		{"toolchain", &t->cmake_file},
	};
	const char **components = NULL, **archs = NULL;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < CE_COUNT(keys); i++) {
		r = ce_json_string(o, keys[i].key, a, keys[i].to, err);
		if (r >= 0 && !*keys[i].to)
			r = ce_fail(err, CCENV_EDATA, "\"%s\" is missing", keys[i].key);
	}
	if (r >= 0)
		r = ce_json_strings(o, "components", a, &components, &t->n_components, err);
	if (r >= 0)
		r = ce_json_strings(o, "architectures", a, &archs, &t->n_archs, err);
	t->components = components;
	t->archs = archs;
	return r;
}

/* The compilers, where the stamp says that they are this root's. */
static void find_programs(struct ccenv_tools *t, struct ce_arena *a)
{
	const struct {
		const char *name, **to;
	} gnu[] = {
		{"gcc", &t->cc},
		{"g++", &t->cxx},
		{"ar", &t->ar},
		{"nm", &t->nm},
		{"ranlib", &t->ranlib},
		{"strip", &t->strip},
		{"ld", &t->ld},
	};

	if (*t->nvcc_version)
		t->nvcc = if_there(a, t->view, "bin/nvcc");
	for (size_t i = 0; *t->gcc_version && i < CE_COUNT(gnu); i++)
		*gnu[i].to = if_there(
			a, t->prefix, ce_arena_printf(a, "bin/%s-%s", t->triplet, gnu[i].name));
	if (t->cc)
		t->sysroot = if_there(a, t->prefix, ce_arena_printf(a, "%s/sysroot", t->triplet));
	t->pkg_config = if_there(a, t->root, ce_arena_printf(a, "bin/%s-pkg-config", t->triplet));
}

static void find_paths(struct ccenv_tools *t, struct ce_arena *a)
{
	CE_AUTOFREE char *link = ce_layout_view_link(t->root, t->target);

	t->prefix = below(a, t->root, t->prefix);
	t->view = below(a, t->root, t->view);
	t->view_link = ce_arena_strdup(a, link);
	t->cmake_file = below(a, t->root, t->cmake_file);
	t->make_file = if_there(a, t->root, "make/ccenv.mk");
	t->meson_file = if_there(a, t->root, ce_arena_printf(a, "meson/%s.ini", t->target));
	t->include_dir = if_there(a, t->view, "include");
	t->lib_dir = if_there(a, t->view, "lib");
	t->pkg_config_libdir =
		ce_arena_printf(a, "%s/pkgconfig/%s:%s/lib/pkgconfig:%s/share/pkgconfig", t->root,
			t->target, t->prefix, t->prefix);
}

/* Tells when the lock is not the one that was installed. */
static int check_lock(
	struct ccenv *c, const char *root, const json_t *stamp, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const char *path = NULL, *sha256 = NULL;
	char now[CE_SHA256_HEX + 1];
	json_t *lock = NULL;
	int r = 0;

	if (json_is_object(json_object_get(stamp, "lock")))
		r = ce_json_object(stamp, "lock", &lock, err);
	if (r >= 0 && lock)
		r = ce_json_string(lock, "path", &a, &path, err);
	if (r >= 0 && lock)
		r = ce_json_string(lock, "sha256", &a, &sha256, err);
	if (r < 0 || !path || !sha256)
		return r;
	path = below(&a, root, path);
	if (!ce_fs_exists(path))
		return 0;
	r = ce_sha256_file(path, now, err);
	if (r >= 0 && strcmp(now, sha256) != 0)
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s has changed since %s was installed; run `ccenv install`", path, root);
	return r;
}

static int read_stamp(struct ccenv *c, json_t **ret, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_layout_stamp(c->root);

	if (!ce_fs_exists(path))
		return ce_fail(err, CCENV_ENOTFOUND,
			"nothing is installed in %s; run `ccenv install` first, or give the directory with --root",
			c->root);
	return ce_json_read(path, STAMP_MAX, ret, err);
}

static int fill_tools(const json_t *stamp, const char *target, struct ccenv_tools *t,
	struct ce_arena *a, struct ccenv_error *err)
{
	int r = read_strings(stamp, a, t, err);

	if (r >= 0 && !(t->triplet = ce_platform_triplet(t->platform)))
		r = ce_fail(err, CCENV_EDATA, "\"%s\" is no platform", t->platform);
	if (r < 0) {
		ce_context(err, r, "%s/stamp.json", t->root);
		return ce_hint(err, r, "(run `ccenv install` again)");
	}
	if (target && !is_target(t, target))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s holds the toolchain for %s, not for %s; building for another machine than this one is not supported yet",
			t->root, t->target, target);
	find_paths(t, a);
	if (!ce_fs_is_dir(t->prefix) || !ce_fs_is_dir(t->view))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s is gone or not complete; run `ccenv install`",
			ce_fs_is_dir(t->prefix) ? t->view : t->prefix);
	find_programs(t, a);
	if (!*t->nvcc_version)
		t->nvcc_version = NULL;
	if (!*t->gcc_version)
		t->gcc_version = NULL;
	if (!*t->cuda_version)
		t->cuda_version = NULL;
	return 0;
}

int ccenv_tools(
	struct ccenv *c, const char *target, struct ccenv_tools *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *stamp = NULL;
	struct tools_owner *owner;
	struct ccenv_tools t = {0};
	int r = read_stamp(c, &stamp, err);

	if (r >= 0)
		r = check_lock(c, c->root, stamp, err);
	if (r < 0)
		return r;
	owner = ce_calloc(1, sizeof(*owner));
	t.owner = owner;
	t.root = ce_arena_strdup(&owner->arena, c->root);
	r = fill_tools(stamp, target, &t, &owner->arena, err);
	if (r < 0)
		ccenv_tools_free(&t);
	else
		*ret = t;
	return r;
}

/* ---- toolchain files ---- */

static int meson_text(const struct ccenv_tools *t, struct ce_buf *out, struct ccenv_error *err)
{
	if (!t)
		return ce_fail(err, CCENV_EUSAGE,
			"a Meson file has absolute paths and cannot be committed; ask for the one of an installed root");
	if (!t->meson_file)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s has no Meson file; run `ccenv install` again", t->root);
	return ce_fs_read(t->meson_file, STAMP_MAX, out, err);
}

/* Something that file(DOWNLOAD) takes, and that stands safely in a quoted argument. */
static int check_source(const char *url, const char *sha256, struct ccenv_error *err)
{
	static const char *const schemes[] = {"https://", "http://", "file:///"};
	bool known = false;

	for (size_t i = 0; i < CE_COUNT(schemes); i++)
		known = known || strncmp(url, schemes[i], strlen(schemes[i])) == 0;
	for (const char *p = url; known && *p; p++)
		known = (unsigned char)*p > 0x20 && *p != 0x7f;
	if (!known)
		return ce_fail(err, CCENV_EUSAGE,
			"\"%s\" is no URL of a source archive: expected https://, http:// or file:///",
			url);
	if (!ce_sha256_is_hex(sha256))
		return ce_fail(err, CCENV_EUSAGE,
			"\"%s\" is no sha256: expected 64 lower-case hex digits, as sha256sum prints them",
			sha256);
	return 0;
}

int ccenv_vendor(const char *url, const char *sha256, char **ret_text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r;

	if (!url != !sha256)
		return ce_fail(err, CCENV_EUSAGE,
			"a source archive has a URL and a sha256, which is what makes it safe to build");
	if (url) {
		r = check_source(url, sha256, err);
		if (r < 0)
			return r;
	}
	ce_emit_vendor_text(url ? url : "", sha256 ? sha256 : "", &b);
	*ret_text = ce_buf_steal(&b);
	return 0;
}

int ccenv_toolchain(enum ccenv_format format, const struct ccenv_tools *t, char **ret_text,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	int r = 0;

	switch (format) {
	case CCENV_FORMAT_CMAKE:
		if (t)
			ce_emit_toolchain_resolved(t->root, t->platform, &b);
		else
			ce_emit_toolchain_text(&b);
		break;
	case CCENV_FORMAT_MAKE:
		if (t)
			ce_emit_make_resolved(t->root, &b);
		else
			ce_emit_make_text(&b);
		break;
	case CCENV_FORMAT_MESON:
		r = meson_text(t, &b, err);
		break;
	}
	if (r >= 0)
		*ret_text = ce_buf_steal(&b);
	return r;
}

/* ---- the environment ---- */

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
		MOST = 40
	};
	/* nvcc's flags and CUDA's roots: each would win over what the command line says. */
	static const char *const always[] = {
		"CUDAFLAGS", "NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS"};
	/* Headers and libraries of another system, for a compiler with a sysroot of its own. */
	static const char *const own_gcc[] = {"COMPILER_PATH", "CPATH", "CPLUS_INCLUDE_PATH",
		"C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH", "PKG_CONFIG_PATH",
		"PKG_CONFIG_SYSROOT_DIR"};
	struct tools_owner *owner;
	struct ce_arena *a;

	if (strchr(t->root, ':') || strchr(t->prefix, ':'))
		return ce_fail(err, CCENV_EUSAGE,
			"%s: a path with a colon cannot stand in PATH; choose another directory with --root",
			t->root);
	owner = ce_calloc(1, sizeof(*owner));
	a = &owner->arena;
	*ret = (struct ccenv_variables){.owner = owner};
	ret->items = ce_arena_array(a, MOST, sizeof(*ret->items));
	for (size_t i = 0; i < CE_COUNT(always); i++)
		add(ret, always[i], NULL, false);
	for (size_t i = 0; t->cxx && i < CE_COUNT(own_gcc); i++)
		add(ret, own_gcc[i], NULL, false);
	/* All four, because tools differ in which they read, and some complain of a difference. */
	SET(ret, a, t->view, "CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDAToolkit_ROOT");
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
	struct tools_owner *owner = list->owner;

	if (!owner)
		return;
	ce_arena_release(&owner->arena);
	free(owner);
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
