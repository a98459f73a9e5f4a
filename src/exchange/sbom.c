/* SPDX-License-Identifier: MIT */
/* What SPDX and CycloneDX documents share; see sbom.h. */
#include "exchange/sbom.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/url.h"
#include "model/lockfile.h"
#include "model/pkg.h"
#include "spec/channel.h"
#include "spec/name.h"

static void add_encoded(struct ce_buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("-._~:", c))
			ce_buf_addc(b, (char)c);
		else
			ce_buf_addf(b, "%%%02X", c);
	}
}

char *ce_sbom_purl(const struct ce_pkg *p)
{
	CE_AUTOFREE char *channel = ce_url_strip_credentials(p->channel);
	struct ce_buf b = {0};

	ce_buf_adds(&b, "pkg:conda/");
	add_encoded(&b, p->name);
	ce_buf_addc(&b, '@');
	add_encoded(&b, p->version);
	ce_buf_adds(&b, "?build=");
	add_encoded(&b, p->build);
	ce_buf_adds(&b, "&channel=");
	add_encoded(&b, ce_channel_name(channel));
	ce_buf_adds(&b, "&subdir=");
	add_encoded(&b, p->subdir);
	ce_buf_addf(&b, "&type=%s", ce_pkg_is_conda(p) ? "conda" : "tar.bz2");
	return ce_buf_steal(&b);
}

void ce_sbom_index(const struct ce_lockfile_platform *p, struct ce_map *ret_by_name)
{
	for (size_t i = 0; i < p->n_pkgs; i++)
		ce_map_set(ret_by_name, p->pkgs[i]->name, (void *)p->pkgs[i]);
}

const struct ce_pkg *ce_sbom_find(const struct ce_map *by_name, const char *text)
{
	const char *at;
	size_t n = ce_dependency_name(text, &at);
	CE_AUTOFREE char *name = n ? ce_strndup(at, n) : NULL;

	if (!name)
		return NULL;
	ce_name_to_lower(name);
	return ce_map_get(by_name, name);
}
