/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_RESOLVO_H
#define CE_SOLVE_RESOLVO_H

#include <stdbool.h>
#include <stddef.h>

struct ce_choice;
struct ce_choices;
struct ce_family;
struct ce_need;

/*
 * Which of the possible answers conda-forge's own clients would give; and what stands in the way
 * when there is none.
 *
 * libsolv and rattler's solver decide in different orders, so that where a request leaves freedom
 * they come to different answers, each valid. This decides in the order of rattler's solver
 * (resolvo): the requested packages first, then dependencies in the order in which they are met;
 * the best candidate each time; what takes part in conflicts earlier than what does not. libsolv
 * then has the last word: what it is given here is a matter of taste and cannot make its answer
 * wrong.
 */

/* What a request or a record states: one clause of the problem, as far as messages are concerned.
 */
enum ce_fact_kind {
	CE_FACT_NONE = 0,   /* what goes without saying: one record of a name, who matches what */
	CE_FACT_REQUEST,    /* the request names need number `index` */
	CE_FACT_DEPENDS,    /* `choice` depends on its need number `index` */
	CE_FACT_CONSTRAINS, /* `choice` constrains by its need number `index` */
};

struct ce_fact {
	enum ce_fact_kind kind;
	struct ce_choice *choice; /* NULL for a request */
	size_t index;
};

/* The need a fact is about. */
struct ce_need *ce_fact_need(const struct ce_choices *c, const struct ce_fact *fact);

enum ce_search_result {
	CE_SEARCH_FOUND,
	CE_SEARCH_NONE,
	CE_SEARCH_GAVE_UP, /* too many conflicts to say */
};

/* Searches the whole problem. CE_SEARCH_FOUND: the answer is marked in `preferred` of the choices.
 */
enum ce_search_result ce_search_preferred(struct ce_choices *c);
/*
 * Searches the problem that consists of these facts only. CE_SEARCH_NONE: *ret_core are facts among
 * them that rule out an answer, in the same order (the caller frees the array); often, but not
 * always, the least of them.
 */
enum ce_search_result ce_search_core(struct ce_choices *c, const struct ce_fact *facts,
	size_t n_facts, struct ce_fact **ret_core, size_t *ret_n);
/*
 * With which members of `family` can this one request be met, all others left aside? Sets
 * ret_possible, by member.
 */
void ce_search_possible(
	struct ce_choices *c, size_t request, const struct ce_family *family, bool *ret_possible);

#endif
