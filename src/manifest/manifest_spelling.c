/* SPDX-License-Identifier: MIT */
/* Whether a package has one spelling in all tables of a manifest; see manifest_spelling.h. */
#include "manifest/manifest_spelling.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "spec/name.h"

/* Of a table of packages: each must be spelled as in the tables before it. */
static int check_table(struct ce_map *seen, const json_t *table, struct ccenv_error *err)
{
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)table, name, v) {
		CE_AUTOFREE char *lower = ce_strdup(name);
		const char *other;

		ce_name_to_lower(lower);
		other = ce_map_get(seen, lower);
		if (other && strcmp(other, name) != 0)
			return ce_fail(err, CCENV_EDATA,
				"\"%s\" and \"%s\" are the same package: write it one way in all tables",
				other, name);
		ce_map_set(seen, lower, (char *)name);
	}
	return 0;
}

/* "dependencies", "pins" and "packages" wherever they are. A package that is written in two ways looks
 * like two: who edits one of them misses the other. */
static int check_tables(struct ce_map *seen, const json_t *o, struct ccenv_error *err)
{
	static const char *const tables[] = {"dependencies", "pins", "packages"};
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)o, key, v) {
		bool packages = false;
		int r;

		for (size_t i = 0; i < CE_COUNT(tables); i++)
			packages = packages || strcmp(key, tables[i]) == 0;
		r = packages ? check_table(seen, v, err) : check_tables(seen, v, err);
		if (r < 0)
			return ce_context(err, r, "%s", key);
	}
	return 0;
}

int ce_manifest_check_spelling(const json_t *root, struct ccenv_error *err)
{
	struct ce_map seen = {0};
	int r = check_tables(&seen, root, err);

	ce_map_release(&seen);
	return r;
}
