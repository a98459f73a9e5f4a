/* SPDX-License-Identifier: MIT */
/* ccenv_solve(): specs to packages, without a project. */
#include <assert.h>
#include <string.h>

#include "api/plan.h"
#include "api/project.h"
#include "api/trust.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "io/host.h"
#include "model/manifest.h"
#include "model/platform.h"
#include "model/repodata.h"
#include "model/request.h"
#include "repodata/repodata_sync.h"
#include "solve/solve.h"
#include "spec/channel.h"
#include "spec/spec.h"
#include "spec/subdir.h"

/* The virtual packages of the platform, or of this machine, with "name=version" put over them. */
static int request_virtuals(struct ccenv *c, const struct ccenv_solve_options *o,
	struct ce_request *r, struct ccenv_error *err)
{
	struct ce_host_gpu driver;
	struct ce_virtual *base;
	size_t n;
	int e = 0;

	if (o->host)
		e = ce_host_virtuals(c->getenv_fn, &driver, &r->arena, &base, &n, err);
	else
		ce_host_defaults(r->platform, &r->arena, &base, &n);
	if (e < 0)
		return e;
	ce_request_set_virtuals(r, base, n, o->n_system_requirements);
	for (size_t i = 0; i < o->n_system_requirements; i++) {
		const char *text = o->system_requirements[i], *eq = strchr(text, '=');
		struct ce_virtual v;

		if (!eq)
			return ce_fail(err, CCENV_EUSAGE,
				"system requirement \"%s\": expected name=version, e.g. cuda=13.0",
				text);
		e = ce_system_requirement_virtual(
			ce_arena_strndup(&r->arena, text, (size_t)(eq - text)), eq + 1, &r->arena,
			&v, err);
		if (e < 0)
			return e;
		ce_request_set_virtual(r, v);
	}
	return 0;
}

static int request_specs(
	const struct ccenv_solve_options *o, struct ce_request *r, struct ccenv_error *err)
{
	r->specs = ce_arena_array(&r->arena, o->n_specs + 1, sizeof(*r->specs));
	for (size_t i = 0; i < o->n_specs; i++) {
		int e = ce_spec_parse(o->specs[i], CE_SPEC_STRICT, &r->arena, &r->specs[i], err);

		/* It was written on the command line. */
		if (e < 0)
			return err->code = CCENV_EUSAGE;
		r->n_specs++;
	}
	ce_request_sort_specs(r);
	return 0;
}

static int choice(
	const char *text, const char *what, const char *const words[3], struct ccenv_error *err)
{
	for (int i = 0; i < 3; i++)
		if (!text || strcmp(text, words[i]) == 0)
			return i;
	return ce_fail(err, CCENV_EUSAGE, "%s: expected %s, %s or %s, found \"%s\"", what, words[0],
		words[1], words[2], text);
}

static int request_options(
	const struct ccenv_solve_options *o, struct ce_request *r, struct ccenv_error *err)
{
	static const char *const priorities[] = {"strict", "flexible", "disabled"};
	static const char *const strategies[] = {"highest", "lowest", "lowest-direct"};
	int priority = choice(o->channel_priority, "channel priority", priorities, err), strategy;

	if (priority < 0)
		return priority;
	strategy = choice(o->strategy, "strategy", strategies, err);
	if (strategy < 0)
		return strategy;
	r->priority = (enum ce_channel_priority)priority;
	r->strategy = (enum ce_strategy)strategy;
	if (!o->exclude_newer)
		return 0;
	return ce_exclude_newer_parse(
		o->exclude_newer, (uint64_t)ce_now_ms(CE_CLOCK_WALL), &r->exclude_newer, err);
}

static int request_channels(const struct ccenv *c, const struct ccenv_solve_options *o,
	struct ce_request *r, struct ccenv_error *err)
{
	static const char *conda_forge[] = {"conda-forge"};
	const struct ce_channel_base base = {.home = c->getenv_fn("HOME")};
	struct ce_strs channels = {conda_forge, 1}, urls;
	int e;

	if (o->n_channels)
		channels = (struct ce_strs){(const char **)o->channels, o->n_channels};
	e = ce_channel_urls(channels, &base, &r->arena, &urls, err);
	if (e < 0)
		return e;
	r->channels = urls.items;
	r->n_channels = urls.n;
	return 0;
}

static int make_request(struct ccenv *c, const struct ccenv_solve_options *o,
	struct ce_request **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *r = ce_request_new();
	const char *platform = o->platform ? o->platform : ce_platform_host();
	int e;

	if (!ce_subdir_is_known(platform, strlen(platform)) || strcmp(platform, "noarch") == 0)
		return ce_fail(err, CCENV_EUSAGE,
			"unknown platform \"%s\"; known are linux-64, linux-aarch64, osx-arm64, win-64 and others of conda",
			platform);
	r->environment = "default";
	r->platform = ce_arena_strdup(&r->arena, platform);
	e = request_channels(c, o, r, err);
	if (e < 0)
		return e;
	e = request_specs(o, r, err);
	if (e < 0)
		return e;
	e = request_virtuals(c, o, r, err);
	if (e < 0)
		return e;
	e = request_options(o, r, err);
	if (e < 0)
		return e;
	*ret = CE_TAKE(r);
	return 0;
}

static int load_records(struct ccenv *c, const struct ce_request *r, const char **names,
	struct ce_repodata **ret, struct ccenv_error *err)
{
	const struct ce_repodata_query q = {
		.channels = r->channels,
		.n_channels = r->n_channels,
		.platforms = (const char *const *)&r->platform,
		.n_platforms = 1,
		.names = names,
		.n_names = r->n_specs,
		.cache_dir = c->cache_dir,
		.offline = c->offline,
		.getenv_fn = c->getenv_fn,
		.events = &c->events,
	};

	return ce_repodata_sync(&q, ret, err);
}

int ccenv_solve(struct ccenv *c, const struct ccenv_solve_options *o, struct ccenv_packages *ret,
	char **ret_explanation, struct ccenv_error *err)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *request = NULL;
	CE_CLEANUP(ce_repodata_freep) struct ce_repodata *repodata = NULL;
	CE_CLEANUP(ce_solution_freep) struct ce_solution *solution = NULL;
	CE_CLEANUP(ce_json_decrefp) json_t *explanation = NULL;
	const char **names;
	int r = make_request(c, o, &request, err);

	if (r < 0)
		return r;
	assert(request);
	names = ce_arena_array(&request->arena, request->n_specs + 1, sizeof(*names));
	for (size_t i = 0; i < request->n_specs; i++)
		names[i] = request->specs[i]->name;
	r = ce_trust_check_cache(c, err);
	if (r < 0)
		return r;
	r = load_records(c, request, names, &repodata, err);
	if (r < 0)
		return r;
	r = ce_solve(request, repodata, &solution, &explanation, err);
	if (r < 0 && explanation && ret_explanation)
		*ret_explanation = json_dumps(explanation, JSON_COMPACT);
	if (r < 0)
		return r;
	ce_packages_fill(solution->pkgs, solution->n,
		(struct ce_strs){(const char **)o->specs, o->n_specs}, ret);
	return 0;
}
