/* SPDX-License-Identifier: MIT */
/*
 * The order of preference. The hard part is step 5: it compares the highest versions that
 * dependencies allow, so it needs the matches of other requirements, but never their order; there
 * is no recursion.
 */
#include "solve/rank.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/os.h"
#include "model/pkg.h"
#include "model/request.h"
#include "solve/candidate.h"
#include "spec/version.h"

/* The highest version that a dependency allows. */
struct highest {
	const struct ce_version *version; /* NULL: nothing matches */
	bool has_features;                /* all records of that version have track_features */
};

struct entry {
	struct ce_candidate *candidate;
	struct highest *highest; /* by the common dependencies of the group, in order of names */
};

struct ordering {
	bool flexible;    /* step 2 */
	bool lowest;      /* step 3 */
	bool lowest_deps; /* step 5 */
	size_t n_common;  /* dependencies that the group has in common */
};

static struct ordering make_ordering(const struct ce_request *q, const struct ce_package_name *name)
{
	struct ordering o = {.flexible = q->priority == CE_PRIORITY_FLEXIBLE};

	o.lowest_deps = q->strategy == CE_STRATEGY_LOWEST;
	o.lowest = o.lowest_deps || (q->strategy == CE_STRATEGY_LOWEST_DIRECT && name->is_direct);
	return o;
}

static int compare_sizes(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Steps 1 to 4; negative when a is preferred. */
static int compare_simply(
	const struct ce_candidate *a, const struct ce_candidate *b, const struct ordering *o)
{
	const struct ce_pkg *pa = a->pkg, *pb = b->pkg;
	int d = (pa->track_features != NULL) - (pb->track_features != NULL);

	if (!d && o->flexible)
		d = compare_sizes(pa->channel_rank, pb->channel_rank);
	if (!d)
		d = ce_version_compare(pb->parsed_version, pa->parsed_version) *
		    (o->lowest ? -1 : 1);
	if (!d)
		d = compare_sizes(pb->build_number, pa->build_number);
	return d;
}

static int by_simple_order(const void *va, const void *vb, void *o)
{
	const struct ce_candidate *a = va, *b = vb;
	int d = compare_simply(a, b, o);

	if (!d)
		d = compare_sizes(b->pkg->timestamp, a->pkg->timestamp);
	return d ? d : ce_candidate_compare_listing(a, b);
}

void ce_rank_candidates(const struct ce_request *request, struct ce_package_name *name)
{
	struct ordering o = make_ordering(request, name);
	struct ce_candidate *c = name->candidates;

	if (name->n == 0)
		return;
	ce_os_sort(c, name->n, sizeof(*c), by_simple_order, &o);
	for (size_t i = 1; i < name->n; i++)
		c[i].tie_group = c[i - 1].tie_group + (compare_simply(&c[i - 1], &c[i], &o) != 0);
}

/* Negative when a is preferred. A dependency that selects something beats one that does not. */
static int compare_highest(
	const struct highest *a, const struct highest *b, const struct ordering *o)
{
	int d;

	if (!a->version || !b->version)
		return (a->version == NULL) - (b->version == NULL);
	d = a->has_features - b->has_features;
	if (!d)
		d = ce_version_compare(b->version, a->version) * (o->lowest_deps ? -1 : 1);
	return d;
}

/* Step 5, inside a group that is tied in 1 to 4; then the order of ce_rank_candidates(). */
static int by_dependencies(const void *va, const void *vb, void *vo)
{
	const struct entry *a = va, *b = vb;
	const struct ordering *o = vo;
	int d = (a->candidate->excluded == CE_EXCLUDED_DEPENDS) -
		(b->candidate->excluded == CE_EXCLUDED_DEPENDS);

	for (size_t i = 0; !d && i < o->n_common; i++)
		d = compare_highest(&a->highest[i], &b->highest[i], o);
	return d ? d : (a->candidate > b->candidate) - (a->candidate < b->candidate);
}

static void find_highest(struct ce_requirement *req)
{
	for (size_t i = 0; i < req->n_matches; i++) {
		const struct ce_pkg *pkg = req->matches[i]->pkg;
		bool features = pkg->track_features != NULL;
		int d = req->highest ? ce_version_compare(pkg->parsed_version, req->highest) : 1;

		if (d > 0) {
			req->highest = pkg->parsed_version;
			req->highest_has_features = features;
		} else if (d == 0) {
			req->highest_has_features = req->highest_has_features && features;
		}
	}
	req->is_highest_known = true;
}

/* Several requirements on one name: the lowest of what each allows. */
static struct highest highest_of(
	const struct ce_candidate *candidate, const struct ce_package_name *name)
{
	static const struct ordering higher_first = {0};
	struct highest lowest = {0};

	for (size_t i = 0; i < candidate->n_depends; i++) {
		struct ce_requirement *req = candidate->depends[i];
		struct highest h;

		if (req->name != name)
			continue;
		if (!req->is_highest_known)
			find_highest(req);
		h = (struct highest){req->highest, req->highest_has_features};
		if (!h.version)
			continue;
		if (!lowest.version || compare_highest(&h, &lowest, &higher_first) > 0)
			lowest = h;
	}
	return lowest;
}

static bool depends_on(const struct ce_candidate *candidate, const struct ce_package_name *name)
{
	for (size_t i = 0; i < candidate->n_depends; i++)
		if (candidate->depends[i]->name == name)
			return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	const struct ce_package_name *na = *(struct ce_package_name *const *)a;
	const struct ce_package_name *nb = *(struct ce_package_name *const *)b;

	return strcmp(na->text, nb->text);
}

/* The names that all candidates of the group depend on, in alphabetical order; those whose
 * dependencies cannot be parsed do not count. The caller frees the array. */
static size_t common_names(struct entry *group, size_t n, struct ce_package_name ***ret_common)
{
	const struct ce_candidate *first = NULL;
	struct ce_package_name **common;
	size_t n_common = 0;

	for (size_t i = 0; i < n && !first; i++)
		if (group[i].candidate->excluded != CE_EXCLUDED_DEPENDS)
			first = group[i].candidate;
	common = ce_calloc(first ? first->n_depends + 1 : 1, sizeof(struct ce_package_name *));
	for (size_t d = 0; first && d < first->n_depends; d++) {
		struct ce_package_name *name = first->depends[d]->name;
		bool in_all = true;

		for (size_t i = 0; i < n_common; i++)
			in_all = in_all && common[i] != name;
		for (size_t i = 0; i < n && in_all; i++)
			in_all = group[i].candidate->excluded == CE_EXCLUDED_DEPENDS ||
				 depends_on(group[i].candidate, name);
		if (in_all)
			common[n_common++] = name;
	}
	qsort(common, n_common, sizeof(struct ce_package_name *), by_text);
	*ret_common = common;
	return n_common;
}

static void sort_group(struct entry *group, size_t n, struct ordering *o)
{
	CE_AUTOFREE struct ce_package_name **common = NULL;
	CE_AUTOFREE struct highest *highest = NULL;

	o->n_common = common_names(group, n, &common);
	highest = ce_calloc(n * o->n_common + 1, sizeof(*highest));
	for (size_t i = 0; i < n; i++) {
		group[i].highest = highest + i * o->n_common;
		for (size_t k = 0; k < o->n_common; k++)
			group[i].highest[k] = highest_of(group[i].candidate, common[k]);
	}
	ce_os_sort(group, n, sizeof(*group), by_dependencies, o);
}

/* Sorts candidates of one name, given in the order of ce_rank_candidates(). */
static void sort_ties(const struct ce_request *request, struct ce_candidate **candidates, size_t n)
{
	CE_AUTOFREE struct entry *entries = NULL;
	struct ordering o;

	if (n < 2)
		return;
	o = make_ordering(request, candidates[0]->name);
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (end < n && candidates[end]->tie_group == candidates[i]->tie_group)
			end++;
		if (end - i < 2)
			continue;
		if (!entries)
			entries = ce_calloc(n, sizeof(*entries));
		for (size_t k = i; k < end; k++)
			entries[k].candidate = candidates[k];
		sort_group(entries + i, end - i, &o);
		for (size_t k = i; k < end; k++)
			candidates[k] = entries[k].candidate;
	}
}

/* Puts the locked candidate first, if it is among them. */
static void prefer_locked(struct ce_candidate *locked, struct ce_candidate **candidates, size_t n)
{
	size_t i = 0;

	while (i < n && candidates[i] != locked)
		i++;
	if (i == n)
		return;
	memmove(candidates + 1, candidates, i * sizeof(*candidates));
	candidates[0] = locked;
}

void ce_rank_requirement(const struct ce_request *request, struct ce_requirement *req)
{
	if (req->is_ranked)
		return;
	req->is_ranked = true;
	sort_ties(request, req->matches, req->n_matches);
	prefer_locked(req->name->locked, req->matches, req->n_matches);
}

void ce_rank_reached(const struct ce_request *request, struct ce_package_name *name)
{
	CE_AUTOFREE struct ce_candidate **reached =
		ce_calloc(name->n + 1, sizeof(struct ce_candidate *));
	size_t n = 0;

	for (size_t i = 0; i < name->n; i++)
		if (name->candidates[i].variable)
			reached[n++] = &name->candidates[i];
	sort_ties(request, reached, n);
	prefer_locked(name->locked, reached, n);
	for (size_t i = 0; i < n; i++)
		reached[i]->preference = i;
}
