/* SPDX-License-Identifier: MIT */
/* The facts about an installed prefix that the emitters share: found once, by looking at it. */
#include "emit/emit_facts.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "model/layout.h"
#include "model/pkg.h"
#include "model/platform.h"
#include "model/target_name.h"

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

static bool exists_below(const struct ce_emit_facts *f, const char *prefix, const char *rel)
{
	CE_AUTOFREE char *path = ce_path_join(prefix, rel);

	return ce_emit_is_there(f, path);
}

static void find_versions(struct ce_emit_facts *f)
{
	const struct ce_pkg *cuda = ce_emit_pkg_find(f, "cuda-version");
	const struct ce_pkg *nvcc = ce_emit_tool_find(f, "cuda-nvcc-tools");
	char *name = f->triplet ? ce_asprintf("gxx_impl_%s", f->in->platform) : ce_strdup("");
	const struct ce_pkg *gxx = ce_emit_tool_find(f, name);

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

/* Where the sources are: objects are named as seen from there. */
static const char *find_project(struct ce_emit_facts *f)
{
	CE_AUTOFREE char *dir = NULL;

	if (!f->in->manifest_path)
		return "";
	dir = ce_path_dir(f->in->manifest_path);
	return strcmp(dir, f->in->root) == 0 ? "." : ce_emit_relative(f->in->root, dir, &f->arena);
}

/* gcc without conda-forge's RUNPATH of its own prefix. */
static bool has_builtin_specs(const struct ce_emit_facts *f)
{
	CE_AUTOFREE char *pattern = ce_asprintf(
		"%s/lib/gcc/%s/*/builtin.specs", f->tools, f->triplet ? f->triplet : "");
	glob_t found;
	int status = glob(pattern, GLOB_NOSORT, NULL, &found);

	if (status == 0)
		globfree(&found);
	else if (status != GLOB_NOMATCH && f->unseen->code == 0)
		ce_fail(f->unseen, CCENV_EIO, "cannot look for %s", pattern);
	return status == 0;
}

static void find_paths(struct ce_emit_facts *f)
{
	const struct ce_emit_input *in = f->in;
	CE_AUTOFREE char *view = ce_layout_view(in->root, f->label, in->content_hash);
	CE_AUTOFREE char *gcc = ce_asprintf("bin/%s-gcc", f->triplet ? f->triplet : "");
	CE_AUTOFREE char *gxx = ce_asprintf("bin/%s-g++", f->triplet ? f->triplet : "");
	CE_AUTOFREE char *cccl = ce_asprintf("targets/%s/include/cccl", f->target);

	f->view = ce_arena_strdup(&f->arena, view);
	f->view_rel = f->view + strlen(in->root) + 1;
	f->env_rel = ce_emit_relative(in->root, in->prefix, &f->arena);
	f->tools_rel = ce_emit_relative(in->root, f->tools, &f->arena);
	/* A second target of the same triplet has its own. */
	f->wrapper_rel =
		strcmp(f->label, f->target) == 0
			? ce_arena_printf(&f->arena, "bin/%s-pkg-config", f->triplet)
			: ce_arena_printf(&f->arena, "bin/%s/%s-pkg-config", f->label, f->triplet);
	f->ide_rel = f->crossing ? ce_arena_printf(&f->arena, "ide/%s", f->label) : "ide";
	f->manifest_rel =
		in->manifest_path ? ce_emit_relative(in->root, in->manifest_path, &f->arena) : "";
	f->project_rel = find_project(f);
	f->lock_rel = in->lock_path ? ce_emit_relative(in->root, in->lock_path, &f->arena) : "";
	f->has_nvcc = exists_below(f, f->tools, "bin/nvcc");
	f->has_gcc = f->triplet && exists_below(f, f->tools, gcc) && exists_below(f, f->tools, gxx);
	f->has_cccl_dir = exists_below(f, in->prefix, cccl);
	f->has_builtin_specs = f->has_gcc && has_builtin_specs(f);
}

/* Is it gone, though the record of what was installed lists it? */
static bool is_lost(const struct ce_emit_facts *f, const char *name, const char *file)
{
	enum {
		RECORD_MAX = 64 << 20
	};
	const struct ce_pkg *p = ce_emit_tool_find(f, name);
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_AUTOFREE char *quoted = ce_asprintf("\"%s\"", file);
	CE_AUTOFREE char *path = NULL;
	struct ccenv_error ignored;

	if (!p || exists_below(f, f->tools, file))
		return false;
	path = ce_asprintf("%s/conda-meta/%s-%s-%s.json", f->tools, p->name, p->version, p->build);
	return ce_fs_read(path, RECORD_MAX, &text, &ignored) >= 0 &&
	       strstr(ce_buf_str(&text), quoted) != NULL;
}

/* A compiler that was removed from the prefix must not turn into files for the system's. */
static int check_compilers(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_AUTOFREE char *gcc = ce_asprintf("bin/%s-gcc", f->triplet ? f->triplet : "");
	CE_AUTOFREE char *gxx = ce_asprintf("bin/%s-g++", f->triplet ? f->triplet : "");
	CE_AUTOFREE char *gcc_package = ce_asprintf("gcc_impl_%s", f->in->platform);
	CE_AUTOFREE char *gxx_package = ce_asprintf("gxx_impl_%s", f->in->platform);
	const char *lost = NULL;

	if (is_lost(f, gxx_package, gxx))
		lost = gxx;
	if (is_lost(f, gcc_package, gcc))
		lost = gcc;
	if (is_lost(f, "cuda-nvcc-tools", "bin/nvcc"))
		lost = "bin/nvcc";
	if (!lost)
		return 0;
	return ce_fail(err, CCENV_EDATA,
		"%s is not complete: %s is gone; run `ccenv install --repair`", f->tools, lost);
}

/* Which machine has the tools, and which the result. */
static void find_machines(struct ce_emit_facts *f)
{
	const struct ce_emit_target *t = f->in->target;

	f->crossing = t;
	f->of_target = t ? ce_arena_printf(&f->arena, " --target %s", t->name) : "";
	f->triplet = ce_platform_triplet(f->in->platform);
	f->target = t ? t->cuda_dir : ce_platform_cuda_target(f->in->platform);
	f->label = t ? t->label : f->target;
	f->tools = t ? t->prefix : f->in->prefix;
	f->build_platform = t ? t->platform : f->in->platform;
	f->names = t ? t->names : ce_target_names_native(f->in->platform, &f->arena);
}

int ce_emit_facts_init(
	struct ce_emit_facts *f, const struct ce_emit_input *in, struct ccenv_error *err)
{
	int r;

	*f = (struct ce_emit_facts){.in = in, .cuda_version = ""};
	f->unseen = ce_arena_alloc(&f->arena, sizeof(*f->unseen));
	r = ce_emit_check_path("directory", in->root, err);
	if (r < 0)
		return r;
	r = ce_emit_check_path("prefix", in->prefix, err);
	if (r >= 0 && in->target)
		r = ce_emit_check_path("prefix", in->target->prefix, err);
	if (r < 0)
		return r;
	find_machines(f);
	if (!f->target || !ce_platform_is_linux(in->platform))
		return ce_fail(err, CCENV_EUSAGE,
			"%s: build files can be written for linux-64 and linux-aarch64 only",
			in->platform);

	find_versions(f);
	find_paths(f);
	r = hash_if_there(in->manifest_path, &f->arena, &f->manifest_sha256, err);
	if (r < 0)
		return r;
	r = hash_if_there(in->lock_path, &f->arena, &f->lock_sha256, err);
	if (r < 0)
		return r;
	ce_emit_parts_find(f);
	r = ce_emit_check_seen(f, err);
	if (r < 0)
		return r;
	r = check_compilers(f, err);
	if (r < 0)
		return r;
	return ce_emit_names_find(f, err);
}

void ce_emit_facts_release(struct ce_emit_facts *f)
{
	ce_arena_release(&f->arena);
}
