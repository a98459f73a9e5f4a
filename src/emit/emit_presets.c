/* SPDX-License-Identifier: MIT */
/* CMake presets. */
#include "emit/emit_presets.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "ccenv/ccenv.h"

#define TOOLCHAIN_MARK "# ccenv toolchain "

/* The three lists of a file of presets. */
struct lists {
	json_t *configure, *build, *test;
};

/* Debug and Release; `target` may be NULL. */
static void add_presets(const struct lists *l, const char *display, const char *target)
{
	static const struct {
		const char *name, *type;
	} types[] = {{"debug", "Debug"}, {"release", "Release"}};

	for (size_t i = 0; i < CE_COUNT(types); i++) {
		CE_AUTOFREE char *name = ce_asprintf(
			"ccenv-%s%s%s", target ? target : "", target ? "-" : "", types[i].name);
		CE_AUTOFREE char *shown = ce_asprintf("%s%s%s, %s", display, target ? " for " : "",
			target ? target : "", types[i].type);
		json_t *variables = json_pack("{ss}", "CMAKE_BUILD_TYPE", types[i].type);

		if (target)
			json_object_set_new(variables, "CCENV_TARGET", json_string(target));
		json_array_append_new(
			l->configure, json_pack("{ss ss ss so}", "name", name, "inherits", "ccenv",
					      "displayName", shown, "cacheVariables", variables));
		json_array_append_new(
			l->build, json_pack("{ss ss}", "name", name, "configurePreset", name));
		json_array_append_new(
			l->test, json_pack("{ss ss s{sb}}", "name", name, "configurePreset", name,
					 "output", "outputOnFailure", 1));
	}
}

void ce_emit_presets_text(const struct ce_emit_presets *presets, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf display = {0};
	const struct lists l = {json_array(), json_array(), json_array()};

	ce_buf_adds(&display, "CUDA");
	if (presets->cuda_version)
		ce_buf_addf(&display, " %s", presets->cuda_version);
	/* Included files are known from version 4 on. */
	json_object_set_new(o, "version", json_integer(4));
	json_object_set_new(o, "vendor", json_pack("{s{si}}", "ccenv", "presets", 1));
	json_array_append_new(
		l.configure, json_pack("{ss sb ss so}", "name", "ccenv", "hidden", 1, "binaryDir",
				     "${sourceDir}/build/${presetName}", "toolchainFile",
				     json_sprintf("${sourceDir}/%s", presets->toolchain)));
	add_presets(&l, ce_buf_str(&display), NULL);
	for (size_t i = 0; i < presets->targets.n; i++)
		add_presets(&l, ce_buf_str(&display), presets->targets.items[i]);
	json_object_set_new(o, "configurePresets", l.configure);
	json_object_set_new(o, "buildPresets", l.build);
	json_object_set_new(o, "testPresets", l.test);
	ce_json_format(o, out);
}

bool ce_emit_is_presets(const char *text, size_t len)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ccenv_error ignored;

	return ce_json_parse(text, len, &o, &ignored) == 0 &&
	       json_object_get(json_object_get(o, "vendor"), "ccenv");
}

bool ce_emit_is_toolchain(const char *text)
{
	return strncmp(text, TOOLCHAIN_MARK, strlen(TOOLCHAIN_MARK)) == 0;
}
