/* SPDX-License-Identifier: MIT */
/* The clause solver against trying everything: small random problems, many of them at the edge of
 * being solvable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "solve/cdcl.h"

enum {
	N_VARIABLES = 10,
	N_CLAUSES = 24,
	N_LITERALS = 3,
};

struct problem {
	ce_lit clauses[N_CLAUSES][N_LITERALS];
	size_t n[N_CLAUSES];
};

static unsigned random_below(uint32_t *state, unsigned n)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 16) % n;
}

static void make_problem(struct problem *p, uint32_t seed)
{
	for (size_t i = 0; i < N_CLAUSES; i++) {
		p->n[i] = random_below(&seed, 40) == 0 ? 1 : 2 + random_below(&seed, 3) % 2;
		/* Different variables in one clause: from different thirds. */
		for (size_t k = 0; k < p->n[i]; k++)
			p->clauses[i][k] =
				ce_lit_of((uint32_t)k * 3 + random_below(&seed, 3 + (k == 2)),
					random_below(&seed, 2));
	}
}

static bool is_model(const struct problem *p, unsigned values)
{
	for (size_t i = 0; i < N_CLAUSES; i++) {
		bool met = false;

		for (size_t k = 0; k < p->n[i]; k++)
			met = met ||
			      (values >> (p->clauses[i][k] >> 1) & 1) != (p->clauses[i][k] & 1);
		if (!met)
			return false;
	}
	return true;
}

static bool has_model(const struct problem *p)
{
	for (unsigned values = 0; values < 1u << N_VARIABLES; values++)
		if (is_model(p, values))
			return true;
	return false;
}

/* Decides variables in order, each to true first. */
static bool solve(const struct problem *p, unsigned *ret_values)
{
	struct ce_cdcl s = {0};
	uint32_t clause;
	bool found = true;

	for (size_t v = 0; v < N_VARIABLES; v++)
		ce_cdcl_variable(&s);
	for (size_t i = 0; i < N_CLAUSES; i++)
		ce_cdcl_add(&s, p->clauses[i][0], &p->clauses[i][1], p->n[i] - 1);
	s.level = 1;
	for (uint32_t v = 0; found && v < N_VARIABLES;) {
		if (!ce_cdcl_propagate(&s, &clause)) {
			found = s.level > 1;
			if (found)
				ce_cdcl_learn(&s, clause);
			v = 0;
		} else if (ce_cdcl_value(&s, ce_lit_of(v, false)) != CE_UNDECIDED) {
			v++;
		} else {
			s.level++;
			ce_cdcl_set(&s, ce_lit_of(v, false), 0);
			v = 0;
		}
	}
	*ret_values = 0;
	for (uint32_t v = 0; v < N_VARIABLES; v++)
		*ret_values |= (unsigned)(ce_cdcl_value(&s, ce_lit_of(v, false)) == CE_TRUE) << v;
	ce_cdcl_release(&s);
	return found;
}

static void test_against_brute_force(void **state)
{
	size_t n_solvable = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= 2000; seed++) {
		struct problem p;
		unsigned values;
		bool found;

		make_problem(&p, seed);
		found = solve(&p, &values);
		if (found != has_model(&p) || (found && !is_model(&p, values)))
			fail_msg("problem %u: %s", seed, found ? "wrong answer" : "missed answer");
		n_solvable += found;
	}
	/* Else the problems say nothing about one of the two outcomes. */
	assert_in_range(n_solvable, 200, 1800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_brute_force)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
