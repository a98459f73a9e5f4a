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
#include "solve/problem.h"
#include "spec/version.h"

/* What a common dependency can be at best. */
struct best {
	const struct ce_version *version; /* NULL: nothing matches */
	bool has_features;
};

struct entry {
	struct ce_choice *choice;
	struct best *bests; /* one for each common dependency of the group, by name */
};

struct order {
	bool flexible;    /* step 2 */
	bool lowest;      /* step 3 */
	bool lowest_deps; /* step 5 */
	size_t n_bests;
};

static struct order make_order(const struct ce_request *q, const struct ce_family *family)
{
	struct order o = {.flexible = q->priority == CE_PRIORITY_FLEXIBLE};

	o.lowest_deps = q->strategy == CE_STRATEGY_LOWEST;
	o.lowest = o.lowest_deps || (q->strategy == CE_STRATEGY_LOWEST_DIRECT && family->is_direct);
	return o;
}

static int compare_sizes(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Steps 1 to 4; negative when a is preferred. */
static int compare_simply(
	const struct ce_choice *a, const struct ce_choice *b, const struct order *o)
{
	const struct ce_pkg *pa = a->pkg, *pb = b->pkg;
	int d = (pa->track_features != NULL) - (pb->track_features != NULL);

	if (!d && o->flexible)
		d = compare_sizes(a->channel, b->channel);
	if (!d)
		d = ce_version_compare(pb->parsed_version, pa->parsed_version) *
		    (o->lowest ? -1 : 1);
	if (!d)
		d = compare_sizes(pb->build_number, pa->build_number);
	return d;
}

static int by_simple_order(const void *va, const void *vb, void *o)
{
	const struct ce_choice *a = va, *b = vb;
	int d = compare_simply(a, b, o);

	if (!d)
		d = compare_sizes(b->pkg->timestamp, a->pkg->timestamp);
	return d ? d : ce_choice_compare_listing(a, b);
}

void ce_rank_members(const struct ce_choices *c, struct ce_family *family)
{
	struct order o = make_order(c->request, family);
	struct ce_choice *m = family->members;

	if (family->n == 0)
		return;
	qsort_r(m, family->n, sizeof(*m), by_simple_order, &o);
	for (size_t i = 1; i < family->n; i++)
		m[i].group = m[i - 1].group + (compare_simply(&m[i - 1], &m[i], &o) != 0);
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

/* Step 5, inside a group that is equal in 1 to 4; what follows it is the order of members. */
static int by_dependencies(const void *va, const void *vb, void *vo)
{
	const struct entry *a = va, *b = vb;
	const struct order *o = vo;
	int d = (a->choice->excluded == CE_EXCLUDED_DEPENDS) -
		(b->choice->excluded == CE_EXCLUDED_DEPENDS);

	for (size_t i = 0; !d && i < o->n_bests; i++)
		d = compare_bests(&a->bests[i], &b->bests[i], o);
	return d ? d : (a->choice > b->choice) - (a->choice < b->choice);
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
	CE_AUTOFREE struct ce_family **common = NULL;
	CE_AUTOFREE struct best *bests = NULL;

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

/* Sorts choices of one family, given in the order of its members. */
static void sort_choices(struct ce_choices *c, struct ce_choice **choices, size_t n)
{
	CE_AUTOFREE struct entry *entries = NULL;
	struct order o;

	if (n < 2)
		return;
	o = make_order(c->request, choices[0]->family);
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (end < n && choices[end]->group == choices[i]->group)
			end++;
		if (end - i < 2)
			continue;
		if (!entries)
			entries = ce_calloc(n, sizeof(*entries));
		for (size_t k = i; k < end; k++)
			entries[k].choice = choices[k];
		sort_group(c, entries + i, end - i, &o);
		for (size_t k = i; k < end; k++)
			choices[k] = entries[k].choice;
	}
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
	CE_AUTOFREE struct ce_choice **reached =
		ce_calloc(family->n + 1, sizeof(struct ce_choice *));
	size_t n = 0;

	for (size_t i = 0; i < family->n; i++)
		if (family->members[i].order)
			reached[n++] = &family->members[i];
	sort_choices(c, reached, n);
	favor(family->favored, reached, n);
	for (size_t i = 0; i < n; i++)
		reached[i]->rank = i;
}
