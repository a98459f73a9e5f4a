/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_RANK_H
#define CE_SOLVE_RANK_H

#include <stddef.h>

struct ce_candidate;
struct ce_package_name;
struct ce_request;
struct ce_requirement;

/*
 * The order in which the candidates of a name are tried, which is that of rattler's solver
 * (docs/design/solving.md):
 *
 *  1. without track_features before with
 *  2. the earlier channel (flexible priority only)
 *  3. the higher version (the lower one with a lowest strategy)
 *  4. the higher build number
 *  5. among those still tied: the higher versions that their common dependencies allow, compared
 *     dependency by dependency, in the order of their names
 *  6. the newer timestamp
 *
 * and then the order in which channels list them, so that the order is total and the order of the
 * input never shows. Excluded candidates take part: they do in rattler, and step 5 depends on who
 * is in the group.
 */

/* Sorts the candidates of a name by all steps but the fifth, and numbers the groups of those that
 * are tied before it (`tie_group`). */
void ce_rank_candidates(const struct ce_request *request, struct ce_package_name *name);
/*
 * Sorts the matches of one requirement by all steps, the locked candidate first; does nothing the
 * second time. The candidates that share a tie group must be loaded. The result is not always the
 * order of the name: step 5 looks at the dependencies that all of a group have in common, and a
 * spec that matches part of a group changes what is common.
 */
void ce_rank_requirement(const struct ce_request *request, struct ce_requirement *req);
/* Sorts the reachable candidates of a name in the same way, and numbers them (`preference`). All of
 * them must be loaded. */
void ce_rank_reached(const struct ce_request *request, struct ce_package_name *name);

#endif
