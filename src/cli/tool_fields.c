/* SPDX-License-Identifier: MIT */
/* The fields of struct ccenv_tools by name. */
#include "cli/tool_fields.h"

#include <stddef.h>
#include <string.h>

#define FIELD(name, field)                                                                         \
	{                                                                                          \
		name, offsetof(struct ccenv_tools, field)                                          \
	}

const struct ce_tool_field ce_tool_fields[] = {
	FIELD("root", root),
	FIELD("prefix", prefix),
	FIELD("view", view),
	FIELD("view-link", view_link),
	FIELD("content", content),
	FIELD("platform", platform),
	FIELD("target", target),
	FIELD("build-platform", build),
	FIELD("tools", tools),
	FIELD("triplet", triplet),
	FIELD("cuda-version", cuda_version),
	FIELD("nvcc-version", nvcc_version),
	FIELD("gcc-version", gcc_version),
	FIELD("nvcc", nvcc),
	FIELD("cc", cc),
	FIELD("cxx", cxx),
	FIELD("ar", ar),
	FIELD("nm", nm),
	FIELD("ranlib", ranlib),
	FIELD("strip", strip),
	FIELD("ld", ld),
	FIELD("sysroot", sysroot),
	FIELD("include-dir", include_dir),
	FIELD("lib-dir", lib_dir),
	FIELD("pkg-config", pkg_config),
	FIELD("pkg-config-libdir", pkg_config_libdir),
	FIELD("cmake-file", cmake_file),
	FIELD("make-file", make_file),
	FIELD("meson-file", meson_file),
	FIELD("clangd-file", clangd_file),
	{NULL, 0},
};

const struct ce_tool_field *ce_tool_field_find(const char *name)
{
	for (const struct ce_tool_field *f = ce_tool_fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *ce_tool_field_value(const struct ce_tool_field *field, const struct ccenv_tools *tools)
{
	const char *value;

	memcpy(&value, (const char *)tools + field->offset, sizeof(value));
	return value;
}

json_t *ce_tools_json(const struct ccenv_tools *tools)
{
	json_t *o = json_object(), *components = json_array(), *archs = json_array();

	for (const struct ce_tool_field *f = ce_tool_fields; f->name; f++) {
		const char *value = ce_tool_field_value(f, tools);

		json_object_set_new(o, f->name, value ? json_string(value) : json_null());
	}
	for (size_t i = 0; i < tools->n_components; i++)
		json_array_append_new(components, json_string(tools->components[i]));
	for (size_t i = 0; i < tools->n_archs; i++)
		json_array_append_new(archs, json_string(tools->archs[i]));
	if (tools->name) {
		json_t *emulator = json_array();

		for (size_t i = 0; i < tools->n_emulator; i++)
			json_array_append_new(emulator, json_string(tools->emulator[i]));
		json_object_set_new(o, "name", json_string(tools->name));
		json_object_set_new(o, "emulator", emulator);
	}
	json_object_set_new(o, "architectures", archs);
	json_object_set_new(o, "components", components);
	return o;
}
