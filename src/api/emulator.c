/* SPDX-License-Identifier: MIT */
/* Running a target's programs here; see emulator.h. */
#include "api/emulator.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/path.h"
#include "model/manifest.h"
#include "model/platform.h"

/* The program in PATH; NULL when it is in none of its directories. */
static const char *find_program(const struct ccenv *c, const char *name, struct ce_arena *a)
{
	const char *path = c->getenv_fn("PATH");

	for (const char *p = path ? path : ""; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		const char *file = ce_arena_printf(a, "%.*s/%s", (int)n, p, name);

		/* A relative entry would mean another program in each directory. */
		if (*p == '/' && n < INT_MAX && access(file, X_OK) == 0 && !ce_fs_is_dir(file))
			return file;
		p += n;
	}
	return NULL;
}

/* Of ccenv.json. A name is looked up now, so that all build tools run the same program. */
static struct ce_strs from_manifest(
	const struct ccenv *c, const struct ce_target *target, struct ce_arena *a)
{
	struct ce_strs list = {ce_arena_array(a, target->emulator.n + 6, sizeof(*list.items)), 0};

	for (; list.n < target->emulator.n; list.n++)
		list.items[list.n] = target->emulator.items[list.n];
	if (list.n && !strchr(list.items[0], '/')) {
		const char *found = find_program(c, list.items[0], a);

		list.items[0] = found ? found : list.items[0];
	}
	return list;
}

struct ce_strs ce_emulator_find(const struct ccenv *c, const struct ce_target *target,
	const char *sysroot, const char *libraries, struct ce_arena *a)
{
	static const char *const suffixes[] = {"", "-static"};
	struct ce_strs list = from_manifest(c, target, a);

	for (size_t i = 0; list.n == 0 && i < CE_COUNT(suffixes); i++) {
		const char *name = ce_arena_printf(
			a, "qemu-%s%s", ce_platform_processor(target->host), suffixes[i]);
		const char *found = find_program(c, name, a);

		if (found)
			list.items[list.n++] = found;
	}
	if (list.n == 1 && ce_has_prefix(ce_path_base(list.items[0]), "qemu-")) {
		list.items[list.n++] = "-L";
		list.items[list.n++] = ce_arena_strdup(a, sysroot);
		list.items[list.n++] = "-E";
		list.items[list.n++] = ce_arena_printf(a, "LD_LIBRARY_PATH=%s", libraries);
	}
	return list;
}
