/* SPDX-License-Identifier: MIT */
/* stamp.json, stamp-<target>.json: what is installed in the root. It is written last: who finds it finds the rest. */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "emit/emit_facts.h"
#include "model/component.h"
#include "model/layout.h"

/*
 * Are all packages of the component in the prefix? The compiler of nvcc may be the system's, and
 * the headers in cuda-crt-dev came with nvcc until CUDA 12.1.
 */
static bool has_side(const struct ce_emit_facts *f, const struct ce_component *c, enum ce_side side)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ccenv_error ignored;
	struct ce_strs specs = {0};

	if (ce_component_expand(c->name, f->in->platform, side, &a, &specs, &ignored) < 0)
		return false;
	for (size_t i = 0; i < specs.n; i++)
		if (!ce_has_prefix(specs.items[i], "gcc_impl_") &&
			!ce_has_prefix(specs.items[i], "gxx_impl_") &&
			!ce_has_prefix(specs.items[i], "cuda-crt-dev_") &&
			!(side == CE_SIDE_BUILD ? ce_emit_tool_find(f, specs.items[i])
						: ce_emit_pkg_find(f, specs.items[i])))
			return false;
	return true;
}

bool ce_emit_has_component(const struct ce_emit_facts *f, const struct ce_component *c)
{
	if (f->crossing)
		return has_side(f, c, CE_SIDE_BUILD) && has_side(f, c, CE_SIDE_HOST);
	return has_side(f, c, CE_SIDE_NATIVE);
}

static json_t *components_json(const struct ce_emit_facts *f)
{
	json_t *list = json_array();

	for (const struct ce_component *c = ce_component_list(); c->name; c++) {
		if (!ce_emit_has_component(f, c))
			continue;
		json_array_append_new(list, json_string(c->name));
		for (size_t i = 0; c->aliases[i]; i++)
			json_array_append_new(list, json_string(c->aliases[i]));
	}
	return list;
}

static json_t *strings(struct ce_strs texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts.n; i++)
		json_array_append_new(list, json_string(texts.items[i]));
	return list;
}

/* What a target has besides: who it is, its other machine, and what its programs may need. */
static void add_target(const struct ce_emit_facts *f, json_t *o)
{
	const struct ce_emit_target *t = f->in->target;

	json_object_set_new(o, "name", json_string(t->name));
	json_object_set_new(o, "build", json_string(t->platform));
	json_object_set_new(o, "tools", json_string(f->tools_rel));
	if (t->glibc)
		json_object_set_new(o, "glibc", json_string(t->glibc));
	if (t->emulator.n)
		json_object_set_new(o, "emulator", strings(t->emulator));
}

static json_t *file_json(const char *rel, const char *sha256)
{
	return *rel ? json_pack("{ss ss}", "path", rel, "sha256", sha256) : json_null();
}

int ce_emit_stamp(const struct ce_emit_facts *f, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_AUTOFREE char *path = ce_layout_stamp("", f->crossing ? f->label : NULL);

	json_object_set_new(o, "version", json_integer(1));
	json_object_set_new(o, "content", json_string(f->in->content_hash));
	json_object_set_new(o, "platform", json_string(f->in->platform));
	json_object_set_new(o, "target", json_string(f->target));
	json_object_set_new(o, "label", json_string(f->label));
	json_object_set_new(o, "names", strings(f->names));
	if (f->crossing)
		add_target(f, o);
	json_object_set_new(o, "cuda", json_string(f->cuda_version));
	json_object_set_new(o, "nvcc", json_string(f->has_nvcc ? f->toolkit_version : ""));
	json_object_set_new(o, "gcc", json_string(f->has_gcc ? f->cxx_version : ""));
	json_object_set_new(o, "prefix", json_string(f->env_rel));
	json_object_set_new(o, "view", json_string(f->view_rel));
	json_object_set_new(o, "toolchain", json_sprintf("toolchain/%s.cmake", f->label));
	json_object_set_new(o, "manifest", file_json(f->manifest_rel, f->manifest_sha256));
	json_object_set_new(o, "lock", file_json(f->lock_rel, f->lock_sha256));
	json_object_set_new(o, "reproducible", json_string(f->in->reproducible));
	json_object_set_new(o, "architectures", strings(f->in->archs));
	json_object_set_new(o, "components", components_json(f));
	ce_json_format(o, &b);
	return ce_emit_file(f, path + 1, &b, false, err);
}
