/* SPDX-License-Identifier: MIT */
/* What the locked packages need of the machine, against what it has. */
#include "api/host_check.h"

#include <string.h>

#include "api/project.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/event.h"
#include "base/map.h"
#include "base/strs.h"
#include "io/host.h"
#include "model/lockfile.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/platform.h"
#include "spec/spec.h"

/* One dependency on a virtual package, which `have` may or may not meet. */
static int check_need(struct ccenv *c, const struct ce_pkg *pkg, const struct ce_spec *spec,
	const struct ce_pkg *have, struct ccenv_error *err)
{
	if (have && ce_spec_matches(spec, have))
		return 0;
	if (ce_has_prefix(spec->name, "__cuda")) {
		ce_log(&c->events, CCENV_LOG_WARNING,
			"%s needs \"%s\", this machine has %s: you can build here, but not run the result",
			pkg->name, spec->text, have ? have->version : "no NVIDIA driver");
		return 0;
	}
	return ce_fail(err, CCENV_EHOST,
		"%s %s needs \"%s\", this machine has %s; lower system-requirements in ccenv.json to what the machine has and run `ccenv lock`, or use a newer machine",
		pkg->name, pkg->version, spec->text, have ? have->version : "none");
}

static int check_needs(struct ccenv *c, const struct ce_pkg *pkg, const struct ce_map *have,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};

	for (size_t d = 0; d < pkg->n_depends; d++) {
		const struct ce_spec *spec;
		int r;

		if (!ce_has_prefix(pkg->depends[d], "__") ||
			ce_spec_parse(pkg->depends[d], CE_SPEC_LENIENT, &a, &spec, err) < 0)
			continue;
		r = check_need(c, pkg, spec, ce_map_get(have, spec->name), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Most that are built with CUDA do not depend on a driver: it is for those that run. */
static bool needs_driver(const struct ce_lockfile_platform *p)
{
	for (size_t i = 0; i < p->n_pkgs; i++)
		for (size_t d = 0; d < p->pkgs[i]->n_depends; d++)
			if (ce_has_prefix(p->pkgs[i]->depends[d], "__cuda"))
				return true;
	return false;
}

int ce_host_check(struct ccenv *c, const struct ce_lockfile_platform *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_host_gpu driver;
	struct ce_virtual *virtuals;
	size_t n;
	int r;

	/* Another platform's prefix is not run here. */
	if (strcmp(p->platform, ce_platform_host()) != 0)
		return 0;
	r = ce_host_virtuals(
		c->getenv_fn, needs_driver(p) ? &driver : NULL, &a, &virtuals, &n, err);
	return r < 0 ? r : ce_host_check_against(c, p, virtuals, n, err);
}

int ce_host_check_against(struct ccenv *c, const struct ce_lockfile_platform *p,
	const struct ce_virtual *virtuals, size_t n, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_map_release) struct ce_map have = {0};

	if (strcmp(p->platform, ce_platform_host()) != 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct ce_pkg *pkg = ce_arena_alloc(&a, sizeof(*pkg));

		ce_virtual_as_pkg(&virtuals[i], &a, pkg);
		ce_map_set(&have, pkg->name, pkg);
	}
	for (size_t i = 0; i < p->n_pkgs; i++) {
		int r = check_needs(c, p->pkgs[i], &have, err);

		if (r < 0)
			return r;
	}
	return 0;
}
