/* SPDX-License-Identifier: MIT */
/*
 * Dependencies under conditions and of groups (CEP 43, CEP 44) as clauses. The variables made here
 * follow from what is selected and are never decided, so one that is not true means "does not hold".
 */
#include "base/alloc.h"
#include "base/strs.h"
#include "solve/search.h"
#include "spec/condition.h"
#include "spec/spec.h"

#include <string.h>

static void add_pair(struct ce_search *s, ce_lit a, ce_lit b)
{
	ce_search_clause(s, NULL, a, &b, 1);
}

void ce_search_note(struct ce_search *s, bool *counts, uint32_t variable)
{
	CE_GROW(s->decided, s->n_decided, s->cap_decided);
	s->decided[s->n_decided].counts = counts;
	s->decided[s->n_decided++].variable = variable;
}

static void add_three(struct ce_search *s, ce_lit a, ce_lit b, ce_lit c)
{
	ce_lit *tail = ce_arena_array(&s->arena, 2, sizeof(*tail));

	tail[0] = b;
	tail[1] = c;
	ce_search_clause(s, NULL, a, tail, 2);
}

static void add_if(struct ce_search *s, uint32_t condition, uint32_t then)
{
	add_pair(s, ce_lit_of(condition, true), ce_lit_of(then, false));
}

uint32_t ce_search_group(struct ce_search *s, const char *name, const char *group, size_t len)
{
	CE_AUTOFREE char *key = ce_asprintf("%s[%.*s", name, (int)len, group);
	uintptr_t v = (uintptr_t)ce_map_get(&s->groups, key);

	if (!v) {
		v = ce_cdcl_variable(&s->sat);
		ce_map_set(&s->groups, key, (void *)v);
	}
	return (uint32_t)v;
}

uint32_t ce_search_both(struct ce_search *s, uint32_t a, uint32_t b)
{
	uint32_t v;

	if (!a || !b)
		return a ? a : b;
	v = ce_cdcl_variable(&s->sat);
	add_three(s, ce_lit_of(v, false), ce_lit_of(a, true), ce_lit_of(b, true));
	return v;
}

static uint32_t leaf_variable(struct ce_search *s, const struct ce_spec *spec)
{
	const struct ce_requirement *req = ce_map_get(&s->problem->requirements, spec->text);
	uint32_t v = s->holds[req->index];
	const char *rest = spec->extras, *group;
	size_t n;

	if (v)
		return v;
	v = ce_cdcl_variable(&s->sat);
	for (size_t i = 0; i < req->n_matches; i++)
		if (req->matches[i]->variable)
			add_pair(s, ce_search_not(req->matches[i]), ce_lit_of(v, false));
	while (ce_next_word(&rest, &group, &n))
		v = ce_search_both(s, v, ce_search_group(s, spec->name, group, n));
	s->holds[req->index] = v;
	return v;
}

/* A variable that is true if the condition holds. */
static uint32_t condition_variable(struct ce_search *s, const struct ce_condition *c)
{
	uint32_t left, right, v;

	if (c->kind == CE_CONDITION_SPEC)
		return leaf_variable(s, c->spec);
	left = condition_variable(s, c->left);
	right = condition_variable(s, c->right);
	if (c->kind == CE_CONDITION_AND)
		return ce_search_both(s, left, right);
	v = ce_cdcl_variable(&s->sat);
	add_if(s, left, v);
	add_if(s, right, v);
	return v;
}

uint32_t ce_search_when(struct ce_search *s, const struct ce_spec *spec)
{
	uintptr_t v;

	if (!spec->condition)
		return 0;
	v = (uintptr_t)ce_map_get(&s->conditions, spec->when);
	if (!v) {
		v = condition_variable(s, spec->condition);
		ce_map_set(&s->conditions, spec->when, (void *)v);
	}
	return (uint32_t)v;
}

void ce_search_ask_for_groups(struct ce_search *s, uint32_t requirer, const struct ce_spec *spec)
{
	const char *rest = spec->extras, *group;
	size_t n;

	while (ce_next_word(&rest, &group, &n))
		add_if(s, requirer, ce_search_group(s, spec->name, group, n));
}

uint32_t ce_search_conditional(struct ce_search *s, const struct ce_clause_origin *origin,
	uint32_t parent, uint32_t condition, struct ce_requirement *req)
{
	uint32_t v = ce_cdcl_variable(&s->sat);
	size_t requirer = ce_search_requirer(s, v);

	s->requirers[requirer].is_direct = parent == ROOT;
	add_three(s, ce_lit_of(v, false), ce_lit_of(parent, true), ce_lit_of(condition, true));
	ce_search_list(s, origin, requirer, req);
	ce_search_ask_for_groups(s, v, req->spec);
	return v;
}
