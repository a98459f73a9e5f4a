/* SPDX-License-Identifier: MIT */
/* The table of emitters. */
#include "emit/emit.h"

#include "base/alloc.h"
#include "base/event.h"
#include "base/path.h"
#include "base/stage.h"
#include "ccenv/ccenv.h"
#include "emit/emit_facts.h"

static int (*const emitters[])(const struct ce_emit_facts *f, struct ccenv_error *err) = {
	ce_emit_view,
	ce_emit_pc,
	ce_emit_cmake,
	ce_emit_make,
	ce_emit_compilers,
	ce_emit_meson,
	ce_emit_ide,
	/* Last: who finds it finds the rest. */
	ce_emit_stamp,
};

/* Half-written files and views. */
static void sweep(const struct ce_emit_facts *f)
{
	CE_AUTOFREE char *pc = ce_asprintf("pkgconfig/%s", f->label);
	CE_AUTOFREE char *include = ce_asprintf("%s/include", f->ide_rel);
	const char *const dirs[] = {
		"", "view", "toolchain", "make", "meson", f->ide_rel, include, "bin", pc};

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
	if (r < 0)
		return r;
	sweep(&f);
	for (size_t i = 0; i < CE_COUNT(emitters); i++) {
		r = emitters[i](&f, err);
		if (r < 0)
			return r;
	}
	ce_log(in->events, CCENV_LOG_INFO, "build files for %s (CUDA %s) are in %s", f.label,
		*f.cuda_version ? f.cuda_version : "-", in->root);
	return 0;
}
