/* SPDX-License-Identifier: MIT */
/* make/ccenv-<target>.mk, make/ccenv.mk (the same for whoever has one target), and the pkg-config
 * wrapper. */
#include "base/alloc.h"
#include "base/buf.h"
#include "emit/emit.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"

int ce_emit_make(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf archs = {0}, env = {0}, lock = {0}, view = {0};
	CE_AUTOFREE char *rel = ce_asprintf("make/ccenv-%s.mk", f->target);
	int r;

	for (size_t i = 0; i < f->in->archs.n; i++)
		ce_buf_addf(&archs, "%s%s", i ? " " : "", f->in->archs.items[i]);
	ce_quote_make(&env, f->env_rel);
	ce_quote_make(&view, f->view_rel);
	ce_quote_make(&lock, f->lock_rel);
	const struct ce_emit_pair pairs[] = {
		{"CUDA_VERSION", f->cuda_version},
		{"TARGET", f->target},
		{"PLATFORM", f->in->platform},
		{"TRIPLET", f->triplet ? f->triplet : ""},
		{"CONTENT", f->in->content_hash},
		{"HAS_GCC", f->has_gcc ? "ON" : "OFF"},
		{"REPRODUCIBLE", f->in->reproducible},
		{"ARCHS", ce_buf_str(&archs)},
		{"ENV", ce_buf_str(&env)},
		{"VIEW", ce_buf_str(&view)},
		{"LOCK", ce_buf_str(&lock)},
	};

	ce_emit_fill(&out, ce_text_ccenv_mk, pairs, CE_COUNT(pairs));
	r = ce_emit_file(f, rel, &out, false, err);
	if (r < 0)
		return r;
	ce_buf_clear(&out);
	ce_buf_addf(&out, "include $(dir $(lastword $(MAKEFILE_LIST)))ccenv-%s.mk\n", f->target);
	return ce_emit_file(f, "make/ccenv.mk", &out, false, err);
}

void ce_emit_make_text(struct ce_buf *out)
{
	ce_buf_adds(out, ce_text_init_mk);
}

void ce_emit_make_resolved(const char *root, struct ce_buf *out)
{
	ce_buf_adds(out, "# ccenv toolchain of this machine: do not commit.\ninclude ");
	ce_quote_make(out, root);
	ce_buf_adds(out, "/make/ccenv.mk\n");
}
