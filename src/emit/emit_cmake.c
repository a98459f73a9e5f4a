/* SPDX-License-Identifier: MIT */
/* toolchain/<target>.cmake: the template in text/toolchain.cmake, and what `ccenv toolchain`
 * prints. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "emit/emit.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"
#include "model/platform.h"

static const char *on_off(bool value)
{
	return value ? "ON" : "OFF";
}

static const char *quoted(struct ce_buf *b, const char *s)
{
	ce_quote_cmake(b, s);
	return ce_buf_str(b);
}

int ce_emit_cmake(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf env = {0}, view = {0}, manifest = {0}, lock = {0};
	CE_CLEANUP(ce_freep) char *rel = ce_asprintf("toolchain/%s.cmake", f->target);
	const struct ce_emit_pair pairs[] = {
		{"CUDA_VERSION", f->cuda_version},
		{"TARGET", f->target},
		{"TRIPLET", f->triplet ? f->triplet : ""},
		{"CONTENT", f->in->content_hash},
		{"HAS_NVCC", on_off(f->has_nvcc)},
		{"HAS_GCC", on_off(f->has_gcc)},
		{"CROSSING", on_off(false)},
		{"PROCESSOR", strcmp(f->in->platform, "linux-64") == 0 ? "x86_64" : "aarch64"},
		{"ARCHS", ""},
		{"ENV", quoted(&env, f->env_rel)},
		{"VIEW", quoted(&view, f->view_rel)},
		{"MANIFEST", quoted(&manifest, f->manifest_rel)},
		{"LOCK", quoted(&lock, f->lock_rel)},
	};

	ce_emit_fill(&out, ce_text_toolchain_cmake, pairs, CE_COUNT(pairs));
	return ce_emit_file(f, rel, &out, false, err);
}

void ce_emit_toolchain_text(struct ce_buf *out)
{
	const struct ce_emit_pair pairs[] = {{"ENSURE", ce_text_ensure_cmake}};

	ce_emit_fill(out, ce_text_find_cmake, pairs, CE_COUNT(pairs));
}

void ce_emit_toolchain_resolved(const char *root, const char *platform, struct ce_buf *out)
{
	ce_buf_adds(out, "# ccenv toolchain of this machine: do not commit.\ninclude(\"");
	ce_quote_cmake(out, root);
	ce_buf_addf(out, "/toolchain/%s.cmake\")\n", ce_platform_cuda_target(platform));
}
