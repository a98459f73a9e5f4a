/* SPDX-License-Identifier: MIT */
/* CMake presets. */
#include "emit/emit_presets.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "ccenv/ccenv.h"

#define TOOLCHAIN_MARK "# ccenv toolchain "

static json_t *configure_preset(const char *name, const char *display, const char *type)
{
	return json_pack("{ss ss so s{ss}}", "name", name, "inherits", "ccenv", "displayName",
		json_sprintf("%s, %s", display, type), "cacheVariables", "CMAKE_BUILD_TYPE", type);
}

void ce_emit_presets_text(const char *cuda_version, const char *toolchain, struct ce_buf *out)
{
	static const struct {
		const char *name, *type;
	} types[] = {{"ccenv-debug", "Debug"}, {"ccenv-release", "Release"}};
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf display = {0};
	json_t *configure = json_array(), *build = json_array(), *test = json_array();

	ce_buf_adds(&display, "CUDA");
	if (cuda_version)
		ce_buf_addf(&display, " %s", cuda_version);
	/* Included files are known from version 4 on. */
	json_object_set_new(o, "version", json_integer(4));
	json_object_set_new(o, "vendor", json_pack("{s{si}}", "ccenv", "presets", 1));
	json_array_append_new(
		configure, json_pack("{ss sb ss so}", "name", "ccenv", "hidden", 1, "binaryDir",
				   "${sourceDir}/build/${presetName}", "toolchainFile",
				   json_sprintf("${sourceDir}/%s", toolchain)));
	for (size_t i = 0; i < CE_COUNT(types); i++) {
		json_array_append_new(configure,
			configure_preset(types[i].name, ce_buf_str(&display), types[i].type));
		json_array_append_new(build, json_pack("{ss ss}", "name", types[i].name,
						     "configurePreset", types[i].name));
		json_array_append_new(
			test, json_pack("{ss ss s{sb}}", "name", types[i].name, "configurePreset",
				      types[i].name, "output", "outputOnFailure", 1));
	}
	json_object_set_new(o, "configurePresets", configure);
	json_object_set_new(o, "buildPresets", build);
	json_object_set_new(o, "testPresets", test);
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
