/* SPDX-License-Identifier: MIT */
/*
 * pkgconfig/<target>/ *.pc, one set of names per library (docs/design/build-systems.md):
 * cudart.pc, cudart-13.pc, cudart-13.0.pc. They find the view from their own place. After writing,
 * what they say is checked (emit_pccheck.c).
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "emit/emit_pccheck.h"
#include "emit/emit_text.h"
#include "model/cuda_parts.h"
#include "model/pkg.h"

/* "cublasLt-13.0, culibos-13.0": those that are here. */
static void add_requires(struct ce_buf *out, const char *field, const struct ce_cuda_part *part,
	const struct ce_emit_facts *f)
{
	const char *sep = "";

	for (size_t i = 0; i < CE_COUNT(part->requires) && part->requires[i]; i++) {
		if (!ce_emit_part_find(f, part->requires[i]))
			continue;
		ce_buf_addf(
			out, "%s%s-%s", *sep ? sep : field, part->requires[i], f -> cuda_version);
		sep = ", ";
	}
	if (*sep)
		ce_buf_addc(out, '\n');
}

static void add_places(
	struct ce_buf *out, const struct ce_cuda_part *part, const struct ce_emit_facts *f)
{
	const char *rel = part->in_prefix ? f->env_rel : f->view_rel;

	ce_buf_adds(out, rel[0] == '/' ? "prefix=" : "prefix=${pcfiledir}/../../");
	ce_quote_pc(out, rel);
	ce_buf_adds(out, "\ncudaroot=${prefix}\n");
	ce_buf_adds(
		out, part->in_stubs ? "libdir=${prefix}/lib/stubs\n" : "libdir=${prefix}/lib\n");
	ce_buf_adds(out, "includedir=${prefix}/include\n");
	ce_buf_addf(out, "cudaversion=%s\n", f->cuda_version);
	/* To be asked for by name: in Libs it would reach the .pc files of everything that uses
	 * this one. */
	if (!part->is_static && !part->in_stubs && part->lib)
		ce_buf_adds(out, "rpathflags=-Wl,-rpath,${libdir}\n");
	ce_buf_addc(out, '\n');
}

static void render(struct ce_buf *out, const char *id, const struct ce_emit_part *found,
	const struct ce_emit_facts *f)
{
	const struct ce_cuda_part *part = found->row;
	const struct ce_pkg *pkg = found->pkg;

	ce_buf_addf(out, "# Written by ccenv: changes are lost.\n");
	add_places(out, part, f);
	ce_buf_addf(
		out, "Name: %s\nDescription: CUDA %s: %s\n", id, f->cuda_version, part->summary);
	ce_buf_adds(out, "URL: https://developer.nvidia.com/cuda-toolkit\n");
	if (pkg && pkg->license) {
		ce_buf_adds(out, "License: ");
		ce_quote_pc(out, pkg->license);
		ce_buf_addc(out, '\n');
	}
	ce_buf_addf(out, "Version: %s\n", pkg ? pkg->version : f->cuda_version);
	/* Whoever names a static library links statically, with or without --static. */
	add_requires(out, part->is_static ? "Requires: " : "Requires.private: ", part, f);
	if (part->lib)
		ce_buf_addf(out, "Libs: -L${libdir} -l%s", part->lib);
	if (part->is_static && part->private_libs)
		ce_buf_addf(out, " %s", part->private_libs);
	if (part->lib)
		ce_buf_addc(out, '\n');
	if (!part->is_static && part->private_libs)
		ce_buf_addf(out, "Libs.private: %s\n", part->private_libs);
	ce_buf_addf(out, "Cflags: -I${includedir}%s\n",
		f->has_cccl_dir && !part->in_prefix ? " -I${includedir}/cccl" : "");
}

static int write_one(const struct ce_emit_facts *f, const struct ce_emit_part *part,
	const char *suffix, struct ce_map *written, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_AUTOFREE char *id = ce_asprintf("%s%s", part->row->pc, suffix);
	CE_AUTOFREE char *file = ce_asprintf("%s.pc", id);
	CE_AUTOFREE char *rel = ce_asprintf("pkgconfig/%s/%s", f->label, file);

	ce_map_insert(written, file);
	render(&out, id, part, f);
	return ce_emit_file(f, rel, &out, false, err);
}

static int write_part(const struct ce_emit_facts *f, const struct ce_emit_part *part,
	struct ce_map *written, struct ccenv_error *err)
{
	CE_AUTOFREE char *minor = ce_asprintf("-%s", f->cuda_version);
	CE_AUTOFREE char *major =
		ce_asprintf("-%.*s", (int)strcspn(f->cuda_version, "."), f->cuda_version);
	const char *const suffixes[] = {"", minor, major};
	/* cudnn, nccl and the like have versions of their own. */
	size_t n = part->row->in_prefix ? 1 : CE_COUNT(suffixes);

	for (size_t i = 0; i < n; i++) {
		int r = write_one(f, part, suffixes[i], written, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* What ccenv wrote for an earlier lock, and does not for this one. */
static int remove_others(const char *dir, const struct ce_map *written, struct ccenv_error *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : ce_fail_errno(err, errno, "cannot read %s", dir);
	while (r == 0 && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		CE_AUTOFREE char *path = ce_path_join(dir, e->d_name);

		if (n < 3 || strcmp(e->d_name + n - 3, ".pc") != 0 ||
			ce_map_has(written, e->d_name) || !ce_emit_is_ours(dir, e->d_name))
			continue;
		if (unlink(path) < 0)
			r = ce_fail_errno(err, errno, "cannot remove %s", path);
	}
	closedir(d);
	return r;
}

static int write_wrapper(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0}, env = {0}, tools = {0};
	int r;

	ce_quote_sh(&env, f->env_rel);
	ce_quote_sh(&tools, f->tools_rel);
	const struct ce_emit_pair pairs[] = {
		{"TARGET", f->label},
		{"UP", strchr(f->wrapper_rel + strlen("bin/"), '/') ? "../.." : ".."},
		{"ENV", ce_buf_str(&env)},
		{"TOOLS", ce_buf_str(&tools)},
	};

	ce_emit_fill(&out, ce_text_pkg_config_sh, pairs, CE_COUNT(pairs));
	r = ce_emit_file(f, f->wrapper_rel, &out, true, err);
	/* By this name everybody expects the one for what is built to run here. */
	return r < 0 || f->crossing ? r : ce_emit_file(f, "bin/pkg-config", &out, true, err);
}

int ce_emit_pc(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_asprintf("%s/pkgconfig/%s", f->in->root, f->label);
	CE_CLEANUP(ce_map_release) struct ce_map written = {0};
	int r;

	for (size_t i = 0; i < f->n_parts; i++) {
		r = write_part(f, &f->parts[i], &written, err);
		if (r < 0)
			return r;
	}
	r = remove_others(dir, &written, err);
	if (r < 0)
		return r;
	r = write_wrapper(f, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < f->n_parts; i++) {
		r = ce_emit_pc_check(dir, f->parts[i].row->pc, f->in->platform, err);
		if (r < 0)
			return r;
	}
	return 0;
}
