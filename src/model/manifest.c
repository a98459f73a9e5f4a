/* SPDX-License-Identifier: MIT */
/* What a manifest means for one environment and platform: the request. */
#include "model/manifest.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "model/component.h"
#include "spec/channel.h"
#include "spec/version.h"

struct ce_manifest *ce_manifest_new(void)
{
	return ce_calloc(1, sizeof(struct ce_manifest));
}

void ce_manifest_free(struct ce_manifest *m)
{
	if (!m)
		return;
	ce_arena_release(&m->arena);
	free(m);
}

const struct ce_environment *ce_manifest_environment(const struct ce_manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n_environments; i++)
		if (strcmp(m->environments[i].name, name) == 0)
			return &m->environments[i];
	return NULL;
}

static bool feature_has_platform(const struct ce_feature *f, const char *platform)
{
	for (size_t i = 0; i < f->n_platforms; i++)
		if (strcmp(f->platforms[i], platform) == 0)
			return true;
	return f->n_platforms == 0;
}

struct ce_strs ce_manifest_platforms(
	const struct ce_manifest *m, const struct ce_environment *env, struct ce_arena *a)
{
	const char **list = ce_arena_array(a, m->n_platforms + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < m->n_platforms; i++) {
		bool all = true;

		for (size_t f = 0; f < env->n_features; f++)
			all = all && feature_has_platform(env->features[f], m->platforms[i]);
		if (all)
			list[n++] = m->platforms[i];
	}
	return (struct ce_strs){list, n};
}

const struct ce_target *ce_manifest_target(const struct ce_manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n_targets; i++)
		if (strcmp(m->targets[i].name, name) == 0)
			return &m->targets[i];
	return NULL;
}

bool ce_manifest_has_target(const struct ce_environment *env, const struct ce_target *target)
{
	for (size_t f = 0; f < env->n_features; f++)
		if (!feature_has_platform(env->features[f], target->host))
			return false;
	return true;
}

struct ce_strs ce_manifest_archs(const struct ce_environment *env, const struct ce_target *target)
{
	struct ce_strs archs = {0};

	if (target)
		archs = (struct ce_strs){target->own.archs, target->own.n_archs};

	for (size_t i = 0; archs.n == 0 && i < env->n_features; i++)
		archs = (struct ce_strs){env->features[i]->archs, env->features[i]->n_archs};
	return archs;
}

const char *ce_manifest_reproducible(const struct ce_manifest *m)
{
	static const char *const words[] = {
		[CE_REPRODUCIBLE_NAMES] = "",
		[CE_REPRODUCIBLE_OFF] = "0",
		[CE_REPRODUCIBLE_PATHS] = "1",
		[CE_REPRODUCIBLE_STRICT] = "strict",
	};

	return words[m ? m->reproducible : CE_REPRODUCIBLE_NAMES];
}

int ce_system_requirement_virtual(const char *name, const char *version, struct ce_arena *a,
	struct ce_virtual *ret_virtual, struct ccenv_error *err)
{
	static const struct {
		const char *name, *package;
	} known[] = {
		{"cuda", "__cuda"},
		{"cuda-arch", "__cuda_arch"},
		{"glibc", "__glibc"},
		{"libc", "__glibc"},
		{"linux", "__linux"},
		{"osx", "__osx"},
		{"macos", "__osx"},
		{"win", "__win"},
		{"windows", "__win"},
		{"archspec", "__archspec"},
	};
	const struct ce_version *parsed;
	const char *package = NULL;
	bool is_cuda;
	int r;

	for (size_t i = 0; i < CE_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			package = known[i].package;
	if (!package)
		return ce_fail(err, CCENV_EUSAGE,
			"unknown system requirement \"%s\"; expected cuda, cuda-arch, glibc, linux, osx, win or archspec",
			name);
	if (!version[0]) {
		*ret_virtual = (struct ce_virtual){package, NULL, NULL};
		return 0;
	}
	if (strcmp(package, "__archspec") == 0) {
		*ret_virtual = (struct ce_virtual){package, "1", ce_arena_strdup(a, version)};
		return 0;
	}
	is_cuda = ce_has_prefix(package, "__cuda");
	if (!isdigit((unsigned char)version[0]) || strchr(version, '*') ||
		(is_cuda && version[strspn(version, "0123456789.")]))
		return ce_fail(err, CCENV_EUSAGE,
			"system requirement \"%s\": \"%s\" is not a version that a machine can have; expected numbers, as in \"12.9\"",
			name, version);
	/* A driver has a number of its own, which would stand for any CUDA. */
	if (strcmp(package, "__cuda") == 0 && strtoul(version, NULL, 10) >= 100)
		return ce_fail(err, CCENV_EUSAGE,
			"system requirement \"%s\": \"%s\" is not a CUDA release; expected the newest that the driver supports, which nvidia-smi shows, as in \"12.9\"",
			name, version);
	if (strcmp(package, "__cuda_arch") == 0 && strtoul(version, NULL, 10) >= 30)
		return ce_fail(err, CCENV_EUSAGE,
			"system requirement \"%s\": \"%s\" is not a compute capability; expected one such as \"9.0\"",
			name, version);
	r = ce_version_parse(version, a, &parsed, err);
	if (r < 0)
		return ce_context(err, r, "system requirement \"%s\"", name);
	*ret_virtual = (struct ce_virtual){package, ce_arena_strdup(a, version), "0"};
	return 0;
}

/* Those of a feature that are declared for `platform`, NULL: for all. */
static int add_sysreqs(const struct ce_feature *f, const char *platform, struct ce_request *r,
	struct ccenv_error *err)
{
	for (size_t i = 0; i < f->n_sysreqs; i++) {
		const struct ce_system_requirement *q = &f->sysreqs[i];
		struct ce_virtual v;
		int e;

		if (!q->platform != !platform || (platform && strcmp(q->platform, platform) != 0))
			continue;
		e = ce_system_requirement_virtual(q->name, q->version, &r->arena, &v, err);
		if (e < 0)
			return e;
		ce_request_set_virtual(r, v);
	}
	return 0;
}

static int add_virtuals(const struct ce_environment *env, const struct ce_request_target *target,
	struct ce_request *r, struct ccenv_error *err)
{
	const struct ce_feature *own =
		target->target && target->side == CE_SIDE_HOST ? &target->target->own : NULL;
	size_t room = own ? own->n_sysreqs : 0;

	for (size_t f = 0; f < env->n_features; f++)
		room += env->features[f]->n_sysreqs;
	ce_request_set_virtuals(r, target->defaults, target->n_defaults, room);
	/* Later features first, so that what an environment names first wins; and in a feature what
	 * is said for a platform wins over what is said for all. */
	for (size_t f = env->n_features; f-- > 0;) {
		int e = add_sysreqs(env->features[f], NULL, r, err);

		if (e < 0)
			return e;
		e = add_sysreqs(env->features[f], r->platform, r, err);
		if (e < 0)
			return e;
	}
	return own ? add_sysreqs(own, NULL, r, err) : 0;
}

/* The version of a virtual package that is assumed; NULL when it is not. */
static const char *assumed(const struct ce_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_virtuals; i++)
		if (strcmp(r->virtuals[i].name, name) == 0)
			return r->virtuals[i].version;
	return NULL;
}

/* Has the tools' side of a target a glibc to keep to? The one that the other side declares. */
static int declared_glibc(const struct ce_environment *env, const struct ce_request_target *target,
	struct ce_arena *a, const char **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *host = ce_request_new();
	struct ce_request_target other = *target;
	const char *glibc;
	int e;

	assert(target->target);
	other.side = CE_SIDE_HOST;
	other.defaults = target->host_defaults;
	other.n_defaults = target->n_host_defaults;
	host->platform = target->target->host;
	e = add_virtuals(env, &other, host, err);
	if (e < 0)
		return e;
	glibc = assumed(host, "__glibc");
	*ret = glibc ? ce_arena_strdup(a, glibc) : NULL;
	return 0;
}

/* The specs that a feature's "cuda" section stands for. */
static int add_cuda(const struct ce_feature *f, const struct ce_component_request *like,
	struct ce_request *r, size_t *cap, struct ccenv_error *err)
{
	struct ce_component_request q = *like;
	struct ce_strs texts;
	int e;

	q.version = f->cuda_version;
	q.components = (struct ce_strs){f->components, f->n_components};
	e = ce_component_specs(&q, &r->arena, &texts, err);
	if (e < 0)
		return ce_context(err, e, "cuda");
	for (size_t i = 0; i < texts.n; i++) {
		const struct ce_spec *spec;

		e = ce_spec_parse(texts.items[i], CE_SPEC_STRICT, &r->arena, &spec, err);
		if (e < 0)
			return ce_context(err, e, "cuda");
		if (r->n_specs == *cap) {
			const struct ce_spec **more;

			*cap = *cap ? *cap * 2 : 16;
			more = ce_arena_array(&r->arena, *cap, sizeof(*more));
			if (r->n_specs)
				memcpy(more, r->specs, r->n_specs * sizeof(*more));
			r->specs = more;
		}
		r->specs[r->n_specs++] = spec;
	}
	return 0;
}

static void add_deps(const struct ce_feature *f, struct ce_request *r)
{
	for (size_t i = 0; i < f->n_deps; i++)
		if (!f->deps[i].platform || strcmp(f->deps[i].platform, r->platform) == 0)
			r->specs[r->n_specs++] = f->deps[i].spec;
}

/* The dependencies. The tools of a target have their own only: what is linked is for the host. */
static size_t add_all_deps(const struct ce_environment *env, const struct ce_request_target *target,
	struct ce_request *r)
{
	const struct ce_feature *own = NULL;
	size_t cap = 0;

	if (target->target)
		own = target->side == CE_SIDE_BUILD ? &target->target->tools : &target->target->own;
	for (size_t f = 0; f < env->n_features; f++)
		cap += env->features[f]->n_deps;
	cap += own ? own->n_deps : 0;
	r->specs = ce_arena_array(&r->arena, cap + 1, sizeof(*r->specs));
	for (size_t f = 0; target->side != CE_SIDE_BUILD && f < env->n_features; f++)
		add_deps(env->features[f], r);
	if (own)
		add_deps(own, r);
	return cap;
}

static int add_specs(const struct ce_environment *env, const struct ce_request_target *target,
	struct ce_request *r, struct ccenv_error *err)
{
	struct ce_component_request like = {
		.platform = r->platform, .driver = assumed(r, "__cuda"), .side = target->side};
	size_t cap = add_all_deps(env, target, r);
	int e = 0;

	if (target->target) {
		like.host = target->target->host;
		like.arm_variant = target->target->arm_variant;
	}
	if (target->target && target->side == CE_SIDE_BUILD)
		e = declared_glibc(env, target, &r->arena, &like.glibc, err);
	for (size_t f = 0; e >= 0 && f < env->n_features; f++)
		if (env->features[f]->cuda_version)
			e = add_cuda(env->features[f], &like, r, &cap, err);
	if (e < 0)
		return e;
	ce_request_sort_specs(r);
	return 0;
}

/* "7d", "36h", "2w" in ms; 0 when it is no duration. */
static uint64_t duration_ms(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	uint64_t hour = 3600ULL * 1000;

	if (end == text || n > 100000 || end[0] == '\0' || end[1] != '\0')
		return 0;
	switch (end[0]) {
	case 'h':
		return n * hour;
	case 'd':
		return n * 24 * hour;
	case 'w':
		return n * 7 * 24 * hour;
	default:
		return 0;
	}
}

/*
 * "2025-10-25" is the end of that day (a package of that day is not newer than it), as pixi reads
 * it; "2025-10-25T12:00:00Z" is that moment.
 */
static uint64_t date_ms(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	uint64_t ms;

	if (!end)
		return 0;
	if (*end == '\0')
		return ((uint64_t)timegm(&tm) + 24 * 3600) * 1000;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end)
		return 0;
	ms = (uint64_t)timegm(&tm) * 1000;
	if (end[0] == 'Z' && end[1] == '\0')
		return ms;
	return 0;
}

int ce_exclude_newer_parse(
	const char *text, uint64_t now, uint64_t *ret_ms, struct ccenv_error *err)
{
	uint64_t ago = duration_ms(text), at = date_ms(text);

	if (ago)
		*ret_ms = now > ago ? now - ago : 1;
	else if (at)
		*ret_ms = at;
	else
		return ce_fail(err, CCENV_EUSAGE,
			"exclude-newer: \"%s\" is neither a date (2025-10-25, 2025-10-25T12:00:00Z) nor a duration (12h, 7d, 2w)",
			text);
	return 0;
}

static int add_dates(
	const struct ce_manifest *m, uint64_t now, struct ce_request *r, struct ccenv_error *err)
{
	int e;

	if (m->exclude_newer) {
		e = ce_exclude_newer_parse(m->exclude_newer, now, &r->exclude_newer, err);
		if (e < 0)
			return e;
	}
	r->date_exceptions =
		ce_arena_array(&r->arena, m->n_date_exceptions + 1, sizeof(*r->date_exceptions));
	for (size_t i = 0; i < m->n_date_exceptions; i++) {
		const struct ce_manifest_date *from = &m->date_exceptions[i];
		struct ce_date_exception *x = &r->date_exceptions[r->n_date_exceptions++];

		x->name = from->name;
		if (!from->text)
			continue;
		e = ce_exclude_newer_parse(from->text, now, &x->newer_than, err);
		if (e < 0)
			return e;
	}
	return 0;
}

/* A relative path begins where the manifest is, wherever ccenv was started. */
static int add_channels(const struct ce_manifest *m, struct ce_request *r, struct ccenv_error *err)
{
	const struct ce_channel_base base = {.dir = m->dir, .home = m->home};
	struct ce_strs urls;
	int e = ce_channel_urls(
		(struct ce_strs){m->channels, m->n_channels}, &base, &r->arena, &urls, err);

	if (e < 0)
		return e;
	r->channels = urls.items;
	r->n_channels = urls.n;
	return 0;
}

static int fill_request(const struct ce_manifest *m, const struct ce_environment *env,
	const struct ce_request_target *target, struct ce_request *r, struct ccenv_error *err)
{
	int e;

	r->environment = ce_arena_strdup(&r->arena, env->name);
	r->platform = ce_arena_strdup(&r->arena, target->platform);
	r->side = target->side;
	if (target->target)
		r->target = ce_arena_strdup(&r->arena, target->target->name);
	r->pins = m->pins;
	r->n_pins = m->n_pins;
	r->priority = m->priority;
	r->strategy = m->strategy;
	e = add_channels(m, r, err);
	if (e < 0)
		return e;
	e = add_virtuals(env, target, r, err);
	if (e < 0)
		return e;
	e = add_specs(env, target, r, err);
	if (e < 0)
		return e;
	return add_dates(m, target->now, r, err);
}

int ce_manifest_request(const struct ce_manifest *m, const struct ce_environment *env,
	const struct ce_request_target *target, struct ce_request **ret_request,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_request_freep) struct ce_request *r = ce_request_new();
	int e = fill_request(m, env, target, r, err);

	if (e < 0 && target->target)
		return ce_context(err, e, "%s, environment \"%s\", target \"%s\", %s side (%s)",
			m->path, env->name, target->target->name, ce_side_name(target->side),
			target->platform);
	if (e < 0)
		return ce_context(err, e, "%s, environment \"%s\", platform %s", m->path, env->name,
			target->platform);
	*ret_request = CE_TAKE(r);
	return 0;
}

const char *ce_manifest_options(const struct ce_manifest *m, struct ce_arena *a)
{
	static const char *const priorities[] = {"strict", "flexible", "disabled"};
	static const char *const strategies[] = {"highest", "lowest", "lowest-direct"};
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	if (m->priority != CE_PRIORITY_STRICT)
		ce_buf_addf(&b, " channel-priority=%s", priorities[m->priority]);
	if (m->strategy != CE_STRATEGY_HIGHEST)
		ce_buf_addf(&b, " strategy=%s", strategies[m->strategy]);
	if (m->exclude_newer)
		ce_buf_addf(&b, " exclude-newer=%s", m->exclude_newer);
	for (size_t i = 0; i < m->n_date_exceptions; i++)
		ce_buf_addf(&b, " exclude-newer[%s]=%s", m->date_exceptions[i].name,
			m->date_exceptions[i].text ? m->date_exceptions[i].text : "");
	for (size_t i = 0; i < m->n_pins; i++)
		ce_buf_addf(&b, " pin=%s", m->pins[i]->text);
	return ce_arena_strdup(a, b.len ? b.data + 1 : "");
}
