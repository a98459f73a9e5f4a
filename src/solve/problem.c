/* SPDX-License-Identifier: MIT */
/* Collects what a request can reach: breadth first over dependencies, the policy applied record by
 * record. */
#include "solve/problem.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/rank.h"
#include "spec/condition.h"
#include "spec/spec.h"

static uint64_t date_limit(const struct ce_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_date_exceptions; i++)
		if (strcmp(q->date_exceptions[i].name, name) == 0)
			return q->date_exceptions[i].newer_than;
	return q->exclude_newer;
}

/* Whether the request names this package with a channel of its own: strict priority does not apply
 * to it then. */
static bool has_own_channel(const struct ce_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_specs; i++)
		if (q->specs[i]->channel && strcmp(q->specs[i]->name, name) == 0)
			return true;
	return false;
}

static bool is_direct(const struct ce_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_specs; i++)
		if (strcmp(q->specs[i]->name, name) == 0)
			return true;
	return false;
}

/* Strict priority: only the first channel that has the name at all, even if its records are
 * excluded for other reasons. */
static void exclude_channels(const struct ce_request *q, struct ce_package_name *name)
{
	unsigned first = UINT_MAX;

	if (q->priority != CE_PRIORITY_STRICT || has_own_channel(q, name->text))
		return;
	for (size_t i = 0; i < name->n; i++)
		if (name->candidates[i].pkg->channel_rank < first)
			first = name->candidates[i].pkg->channel_rank;
	for (size_t i = 0; i < name->n; i++)
		if (name->candidates[i].pkg->channel_rank != first)
			name->candidates[i].excluded = CE_EXCLUDED_CHANNEL;
}

static void exclude_dates(const struct ce_request *q, struct ce_package_name *name)
{
	uint64_t limit = date_limit(q, name->text);

	if (!limit)
		return;
	for (size_t i = 0; i < name->n; i++) {
		struct ce_candidate *c = &name->candidates[i];

		if (c->excluded)
			continue;
		if (ce_pkg_date(c->pkg) > limit)
			c->excluded = CE_EXCLUDED_DATE;
		else if (!ce_pkg_date(c->pkg))
			c->excluded = CE_EXCLUDED_NO_DATE;
	}
}

/* A pin holds whenever the package is installed, so what it does not match can never be chosen. */
static void exclude_pins(const struct ce_request *q, struct ce_package_name *name)
{
	for (size_t p = 0; p < q->n_pins; p++) {
		const struct ce_spec *pin = q->pins[p];

		if (strcmp(pin->name, name->text) != 0)
			continue;
		for (size_t i = 0; i < name->n; i++) {
			struct ce_candidate *c = &name->candidates[i];

			if (c->excluded || ce_spec_matches(pin, c->pkg))
				continue;
			c->excluded = CE_EXCLUDED_PIN;
			c->exclusion_detail = pin->text;
		}
	}
}

static struct ce_candidate *find_locked(const struct ce_request *q, struct ce_package_name *name)
{
	for (size_t l = 0; l < q->n_locked; l++) {
		const struct ce_pkg *pkg = q->locked[l];

		if (strcmp(pkg->name, name->text) != 0)
			continue;
		for (size_t i = 0; i < name->n; i++)
			if (strcmp(name->candidates[i].pkg->url, pkg->url) == 0)
				return &name->candidates[i];
	}
	return NULL;
}

static void add_candidates(struct ce_problem *p, struct ce_package_name *name)
{
	size_t n;
	const struct ce_pkg *pkgs = ce_repodata_find(p->repodata, name->text, &n);

	name->candidates = ce_arena_array(&p->arena, n, sizeof(*name->candidates));
	for (size_t i = 0; i < n; i++) {
		if (pkgs[i].parsed_version)
			name->candidates[name->n++] =
				(struct ce_candidate){.pkg = &pkgs[i], .name = name};
	}
	name->is_direct = is_direct(p->request, name->text);
	ce_rank_candidates(p->request, name);
	exclude_channels(p->request, name);
	exclude_dates(p->request, name);
	exclude_pins(p->request, name);
	name->locked = find_locked(p->request, name);
}

/* A virtual package has one candidate, which is made here and depends on nothing. */
static void add_virtual(
	struct ce_problem *p, struct ce_package_name *name, const struct ce_virtual *v)
{
	struct ce_pkg *pkg = ce_arena_alloc(&p->arena, sizeof(*pkg));

	ce_virtual_as_pkg(v, &p->arena, pkg);
	if (!pkg->parsed_version)
		return;
	name->candidates = ce_arena_array(&p->arena, 1, sizeof(*name->candidates));
	name->candidates[0] = (struct ce_candidate){.pkg = pkg, .name = name, .is_loaded = true};
	name->n = 1;
}

static struct ce_package_name *get_name(struct ce_problem *p, const char *text)
{
	struct ce_package_name *name = ce_map_get(&p->names, text);
	const struct ce_request *q = p->request;

	if (name)
		return name;
	name = ce_arena_alloc(&p->arena, sizeof(*name));
	name->text = ce_arena_strdup(&p->arena, text);
	name->index = p->names.n;
	name->is_virtual = ce_has_prefix(text, "__");
	ce_map_set(&p->names, text, name);
	for (size_t i = 0; i < q->n_virtuals; i++) {
		if (strcmp(q->virtuals[i].name, text) == 0) {
			name->is_virtual = true;
			add_virtual(p, name, &q->virtuals[i]);
			return name;
		}
	}
	if (!name->is_virtual)
		add_candidates(p, name);
	return name;
}

static struct ce_requirement *make_requirement(
	struct ce_problem *p, const char *text, const struct ce_spec *spec)
{
	struct ce_requirement *req = ce_arena_alloc(&p->arena, sizeof(*req));
	struct ce_package_name *name = get_name(p, spec->name);

	*req = (struct ce_requirement){
		.text = text, .index = p->n_requirements++, .spec = spec, .name = name};
	req->matches = ce_arena_array(&p->arena, name->n, sizeof(struct ce_candidate *));
	for (size_t i = 0; i < name->n; i++)
		if (ce_spec_matches(spec, name->candidates[i].pkg))
			req->matches[req->n_matches++] = &name->candidates[i];
	return req;
}

/* As in rattler, a channel counts in what people ask for, not in what records depend on. */
static const struct ce_spec *without_channel(const struct ce_spec *spec, struct ce_arena *a)
{
	struct ce_spec *copy;

	if (!spec->channel)
		return spec;
	copy = ce_arena_alloc(a, sizeof(*copy));
	*copy = *spec;
	copy->channel = NULL;
	return copy;
}

/* The parser marks the character in further lines, for which an explanation has no room. */
static struct ce_requirement *make_invalid(struct ce_problem *p, const char *text, const char *why)
{
	struct ce_requirement *req = ce_arena_alloc(&p->arena, sizeof(*req));

	req->text = text;
	req->error = ce_arena_printf(&p->arena, "\"%s\": %.*s", text, (int)strcspn(why, "\n"), why);
	return req;
}

static void load_condition(struct ce_problem *p, const struct ce_condition *c);

/* The requirement of a record, of a condition, or of a virtual package of the request. */
static struct ce_requirement *get_requirement(struct ce_problem *p, const char *text)
{
	struct ce_requirement *req = ce_map_get(&p->requirements, text);
	const struct ce_spec *spec;
	struct ccenv_error err;

	if (req)
		return req;
	if (ce_spec_parse(text, CE_SPEC_LENIENT, &p->arena, &spec, &err) < 0)
		req = make_invalid(p, text, err.text);
	else if (strchr(spec->name, '*'))
		req = make_invalid(p, text, "a name must be exact");
	else
		req = make_requirement(p, text, without_channel(spec, &p->arena));
	ce_map_set(&p->requirements, text, req);
	if (!req->error)
		load_condition(p, req->spec->condition);
	return req;
}

/* What its specs match. They were parsed with the condition, so that none is invalid. */
static void load_condition(struct ce_problem *p, const struct ce_condition *c)
{
	for (; c && c->kind != CE_CONDITION_SPEC; c = c->left)
		load_condition(p, c->right);
	if (c)
		(void)get_requirement(p, c->spec->text);
}

/* Adds to reqs; false, with the candidate's exclusion_detail, at the first text that cannot be
 * parsed. */
static bool load_texts(struct ce_problem *p, struct ce_candidate *candidate,
	const char *const *texts, size_t n_texts, struct ce_requirement **reqs, size_t *n)
{
	for (size_t i = 0; i < n_texts; i++) {
		struct ce_requirement *req = get_requirement(p, texts[i]);

		if (req->error) {
			candidate->exclusion_detail = req->error;
			return false;
		}
		reqs[(*n)++] = req;
	}
	return true;
}

/* Its own dependencies, and those of its groups. */
static bool load_depends(struct ce_problem *p, struct ce_candidate *candidate)
{
	const struct ce_pkg *pkg = candidate->pkg;
	size_t n = pkg->n_depends;

	for (size_t i = 0; i < pkg->n_extras; i++)
		n += pkg->extras[i].n_depends;
	candidate->depends = ce_arena_array(&p->arena, n, sizeof(*candidate->depends));
	candidate->groups = ce_arena_array(&p->arena, n, sizeof(*candidate->groups));
	candidate->counts = ce_arena_array(&p->arena, n, sizeof(*candidate->counts));
	if (!load_texts(p, candidate, pkg->depends, pkg->n_depends, candidate->depends,
		    &candidate->n_depends))
		return false;
	for (size_t i = 0; i < pkg->n_extras; i++) {
		const struct ce_pkg_extra *x = &pkg->extras[i];

		for (size_t d = 0; d < x->n_depends; d++)
			candidate->groups[candidate->n_depends + d] = x->group;
		if (!load_texts(p, candidate, x->depends, x->n_depends, candidate->depends,
			    &candidate->n_depends))
			return false;
	}
	return true;
}

/* As in rattler, a condition of a constrains is not looked at: it always counts. */
static bool load_constrains(struct ce_problem *p, struct ce_candidate *candidate)
{
	const struct ce_pkg *pkg = candidate->pkg;

	candidate->constrains =
		ce_arena_array(&p->arena, pkg->n_constrains, sizeof(*candidate->constrains));
	return load_texts(p, candidate, pkg->constrains, pkg->n_constrains, candidate->constrains,
		&candidate->n_constrains);
}

/* As in rattler. */
static void exclude_itself(struct ce_candidate *candidate)
{
	for (size_t i = 0; i < candidate->n_constrains && !candidate->excluded; i++) {
		const struct ce_requirement *req = candidate->constrains[i];

		if (req->name != candidate->name || ce_requirement_matches(req, candidate))
			continue;
		candidate->excluded = CE_EXCLUDED_ITSELF;
		candidate->exclusion_detail = req->text;
	}
}

/* Fills depends and constrains, once. One that cannot be parsed makes the candidate excluded. */
static void load(struct ce_problem *p, struct ce_candidate *candidate)
{
	if (candidate->is_loaded)
		return;
	candidate->is_loaded = true;
	if (load_depends(p, candidate) && load_constrains(p, candidate)) {
		exclude_itself(candidate);
		return;
	}
	candidate->n_depends = candidate->n_constrains = 0;
	candidate->excluded = CE_EXCLUDED_DEPENDS;
}

/* Loads the matches that share a tie group: step 5 of rank.h compares their dependencies. */
static void load_tied(struct ce_problem *p, const struct ce_requirement *req)
{
	struct ce_candidate *const *m = req->matches;

	for (size_t i = 0; i < req->n_matches; i++)
		if ((i > 0 && m[i - 1]->tie_group == m[i]->tie_group) ||
			(i + 1 < req->n_matches && m[i + 1]->tie_group == m[i]->tie_group))
			load(p, m[i]);
}

static int add_requested(struct ce_problem *p, struct ccenv_error *err)
{
	const struct ce_request *q = p->request;
	size_t max = q->n_virtuals + q->n_specs;

	p->requested = ce_arena_array(&p->arena, max, sizeof(struct ce_requirement *));
	p->requested_counts = ce_arena_array(&p->arena, max, sizeof(*p->requested_counts));
	for (size_t i = 0; i < q->n_virtuals; i++) {
		struct ce_requirement *req = get_requirement(p, q->virtuals[i].name);

		if (req->error || !req->n_matches)
			return ce_fail(err, CCENV_EDATA,
				"virtual package %s: invalid version \"%s\"; correct system-requirements",
				q->virtuals[i].name, q->virtuals[i].version);
		p->requested[p->n_requested++] = req;
	}
	for (size_t i = 0; i < q->n_specs; i++) {
		const struct ce_spec *spec = q->specs[i];

		if (strchr(spec->name, '*'))
			return ce_fail(err, CCENV_EDATA,
				"%s: \"*\" is not allowed in a package name; name each package",
				spec->text);
		load_condition(p, spec->condition);
		p->requested[p->n_requested++] = make_requirement(p, spec->text, spec);
	}
	return 0;
}

/* Numbers the matches that have not been reached before, the best first. */
static void reach(struct ce_problem *p, struct ce_requirement *req, size_t *cap)
{
	if (!req->is_ranked)
		load_tied(p, req);
	ce_rank_requirement(p->request, req);
	for (size_t i = 0; i < req->n_matches; i++) {
		struct ce_candidate *c = req->matches[i];

		if (c->variable)
			continue;
		CE_GROW(p->reached, p->n_reached, *cap);
		p->reached[p->n_reached++] = c;
		c->variable = (uint32_t)p->n_reached;
	}
}

static void reach_some_depends(
	struct ce_problem *p, const struct ce_candidate *candidate, bool conditional, size_t *cap)
{
	for (size_t d = 0; d < candidate->n_depends; d++)
		if (ce_candidate_is_conditional(candidate, d) == conditional)
			reach(p, candidate->depends[d], cap);
}

/* p->reached grows while it is walked: it is the queue of the breadth-first search. */
static void reach_depends(struct ce_problem *p, size_t *n_done, size_t *cap)
{
	for (; *n_done < p->n_reached; ++*n_done) {
		load(p, p->reached[*n_done]);
		reach_some_depends(p, p->reached[*n_done], false, cap);
	}
}

int ce_problem_new(const struct ce_request *request, const struct ce_repodata *repodata,
	struct ce_problem **ret_problem, struct ccenv_error *err)
{
	CE_CLEANUP(ce_problem_freep) struct ce_problem *p = ce_calloc(1, sizeof(*p));
	size_t cap = 0, n_done = 0;
	int r;

	p->request = request;
	p->repodata = repodata;
	r = add_requested(p, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n_requested; i++)
		if (!p->requested[i]->spec->condition)
			reach(p, p->requested[i], &cap);
	reach_depends(p, &n_done, &cap);
	/* What is under a condition comes last, as in resolvo, which does not look at it before the
	 * condition holds. */
	for (size_t i = 0; i < p->n_requested; i++)
		reach(p, p->requested[i], &cap);
	for (size_t i = 0; i < p->n_reached; i++) {
		reach_depends(p, &n_done, &cap);
		reach_some_depends(p, p->reached[i], true, &cap);
	}
	for (size_t i = 0; i < p->names.n; i++)
		ce_rank_reached(request, p->names.entries[i].value);
	*ret_problem = CE_TAKE(p);
	return 0;
}

void ce_problem_free(struct ce_problem *problem)
{
	if (!problem)
		return;
	ce_map_release(&problem->names);
	ce_map_release(&problem->requirements);
	free(problem->reached);
	ce_arena_release(&problem->arena);
	free(problem);
}
