/* SPDX-License-Identifier: MIT */
/* A new ccenv.json. */
#include "base/buf.h"
#include "base/json.h"
#include "manifest/manifest_file.h"

void ce_manifest_render(const struct ce_manifest_new_options *o, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object();

	if (o->name)
		json_object_set_new(root, "name", json_string(o->name));
	if (o->n_channels)
		json_object_set_new(
			root, "channels", ce_json_of_strings(o->channels, o->n_channels));
	if (o->n_platforms)
		json_object_set_new(
			root, "platforms", ce_json_of_strings(o->platforms, o->n_platforms));
	if (o->cuda_version) {
		json_t *cuda = json_object();

		json_object_set_new(cuda, "version", json_string(o->cuda_version));
		if (o->n_components)
			json_object_set_new(cuda, "components",
				ce_json_of_strings(o->components, o->n_components));
		json_object_set_new(root, "cuda", cuda);
	}
	json_object_set_new(root, "dependencies", json_object());
	ce_json_format(root, out);
}
