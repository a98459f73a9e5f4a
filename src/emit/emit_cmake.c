/* SPDX-License-Identifier: MIT */
/* toolchain/<target>.cmake: the template in text/toolchain.cmake, and what `ccenv toolchain`
 * prints. */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "emit/emit.h"
#include "emit/emit_facts.h"
#include "emit/emit_text.h"
#include "model/arch.h"
#include "model/cuda_parts.h"
#include "model/layout.h"
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

static bool has_library(const struct ce_emit_facts *f, const char *name)
{
	static const char *const places[][2] = {{"lib", "so"}, {"lib", "a"}, {"lib/stubs", "so"}};
	bool found = false;

	for (size_t i = 0; !found && i < CE_COUNT(places); i++) {
		CE_AUTOFREE char *path = ce_asprintf("%s/targets/%s/%s/lib%s.%s", f->in->prefix,
			f->target, places[i][0], name, places[i][1]);

		found = ce_emit_is_there(f, path);
	}
	if (!found) {
		CE_AUTOFREE char *path = ce_asprintf("%s/lib/lib%s.so", f->in->prefix, name);

		found = ce_emit_is_there(f, path);
	}
	return found;
}

/* FindCUDAToolkit takes from the system whatever the toolkit does not have, so that each library that
 * is not here must be named. */
static void add_absent(const struct ce_emit_facts *f, struct ce_buf *out)
{
	const struct ce_component *c;
	const struct ce_cuda_part *p;

	for (size_t i = 0; (p = ce_cuda_part_at(i, &c)); i++)
		if (p->cmake && !has_library(f, p->lib))
			ce_buf_addf(out, "\n\t%s", p->cmake);
}

static const char *joined(struct ce_buf *b, struct ce_strs list)
{
	for (size_t i = 0; i < list.n; i++)
		ce_buf_addf(b, "%s%s", i ? ";" : "", list.items[i]);
	return ce_buf_str(b);
}

/* Components for people: those that are installed, or those that are not. Static variants and tools
 * are left out of the latter. */
static const char *components(const struct ce_emit_facts *f, bool installed, struct ce_buf *out)
{
	for (const struct ce_component *c = ce_component_list(); c->name; c++)
		if (ce_emit_has_component(f, c) == installed &&
			(installed || ce_component_is_library(c)))
			ce_buf_addf(out, "%s%s", out->len > 0 ? ";" : "", c->name);
	return ce_buf_str(out);
}

/* What CMake reads when it enables a language. */
static int emit_rules(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	static const char *const languages[] = {"C", "CXX"};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	int r;

	ce_buf_adds(&out, ce_text_rules_cmake);
	r = ce_emit_file(f, "toolchain/rules.cmake", &out, false, err);
	if (r < 0)
		return r;
	ce_buf_clear(&out);
	ce_buf_adds(&out, ce_text_rules_add_cmake);
	r = ce_emit_file(f, "toolchain/rules-add.cmake", &out, false, err);
	for (size_t i = 0; r >= 0 && i < CE_COUNT(languages); i++) {
		CE_AUTOFREE char *rel = ce_asprintf("toolchain/rules-%s.cmake", languages[i]);

		ce_buf_clear(&out);
		ce_buf_addf(&out,
			"# Written by ccenv: changes are lost.\n"
			"set(_ccenv_language %s)\n"
			"include(\"${CMAKE_CURRENT_LIST_DIR}/rules-add.cmake\")\n"
			"if(CCENV_RULES_OF_USER_%s)\n"
			"\tinclude(\"${CCENV_RULES_OF_USER_%s}\")\n"
			"endif()\n",
			languages[i], languages[i], languages[i]);
		r = ce_emit_file(f, rel, &out, false, err);
	}
	return r;
}

/* As a list; empty where CMake is to look for one by itself. */
static const char *emulator_list(const struct ce_emit_facts *f, struct ce_buf *b)
{
	struct ce_strs list = {0};

	if (f->crossing)
		list = f->in->target->emulator;
	for (size_t i = 0; i < list.n; i++) {
		ce_buf_adds(b, i ? ";" : "");
		ce_quote_cmake(b, list.items[i]);
	}
	return ce_buf_str(b);
}

/* What "all" or "all-major" means to this nvcc, for a CMake that does not know the word. */
static int add_archs_of(
	const struct ce_emit_facts *f, const char *word, struct ce_buf *b, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_strs list;
	int r = ce_arch_expand((struct ce_strs){&word, 1}, f->cuda_version, NULL, &a, &list, err);

	if (r >= 0)
		(void)joined(b, list);
	return r;
}

int ce_emit_cmake(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf known_text = {0}, others_text = {0};
	struct ce_strs known = ce_arch_list(f->cuda_version, &a);
	struct ce_strs others = ce_arch_others(f->cuda_version, &a);
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf env = {0}, view = {0}, manifest = {0}, lock = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf absent = {0}, archs = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf all = {0}, major = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf here = {0}, missing = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf tools = {0}, emulator = {0}, names = {0};
	CE_AUTOFREE char *rel = ce_asprintf("toolchain/%s.cmake", f->label);
	CE_AUTOFREE char *stamp = ce_layout_stamp("", f->crossing ? f->label : NULL);
	int r;

	add_absent(f, &absent);
	r = ce_emit_check_seen(f, err);
	if (r >= 0)
		r = add_archs_of(f, "all", &all, err);
	if (r >= 0)
		r = add_archs_of(f, "all-major", &major, err);
	if (r < 0)
		return r;
	const struct ce_emit_pair pairs[] = {
		{"ABSENT", ce_buf_str(&absent)},
		{"CUDA_VERSION", f->cuda_version},
		{"TARGET", f->target},
		{"LABEL", f->label},
		{"NAMES", joined(&names, f->names)},
		{"STAMP", stamp + 1},
		{"OF_TARGET", f->of_target},
		{"WRAPPER", f->wrapper_rel},
		{"IDE", f->ide_rel},
		{"TRIPLET", f->triplet ? f->triplet : ""},
		{"CONTENT", f->in->content_hash},
		{"REPRODUCIBLE", f->in->reproducible},
		{"NVCC_NAMES", f->nvcc_names},
		{"HAS_NVCC", on_off(f->has_nvcc)},
		{"HAS_GCC", on_off(f->has_gcc)},
		{"CROSSING", on_off(f->crossing)},
		{"PROCESSOR", ce_platform_processor(f->in->platform)},
		{"BUILD_PROCESSOR", ce_platform_processor(f->build_platform)},
		{"EMULATOR", emulator_list(f, &emulator)},
		{"TOOLS", quoted(&tools, f->tools_rel)},
		{"ARCHS", joined(&archs, f->in->archs)},
		{"KNOWN_ARCHS", joined(&known_text, known)},
		{"OTHER_ARCHS", joined(&others_text, others)},
		{"ALL_ARCHS", ce_buf_str(&all)},
		{"MAJOR_ARCHS", ce_buf_str(&major)},
		{"COMPONENTS", components(f, true, &here)},
		{"OTHER_COMPONENTS", components(f, false, &missing)},
		{"ENV", quoted(&env, f->env_rel)},
		{"VIEW", quoted(&view, f->view_rel)},
		{"MANIFEST", quoted(&manifest, f->manifest_rel)},
		{"LOCK", quoted(&lock, f->lock_rel)},
	};

	ce_emit_fill(&out, ce_text_toolchain_cmake, pairs, CE_COUNT(pairs));
	r = ce_emit_file(f, rel, &out, false, err);
	if (r < 0)
		return r;
	return emit_rules(f, err);
}

void ce_emit_toolchain_text(struct ce_buf *out)
{
	const struct ce_emit_pair pairs[] = {{"ENSURE", ce_text_ensure_cmake}};

	ce_emit_fill(out, ce_text_find_cmake, pairs, CE_COUNT(pairs));
}

void ce_emit_toolchain_resolved(const char *root, const char *label, struct ce_buf *out)
{
	ce_buf_adds(out, "# ccenv toolchain of this machine: do not commit.\ninclude(\"");
	ce_quote_cmake(out, root);
	ce_buf_addf(out, "/toolchain/%s.cmake\")\n", label);
}

void ce_emit_vendor_text(const struct ce_vendor_archive *archives, size_t n, const char *url,
	const char *sha256, struct ce_buf *out)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf quoted_url = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf releases = {0};

	for (size_t i = 0; i < n; i++) {
		ce_buf_addf(&releases, "set(_ccenv_url_%s \"", archives[i].platform);
		ce_quote_cmake(&releases, archives[i].url);
		ce_buf_addf(&releases, "\")\nset(_ccenv_sha256_%s \"%s\")\n", archives[i].platform,
			archives[i].sha256);
	}
	const struct ce_emit_pair pairs[] = {
		{"RELEASES", ce_buf_str(&releases)},
		{"URL", quoted(&quoted_url, url)},
		{"SHA256", sha256},
	};

	ce_emit_fill(out, ce_text_vendor_cmake, pairs, CE_COUNT(pairs));
}
