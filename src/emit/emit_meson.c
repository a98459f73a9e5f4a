/* SPDX-License-Identifier: MIT */
/* meson/<target>.ini: a native file, or for another machine a cross file. Meson has no "directory of this file", so that it holds
 * absolute paths. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"
#include "model/platform.h"

static void add_string(struct ce_buf *out, const char *key, const char *dir, const char *rel)
{
	CE_AUTOFREE char *path = ce_path_join(dir, rel);

	ce_buf_addf(out, "%s = '", key);
	ce_quote_meson(out, path);
	ce_buf_adds(out, "'\n");
}

static void add_tool(
	struct ce_buf *out, const struct ce_emit_facts *f, const char *key, const char *tool)
{
	CE_AUTOFREE char *rel = ce_asprintf("host/%s-%s", f->triplet, tool);

	add_string(out, key, f->view, rel);
}

static void add_list(struct ce_buf *out, const char *key, struct ce_strs list)
{
	ce_buf_addf(out, "%s = [", key);
	for (size_t i = 0; i < list.n; i++) {
		ce_buf_adds(out, i ? ", '" : "'");
		ce_quote_meson(out, list.items[i]);
		ce_buf_addc(out, '\'');
	}
	ce_buf_adds(out, "]\n");
}

static void add_head(struct ce_buf *out, const struct ce_emit_facts *f, const char *rel)
{
	ce_buf_addf(out,
		"# CUDA %s (%s) for Meson, written by ccenv: changes are lost. Absolute paths: do not commit.\n"
		"#     meson setup build --%s-file %s\n"
		"# dependency('cudart') and its like need nothing else. dependency('cuda') looks at the environment\n"
		"# only: set CUDA_PATH to the view below for it.\n\n[binaries]\n",
		f->cuda_version, f->label, f->crossing ? "cross" : "native", rel);
}

/* The machine that runs the result. */
static void add_machine(struct ce_buf *out, const struct ce_emit_facts *f)
{
	const char *cpu = ce_platform_processor(f->in->platform);

	ce_buf_addf(out,
		"\n[host_machine]\nsystem = 'linux'\ncpu_family = '%s'\ncpu = '%s'\nendian = 'little'\n",
		cpu, cpu);
}

int ce_emit_meson(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_AUTOFREE char *rel = ce_asprintf("meson/%s.ini", f->label);
	CE_AUTOFREE char *pkgconfig = ce_asprintf("pkgconfig/%s", f->label);
	CE_AUTOFREE char *toolchain = ce_asprintf("toolchain/%s.cmake", f->label);

	add_head(&out, f, rel);
	if (f->has_gcc) {
		add_tool(&out, f, "c", "gcc");
		add_tool(&out, f, "cpp", "g++");
		add_tool(&out, f, "ar", "ar");
		add_tool(&out, f, "strip", "strip");
	}
	if (f->has_nvcc)
		add_string(&out, "cuda", f->view, "bin/nvcc");
	add_string(&out, "pkg-config", f->in->root, f->wrapper_rel);
	add_string(&out, "pkgconfig", f->in->root, f->wrapper_rel);
	if (f->crossing && f->in->target->emulator.n)
		add_list(&out, "exe_wrapper", f->in->target->emulator);
	ce_buf_adds(&out, "\n[built-in options]\n");
	if (f->has_gcc)
		add_tool(&out, f, "cuda_ccbindir", "g++");
	ce_buf_adds(&out, "\n[properties]\n");
	add_string(&out, "cmake_toolchain_file", f->in->root, toolchain);
	add_string(&out, "pkg_config_libdir", f->in->root, pkgconfig);
	if (f->crossing) {
		ce_buf_adds(&out, "needs_exe_wrapper = true\n");
		add_machine(&out, f);
	}
	return ce_emit_file(f, rel, &out, false, err);
}
