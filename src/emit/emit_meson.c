/* SPDX-License-Identifier: MIT */
/* meson/<target>.ini: a native file. Meson has no "directory of this file", so that it holds
 * absolute paths. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"

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

int ce_emit_meson(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_AUTOFREE char *rel = ce_asprintf("meson/%s.ini", f->target);
	CE_AUTOFREE char *pkgconfig = ce_asprintf("pkgconfig/%s", f->target);
	CE_AUTOFREE char *wrapper = ce_asprintf("bin/%s-pkg-config", f->triplet);
	CE_AUTOFREE char *toolchain = ce_asprintf("toolchain/%s.cmake", f->target);

	ce_buf_addf(&out,
		"# CUDA %s (%s) for Meson, written by ccenv: changes are lost. Absolute paths: do not commit.\n"
		"#     meson setup build --native-file %s\n"
		"# dependency('cudart') and its like need nothing else. dependency('cuda') looks at the environment\n"
		"# only: set CUDA_PATH to the view below for it.\n\n[binaries]\n",
		f->cuda_version, f->target, rel);
	if (f->has_gcc) {
		add_tool(&out, f, "c", "gcc");
		add_tool(&out, f, "cpp", "g++");
		add_tool(&out, f, "ar", "ar");
		add_tool(&out, f, "strip", "strip");
	}
	if (f->has_nvcc)
		add_string(&out, "cuda", f->view, "bin/nvcc");
	add_string(&out, "pkg-config", f->in->root, wrapper);
	add_string(&out, "pkgconfig", f->in->root, wrapper);
	ce_buf_adds(&out, "\n[built-in options]\n");
	if (f->has_gcc)
		add_tool(&out, f, "cuda_ccbindir", "g++");
	ce_buf_adds(&out, "\n[properties]\n");
	add_string(&out, "cmake_toolchain_file", f->in->root, toolchain);
	add_string(&out, "pkg_config_libdir", f->in->root, pkgconfig);
	return ce_emit_file(f, rel, &out, false, err);
}
