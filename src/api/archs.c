/* SPDX-License-Identifier: MIT */
/* ccenv_archs(), and the checks of archs.h. */
#include "api/archs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/locked.h"
#include "api/plan.h"
#include "api/project.h"
#include "base/arena.h"
#include "base/error.h"
#include "io/host.h"
#include "model/arch.h"
#include "model/component.h"
#include "model/lockfile.h"
#include "model/manifest.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/request.h"
#include "spec/spec.h"

/* The package that says which CUDA it is; NULL without CUDA among the packages. */
static const struct ce_pkg *cuda_package(const struct ce_pkg *const *pkgs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(pkgs[i]->name, "cuda-version") == 0)
			return pkgs[i];
	return NULL;
}

/* "13.0"; NULL without CUDA. */
static const char *cuda_version(const struct ce_pkg *const *pkgs, size_t n)
{
	const struct ce_pkg *p = cuda_package(pkgs, n);

	return p ? p->version : NULL;
}

int ce_archs_check_cuda(const struct ccenv *c, const struct ce_lockfile_platform *p,
	const char *want, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_pkg *have = cuda_package(p->pkgs, p->n_pkgs);
	const char *manifest = c->manifest_path ? c->manifest_path : "ccenv.json";
	const struct ce_spec *spec;
	const char *text;
	int r = ce_component_cuda_spec(want, &a, &text, err);

	if (r < 0)
		return r;
	r = ce_spec_parse(text, CE_SPEC_STRICT, &a, &spec, err);
	if (r < 0)
		return r;
	if (have && ce_spec_matches(spec, have))
		return 0;
	if (!have)
		return ce_fail(err, CCENV_ENOTFOUND,
			"CUDA is asked for, and %s has no CUDA. Add it to %s: \"cuda\": {\"version\": \"13.0\", \"components\": [\"nvcc\", \"cudart\"]}",
			c->lock_path, manifest);
	return ce_fail(err, CCENV_ENOTFOUND,
		"CUDA %s is asked for, and %s has %s. Ask for %s, or change the version under \"cuda\" in %s",
		want, c->lock_path, have->version, have->version, manifest);
}

/* `target` may be NULL. */
static struct ce_strs wanted(const struct ccenv *c, const char *env, const char *target)
{
	const struct ce_environment *e = NULL;
	const struct ce_target *t = NULL;

	if (c->manifest)
		e = ce_manifest_environment(c->manifest, env ? env : "default");
	if (e && target)
		t = ce_manifest_target(c->manifest, target);
	return e ? ce_manifest_archs(e, t) : (struct ce_strs){0};
}

static int check(const struct ccenv *c, struct ce_strs archs, const struct ce_pkg *const *pkgs,
	size_t n_pkgs, struct ccenv_error *err)
{
	const char *cuda = cuda_version(pkgs, n_pkgs);

	for (size_t k = 0; cuda && k < archs.n; k++) {
		int r = ce_arch_check(archs.items[k], cuda, err);

		if (r < 0)
			return ce_context(err, r, "%s: cuda", c->manifest_path);
	}
	return 0;
}

int ce_archs_check_plan(
	const struct ccenv *c, const struct ce_lock_plan *plan, struct ccenv_error *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct ce_solution *s = plan->items[i].solution;
		const struct ce_request *q = plan->items[i].request;
		int r = check(c, wanted(c, q->environment, q->target), s->pkgs, s->n, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_env(
	const struct ccenv *c, const struct ce_lockfile_env *env, struct ccenv_error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < env->n_platforms; i++)
		r = check(c, wanted(c, env->name, NULL), env->platforms[i].pkgs,
			env->platforms[i].n_pkgs, err);
	for (size_t i = 0; r >= 0 && i < env->n_targets; i++) {
		const struct ce_lockfile_target *t = &env->targets[i];

		r = check(c, wanted(c, env->name, t->name), t->host.pkgs, t->host.n_pkgs, err);
	}
	return r;
}

int ce_archs_check_lock(
	const struct ccenv *c, const struct ce_lockfile *lock, struct ccenv_error *err)
{
	for (size_t e = 0; e < lock->n_envs; e++) {
		int r = check_env(c, &lock->envs[e], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_ci(const struct ccenv *c)
{
	const char *ci = c->getenv_fn("CI");

	return ci && *ci && strcmp(ci, "0") != 0 && strcmp(ci, "false") != 0;
}

/* The GPU of this machine: "90"; NULL without one. */
static const char *native_arch(const struct ccenv *c, char text[16])
{
	struct ce_host_gpu gpu;

	ce_host_gpu(c->getenv_fn, CE_HOST_ALL, &gpu);
	if (gpu.arch_major <= 0)
		return NULL;
	snprintf(text, 16, "%d%d", gpu.arch_major, gpu.arch_minor);
	return text;
}

int ce_archs_chosen(struct ccenv *c, const struct ce_archs_subject *of, struct ce_arena *a,
	struct ce_strs *ret, struct ccenv_error *err)
{
	const struct ce_lockfile_platform *p = of->packages;
	const char *cuda = cuda_version(p->pkgs, p->n_pkgs);
	const char *native = NULL;
	struct ce_strs archs = wanted(c, of->environment, of->target);
	char text[16];
	int r;

	*ret = (struct ce_strs){0};
	if (archs.n == 0 || !cuda)
		return 0;
	for (size_t i = 0; i < archs.n && !native; i++) {
		if (strcmp(archs.items[i], "native") != 0)
			continue;
		if (is_ci(c))
			return ce_fail(err, CCENV_EHOST,
				"%s: cuda: \"native\" in CI (CI is set) would build for the GPU that the runner happens to have; name the architectures: \"80\", \"90\"",
				c->manifest_path);
		native = native_arch(c, text);
	}
	r = ce_arch_expand(archs, cuda, native, a, ret, err);
	if (r < 0)
		return ce_context(err, r, "%s: cuda", c->manifest_path);
	return 0;
}

void ccenv_archs_free(struct ccenv_archs *archs)
{
	ce_owner_free(archs->owner);
	*archs = (struct ccenv_archs){0};
}

static int look(struct ccenv *c, const struct ccenv_selection *of, struct ce_arena *a,
	struct ccenv_archs *ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	const struct ce_lockfile_platform *p;
	struct ce_archs_subject subject;
	struct ce_locked part;
	struct ce_strs known;
	struct ce_strs chosen;
	const char *cuda;
	int r = ce_locked_read(c, of, &lock, &part, err);

	if (r < 0)
		return r;
	p = part.packages;
	subject = (struct ce_archs_subject){
		of ? of->environment : NULL, part.target ? part.target->name : NULL, p};
	cuda = cuda_version(p->pkgs, p->n_pkgs);
	if (!cuda)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s has no CUDA for %s; add \"cuda\" to ccenv.json", c->lock_path,
			p->platform);
	r = ce_archs_chosen(c, &subject, a, &chosen, err);
	if (r < 0)
		return r;
	known = ce_arch_list(cuda, a);
	ret->cuda_version = ce_arena_strdup(a, cuda);
	ret->known = known.items;
	ret->n_known = known.n;
	ret->chosen = chosen.items;
	ret->n_chosen = chosen.n;
	return 0;
}

int ccenv_archs(struct ccenv *c, const struct ccenv_selection *of, struct ccenv_archs *ret,
	struct ccenv_error *err)
{
	struct ce_arena *owner = ce_owner_new();
	int r;

	*ret = (struct ccenv_archs){.owner = owner};
	r = look(c, of, owner, ret, err);
	if (r < 0)
		ccenv_archs_free(ret);
	return r;
}
