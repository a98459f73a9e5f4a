/* SPDX-License-Identifier: MIT */
/* SPDX 2.3 as JSON. */
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/strs.h"
#include "base/url.h"
#include "exchange/export.h"
#include "exchange/license.h"
#include "exchange/note.h"
#include "exchange/sbom.h"
#include "model/lockfile.h"
#include "model/pkg.h"

/* A document in the making. */
struct spdx {
	json_t *packages, *relationships;
	json_t *licenses; /* those that SPDX does not list, by id */
};

/* Identifiers have letters, digits, "." and "-" only. */
static void keep_id_characters(char *s)
{
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			    (*s >= '0' && *s <= '9') || *s == '.'))
			*s = '-';
}

/* "SPDXRef-cuda-nvcc-1a2b3c4d": the digits keep "a_b" and "a-b" apart. */
static char *ref_of(const struct ce_pkg *p)
{
	CE_AUTOFREE char *name = ce_strdup(p->name);

	keep_id_characters(name);
	return ce_asprintf("SPDXRef-%s-%.8s", name, p->sha256);
}

static void declare(struct spdx *d, const char *id, const char *text)
{
	if (!json_object_get(d->licenses, id))
		json_object_set_new(d->licenses, id,
			json_pack("{s:s,s:s,s:s}", "licenseId", id, "extractedText", text, "name",
				text));
}

/* The identifiers of an expression that the document itself must declare. */
static void declare_refs(struct spdx *d, const char *expression)
{
	while (*expression) {
		size_t n = strcspn(expression, " ()");
		CE_AUTOFREE char *word = ce_strndup(expression, n);

		if (ce_has_prefix(word, "LicenseRef-"))
			declare(d, word, word + strlen("LicenseRef-"));
		expression += n;
		expression += strspn(expression, " ()");
	}
}

/* What a record declares, as an expression. */
static json_t *license(struct spdx *d, const char *text)
{
	CE_AUTOFREE char *expression = text ? ce_license_expression(text) : NULL;
	CE_AUTOFREE char *id = NULL;
	char hex[CE_SHA256_HEX + 1];

	if (!text || !*text)
		return json_string("NOASSERTION");
	if (expression) {
		declare_refs(d, expression);
		return json_string(expression);
	}
	ce_sha256_bytes(text, strlen(text), hex);
	id = ce_asprintf("LicenseRef-%.40s-%.8s", text, hex);
	keep_id_characters(id);
	declare(d, id, text);
	return json_string(id);
}

static void relate(struct spdx *d, const char *from, const char *how, const char *to)
{
	json_array_append_new(
		d->relationships, json_pack("{s:s,s:s,s:s}", "spdxElementId", from,
					  "relationshipType", how, "relatedSpdxElement", to));
}

/* DEPENDS_ON what the texts name, each once. */
static void relate_all(struct spdx *d, const char *from, const char *const *texts, size_t n,
	const struct ce_map *by_name)
{
	CE_CLEANUP(ce_map_release) struct ce_map seen = {0};

	for (size_t i = 0; i < n; i++) {
		const struct ce_pkg *to = ce_sbom_find(by_name, texts[i]);
		CE_AUTOFREE char *ref = to ? ref_of(to) : NULL;

		if (ref && ce_map_insert(&seen, ref))
			relate(d, from, "DEPENDS_ON", ref);
	}
}

static json_t *checksums(const struct ce_pkg *p)
{
	json_t *array = json_array();

	if (p->md5)
		json_array_append_new(
			array, json_pack("{s:s,s:s}", "algorithm", "MD5", "checksumValue", p->md5));
	json_array_append_new(
		array, json_pack("{s:s,s:s}", "algorithm", "SHA256", "checksumValue", p->sha256));
	return array;
}

static void add_package(struct spdx *d, const struct ce_pkg *p, const struct ce_map *by_name)
{
	CE_AUTOFREE char *ref = ref_of(p), *purl = ce_sbom_purl(p);
	json_t *o = json_object();

	json_object_set_new(o, "SPDXID", json_string(ref));
	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "versionInfo", json_string(p->version));
	json_object_set_new(o, "packageFileName", json_string(p->fn));
	/* The file of a local channel is no place to download from. */
	json_object_set_new(o, "downloadLocation",
		ce_url_is_web(p->url) ? ce_note_url(p->url) : json_string("NOASSERTION"));
	json_object_set_new(o, "filesAnalyzed", json_false());
	json_object_set_new(o, "checksums", checksums(p));
	json_object_set_new(o, "licenseConcluded", json_string("NOASSERTION"));
	json_object_set_new(o, "licenseDeclared", license(d, p->license));
	json_object_set_new(o, "copyrightText", json_string("NOASSERTION"));
	json_object_set_new(o, "supplier", json_string("NOASSERTION"));
	json_object_set_new(o, "externalRefs",
		json_pack("[{s:s,s:s,s:s}]", "referenceCategory", "PACKAGE-MANAGER",
			"referenceType", "purl", "referenceLocator", purl));
	json_array_append_new(d->packages, o);
	relate_all(d, ref, (const char *const *)p->depends, p->n_depends, by_name);
}

static void add_project(struct spdx *d, const struct ce_export *e, const struct ce_map *by_name)
{
	static const char ref[] = "SPDXRef-project";
	json_t *o = json_object();

	json_object_set_new(o, "SPDXID", json_string(ref));
	json_object_set_new(o, "name", json_string(e->project));
	json_object_set_new(o, "downloadLocation", json_string("NOASSERTION"));
	json_object_set_new(o, "filesAnalyzed", json_false());
	json_object_set_new(o, "licenseConcluded", json_string("NOASSERTION"));
	json_object_set_new(o, "licenseDeclared", json_string("NOASSERTION"));
	json_object_set_new(o, "copyrightText", json_string("NOASSERTION"));
	json_array_append_new(d->packages, o);
	relate(d, "SPDXRef-DOCUMENT", "DESCRIBES", ref);
	relate_all(d, ref, (const char *const *)e->platform->specs, e->platform->n_specs, by_name);
}

/* The format wants a date. That of the newest package is the same on every run. */
static json_t *created(const struct ce_lockfile_platform *p)
{
	uint64_t newest = 0;
	char text[32];
	struct tm tm;
	time_t t;

	for (size_t i = 0; i < p->n_pkgs; i++)
		if (p->pkgs[i]->timestamp > newest)
			newest = p->pkgs[i]->timestamp;
	/* The year has four digits. */
	t = (time_t)(newest > 253402300799000 ? 0 : newest / 1000);
	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_string("1970-01-01T00:00:00Z");
	return json_string(text);
}

/* A name that no other document has: of all packages. */
static json_t *namespace(const struct ce_export *e)
{
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);
	char hex[CE_SHA256_HEX + 1];

	ce_digest_update(d, e->project, strlen(e->project) + 1);
	ce_digest_update(d, e->env->name, strlen(e->env->name) + 1);
	for (size_t i = 0; i < e->platform->n_pkgs; i++)
		ce_digest_update(d, e->platform->pkgs[i]->sha256, CE_SHA256_HEX);
	ce_digest_final(d, hex);
	return json_sprintf("https://spdx.org/spdxdocs/ccenv-%s-%s", e->platform->platform, hex);
}

static json_t *declared_licenses(const struct spdx *d)
{
	json_t *array = json_array(), *v;
	const char *id;

	json_object_foreach (d->licenses, id, v)
		json_array_append(array, v);
	return array;
}

void ce_export_spdx(const struct ce_export *e, struct ce_buf *out)
{
	CE_CLEANUP(ce_json_decrefp) json_t *root = json_object(), *licenses = json_object();
	CE_CLEANUP(ce_map_release) struct ce_map by_name = {0};
	struct spdx d = {json_array(), json_array(), licenses};

	ce_sbom_index(e->platform, &by_name);
	add_project(&d, e, &by_name);
	for (size_t i = 0; i < e->platform->n_pkgs; i++)
		add_package(&d, e->platform->pkgs[i], &by_name);
	json_object_set_new(root, "spdxVersion", json_string("SPDX-2.3"));
	json_object_set_new(root, "dataLicense", json_string("CC0-1.0"));
	json_object_set_new(root, "SPDXID", json_string("SPDXRef-DOCUMENT"));
	json_object_set_new(root, "name", json_string(e->project));
	json_object_set_new(root, "documentNamespace", namespace(e));
	json_object_set_new(root, "creationInfo",
		json_pack("{s:o,s:[s]}", "created", created(e->platform), "creators",
			"Tool: ccenv-" CCENV_VERSION));
	json_object_set_new(root, "packages", d.packages);
	if (json_object_size(licenses))
		json_object_set_new(root, "hasExtractedLicensingInfos", declared_licenses(&d));
	json_object_set_new(root, "relationships", d.relationships);
	ce_json_format(root, out);
}
