/* SPDX-License-Identifier: MIT */
/* Did you mean: names at a small edit distance, where swapping two neighbours counts as one edit.
 */
#include "solve/suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/strs.h"
#include "model/cuda_parts.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/problem.h"
#include "spec/spec.h"

struct found {
	const char *name;
	size_t distance;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* "libcublas" and "cublas-dev" for "cublas", but not "server-base" for "r-base". */
static bool has_as_word(const char *name, const char *wanted)
{
	for (const char *p = strstr(name, wanted); p; p = strstr(p + 1, wanted)) {
		const char *end = p + strlen(wanted);
		bool begins = p == name || strchr("-_", p[-1]) ||
			      (p == name + 3 && strncmp(name, "lib", 3) == 0);

		if (begins && (!*end || strchr("-_", *end)))
			return true;
	}
	return false;
}

/* Keeps the nearest; among equals the one first in the alphabet. */
static void offer(struct found *found, size_t *n, const char *wanted, const char *name)
{
	size_t distance = ce_edit_distance(wanted, name), at;
	size_t limit = 1 + strlen(wanted) / 6;

	if (strlen(wanted) >= 4 && has_as_word(name, wanted))
		distance = least(distance, limit);
	if (distance == 0 || distance > limit)
		return;
	for (size_t i = 0; i < *n; i++)
		if (strcmp(found[i].name, name) == 0)
			return;
	for (at = 0; at < *n; at++)
		if (distance < found[at].distance ||
			(distance == found[at].distance && strcmp(name, found[at].name) < 0))
			break;
	if (at == CE_SUGGEST_MAX)
		return;
	if (*n < CE_SUGGEST_MAX)
		(*n)++;
	memmove(found + at + 1, found + at, (*n - at - 1) * sizeof(*found));
	found[at] = (struct found){name, distance};
}

/* Whether the package is one of the specs ("cuda-crt-dev_@"); *ret_first: the first. */
static bool has_package(
	const char *const *specs, const char *package, const char *platform, bool *ret_first)
{
	for (size_t i = 0; specs[i]; i++) {
		size_t plain = strcspn(specs[i], "@");

		if (strncmp(specs[i], package, plain) == 0 &&
			strcmp(package + plain, specs[i][plain] ? platform : "") == 0) {
			*ret_first = i == 0;
			return true;
		}
	}
	return false;
}

/* Whether the request has all packages of a component. */
static bool asks_for_all(const struct ce_request *q, const char *const *specs)
{
	for (size_t i = 0; specs[i]; i++) {
		const char *only[] = {specs[i], NULL};
		bool found = false, is_first;

		for (size_t k = 0; k < q->n_specs && !found; k++)
			found = has_package(only, q->specs[k]->name, q->platform, &is_first);
		if (!found)
			return false;
	}
	return true;
}

/* Of all components, or with `q` of those that it asks for. */
static void suggest_components(
	const char *package, const char *platform, const struct ce_request *q, struct ce_buf *out)
{
	const char *names[CE_SUGGEST_MAX];
	bool is_main = false;
	size_t n = 0;

	for (const struct ce_component *c = ce_component_list(); c->name; c++) {
		bool is_first, is_win = ce_has_prefix(platform, "win");
		const char *const *specs = is_win ? c->win_specs : c->linux_specs;

		if (!c->summary || !has_package(specs, package, platform, &is_first) ||
			(q && !asks_for_all(q, specs)))
			continue;
		/* A component that is this package comes before those that use it, too. */
		if (is_first > is_main)
			n = 0;
		is_main = is_main || is_first;
		if (is_first == is_main && n < CE_SUGGEST_MAX)
			names[n++] = c->name;
	}
	for (size_t i = 0; i < n; i++)
		ce_buf_addf(out, "%s%s", i ? " or " : "component ", names[i]);
}

void ce_suggest_components(const char *package, const char *platform, struct ce_buf *out)
{
	suggest_components(package, platform, NULL, out);
}

void ce_suggest_asked_components(
	const struct ce_request *q, const char *package, struct ce_buf *out)
{
	size_t before = out->len;

	suggest_components(package, q->platform, q, out);
	if (out->len == before)
		suggest_components(package, q->platform, NULL, out);
}

size_t ce_suggest_names(const struct ce_problem *problem, const char *name, struct ce_arena *a,
	const char *ret_names[CE_SUGGEST_MAX])
{
	struct found found[CE_SUGGEST_MAX + 1];
	const char *last = "";
	size_t n = 0;

	for (size_t i = 0; i < problem->repodata->n; i++) {
		if (strcmp(problem->repodata->pkgs[i].name, last) == 0)
			continue;
		last = problem->repodata->pkgs[i].name;
		offer(found, &n, name, last);
	}
	for (size_t i = 0; i < problem->repodata->n_others; i++)
		offer(found, &n, name, problem->repodata->others[i]);
	for (size_t i = 0; i < n; i++)
		ret_names[i] = ce_arena_strdup(a, found[i].name);
	return n;
}

size_t ce_suggest_among(
	const struct ce_repodata *records, const char *name, const char *ret_names[CE_SUGGEST_MAX])
{
	struct found found[CE_SUGGEST_MAX];
	size_t n = 0;

	for (size_t i = 0; i < records->n_others; i++)
		offer(found, &n, name, records->others[i]);
	for (size_t i = 0; i < n; i++)
		ret_names[i] = found[i].name;
	return n;
}
