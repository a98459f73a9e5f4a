/* SPDX-License-Identifier: MIT */
/* Do the two sides of a target agree? See pair.h. */
#include "model/pair.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/strs.h"
#include "model/match.h"
#include "model/pkg.h"
#include "spec/name.h"
#include "spec/spec.h"
#include "spec/version.h"

static const struct ce_pkg *find(const struct ce_pair_side *side, const char *name)
{
	for (size_t i = 0; i < side->n; i++)
		if (strcmp(side->pkgs[i]->name, name) == 0)
			return side->pkgs[i];
	return NULL;
}

/* A package that must have the version of another one. */
struct member {
	enum ce_side side;
	const struct ce_pkg *pkg; /* NULL: not there, which is fine */
};

static bool differs(const struct ce_pair *p, const struct member m[2], struct ce_arena *a,
	struct ce_pair_conflict *ret)
{
	int order;
	const struct member *goes;

	if (!m[0].pkg || !m[1].pkg)
		return false;
	order = ce_version_compare(m[0].pkg->parsed_version, m[1].pkg->parsed_version);
	if (order == 0)
		return false;
	goes = &m[(order > 0) == p->lowest];
	ret->side = goes->side;
	ret->spec = ce_arena_printf(a, "%s %s%s", goes->pkg->name,
		p->lowest ? ">=" : "<=", m[goes == &m[0]].pkg->version);
	ret->why = ce_arena_printf(a, "%s is %s on the %s side, and %s is %s on the %s side",
		m[0].pkg->name, m[0].pkg->version, ce_side_name(m[0].side), m[1].pkg->name,
		m[1].pkg->version, ce_side_name(m[1].side));
	return true;
}

static bool find_versions(const struct ce_pair *p, struct ce_arena *a, struct ce_pair_conflict *ret)
{
	const char *dev = ce_arena_printf(a, "cuda-nvcc-dev_%s", p->host_platform);
	const struct ce_pkg *tools = find(&p->build, "cuda-nvcc-tools");
	const struct member pairs[][2] = {
		{{CE_SIDE_BUILD, find(&p->build, "cuda-version")},
			{CE_SIDE_HOST, find(&p->host, "cuda-version")}},
		{{CE_SIDE_BUILD, tools}, {CE_SIDE_BUILD, find(&p->build, dev)}},
		{{CE_SIDE_BUILD, tools}, {CE_SIDE_HOST, find(&p->host, dev)}},
	};

	for (size_t i = 0; i < CE_COUNT(pairs); i++)
		if (differs(p, pairs[i], a, ret))
			return true;
	return false;
}

static bool find_variant(const struct ce_pair *p, struct ce_arena *a, struct ce_pair_conflict *ret)
{
	const struct ce_pkg *build = find(&p->build, "arm-variant");
	const struct ce_pkg *host = find(&p->host, "arm-variant");

	if (!build || !host || strcmp(build->build, host->build) == 0)
		return false;
	ret->side = CE_SIDE_BUILD;
	ret->spec = ce_arena_printf(a, "arm-variant * %s", host->build);
	ret->why = ce_arena_printf(a, "arm-variant is %s on the build side and %s on the host side",
		build->build, host->build);
	return true;
}

/* One constrains of a package of the host. */
struct limit {
	const struct ce_pkg *pkg;
	const char *text;
};

/* Does the build side keep to it, if it is on a compiler for the host? */
static int check_limit(const struct ce_pair *p, const struct limit *limit, struct ce_arena *a,
	struct ce_pair_conflict *ret, bool *ret_found, struct ccenv_error *err)
{
	const struct ce_pkg *tool;
	const struct ce_spec *spec;
	const char *name;
	size_t n = ce_dependency_name(limit->text, &name);
	CE_AUTOFREE char *lower = ce_strndup(name, n);
	int r;

	ce_name_to_lower(lower);
	tool = n && ce_has_suffix(lower, p->host_platform) ? find(&p->build, lower) : NULL;
	if (!tool)
		return 0;
	r = ce_spec_parse(limit->text, CE_SPEC_LENIENT, a, &spec, err);
	if (r < 0 || ce_spec_matches(spec, tool))
		return r;
	ret->side = CE_SIDE_BUILD;
	ret->spec = spec->text;
	ret->why = ce_arena_printf(a,
		"%s %s of the host side goes only with \"%s\", and the build side has %s %s",
		limit->pkg->name, limit->pkg->version, spec->text, tool->name, tool->version);
	*ret_found = true;
	return 0;
}

int ce_pair_find_conflict(const struct ce_pair *p, struct ce_arena *a, struct ce_pair_conflict *ret,
	bool *ret_found, struct ccenv_error *err)
{
	*ret_found = find_versions(p, a, ret) || find_variant(p, a, ret);
	for (size_t i = 0; !*ret_found && i < p->host.n; i++)
		for (size_t k = 0; !*ret_found && k < p->host.pkgs[i]->n_constrains; k++) {
			const struct limit limit = {
				p->host.pkgs[i], p->host.pkgs[i]->constrains[k]};
			int r = check_limit(p, &limit, a, ret, ret_found, err);

			if (r < 0)
				return r;
		}
	return 0;
}
