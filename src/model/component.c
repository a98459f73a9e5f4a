/* SPDX-License-Identifier: MIT */
/* From the components of a manifest to specs of conda-forge's packages. */

#include "model/component.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/error.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "model/cuda_release.h"
#include "model/platform.h"

static int fail_unknown(const char *component, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	const char *nearest = NULL;
	size_t least = 3;

	for (const struct ce_component *c = ce_component_list(); c->name; c++) {
		size_t distance = ce_edit_distance(c->name, component);

		/* Who writes the package means the component. */
		if (ce_has_prefix(component, "cuda-") && strcmp(component + 5, c->name) == 0)
			distance = 1;
		if (distance < least && strlen(component) > 3) {
			least = distance;
			nearest = c->name;
		}
		ce_buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", c->name);
	}
	if (nearest)
		return ce_fail(err, CCENV_ENOTFOUND,
			"unknown CUDA component \"%s\"; did you mean \"%s\"? Other packages of the channel go under \"dependencies\"",
			component, nearest);
	return ce_fail(err, CCENV_ENOTFOUND,
		"unknown CUDA component \"%s\"; expected one of %s. Any other package of the channel goes under \"dependencies\"",
		component, ce_buf_str(&b));
}

/* "cuda-cccl_@" -> "cuda-cccl_linux-64". */
static const char *spec_for_platform(const char *spec, const char *platform, struct ce_arena *a)
{
	const char *at = strchr(spec, '@');

	if (!at)
		return spec;
	return ce_arena_printf(a, "%.*s%s%s", (int)(at - spec), spec, platform, at + 1);
}

static const char *const *specs_of(
	const struct ce_component *c, const char *platform, enum ce_side side)
{
	static const char *const nothing[] = {NULL};

	if (c->not_on_aarch64 && strcmp(platform, "linux-aarch64") == 0)
		return nothing;
	if (side == CE_SIDE_BUILD)
		return c->build_specs;
	if (side == CE_SIDE_HOST && c->build_specs[0])
		return c->host_specs;
	if (ce_platform_is_linux(platform) && ce_platform_cuda_target(platform))
		return c->linux_specs;
	return ce_platform_is_win(platform) ? c->win_specs : nothing;
}

int ce_component_expand(const char *component, const char *platform, enum ce_side side,
	struct ce_arena *a, struct ce_strs *ret_specs, struct ccenv_error *err)
{
	const struct ce_component *c = ce_component_find(component);
	const char *const *words;
	const char **specs;
	size_t n = 0;

	if (!c)
		return fail_unknown(component, err);
	words = specs_of(c, platform, side);
	if (!words[0] && !specs_of(c, platform, CE_SIDE_NATIVE)[0])
		return ce_fail(err, CCENV_ENOTFOUND,
			"the CUDA component \"%s\" does not exist for %s; leave it out or remove the platform",
			c->name, platform);
	specs = ce_arena_array(a, CE_COMPONENT_WORDS, sizeof(*specs));
	for (; words[n]; n++)
		specs[n] = spec_for_platform(words[n], platform, a);
	*ret_specs = (struct ce_strs){specs, n};
	return 0;
}

int ce_component_cuda_spec(
	const char *version, struct ce_arena *a, const char **ret, struct ccenv_error *err)
{
	struct ce_cuda_releases releases;
	int r = ce_cuda_releases_parse(version, &releases, err);

	if (r < 0)
		return r;
	*ret = ce_arena_printf(a, "cuda-version %s", ce_cuda_releases_text(&releases, a));
	return 0;
}

/*
 * What a release has under another name; NULL: nothing. Decided by the releases that are possible,
 * not by how they are written.
 *
 * cuda_runtime_api.h includes crt/host_defines.h, and no depends of cudart brings it. It has a
 * package of its own from CUDA 12.2 on; before that it came with nvcc's headers, which later depend
 * on that package: where both are possible they are asked for. libculibos.a has a package of its own
 * from CUDA 13 on.
 */
static const char *spec_of_releases(
	const struct ce_cuda_releases *releases, const char *spec, struct ce_arena *a)
{
	static const char crt[] = "cuda-crt-dev_";

	if (strcmp(spec, "cuda-culibos-static") == 0)
		return ce_cuda_releases_have_from(releases, ce_cuda_release(13, 0)) ? spec : NULL;
	if (!ce_has_prefix(spec, crt) ||
		!ce_cuda_releases_have_before(releases, ce_cuda_release(12, 2)))
		return spec;
	return ce_arena_printf(a, "cuda-nvcc-dev_%s", spec + strlen(crt));
}

/* What conda-forge has for releases before 12.0: libraries that are built against its old, monolithic
 * package of the runtime. */
static bool is_older_than_toolkit(const char *component)
{
	return strcmp(component, "cudnn") == 0 || strcmp(component, "cutensor") == 0 ||
	       strcmp(component, "nccl") == 0;
}

static int check_oldest(const struct ce_cuda_releases *releases, const char *version,
	const char *component, struct ccenv_error *err)
{
	const struct ce_component *c = ce_component_find(component);

	if (!c || is_older_than_toolkit(c->name) ||
		ce_cuda_releases_have_from(releases, ce_cuda_release(12, 0)))
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND,
		"CUDA \"%s\" has no \"%s\": 12.0 is the oldest release that conda-forge has as packages of the toolkit. For older ones there are only the runtime libraries (\"cudatoolkit\" under \"dependencies\"), which need an nvcc that is installed on the machine",
		version, c->name);
}

static int compare_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Those that the driver serves, or all where it serves none: then the solver says so. */
static void limit_to_driver(struct ce_cuda_releases *releases, const char *driver)
{
	struct ce_cuda_releases served = *releases;

	if (!driver)
		return;
	ce_cuda_releases_drop_from(&served, ce_cuda_release((int)strtoul(driver, NULL, 10) + 1, 0));
	if (ce_cuda_releases_have_from(&served, 0))
		*releases = served;
}

static int add_component(const struct ce_component_request *q, const char *component,
	const struct ce_cuda_releases *releases, struct ce_arena *a, struct ce_strs *list,
	struct ccenv_error *err)
{
	struct ce_strs more = {0};
	const char **joined;
	int r = check_oldest(releases, q->version, component, err);

	if (r < 0)
		return r;
	r = ce_component_expand(component, q->host ? q->host : q->platform, q->side, a, &more, err);
	if (r < 0)
		return r;
	joined = ce_arena_array(a, list->n + more.n + 2, sizeof(*joined)); /* and a sysroot */
	memcpy(joined, list->items, list->n * sizeof(*joined));
	list->items = joined;
	for (size_t i = 0; i < more.n; i++) {
		joined[list->n] = spec_of_releases(releases, more.items[i], a);
		list->n += joined[list->n] != NULL;
	}
	return 0;
}

/* conda-forge builds for Tegra with CUDA 12 only; from 13 on its packages for servers are for both. */
static int check_variant(const struct ce_component_request *q,
	const struct ce_cuda_releases *releases, struct ccenv_error *err)
{
	if (!q->arm_variant || strcmp(q->arm_variant, "tegra") != 0 ||
		ce_cuda_releases_have_before(releases, ce_cuda_release(13, 0)))
		return 0;
	return ce_fail(err, CCENV_ENOTFOUND,
		"arm-variant \"tegra\" has no CUDA \"%s\": from CUDA 13 on conda-forge's packages of arm-variant \"sbsa\" are for servers and for Tegra; leave \"arm-variant\" out, or ask for CUDA 12.9",
		q->version);
}

/* What a target's compilers for the host are linked with: a program must not need a newer glibc than the
 * host has, and the sysroot itself only knows the machine that builds. */
static void add_sysroot(
	const struct ce_component_request *q, struct ce_arena *a, struct ce_strs *list)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf gcc = {0};

	ce_buf_addf(&gcc, "gcc_impl_%s", q->host ? q->host : "");
	for (size_t i = 0; q->side == CE_SIDE_BUILD && i < list->n; i++)
		if (strcmp(list->items[i], ce_buf_str(&gcc)) == 0) {
			list->items[list->n++] =
				q->glibc ? ce_arena_printf(a, "sysroot_%s <=%s", q->host, q->glibc)
					 : ce_arena_printf(a, "sysroot_%s", q->host);
			return;
		}
}

int ce_component_specs(const struct ce_component_request *q, struct ce_arena *a,
	struct ce_strs *ret_specs, struct ccenv_error *err)
{
	struct ce_strs all = {.items = ce_arena_array(a, 4, sizeof(*all.items))};
	struct ce_cuda_releases releases;
	size_t n = 0;
	int r = ce_cuda_releases_parse(q->version, &releases, err);

	if (r < 0)
		return r;
	r = check_variant(q, &releases, err);
	if (r < 0)
		return r;
	all.items[all.n++] =
		ce_arena_printf(a, "cuda-version %s", ce_cuda_releases_text(&releases, a));
	if (strcmp(q->host ? q->host : q->platform, "linux-aarch64") == 0)
		all.items[all.n++] = ce_arena_printf(
			a, "arm-variant * %s", q->arm_variant ? q->arm_variant : "sbsa");
	limit_to_driver(&releases, q->driver);
	for (size_t i = 0; i < q->components.n; i++) {
		r = add_component(q, q->components.items[i], &releases, a, &all, err);
		if (r < 0)
			return r;
	}
	add_sysroot(q, a, &all);
	qsort(all.items, all.n, sizeof(*all.items), compare_text);
	for (size_t i = 0; i < all.n; i++)
		if (n == 0 || strcmp(all.items[n - 1], all.items[i]) != 0)
			all.items[n++] = all.items[i];
	all.items[n] = NULL;
	*ret_specs = (struct ce_strs){all.items, n};
	return 0;
}
