/* SPDX-License-Identifier: MIT */
/* Collects what a request can reach: breadth first over dependencies, the policy applied record by
 * record. */
#include "solve/problem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "model/match.h"
#include "model/pkg.h"
#include "model/repodata.h"
#include "model/request.h"
#include "solve/rank.h"
#include "spec/spec.h"

/* The run of records with this name: repodata is sorted by it. */
static size_t records_of(const struct ce_repodata *r, const char *name, size_t *ret_n)
{
	size_t lo = 0, hi = r->n, first;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(r->pkgs[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (first = lo; lo < r->n && strcmp(r->pkgs[lo].name, name) == 0; lo++)
		;
	*ret_n = lo - first;
	return first;
}

/* The place of the record's channel in the request; one that is not there comes last. */
static size_t channel_rank(const struct ce_request *q, const struct ce_pkg *pkg)
{
	size_t i = 0;

	while (i < q->n_channels && strcmp(q->channels[i], pkg->channel) != 0)
		i++;
	if (i < q->n_channels)
		return i;
	/* A channel may be asked for with credentials in its URL; no record has them. */
	for (i = 0; i < q->n_channels; i++) {
		CE_AUTOFREE char *plain = ce_url_strip_credentials(q->channels[i]);

		if (strcmp(plain, pkg->channel) == 0)
			break;
	}
	return i;
}

static uint64_t date_limit(const struct ce_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_date_exceptions; i++)
		if (strcmp(q->date_exceptions[i].name, name) == 0)
			return q->date_exceptions[i].newer_than;
	return q->exclude_newer;
}

/* Does the request name this package with a channel of its own? Then strict priority does not apply
 * to it. */
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

/* Strict priority: only the first channel that has the name at all, whatever else leaves its
 * records out. */
static void exclude_channels(const struct ce_request *q, struct ce_family *f)
{
	size_t first = SIZE_MAX;

	if (q->priority != CE_PRIORITY_STRICT || has_own_channel(q, f->name))
		return;
	for (size_t i = 0; i < f->n; i++)
		first = f->members[i].channel < first ? f->members[i].channel : first;
	for (size_t i = 0; i < f->n; i++)
		if (f->members[i].channel != first)
			f->members[i].excluded = CE_EXCLUDED_CHANNEL;
}

static void exclude_dates(const struct ce_request *q, struct ce_family *f)
{
	uint64_t limit = date_limit(q, f->name);

	if (!limit)
		return;
	for (size_t i = 0; i < f->n; i++) {
		struct ce_choice *m = &f->members[i];

		if (m->excluded)
			continue;
		if (m->pkg->timestamp > limit)
			m->excluded = CE_EXCLUDED_DATE;
		else if (!m->pkg->timestamp)
			m->excluded = CE_EXCLUDED_NO_DATE;
	}
}

/* A pin holds whenever the package is there, so what it does not match can never be chosen. */
static void exclude_pins(const struct ce_request *q, struct ce_family *f)
{
	for (size_t p = 0; p < q->n_pins; p++) {
		const struct ce_spec *pin = q->pins[p];

		if (strcmp(pin->name, f->name) != 0)
			continue;
		for (size_t i = 0; i < f->n; i++) {
			if (f->members[i].excluded || ce_spec_matches(pin, f->members[i].pkg))
				continue;
			f->members[i].excluded = CE_EXCLUDED_PIN;
			f->members[i].why = pin->text;
		}
	}
}

static struct ce_choice *find_favored(const struct ce_request *q, struct ce_family *f)
{
	for (size_t l = 0; l < q->n_locked; l++) {
		const struct ce_pkg *pkg = q->locked[l];

		if (strcmp(pkg->name, f->name) != 0)
			continue;
		for (size_t i = 0; i < f->n; i++)
			if (strcmp(f->members[i].pkg->url, pkg->url) == 0)
				return &f->members[i];
	}
	return NULL;
}

static void fill_family(struct ce_choices *c, struct ce_family *f)
{
	size_t n, first = records_of(c->repodata, f->name, &n);

	f->members = ce_arena_array(&c->arena, n, sizeof(*f->members));
	for (size_t i = 0; i < n; i++) {
		const struct ce_pkg *pkg = &c->repodata->pkgs[first + i];

		if (pkg->parsed_version)
			f->members[f->n++] = (struct ce_choice){
				.pkg = pkg, .family = f, .channel = channel_rank(c->request, pkg)};
	}
	f->is_direct = is_direct(c->request, f->name);
	ce_rank_members(c, f);
	exclude_channels(c->request, f);
	exclude_dates(c->request, f);
	exclude_pins(c->request, f);
	f->favored = find_favored(c->request, f);
}

/* A virtual package is a family of one record, made here; it depends on nothing. */
static void fill_virtual(struct ce_choices *c, struct ce_family *f, const struct ce_virtual *v)
{
	struct ce_pkg *pkg = ce_arena_alloc(&c->arena, sizeof(*pkg));

	ce_virtual_as_pkg(v, &c->arena, pkg);
	f->is_virtual = true;
	if (!pkg->parsed_version)
		return;
	f->members = ce_arena_array(&c->arena, 1, sizeof(*f->members));
	f->members[0] = (struct ce_choice){.pkg = pkg, .family = f, .loaded = true};
	f->n = 1;
}

static struct ce_family *get_family(struct ce_choices *c, const char *name)
{
	struct ce_family *f = ce_map_get(&c->families, name);

	if (f)
		return f;
	f = ce_arena_alloc(&c->arena, sizeof(*f));
	f->name = ce_arena_strdup(&c->arena, name);
	f->index = c->families.n;
	ce_map_set(&c->families, name, f);
	f->is_virtual = strncmp(name, "__", 2) == 0;
	for (size_t i = 0; i < c->request->n_virtuals; i++) {
		if (strcmp(c->request->virtuals[i].name, name) == 0) {
			fill_virtual(c, f, &c->request->virtuals[i]);
			return f;
		}
	}
	if (!f->is_virtual)
		fill_family(c, f);
	return f;
}

/* The need for a spec: its family and who matches. */
static struct ce_need *make_need(struct ce_choices *c, const char *text, const struct ce_spec *spec)
{
	struct ce_need *need = ce_arena_alloc(&c->arena, sizeof(*need));
	struct ce_family *f = get_family(c, spec->name);

	*need = (struct ce_need){.text = text, .index = c->n_needs++, .spec = spec, .family = f};
	need->matches = ce_arena_array(&c->arena, f->n, sizeof(struct ce_choice *));
	for (size_t i = 0; i < f->n; i++)
		if (ce_spec_matches(spec, f->members[i].pkg))
			need->matches[need->n_matches++] = &f->members[i];
	return need;
}

/* As rattler has it: a channel binds in what people ask for, not in what records depend on. */
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

/* The parser points at the character in further lines, which have no place in a tree. */
static struct ce_need *make_bad(struct ce_choices *c, const char *text, const char *why)
{
	struct ce_need *need = ce_arena_alloc(&c->arena, sizeof(*need));

	need->text = text;
	need->bad = ce_arena_printf(&c->arena, "\"%s\": %.*s", text, (int)strcspn(why, "\n"), why);
	return need;
}

static struct ce_need *get_need(struct ce_choices *c, const char *text)
{
	struct ce_need *need = ce_map_get(&c->needs, text);
	const struct ce_spec *spec;
	struct ccenv_error err;

	if (need)
		return need;
	if (ce_spec_parse(text, CE_SPEC_LENIENT, &c->arena, &spec, &err) < 0)
		need = make_bad(c, text, err.text);
	else if (strchr(spec->name, '*'))
		need = make_bad(c, text, "a name must be exact");
	else
		need = make_need(c, text, without_channel(spec, &c->arena));
	ce_map_set(&c->needs, text, need);
	return need;
}

/* The needs for a record's texts; false (with choice->why) at the first that cannot be parsed. */
static bool load_list(struct ce_choices *c, struct ce_choice *choice, const char *const *texts,
	size_t n, struct ce_need ***ret_needs, size_t *ret_n)
{
	struct ce_need **needs = ce_arena_array(&c->arena, n, sizeof(struct ce_need *));

	for (size_t i = 0; i < n; i++) {
		needs[i] = get_need(c, texts[i]);
		if (needs[i]->bad) {
			choice->why = needs[i]->bad;
			return false;
		}
	}
	*ret_needs = needs;
	*ret_n = n;
	return true;
}

void ce_choice_load(struct ce_choices *c, struct ce_choice *choice)
{
	const struct ce_pkg *pkg = choice->pkg;

	if (choice->loaded)
		return;
	choice->loaded = true;
	if (load_list(c, choice, pkg->depends, pkg->n_depends, &choice->depends,
		    &choice->n_depends) &&
		load_list(c, choice, pkg->constrains, pkg->n_constrains, &choice->constrains,
			&choice->n_constrains))
		return;
	choice->excluded = CE_EXCLUDED_DEPENDS;
	choice->n_depends = 0;
	choice->n_constrains = 0;
}

int ce_choice_compare_listing(const struct ce_choice *a, const struct ce_choice *b)
{
	int d = (a->channel > b->channel) - (a->channel < b->channel);

	if (!d)
		d = (strcmp(a->pkg->subdir, "noarch") == 0) -
		    (strcmp(b->pkg->subdir, "noarch") == 0);
	if (!d)
		d = strcmp(a->pkg->fn, b->pkg->fn);
	return d ? d : strcmp(a->pkg->url, b->pkg->url);
}

bool ce_need_matches(const struct ce_need *need, const struct ce_choice *choice)
{
	return choice->family == need->family && ce_spec_matches(need->spec, choice->pkg);
}

static int request_needs(struct ce_choices *c, struct ccenv_error *err)
{
	const struct ce_request *q = c->request;

	c->requested =
		ce_arena_array(&c->arena, q->n_virtuals + q->n_specs, sizeof(struct ce_need *));
	for (size_t i = 0; i < q->n_virtuals; i++) {
		struct ce_need *need = get_need(c, q->virtuals[i].name);

		if (need->bad || !need->n_matches)
			return ce_fail(err, CCENV_EDATA,
				"virtual package %s: \"%s\" is no version; correct system-requirements",
				q->virtuals[i].name, q->virtuals[i].version);
		c->requested[c->n_requested++] = need;
	}
	for (size_t i = 0; i < q->n_specs; i++) {
		const struct ce_spec *spec = q->specs[i];

		if (strchr(spec->name, '*'))
			return ce_fail(err, CCENV_EDATA,
				"%s: a request names one package, \"*\" cannot be solved for",
				spec->text);
		c->requested[c->n_requested++] = make_need(c, spec->text, spec);
	}
	return 0;
}

static void reach(struct ce_choices *c, struct ce_need *need, size_t *cap)
{
	ce_rank_need(c, need);
	for (size_t i = 0; i < need->n_matches; i++) {
		struct ce_choice *m = need->matches[i];

		if (m->order)
			continue;
		CE_GROW(c->reached, c->n_reached, *cap);
		c->reached[c->n_reached++] = m;
		m->order = c->n_reached;
	}
}

int ce_choices_new(const struct ce_request *request, const struct ce_repodata *repodata,
	struct ce_choices **ret_choices, struct ccenv_error *err)
{
	CE_CLEANUP(ce_choices_freep) struct ce_choices *c = ce_calloc(1, sizeof(*c));
	size_t cap = 0;
	int r;

	c->request = request;
	c->repodata = repodata;
	r = request_needs(c, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n_requested; i++)
		reach(c, c->requested[i], &cap);
	/* c->reached grows while it is walked: it is the queue of the breadth-first search. */
	for (size_t i = 0; i < c->n_reached; i++) {
		struct ce_choice *choice = c->reached[i];

		ce_choice_load(c, choice);
		for (size_t d = 0; d < choice->n_depends; d++)
			reach(c, choice->depends[d], &cap);
	}
	for (size_t i = 0; i < c->families.n; i++)
		ce_rank_family(c, c->families.entries[i].value);
	*ret_choices = CE_TAKE(c);
	return 0;
}

void ce_choices_free(struct ce_choices *c)
{
	if (!c)
		return;
	ce_map_release(&c->families);
	ce_map_release(&c->needs);
	free(c->reached);
	ce_arena_release(&c->arena);
	free(c);
}
