/* SPDX-License-Identifier: MIT */
/* The names of what an installed root has. */
#include "cli/tool_fields.h"

#include <stddef.h>
#include <string.h>

#define FACT(name, field)                                                                          \
	{                                                                                          \
		name, offsetof(struct ccenv_tools, field)                                          \
	}

const struct ce_fact ce_facts[] = {
	FACT("root", root),
	FACT("prefix", prefix),
	FACT("view", view),
	FACT("view-link", view_link),
	FACT("content", content),
	FACT("platform", platform),
	FACT("target", target),
	FACT("triplet", triplet),
	FACT("cuda-version", cuda_version),
	FACT("nvcc-version", nvcc_version),
	FACT("gcc-version", gcc_version),
	FACT("nvcc", nvcc),
	FACT("cc", cc),
	FACT("cxx", cxx),
	FACT("ar", ar),
	FACT("nm", nm),
	FACT("ranlib", ranlib),
	FACT("strip", strip),
	FACT("ld", ld),
	FACT("sysroot", sysroot),
	FACT("include-dir", include_dir),
	FACT("lib-dir", lib_dir),
	FACT("pkg-config", pkg_config),
	FACT("pkg-config-libdir", pkg_config_libdir),
	FACT("cmake-file", cmake_file),
	FACT("make-file", make_file),
	FACT("meson-file", meson_file),
	{NULL, 0},
};

const struct ce_fact *ce_fact_find(const char *name)
{
	for (const struct ce_fact *f = ce_facts; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *ce_fact_value(const struct ce_fact *fact, const struct ccenv_tools *tools)
{
	const char *value;

	memcpy(&value, (const char *)tools + fact->offset, sizeof(value));
	return value;
}

json_t *ce_facts_json(const struct ccenv_tools *tools)
{
	json_t *o = json_object(), *components = json_array(), *archs = json_array();

	for (const struct ce_fact *f = ce_facts; f->name; f++) {
		const char *value = ce_fact_value(f, tools);

		json_object_set_new(o, f->name, value ? json_string(value) : json_null());
	}
	for (size_t i = 0; i < tools->n_components; i++)
		json_array_append_new(components, json_string(tools->components[i]));
	for (size_t i = 0; i < tools->n_archs; i++)
		json_array_append_new(archs, json_string(tools->archs[i]));
	json_object_set_new(o, "architectures", archs);
	json_object_set_new(o, "components", components);
	return o;
}
