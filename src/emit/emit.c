/* SPDX-License-Identifier: MIT */
/* The facts about an installed prefix, the table of emitters, and the stamp that is written last.
 */
#include "emit/emit.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/stage.h"
#include "base/strs.h"
#include "emit/emit_facts.h"
#include "model/component.h"
#include "model/layout.h"
#include "model/pkg.h"
#include "model/platform.h"

const struct ce_pkg *ce_emit_pkg_find(const struct ce_emit_facts *f, const char *name)
{
	for (size_t i = 0; i < f->in->n_pkgs; i++)
		if (strcmp(f->in->pkgs[i]->name, name) == 0)
			return f->in->pkgs[i];
	return NULL;
}

/* Length of the directory that both paths lie below, without its slash; 0 when that is "/". */
static size_t common_dir(const char *a, const char *b)
{
	size_t last = 0;
	size_t i;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			last = i;
	if ((a[i] == '\0' || a[i] == '/') && (b[i] == '\0' || b[i] == '/'))
		last = i;
	return last;
}

const char *ce_emit_relative(const char *from, const char *path, struct ce_arena *a)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	size_t common = common_dir(from, path);
	const char *rest = path + common;

	if (common == 0)
		return ce_arena_strdup(a, path);
	for (const char *p = from + common; *p; p++)
		if (*p == '/' && p[1])
			ce_buf_adds(&b, "../");
	while (*rest == '/')
		rest++;
	ce_buf_adds(&b, rest);
	return ce_arena_strdup(a, ce_buf_str(&b));
}

static bool exists_below(const char *dir, const char *rel)
{
	CE_AUTOFREE char *path = ce_path_join(dir, rel);
	struct stat st;

	return stat(path, &st) == 0;
}

static void find_versions(struct ce_emit_facts *f)
{
	const struct ce_pkg *cuda = ce_emit_pkg_find(f, "cuda-version");
	const struct ce_pkg *nvcc = ce_emit_pkg_find(f, "cuda-nvcc-tools");
	char *name = f->triplet ? ce_asprintf("gxx_impl_%s", f->in->platform) : ce_strdup("");
	const struct ce_pkg *gxx = ce_emit_pkg_find(f, name);

	free(name);
	f->cuda_version = cuda ? cuda->version : "";
	f->toolkit_version = nvcc ? nvcc->version : f->cuda_version;
	f->cxx_version = gxx ? gxx->version : "";
}

static int hash_if_there(
	const char *path, struct ce_arena *a, const char **ret, struct ccenv_error *err)
{
	char hex[CE_SHA256_HEX + 1];
	int r;

	*ret = "";
	if (!path || !ce_fs_exists(path))
		return 0;
	r = ce_sha256_file(path, hex, err);
	if (r < 0)
		return r;
	*ret = ce_arena_strdup(a, hex);
	return 0;
}

static void find_paths(struct ce_emit_facts *f)
{
	const struct ce_emit_input *in = f->in;
	CE_AUTOFREE char *view = ce_layout_view(in->root, f->target, in->content_hash);
	CE_AUTOFREE char *gcc = ce_asprintf("bin/%s-gcc", f->triplet ? f->triplet : "");
	CE_AUTOFREE char *gxx = ce_asprintf("bin/%s-g++", f->triplet ? f->triplet : "");
	CE_AUTOFREE char *cccl = ce_asprintf("targets/%s/include/cccl", f->target);

	f->view = ce_arena_strdup(&f->arena, view);
	f->view_rel = f->view + strlen(in->root) + 1;
	f->env_rel = ce_emit_relative(in->root, in->prefix, &f->arena);
	f->manifest_rel =
		in->manifest_path ? ce_emit_relative(in->root, in->manifest_path, &f->arena) : "";
	f->lock_rel = in->lock_path ? ce_emit_relative(in->root, in->lock_path, &f->arena) : "";
	f->has_nvcc = exists_below(in->prefix, "bin/nvcc");
	f->has_gcc = f->triplet && exists_below(in->prefix, gcc) && exists_below(in->prefix, gxx);
	f->has_cccl_dir = exists_below(in->prefix, cccl);
}

int ce_emit_facts_init(
	struct ce_emit_facts *f, const struct ce_emit_input *in, struct ccenv_error *err)
{
	int r;

	*f = (struct ce_emit_facts){.in = in, .cuda_version = ""};
	r = ce_emit_check_path("directory", in->root, err);
	if (r < 0)
		return r;
	r = ce_emit_check_path("prefix", in->prefix, err);
	if (r < 0)
		return r;
	f->target = ce_platform_cuda_target(in->platform);
	f->triplet = ce_platform_triplet(in->platform);
	if (!f->target || !ce_platform_is_linux(in->platform))
		return ce_fail(err, CCENV_EUSAGE,
			"%s: build files can be written for linux-64 and linux-aarch64 only",
			in->platform);

	find_versions(f);
	find_paths(f);
	r = hash_if_there(in->manifest_path, &f->arena, &f->manifest_sha256, err);
	if (r == 0)
		r = hash_if_there(in->lock_path, &f->arena, &f->lock_sha256, err);
	if (r < 0)
		return r;
	ce_emit_parts_find(f);
	return 0;
}

void ce_emit_facts_release(struct ce_emit_facts *f)
{
	ce_arena_release(&f->arena);
}

void ce_emit_made(const struct ce_emit_facts *f, const char *rel)
{
	if (f->in->made)
		ce_buf_addf(f->in->made, "%s\n", rel);
}

int ce_emit_file(const struct ce_emit_facts *f, const char *rel, const struct ce_buf *text,
	bool executable, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(f->in->root, rel);
	CE_AUTOFREE char *dir = ce_path_dir(path);
	bool changed;
	int r;

	if ((executable || ce_has_suffix(rel, ".pc")) && ce_fs_exists(path) &&
		!ce_emit_is_ours(f->in->root, rel))
		return ce_fail(err, CCENV_EUSAGE,
			"%s was not written by ccenv, which has a file of its own for that place; remove it, or choose another directory with --root",
			path);
	r = ce_fs_mkdirs(dir, err);
	if (r < 0)
		return r;
	r = ce_fs_replace(path, ce_buf_str(text), text->len, &changed, err);
	if (r < 0)
		return r;
	if (executable && chmod(path, 0755) < 0)
		return ce_fail_errno(err, errno, "cannot make %s executable", path);
	if (changed)
		ce_log(f->in->events, CCENV_LOG_DEBUG, "wrote %s", path);
	ce_emit_made(f, rel);
	return 0;
}

/* --- stamp.json ---- */

/*
 * Are all packages of the component in the prefix? The compiler of nvcc may be the system's, and
 * the headers in cuda-crt-dev came with nvcc until CUDA 12.1.
 */
bool ce_emit_has_component(const struct ce_emit_facts *f, const struct ce_component *c)
{
	struct ce_arena a = {0};
	struct ccenv_error ignored;
	const char **specs;
	size_t n;
	bool all;

	all = ce_component_expand(c->name, f->in->platform, &a, &specs, &n, &ignored) == 0;
	for (size_t i = 0; all && i < n; i++)
		all = strncmp(specs[i], "gcc_impl_", 9) == 0 ||
		      strncmp(specs[i], "gxx_impl_", 9) == 0 ||
		      strncmp(specs[i], "cuda-crt-dev_", 13) == 0 || ce_emit_pkg_find(f, specs[i]);
	ce_arena_release(&a);
	return all;
}

static json_t *components_json(const struct ce_emit_facts *f)
{
	json_t *list = json_array();

	for (const struct ce_component *c = ce_component_list(); c->name; c++) {
		if (!ce_emit_has_component(f, c))
			continue;
		json_array_append_new(list, json_string(c->name));
		for (size_t i = 0; c->aliases[i]; i++)
			json_array_append_new(list, json_string(c->aliases[i]));
	}
	return list;
}

static json_t *archs_json(const struct ce_emit_facts *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->in->n_archs; i++)
		json_array_append_new(list, json_string(f->in->archs[i]));
	return list;
}

static json_t *file_json(const char *rel, const char *sha256)
{
	return *rel ? json_pack("{ss ss}", "path", rel, "sha256", sha256) : json_null();
}

static int write_stamp(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();

	json_object_set_new(o, "version", json_integer(1));
	json_object_set_new(o, "content", json_string(f->in->content_hash));
	json_object_set_new(o, "platform", json_string(f->in->platform));
	json_object_set_new(o, "target", json_string(f->target));
	json_object_set_new(o, "cuda", json_string(f->cuda_version));
	json_object_set_new(o, "nvcc", json_string(f->has_nvcc ? f->toolkit_version : ""));
	json_object_set_new(o, "gcc", json_string(f->has_gcc ? f->cxx_version : ""));
	json_object_set_new(o, "prefix", json_string(f->env_rel));
	json_object_set_new(o, "view", json_string(f->view_rel));
	json_object_set_new(o, "toolchain", json_sprintf("toolchain/%s.cmake", f->target));
	json_object_set_new(o, "manifest", file_json(f->manifest_rel, f->manifest_sha256));
	json_object_set_new(o, "lock", file_json(f->lock_rel, f->lock_sha256));
	json_object_set_new(o, "architectures", archs_json(f));
	json_object_set_new(o, "components", components_json(f));
	ce_json_format(o, &b);
	return ce_emit_file(f, "stamp.json", &b, false, err);
}

/* --- all ---- */

static int (*const emitters[])(const struct ce_emit_facts *f, struct ccenv_error *err) = {
	ce_emit_view,
	ce_emit_pc,
	ce_emit_cmake,
	ce_emit_make,
	ce_emit_compilers,
	ce_emit_meson,
	ce_emit_ide,
	/* Last: whoever finds the stamp finds the rest. */
	write_stamp,
};

/* Half-written files and views. */
static void sweep(const struct ce_emit_facts *f)
{
	CE_AUTOFREE char *pc = ce_asprintf("pkgconfig/%s", f->target);
	const char *const dirs[] = {
		"", "view", "toolchain", "make", "meson", "ide", "ide/include", "bin", pc};

	for (size_t i = 0; i < CE_COUNT(dirs); i++) {
		CE_AUTOFREE char *dir = ce_path_join(f->in->root, dirs[i]);

		ce_stage_sweep(dir);
	}
}

int ce_emit_all(const struct ce_emit_input *in, struct ccenv_error *err)
{
	CE_CLEANUP(ce_emit_facts_release) struct ce_emit_facts f;
	int r;

	r = ce_emit_facts_init(&f, in, err);
	if (r == 0)
		sweep(&f);
	for (size_t i = 0; r == 0 && i < CE_COUNT(emitters); i++)
		r = emitters[i](&f, err);
	if (r < 0)
		return r;
	assert(f.cuda_version);
	ce_log(in->events, CCENV_LOG_INFO, "build files for %s (CUDA %s) are in %s", f.target,
		*f.cuda_version ? f.cuda_version : "-", in->root);
	return 0;
}
