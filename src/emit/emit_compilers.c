/* SPDX-License-Identifier: MIT */
/* bin/g++ and its like: the host compilers by the names that makefiles have for them. */
#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"

static const char *const compilers[][2] = {
	{"cc", "gcc"}, {"gcc", "gcc"}, {"c++", "g++"}, {"g++", "g++"}};

/* One of an earlier lock, that had a gcc. */
static int remove_compiler(const struct ce_emit_facts *f, const char *rel, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(f->in->root, rel);

	if (unlink(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", path);
	return 0;
}

int ce_emit_compilers(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf env = {0};
	int r = 0;

	ce_quote_sh(&env, f->env_rel);
	for (size_t i = 0; r == 0 && i < CE_COUNT(compilers); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
		CE_AUTOFREE char *rel = ce_asprintf("bin/%s", compilers[i][0]);
		CE_AUTOFREE char *tool = NULL;

		if (!f->has_gcc) {
			r = remove_compiler(f, rel, err);
			continue;
		}
		tool = ce_asprintf("%s-%s", f->triplet, compilers[i][1]);
		const struct ce_emit_pair pairs[] = {
			{"NAME", compilers[i][0]}, {"TOOL", tool}, {"ENV", ce_buf_str(&env)}};

		ce_emit_fill(&out, ce_text_compiler_sh, pairs, CE_COUNT(pairs));
		r = ce_emit_file(f, rel, &out, true, err);
	}
	return r;
}
