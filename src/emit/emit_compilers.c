/* SPDX-License-Identifier: MIT */
/*
 * The host compilers: scripts that start the prefix's gcc and g++.
 *
 * A script, because gcc obeys variables like CPATH and has no option against it, and a build tool
 * cannot take them away at each place where it compiles. There are two kinds. A bare one only does
 * that: it is what CMake gets, which has its own ways to find things. The other one finds, like the
 * gcc of conda-forge that is meant for users (package conda-gcc-specs), the headers and libraries
 * of the prefix, and those of the toolkit that a shared library needs.
 */
#include "emit/emit_compilers.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"

/* bin/: by the names that makefiles have for them. */
static const struct {
	const char *name, *tool;
} compilers[] = {
	{"cc", "gcc"},
	{"gcc", "gcc"},
	{"c++", "g++"},
	{"g++", "g++"},
};

void ce_emit_project_sh(const struct ce_emit_facts *f, const char *root, struct ce_buf *out)
{
	if (*f->project_rel && *f->project_rel != '/')
		ce_buf_addf(out, "\"%s\"/", root);
	ce_quote_sh(out, f->project_rel);
}

void ce_emit_reproducible(struct ce_buf *out, const struct ce_emit_facts *f)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf project = {0};

	ce_emit_project_sh(f, "$root", &project);
	const struct ce_emit_pair pairs[] = {
		{"PROJECT", ce_buf_str(&project)},
		{"BUILTIN_SPECS", f->has_builtin_specs && *f->env_rel != '/' ? "ON" : "OFF"},
	};

	ce_emit_fill(out, ce_text_reproducible_sh, pairs, CE_COUNT(pairs));
}

void ce_emit_compiler(
	struct ce_buf *out, const struct ce_emit_facts *f, const struct ce_emit_compiler *compiler)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf env = {0}, tools = {0}, view = {0}, exec = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf set_tools = {0};
	CE_AUTOFREE char *tool = ce_asprintf("%s-%s", f->triplet, compiler->tool);
	const char *home = f->crossing ? "tools" : "env";

	ce_quote_sh(&env, f->env_rel);
	ce_quote_sh(&tools, f->tools_rel);
	ce_quote_sh(&view, f->view_rel);
	/* Of a target: from the machine that builds, and for the other. */
	if (f->crossing)
		ce_buf_addf(&set_tools, "\ncase %s in\n/*) tools=%s ;;\n*) tools=$root/%s ;;\nesac",
			ce_buf_str(&tools), ce_buf_str(&tools), ce_buf_str(&tools));
	if (!compiler->bare)
		ce_buf_addf(&exec,
			"view=$root/%s\n"
			"CCENV_LINK_VIEW=$view CCENV_LINK_ENV=$env\n"
			"export CCENV_LINK_VIEW CCENV_LINK_ENV\n",
			ce_buf_str(&view));
	ce_buf_addf(&exec, "$run \"$%s/bin/%s\" \"$@\"", home, tool);
	/* conda-forge's cross compilers, too, add a RPATH with their own prefix, that is of the machine
	 * that builds; builtin.specs are the same without. */
	if (!compiler->bare)
		ce_buf_addf(&exec,
			" -idirafter \"$env/include\" -L\"$view/lib\" -L\"$env/lib\" \\\n"
			"\t-L\"$view/stubs\"%s -specs=\"$view/host/link.specs\"",
			f->crossing && f->has_builtin_specs ? " -specs=builtin.specs" : "");
	const struct ce_emit_pair pairs[] = {
		{"TOOL", tool},
		{"CUDA_VERSION", f->cuda_version},
		{"TARGET", f->target},
		{"ABOUT", compiler->bare
				  ? ""
				  : " It finds what is in the prefix, after everything else."},
		{"UP", compiler->up},
		{"ENV", ce_buf_str(&env)},
		{"REPRODUCIBLE", f->in->reproducible},
		{"BARE", compiler->bare ? "1" : ""},
		{"VIEW", ce_buf_str(&view)},
		{"SET_TOOLS", ce_buf_str(&set_tools)},
		{"HOME", home},
		{"OF_TARGET", f->of_target},
		{"EXEC", ce_buf_str(&exec)},
	};

	ce_emit_fill(out, ce_text_compiler_sh, pairs, CE_COUNT(pairs));
}

/* One of an earlier lock, that had a gcc. */
static int remove_compiler(const struct ce_emit_facts *f, const char *rel, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(f->in->root, rel);

	if (ce_emit_is_ours(f->in->root, rel) && unlink(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", path);
	return 0;
}

int ce_emit_compilers(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	int r;

	/* By these names everybody expects a compiler whose programs run here. */
	for (size_t i = 0; !f->crossing && i < CE_COUNT(compilers); i++) {
		CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
		CE_AUTOFREE char *rel = ce_asprintf("bin/%s", compilers[i].name);

		if (f->has_gcc) {
			const struct ce_emit_compiler c = {.tool = compilers[i].tool, .up = ".."};

			ce_emit_compiler(&out, f, &c);
			r = ce_emit_file(f, rel, &out, true, err);
		} else {
			r = remove_compiler(f, rel, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}
