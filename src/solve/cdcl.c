/* SPDX-License-Identifier: MIT */
/* Conflict-driven clause learning, the textbook kind: no restarts, no heuristics, and learnt
 * clauses are never dropped. */
#include "solve/cdcl.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static uint32_t variable_of(ce_lit lit)
{
	return lit >> 1;
}

static ce_lit literal_at(const struct ce_cdcl_clause *c, size_t i)
{
	if (i == 0)
		return c->first;
	return c->tail ? c->tail[i - 1] : c->second;
}

void ce_cdcl_release(struct ce_cdcl *s)
{
	ce_arena_release(&s->arena);
	free(s->clauses);
	free(s->watches);
	free(s->values);
	free(s->levels);
	free(s->seen);
	free(s->trail);
	free(s->units);
	free(s->learnt);
	free(s->derivations);
	free(s->visited);
	*s = (struct ce_cdcl){0};
}

uint32_t ce_cdcl_variable(struct ce_cdcl *s)
{
	size_t v = s->n_variables++;

	if (v == s->cap_variables) {
		size_t cap = v ? v * 2 : 1024;

		s->watches = ce_reallocarray(s->watches, 2 * cap, sizeof(*s->watches));
		s->values = ce_reallocarray(s->values, cap, sizeof(*s->values));
		s->levels = ce_reallocarray(s->levels, cap, sizeof(*s->levels));
		s->seen = ce_reallocarray(s->seen, cap, sizeof(*s->seen));
		s->trail = ce_reallocarray(s->trail, cap, sizeof(*s->trail));
		s->cap_variables = cap;
	}
	s->watches[2 * v] = s->watches[2 * v + 1] = 0;
	s->values[v] = CE_UNDECIDED;
	s->levels[v] = 0;
	s->seen[v] = false;
	return (uint32_t)v;
}

/* Newest first: what was learnt last is visited first. */
static void watch(struct ce_cdcl *s, uint32_t clause, int which, ce_lit lit)
{
	s->clauses[clause].watched[which] = lit;
	s->clauses[clause].next[which] = s->watches[lit];
	s->watches[lit] = clause + 1;
}

static uint32_t add_clause(struct ce_cdcl *s, ce_lit first, const ce_lit *tail, size_t n_tail,
	ce_lit one, ce_lit other)
{
	uint32_t id = (uint32_t)s->n_clauses;

	CE_GROW(s->clauses, s->n_clauses, s->cap_clauses);
	s->clauses[s->n_clauses++] = (struct ce_cdcl_clause){.first = first,
		.second = n_tail ? tail[0] : 0,
		.tail = n_tail > 1 ? tail : NULL,
		.n_tail = (uint32_t)n_tail};
	if (n_tail) {
		watch(s, id, 0, one);
		watch(s, id, 1, other);
	} else {
		CE_GROW(s->units, s->n_units, s->cap_units);
		s->units[s->n_units++] = id;
	}
	return id;
}

uint32_t ce_cdcl_add(struct ce_cdcl *s, ce_lit first, const ce_lit *tail, size_t n_tail)
{
	return add_clause(s, first, tail, n_tail, first, n_tail ? tail[0] : first);
}

bool ce_cdcl_set(struct ce_cdcl *s, ce_lit lit, uint32_t reason)
{
	uint32_t v = variable_of(lit);
	enum ce_value value = ce_cdcl_value(s, lit);

	if (value != CE_UNDECIDED)
		return value == CE_TRUE;
	s->values[v] = lit & 1 ? CE_FALSE : CE_TRUE;
	s->levels[v] = s->level;
	s->trail[s->n_trail++] = (struct ce_cdcl_assignment){v, reason};
	return true;
}

static void undo_last(struct ce_cdcl *s)
{
	s->values[s->trail[--s->n_trail].variable] = CE_UNDECIDED;
	s->n_propagated = s->n_trail;
	s->low = s->n_trail < s->low ? s->n_trail : s->low;
}

void ce_cdcl_undo(struct ce_cdcl *s, uint32_t level)
{
	while (s->n_trail && s->levels[s->trail[s->n_trail - 1].variable] > level)
		undo_last(s);
	s->level = level;
}

/* Another literal to watch: not false, and not the one that the clause watches already. */
static bool find_watch(struct ce_cdcl *s, const struct ce_cdcl_clause *c, ce_lit other, ce_lit *ret)
{
	for (size_t i = 0; i <= c->n_tail; i++) {
		ce_lit lit = literal_at(c, i);

		s->n_steps++;
		if (lit != other && ce_cdcl_value(s, lit) != CE_FALSE) {
			*ret = lit;
			return true;
		}
	}
	return false;
}

/* `lit` has become false: each clause that watches it looks for another, or has a consequence. */
static bool visit_watchers(struct ce_cdcl *s, ce_lit lit, uint32_t *ret_clause)
{
	uint32_t *link = &s->watches[lit];

	while (*link) {
		uint32_t id = *link - 1;
		struct ce_cdcl_clause *c = &s->clauses[id];
		int which = c->watched[0] == lit ? 0 : 1;
		ce_lit other = c->watched[1 - which], found;

		s->n_steps++;
		if (ce_cdcl_value(s, other) == CE_TRUE) {
			link = &c->next[which];
		} else if (find_watch(s, c, other, &found)) {
			*link = c->next[which];
			watch(s, id, which, found);
		} else if (ce_cdcl_set(s, other, id)) {
			link = &c->next[which];
		} else {
			*ret_clause = id;
			return false;
		}
	}
	return true;
}

bool ce_cdcl_propagate(struct ce_cdcl *s, uint32_t *ret_clause)
{
	for (size_t i = 0; i < s->n_units; i++) {
		*ret_clause = s->units[i];
		if (!ce_cdcl_set(s, s->clauses[s->units[i]].first, s->units[i]))
			return false;
	}
	while (s->n_propagated < s->n_trail) {
		uint32_t v = s->trail[s->n_propagated++].variable;

		if (!visit_watchers(s, ce_lit_of(v, s->values[v] == CE_TRUE), ret_clause))
			return false;
	}
	return true;
}

/*
 * Resolves with a clause: returns how many of its variables were set at this level, each to be
 * replaced by its own reason; those set before become literals of the learnt clause. `except` is
 * the variable that the clause itself set.
 */
static size_t add_reasons(struct ce_cdcl *s, const struct ce_cdcl_clause *c, uint32_t except)
{
	size_t n = 0;

	for (size_t i = 0; i <= c->n_tail; i++) {
		uint32_t v = variable_of(literal_at(c, i));

		if (v == except || s->seen[v])
			continue;
		s->seen[v] = true;
		if (s->levels[v] == s->level) {
			n++;
			continue;
		}
		CE_GROW(s->learnt, s->n_learnt, s->cap_learnt);
		s->learnt[s->n_learnt++] = ce_lit_of(v, s->values[v] == CE_TRUE);
	}
	return n;
}

/* Walks back to the first unique implication point, the last literal of this level through which
 * all reasons go; returns its negation. */
static ce_lit find_unique_implication(struct ce_cdcl *s, uint32_t clause)
{
	uint32_t except = UINT32_MAX;
	size_t open = 0;

	for (;;) {
		struct ce_cdcl_assignment last;
		bool was_true;

		CE_GROW(s->visited, s->n_visited, s->cap_visited);
		s->visited[s->n_visited++] = clause;
		open += add_reasons(s, &s->clauses[clause], except);
		do {
			last = s->trail[s->n_trail - 1];
			was_true = s->values[last.variable] == CE_TRUE;
			undo_last(s);
		} while (!s->seen[last.variable]);
		s->seen[last.variable] = false;
		/* None open at all: the conflict lies below this level. Its last literal is negated. */
		if (open > 0)
			open--;
		if (open == 0)
			return ce_lit_of(last.variable, was_true);
		except = last.variable;
		clause = last.reason;
	}
}

static void note_derivation(struct ce_cdcl *s)
{
	uint32_t *clauses = ce_arena_array(&s->arena, s->n_visited, sizeof(*clauses));

	if (!s->n_derivations)
		s->first_learnt = s->n_clauses;
	memcpy(clauses, s->visited, s->n_visited * sizeof(*clauses));
	CE_GROW(s->derivations, s->n_derivations, s->cap_derivations);
	s->derivations[s->n_derivations++] = (struct ce_cdcl_derivation){clauses, s->n_visited};
}

void ce_cdcl_learn(struct ce_cdcl *s, uint32_t clause)
{
	uint32_t back = 1;
	ce_lit uip, *lits;
	size_t n, latest = 0;

	s->n_learnt = s->n_visited = 0;
	uip = find_unique_implication(s, clause);
	CE_GROW(s->learnt, s->n_learnt, s->cap_learnt);
	s->learnt[s->n_learnt++] = uip;
	n = s->n_learnt;
	for (size_t i = 0; i < n - 1; i++) {
		uint32_t v = variable_of(s->learnt[i]);

		s->seen[v] = false;
		if (s->levels[v] > s->levels[variable_of(s->learnt[latest])])
			latest = i;
		back = s->levels[v] > back ? s->levels[v] : back;
	}
	ce_cdcl_undo(s, back);
	lits = ce_arena_array(&s->arena, n, sizeof(*lits));
	memcpy(lits, s->learnt, n * sizeof(*lits));
	lits[0] = s->learnt[latest];
	lits[latest] = s->learnt[0];
	note_derivation(s);
	/* Watched are the two literals that backtracking frees first. */
	ce_cdcl_set(s, uip, add_clause(s, lits[0], lits + 1, n - 1, lits[0], uip));
}

static void involve(struct ce_cdcl *s, uint32_t clause, bool *used)
{
	const struct ce_cdcl_clause *c = &s->clauses[clause];

	used[clause] = true;
	for (size_t i = 0; i <= c->n_tail; i++)
		s->seen[variable_of(literal_at(c, i))] = true;
}

void ce_cdcl_refutation(struct ce_cdcl *s, uint32_t clause, bool *used)
{
	involve(s, clause, used);
	for (size_t i = s->n_trail; i-- > 0;)
		if (s->seen[s->trail[i].variable])
			involve(s, s->trail[i].reason, used);
	for (size_t v = 0; v < s->n_variables; v++)
		s->seen[v] = false;
	/* A learnt clause follows from earlier ones only: one pass from the end meets all. */
	for (size_t i = s->n_derivations; i-- > 0;) {
		if (!used[s->first_learnt + i])
			continue;
		for (size_t k = 0; k < s->derivations[i].n; k++)
			used[s->derivations[i].clauses[k]] = true;
	}
}
