/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_PROBLEM_H
#define CE_SOLVE_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/map.h"

struct ccenv_error;
struct ce_pkg;
struct ce_repodata;
struct ce_request;
struct ce_spec;
struct ce_version;

/*
 * What a request can choose from: every record it can reach, by name, in the order of preference,
 * each with what it needs. This is the problem in ccenv's own terms; libsolv gets a copy of it in
 * numbers (libsolv.h), and all messages are made from here.
 *
 * Life: ce_choices_new() builds everything; after that only `preferred` and the ids change.
 * Everything borrowed by or from it lives as long as the request and the repodata.
 */

/* Why a record is left out. It stays in the family, so that a message can say so. */
enum ce_exclusion {
	CE_EXCLUDED_NOT = 0,
	CE_EXCLUDED_CHANNEL, /* strict priority: an earlier channel has the name */
	CE_EXCLUDED_DATE,    /* later than exclude-newer */
	CE_EXCLUDED_NO_DATE, /* exclude-newer is set and the record has no date */
	CE_EXCLUDED_PIN,     /* a pin of the request does not match */
	CE_EXCLUDED_DEPENDS, /* a dependency that cannot be parsed; `why` holds the parser's text */
};

struct ce_choice {
	const struct ce_pkg *pkg; /* of a virtual package, too */
	struct ce_family *family;
	enum ce_exclusion excluded;
	const char *why; /* which pin, which dependency; NULL otherwise */
	struct ce_need **depends;
	size_t n_depends;
	struct ce_need **constrains;
	size_t n_constrains;
	size_t channel; /* its place in the request */
	size_t group;   /* the same number for those equal in steps 1 to 4 of rank.h */
	bool loaded;    /* depends and constrains are filled */
	size_t rank;    /* among the reached of the family: 0 is the best */
	size_t order;   /* when the search reaches it (1, 2, ...); 0 is never */
	bool preferred; /* set by ce_search_preferred() */
	int id;         /* libsolv's solvable; 0 when it has none */
};

/* All records of one name. */
struct ce_family {
	const char *name;
	size_t index;              /* in ce_choices.families */
	struct ce_choice *members; /* as ce_rank_members() leaves them */
	size_t n;
	bool is_virtual;
	bool is_direct;            /* the request names it */
	struct ce_choice *favored; /* of the old lock, or NULL */
};

/* One distinct spec text of a request, a dependency or a constrains. */
struct ce_need {
	const char *text; /* as written */
	const char *bad;  /* the parser's message; then all else is empty */
	size_t index;     /* among all needs */
	const struct ce_spec *spec;
	struct ce_family *family;
	struct ce_choice *
		*matches; /* also excluded ones; the best first once ce_rank_need() was called */
	size_t n_matches;
	bool ranked;
	/* What it can give at best: the highest version of the matches (NULL when there are none),
	 * and whether all records of that version have track_features. */
	bool best_known;
	const struct ce_version *best;
	bool best_has_features;
	int id;     /* libsolv's id: one of the matches */
	int not_id; /* libsolv's id: one that does not match */
};

struct ce_choices {
	struct ce_arena arena;
	const struct ce_request *request;
	const struct ce_repodata *repodata;
	struct ce_map families; /* name -> struct ce_family * */
	struct ce_map needs;    /* text -> struct ce_need * */
	size_t n_needs;
	struct ce_need *
		*requested; /* virtual packages first, then the request's specs in their order */
	size_t n_requested;
	struct ce_choice **reached; /* in search order */
	size_t n_reached;
};

CE_MUST_CHECK int ce_choices_new(const struct ce_request *request,
	const struct ce_repodata *repodata, struct ce_choices **ret_choices,
	struct ccenv_error *err);
void ce_choices_free(struct ce_choices *c);
CE_DEFINE_FREEP(struct ce_choices, ce_choices_free, ce_choices_freep)

/* May it be in a solution? */
static inline bool ce_choice_is_usable(const struct ce_choice *choice)
{
	return !choice->excluded;
}

/* The order in which channels list records: by channel, the platform before noarch, by file name.
 */
int ce_choice_compare_listing(const struct ce_choice *a, const struct ce_choice *b);
bool ce_need_matches(const struct ce_need *need, const struct ce_choice *choice);
/* Fills depends and constrains, once. A bad one makes the choice excluded. */
void ce_choice_load(struct ce_choices *c, struct ce_choice *choice);

#endif
