/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_CANDIDATE_H
#define CE_SOLVE_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/spec.h"

struct ce_pkg;
struct ce_version;

/*
 * What the solver reasons about: candidates (records that may be selected), the package names they
 * share, and requirements, each of which some of the candidates of one name satisfy. problem.h
 * builds them, rank.h orders them.
 */

/* Why a record cannot be selected. It stays among the candidates, so that a message can say so. */
enum ce_exclusion {
	CE_EXCLUDED_NOT = 0,
	CE_EXCLUDED_CHANNEL, /* strict priority: an earlier channel has the name */
	CE_EXCLUDED_DATE,    /* later than exclude-newer */
	CE_EXCLUDED_NO_DATE, /* exclude-newer is set and the record has no date */
	CE_EXCLUDED_PIN,     /* a pin of the request does not match */
	CE_EXCLUDED_DEPENDS, /* a dependency that cannot be parsed */
	CE_EXCLUDED_ITSELF,  /* by what it constrains */
};

struct ce_candidate {
	const struct ce_pkg *pkg; /* never NULL; virtual packages have one, too */
	struct ce_package_name *name;
	enum ce_exclusion excluded;
	/* The pin, the dependency with the parser's message, or what it constrains; NULL for the other
	 * exclusions. */
	const char *exclusion_detail;
	struct ce_requirement **depends;
	/* Of which group each of `depends` is (CEP 44); NULL for what is always one of them. */
	const char **groups;
	bool *counts; /* whether each counts in the proposed solution */
	size_t n_depends;
	struct ce_requirement **constrains;
	size_t n_constrains;
	bool is_loaded;    /* depends and constrains are filled */
	size_t tie_group;  /* equal for candidates that steps 1 to 4 of rank.h do not tell apart */
	size_t preference; /* among the reachable candidates of the name: 0 is the best */
	uint32_t variable; /* of the clause solver: 1, 2, … as they are reached; 0: unreachable */
	bool is_proposed;  /* part of the solution that ce_resolvo_solve() found */
	int libsolv_id;    /* of its solvable; 0: none */
};

/* A package name and all its candidates. */
struct ce_package_name {
	const char *text;
	size_t index;                    /* in ce_problem.names */
	struct ce_candidate *candidates; /* in the order of ce_rank_candidates() */
	size_t n;
	bool is_virtual;
	bool is_direct;              /* the request asks for it by name */
	size_t n_conflicts;          /* in how many learnt clauses its candidates were */
	struct ce_candidate *locked; /* the one in the old lock, or NULL */
};

/* One distinct match spec of the request, of a dependency or of a constrains. */
struct ce_requirement {
	const char *text; /* as written */
	const char
		*error; /* the parser's message, then only `text` is set, too; NULL if it parsed */
	size_t index;   /* among all requirements */
	const struct ce_spec *spec;
	struct ce_package_name *name;
	/* The candidates that match, excluded ones among them; after ce_rank_requirement() the best
	 * first. */
	struct ce_candidate **matches;
	size_t n_matches;
	bool is_ranked;
	/* Filled by rank.c: the highest version among the matches (NULL: no match), and whether all
	 * records of that version have track_features. */
	bool is_highest_known;
	const struct ce_version *highest;
	bool highest_has_features;
	/* libsolv's ids for "one of the matches" and "one that does not match"; 0: none. */
	int libsolv_id, libsolv_not_id;
};

/* Whether its dependency number i counts only under a condition, or with a group. */
static inline bool ce_candidate_is_conditional(const struct ce_candidate *candidate, size_t i)
{
	return candidate->groups[i] || candidate->depends[i]->spec->condition;
}

static inline bool ce_candidate_is_usable(const struct ce_candidate *candidate)
{
	return !candidate->excluded;
}

/* The order in which channels list records: by channel, the platform before noarch, by file name;
 * total for different records. For qsort(): negative when a is listed first. */
int ce_candidate_compare_listing(const struct ce_candidate *a, const struct ce_candidate *b);
/* Whether the candidate has the requirement's name and satisfies its spec. */
bool ce_requirement_matches(const struct ce_requirement *req, const struct ce_candidate *candidate);

#endif
