/* SPDX-License-Identifier: MIT */
/*
 * The order of preference. The hard part is step 5: it compares what dependencies can be at best,
 * so it needs the matches of other needs, but never their order; there is no recursion.
 */
#include "solve/rank.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/pkg.h"
#include "model/request.h"
#include "model/version.h"
#include "solve/choices.h"

/* What a common dependency can be at best. */
struct best {
	const struct ce_version *version; /* NULL: nothing matches */
	bool has_features;
};

struct entry {
	struct ce_choice *choice;
	size_t channel;     /* 0 unless the priority is flexible */
	struct best *bests; /* one for each common dependency of the group, by name */
};

struct order {
	bool lowest;      /* step 3 */
	bool lowest_deps; /* step 5 */
	size_t n_bests;
};

static int compare_sizes(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Steps 1 to 4; negative when a is preferred. */
static int compare_simply(const struct entry *a, const struct entry *b, const struct order *o)
{
	const struct ce_pkg *pa = a->choice->pkg, *pb = b->choice->pkg;
	int d = (pa->track_features != NULL) - (pb->track_features != NULL);

	if (!d)
		d = compare_sizes(a->channel, b->channel);
	if (!d)
		d = ce_version_compare(pb->parsed_version, pa->parsed_version) *
		    (o->lowest ? -1 : 1);
	if (!d)
		d = compare_sizes(pb->build_number, pa->build_number);
	return d;
}

static int by_simple_order(const void *va, const void *vb, void *vo)
{
	const struct entry *a = va, *b = vb;
	int d = compare_simply(a, b, vo);

	if (!d)
		d = compare_sizes(b->choice->pkg->timestamp, a->choice->pkg->timestamp);
	if (!d)
		d = strcmp(a->choice->pkg->build, b->choice->pkg->build);
	return d ? d : strcmp(a->choice->pkg->url, b->choice->pkg->url);
}

/* Negative when a is preferred. What selects something beats what selects nothing. */
static int compare_bests(const struct best *a, const struct best *b, const struct order *o)
{
	int d;

	if (!a->version || !b->version)
		return (a->version == NULL) - (b->version == NULL);
	d = a->has_features - b->has_features;
	if (!d)
		d = ce_version_compare(b->version, a->version) * (o->lowest_deps ? -1 : 1);
	return d;
}

/* Steps 5 and 6, inside a group that is equal in 1 to 4. */
static int by_dependencies(const void *va, const void *vb, void *vo)
{
	const struct entry *a = va, *b = vb;
	const struct order *o = vo;
	int d = (a->choice->excluded == CE_EXCLUDED_DEPENDS) -
		(b->choice->excluded == CE_EXCLUDED_DEPENDS);

	for (size_t i = 0; !d && i < o->n_bests; i++)
		d = compare_bests(&a->bests[i], &b->bests[i], o);
	return d ? d : by_simple_order(va, vb, vo);
}

static struct best best_of_need(struct ce_need *need)
{
	if (!need->best_known) {
		for (size_t i = 0; i < need->n_matches; i++) {
			const struct ce_pkg *pkg = need->matches[i]->pkg;
			bool features = pkg->track_features != NULL;
			int d = need->best ? ce_version_compare(pkg->parsed_version, need->best)
					   : 1;

			if (d > 0) {
				need->best = pkg->parsed_version;
				need->best_has_features = features;
			} else if (d == 0) {
				need->best_has_features = need->best_has_features && features;
			}
		}
		need->best_known = true;
	}
	return (struct best){need->best, need->best_has_features};
}

/* Several needs on one name: the least of what each can give. */
static struct best best_of_choice(const struct ce_choice *choice, const struct ce_family *family)
{
	static const struct order highest = {0};
	struct best least = {0};

	for (size_t i = 0; i < choice->n_depends; i++) {
		struct best best;

		if (choice->depends[i]->family != family)
			continue;
		best = best_of_need(choice->depends[i]);
		if (!best.version)
			continue;
		if (!least.version || compare_bests(&best, &least, &highest) > 0)
			least = best;
	}
	return least;
}

static bool depends_on(const struct ce_choice *choice, const struct ce_family *family)
{
	for (size_t i = 0; i < choice->n_depends; i++)
		if (choice->depends[i]->family == family)
			return true;
	return false;
}

static int by_family_name(const void *a, const void *b)
{
	const struct ce_family *fa = *(struct ce_family *const *)a;
	const struct ce_family *fb = *(struct ce_family *const *)b;

	return strcmp(fa->name, fb->name);
}

/* The names that every member depends on, in alphabetical order. Members that cannot be used have
 * no say. */
static size_t common_families(struct entry *group, size_t n, struct ce_family ***ret_common)
{
	const struct ce_choice *first = NULL;
	struct ce_family **common;
	size_t n_common = 0;

	for (size_t i = 0; i < n && !first; i++)
		if (group[i].choice->excluded != CE_EXCLUDED_DEPENDS)
			first = group[i].choice;
	common = ce_calloc(first ? first->n_depends + 1 : 1, sizeof(struct ce_family *));
	for (size_t d = 0; first && d < first->n_depends; d++) {
		struct ce_family *f = first->depends[d]->family;
		bool in_all = true;

		for (size_t i = 0; i < n_common; i++)
			in_all = in_all && common[i] != f;
		for (size_t i = 0; i < n && in_all; i++)
			in_all = group[i].choice->excluded == CE_EXCLUDED_DEPENDS ||
				 depends_on(group[i].choice, f);
		if (in_all)
			common[n_common++] = f;
	}
	qsort(common, n_common, sizeof(struct ce_family *), by_family_name);
	*ret_common = common;
	return n_common;
}

static void sort_group(struct ce_choices *c, struct entry *group, size_t n, struct order *o)
{
	CE_CLEANUP(ce_freep) struct ce_family **common = NULL;
	CE_CLEANUP(ce_freep) struct best *bests = NULL;

	for (size_t i = 0; i < n; i++)
		ce_choice_load(c, group[i].choice);
	o->n_bests = common_families(group, n, &common);
	bests = ce_calloc(n * o->n_bests + 1, sizeof(*bests));
	for (size_t i = 0; i < n; i++) {
		group[i].bests = bests + i * o->n_bests;
		for (size_t f = 0; f < o->n_bests; f++)
			group[i].bests[f] = best_of_choice(group[i].choice, common[f]);
	}
	qsort_r(group, n, sizeof(*group), by_dependencies, o);
}

static size_t channel_of(const struct ce_request *q, const struct ce_pkg *pkg)
{
	size_t i = 0;

	if (q->priority != CE_PRIORITY_FLEXIBLE)
		return 0;
	while (i < q->n_channels && strcmp(q->channels[i], pkg->channel) != 0)
		i++;
	return i;
}

static void sort_choices(struct ce_choices *c, struct ce_choice **choices, size_t n)
{
	CE_CLEANUP(ce_freep) struct entry *entries = NULL;
	enum ce_strategy strategy = c->request->strategy;
	struct order o = {0};

	if (n < 2)
		return;
	o.lowest_deps = strategy == CE_STRATEGY_LOWEST;
	o.lowest = o.lowest_deps ||
		   (strategy == CE_STRATEGY_LOWEST_DIRECT && choices[0]->family->is_direct);
	entries = ce_calloc(n, sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		entries[i].choice = choices[i];
		entries[i].channel = channel_of(c->request, choices[i]->pkg);
	}
	qsort_r(entries, n, sizeof(*entries), by_simple_order, &o);
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (end < n && compare_simply(&entries[i], &entries[end], &o) == 0)
			end++;
		if (end - i > 1)
			sort_group(c, entries + i, end - i, &o);
	}
	for (size_t i = 0; i < n; i++)
		choices[i] = entries[i].choice;
}

/* What the old lock has is tried first, if it may be. */
static void favor(struct ce_choice *favored, struct ce_choice **choices, size_t n)
{
	size_t i = 0;

	while (i < n && choices[i] != favored)
		i++;
	if (i == n)
		return;
	memmove(choices + 1, choices, i * sizeof(*choices));
	choices[0] = favored;
}

void ce_rank_need(struct ce_choices *c, struct ce_need *need)
{
	if (need->ranked)
		return;
	need->ranked = true;
	sort_choices(c, need->matches, need->n_matches);
	favor(need->family->favored, need->matches, need->n_matches);
}

void ce_rank_family(struct ce_choices *c, struct ce_family *family)
{
	CE_CLEANUP(ce_freep)
	struct ce_choice **reached = ce_calloc(family->n + 1, sizeof(struct ce_choice *));
	size_t n = 0;

	for (size_t i = 0; i < family->n; i++)
		if (family->members[i].order)
			reached[n++] = &family->members[i];
	sort_choices(c, reached, n);
	favor(family->favored, reached, n);
	for (size_t i = 0; i < n; i++)
		reached[i]->rank = i;
}
