/* SPDX-License-Identifier: MIT */
/* CycloneDX 1.5 as JSON. */
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "exchange/export.h"
#include "exchange/license.h"
#include "exchange/note.h"
#include "exchange/sbom.h"
#include "model/lockfile.h"
#include "model/pkg.h"

static json_t *licenses(const char *text)
{
	CE_AUTOFREE char *expression = ce_license_expression(text);

	if (expression)
		return json_pack("[{s:s}]", "expression", expression);
	return json_pack("[{s:{s:s}}]", "license", "name", text);
}

static json_t *component(const struct ce_pkg *p)
{
	CE_AUTOFREE char *purl = ce_sbom_purl(p);
	json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "type", "library", "bom-ref", purl, "name",
		p->name, "version", p->version);
	json_t *hashes = json_array();

	if (p->md5)
		json_array_append_new(
			hashes, json_pack("{s:s,s:s}", "alg", "MD5", "content", p->md5));
	json_array_append_new(
		hashes, json_pack("{s:s,s:s}", "alg", "SHA-256", "content", p->sha256));
	json_object_set_new(o, "hashes", hashes);
	if (p->license && p->license[0])
		json_object_set_new(o, "licenses", licenses(p->license));
	json_object_set_new(o, "purl", json_string(purl));
	json_object_set_new(o, "externalReferences",
		json_pack("[{s:s,s:o}]", "type", "distribution", "url", ce_note_url(p->url)));
	return o;
}

/* {"ref": …, "dependsOn": […]}: what the texts name, each once. */
static json_t *edges(
	const char *ref, const char *const *texts, size_t n, const struct ce_map *by_name)
{
	CE_CLEANUP(ce_map_release) struct ce_map seen = {0};
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct ce_pkg *to = ce_sbom_find(by_name, texts[i]);
		CE_AUTOFREE char *purl = to ? ce_sbom_purl(to) : NULL;

		if (purl && ce_map_insert(&seen, purl))
			json_array_append_new(list, json_string(purl));
	}
	return json_pack("{s:s,s:o}", "ref", ref, "dependsOn", list);
}

void ce_export_cyclonedx(const struct ce_export *e, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object();
	CE_CLEANUP(ce_map_release) struct ce_map by_name = {0};
	const struct ce_lockfile_platform *p = e->platform;
	json_t *components = json_array(), *dependencies = json_array();

	ce_sbom_index(p, &by_name);
	json_array_append_new(dependencies,
		edges("project", (const char *const *)p->specs, p->n_specs, &by_name));
	for (size_t i = 0; i < p->n_pkgs; i++) {
		const struct ce_pkg *pkg = p->pkgs[i];
		CE_AUTOFREE char *purl = ce_sbom_purl(pkg);

		json_array_append_new(components, component(pkg));
		json_array_append_new(dependencies,
			edges(purl, (const char *const *)pkg->depends, pkg->n_depends, &by_name));
	}
	json_object_set_new(
		root, "$schema", json_string("http://cyclonedx.org/schema/bom-1.5.schema.json"));
	json_object_set_new(root, "bomFormat", json_string("CycloneDX"));
	json_object_set_new(root, "specVersion", json_string("1.5"));
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "metadata",
		json_pack("{s:{s:[{s:s,s:s,s:s}]},s:{s:s,s:s,s:s}}", "tools", "components", "type",
			"application", "name", "ccenv", "version", CCENV_VERSION, "component",
			"type", "application", "bom-ref", "project", "name", e->project));
	json_object_set_new(root, "components", components);
	json_object_set_new(root, "dependencies", dependencies);
	ce_json_format(root, out);
}
