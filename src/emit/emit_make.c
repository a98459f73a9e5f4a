/* SPDX-License-Identifier: MIT */
/* make/ccenv-<target>.mk, make/ccenv.mk (the same for whoever has one target), and the pkg-config
 * wrapper. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "emit/emit.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"
#include "model/platform.h"

/* make/ccenv-<name>.mk: one for each name that the target has. */
static int write_names(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};

	ce_buf_addf(&out,
		"# Written by ccenv: changes are lost.\ninclude $(dir $(lastword $(MAKEFILE_LIST)))ccenv-%s.mk\n",
		f->label);
	for (size_t i = 0; i < f->names.n; i++) {
		CE_AUTOFREE char *rel = ce_asprintf("make/ccenv-%s.mk", f->names.items[i]);
		int r;

		if (strcmp(f->names.items[i], f->label) == 0)
			continue;
		r = ce_emit_file(f, rel, &out, false, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int ce_emit_make(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf archs = {0}, env = {0}, lock = {0}, view = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf tools = {0}, names = {0};
	CE_AUTOFREE char *rel = ce_asprintf("make/ccenv-%s.mk", f->label);
	int r;

	for (size_t i = 0; i < f->in->archs.n; i++)
		ce_buf_addf(&archs, "%s%s", i ? " " : "", f->in->archs.items[i]);
	ce_quote_make(&env, f->env_rel);
	ce_quote_make(&tools, f->tools_rel);
	ce_quote_make(&view, f->view_rel);
	for (size_t i = 0; i < f->names.n; i++)
		ce_buf_addf(&names, "%s%s", i ? " " : "", f->names.items[i]);
	ce_quote_make(&lock, f->lock_rel);
	const struct ce_emit_pair pairs[] = {
		{"CUDA_VERSION", f->cuda_version},
		{"TARGET", f->target},
		{"NAMES", ce_buf_str(&names)},
		{"WRAPPER", f->wrapper_rel},
		{"TOOLS", ce_buf_str(&tools)},
		{"TRIPLET", f->triplet ? f->triplet : ""},
		{"OF_TARGET", f->of_target},
		{"CONTENT", f->in->content_hash},
		{"HAS_GCC", f->has_gcc ? "ON" : "OFF"},
		{"HAS_NVCC", f->has_nvcc ? "ON" : "OFF"},
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
	r = write_names(f, err);
	if (r < 0)
		return r;
	ce_buf_clear(&out);
	ce_buf_addf(&out,
		"# Written by ccenv: changes are lost. The toolchain of CCENV_TARGET, or that of this machine.\n"
		"ccenv_mk := $(dir $(lastword $(MAKEFILE_LIST)))ccenv-$(or $(CCENV_TARGET),%s).mk\n"
		"ifeq ($(wildcard $(ccenv_mk)),)\n"
		"$(error ccenv: $(ccenv_mk) does not exist: run `ccenv install$(if $(CCENV_TARGET), --target $(CCENV_TARGET))`, or name another target in CCENV_TARGET)\n"
		"endif\n"
		"include $(ccenv_mk)\n",
		ce_platform_cuda_target(f->build_platform));
	return ce_emit_file(f, "make/ccenv.mk", &out, false, err);
}

void ce_emit_make_text(struct ce_buf *out)
{
	ce_buf_adds(out, ce_text_init_mk);
}

void ce_emit_make_resolved(const char *root, const char *label, struct ce_buf *out)
{
	ce_buf_adds(out, "# ccenv toolchain of this machine: do not commit.\ninclude ");
	ce_quote_make(out, root);
	ce_buf_addf(out, "/make/ccenv-%s.mk\n", label);
}
