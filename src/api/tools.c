/* SPDX-License-Identifier: MIT */
/* ccenv_tools(): what an installed root holds, read from the stamp that the emitters write last. */
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "api/reproducible.h"
#include "api/stamp.h"
#include "api/trust.h"
#include "api/uptodate.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "install/record.h"
#include "model/layout.h"
#include "model/platform.h"

/* `rel` seen from `dir`, without "..". */
static const char *below(struct ce_arena *a, const char *dir, const char *rel)
{
	CE_AUTOFREE char *joined = ce_path_join(dir, rel);
	CE_AUTOFREE char *path = ce_path_absolute(joined);

	return ce_arena_strdup(a, path);
}

/* The same, or NULL if it does not exist. */
static const char *if_there(struct ce_arena *a, const char *dir, const char *rel)
{
	const char *path = below(a, dir, rel);

	return access(path, F_OK) == 0 ? path : NULL;
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
	const struct {
		const char *key, **to;
	} of_target[] = {
		{"name", &t->name},
		{"build", &t->build},
		{"tools", &t->tools},
		{"glibc", &t->glibc},
		{"label", &t->label},
	};
	const char **components = NULL, **archs = NULL, **emulator = NULL;
	int r;

	for (size_t i = 0; i < CE_COUNT(keys); i++) {
		r = ce_json_string(o, keys[i].key, a, keys[i].to, err);
		if (r < 0)
			return r;
		if (!*keys[i].to)
			return ce_fail(err, CCENV_EDATA, "\"%s\" is missing", keys[i].key);
	}
	for (size_t i = 0; i < CE_COUNT(of_target); i++) {
		r = ce_json_string(o, of_target[i].key, a, of_target[i].to, err);
		if (r < 0)
			return r;
	}
	r = ce_json_strings(o, "emulator", a, &emulator, &t->n_emulator, err);
	if (r < 0)
		return r;
	t->emulator = emulator;
	r = ce_json_strings(o, "components", a, &components, &t->n_components, err);
	if (r < 0)
		return r;
	r = ce_json_strings(o, "architectures", a, &archs, &t->n_archs, err);
	if (r < 0)
		return r;
	r = ce_json_string(o, "reproducible", a, &t->reproducible, err);
	if (r < 0)
		return r;
	t->components = components;
	t->archs = archs;
	return 0;
}

/* The compilers, if the stamp says that the root has its own. */
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
			a, t->view, ce_arena_printf(a, "host/%s-%s", t->triplet, gnu[i].name));
	if (t->cc)
		t->sysroot = if_there(a, t->tools, ce_arena_printf(a, "%s/sysroot", t->triplet));
	t->pkg_config = if_there(a, t->root,
		ce_arena_printf(a, "bin/%s%s%s-pkg-config",
			strcmp(t->label, t->target) == 0 ? "" : t->label,
			strcmp(t->label, t->target) == 0 ? "" : "/", t->triplet));
}

static void find_paths(struct ccenv_tools *t, struct ce_arena *a)
{
	CE_AUTOFREE char *link = NULL;

	t->label = t->label ? t->label : t->target;
	t->build = t->build ? t->build : t->platform;
	t->prefix = below(a, t->root, t->prefix);
	t->tools = t->tools ? below(a, t->root, t->tools) : t->prefix;
	link = ce_layout_view_link(t->root, t->label);
	t->view = below(a, t->root, t->view);
	t->view_link = ce_arena_strdup(a, link);
	t->cmake_file = below(a, t->root, t->cmake_file);
	t->make_file = if_there(a, t->root,
		t->name ? ce_arena_printf(a, "make/ccenv-%s.mk", t->label) : "make/ccenv.mk");
	t->meson_file = if_there(a, t->root, ce_arena_printf(a, "meson/%s.ini", t->label));
	t->clangd_file = if_there(a, t->root,
		t->name ? ce_arena_printf(a, "ide/%s/clangd.yaml", t->label) : "ide/clangd.yaml");
	t->include_dir = if_there(a, t->view, "include");
	t->lib_dir = if_there(a, t->view, "lib");
	t->pkg_config_libdir =
		ce_arena_printf(a, "%s/pkgconfig/%s:%s/lib/pkgconfig:%s/share/pkgconfig", t->root,
			t->label, t->prefix, t->prefix);
}

/* Of a target; NULL natively. */
static const char *label_of(const json_t *stamp)
{
	if (!json_object_get(stamp, "name"))
		return NULL;
	return json_string_value(json_object_get(stamp, "label"));
}

/* Warns when the lock, or else the manifest, is not the one that was installed. */
static int check_inputs(
	struct ccenv *c, const char *root, const json_t *stamp, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const char *path = NULL, *sha256 = NULL;
	char now[CE_SHA256_HEX + 1];
	json_t *lock = NULL;
	int r;

	if (!json_is_object(json_object_get(stamp, "lock")))
		return 0;
	r = ce_json_object(stamp, "lock", &lock, err);
	if (r < 0)
		return r;
	r = ce_json_string(lock, "path", &a, &path, err);
	if (r < 0)
		return r;
	r = ce_json_string(lock, "sha256", &a, &sha256, err);
	if (r < 0 || !path || !sha256)
		return r;
	path = below(&a, root, path);
	if (!ce_fs_exists(path))
		return 0;
	r = ce_sha256_file(path, now, err);
	if (r < 0)
		return r;
	if (strcmp(now, sha256) == 0) {
		if (!ce_manifest_has_changed(c, label_of(stamp)))
			return 0;
		path = c->manifest_path;
	}
	ce_log(&c->events, CCENV_LOG_WARNING,
		"%s has changed since %s was installed; run `ccenv install`", path, root);
	return 0;
}

/* Warns when the files of a prefix hold the path of another directory. */
static void check_places(struct ccenv *c, const struct ccenv_tools *t)
{
	const char *const prefixes[] = {t->prefix, t->tools};

	for (size_t i = 0; i < CE_COUNT(prefixes); i++) {
		CE_AUTOFREE char *from = NULL;

		if ((i && strcmp(prefixes[i], prefixes[0]) == 0) ||
			!ce_stamp_has_moved(prefixes[i], &from))
			continue;
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s was installed as %s and has moved, but its files hold the old path: gcc may not find its headers; run `ccenv install --root %s%s%s`",
			prefixes[i], from, t->root, t->name ? " --target " : "",
			t->name ? t->name : "");
	}
}

static int fill_tools(
	const json_t *stamp, struct ccenv_tools *t, struct ce_arena *a, struct ccenv_error *err)
{
	int r = read_strings(stamp, a, t, err);

	if (r >= 0 && !(t->triplet = ce_platform_triplet(t->platform)))
		r = ce_fail(err, CCENV_EDATA, "unknown platform \"%s\"", t->platform);
	if (r < 0) {
		ce_context(err, r, "%s/stamp.json", t->root);
		return ce_hint(err, r, "(run `ccenv install` again)");
	}
	find_paths(t, a);
	for (size_t i = 0; i < 3; i++) {
		const char *const dirs[] = {t->prefix, t->tools, t->view};

		if (!ce_fs_is_dir(dirs[i]))
			return ce_fail(err, CCENV_ENOTFOUND,
				"%s is missing or incomplete; run `ccenv install`", dirs[i]);
	}
	find_programs(t, a);
	if ((*t->nvcc_version && !t->nvcc) || (*t->gcc_version && !t->cc))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s is incomplete: %s is missing; run `ccenv install`", t->view,
			*t->nvcc_version && !t->nvcc ? "nvcc" : "gcc");
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
	struct ce_arena *owner;
	struct ccenv_tools t = {0};
	int r = ce_project_check(c, err);

	if (r < 0)
		return r;
	r = ce_trust_check_root(c, err);
	if (r < 0)
		return r;
	r = ce_stamp_read(c, target, &stamp, err);
	if (r < 0)
		return r;
	r = check_inputs(c, c->root, stamp, err);
	if (r < 0)
		return r;
	owner = ce_owner_new();
	t.owner = owner;
	t.root = ce_arena_strdup(owner, c->root);
	r = fill_tools(stamp, &t, owner, err);
	if (r >= 0)
		check_places(c, &t);
	if (r >= 0)
		r = ce_reproducible_mode(
			c, t.reproducible ? t.reproducible : "", &t.reproducible, err);
	if (r >= 0 && ce_reproducible_is_on(t.reproducible))
		t.source_date = ce_reproducible_date(c, owner);
	if (r < 0)
		ccenv_tools_free(&t);
	else
		*ret = t;
	return r;
}

void ccenv_tools_free(struct ccenv_tools *tools)
{
	ce_owner_free(tools->owner);
	*tools = (struct ccenv_tools){0};
}
