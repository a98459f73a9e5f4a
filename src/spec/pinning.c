/* SPDX-License-Identifier: MIT */
/* Bounds of new dependencies; see pinning.h. */
#include "spec/pinning.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"

/* Those that pixi (crates/pixi_core, packages that do not follow semantic versioning) bounds by their
 * minor version. */
static bool breaks_in_minor(const char *name)
{
	static const char *const names[] = {"deno", "gcc", "gfortran", "gxx", "julia", "nodejs",
		"perl", "python", "r", "r-base", "rust"};

	for (size_t i = 0; i < CE_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The version behind all that begin as `version` does, up to its first number that is not zero or, for
 * `minor`, to its second number. NULL if something else than numbers is among them. */
static const char *next(const char *version, bool minor, struct ce_arena *a)
{
	const char *p = version;

	for (size_t i = 0;; i++) {
		char *end;
		unsigned long long number;

		if (!isdigit((unsigned char)*p))
			return NULL;
		number = strtoull(p, &end, 10);
		if (*end && *end != '.')
			return NULL;
		if (!*end || (minor ? i == 1 : number != 0))
			return ce_arena_printf(
				a, "%.*s%llu", (int)(p - version), version, number + 1);
		p = end + 1;
	}
}

const char *ce_pinning(
	const char *name, const char *lowest, const char *highest, struct ce_arena *a)
{
	const char *below = next(highest, breaks_in_minor(name), a);

	return below ? ce_arena_printf(a, ">=%s,<%s", lowest, below)
		     : ce_arena_printf(a, ">=%s", lowest);
}
