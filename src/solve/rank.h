/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_RANK_H
#define CE_SOLVE_RANK_H

struct ce_choices;
struct ce_family;
struct ce_need;

/*
 * The order in which the records of a name are tried, as rattler's solver has it
 * (docs/design/solving.md):
 *
 *  1. without track_features before with
 *  2. the earlier channel (flexible priority only)
 *  3. the higher version (the lower one with a lowest strategy)
 *  4. the higher build number
 *  5. among those still equal: what their common dependencies can be at best, name by name
 *  6. the newer timestamp
 *
 * and then the order in which channels list them, so that the order is total and the order of input
 * never shows.
 * Excluded records take part: rattler lets them, and step 5 depends on who is in the group.
 */

/* Sorts a family's members by all steps but the fifth; numbers the groups that step 5 looks into.
 */
void ce_rank_members(const struct ce_choices *c, struct ce_family *family);
/* Sorts those members of the family that the search reaches; fills their `rank`. */
void ce_rank_family(struct ce_choices *c, struct ce_family *family);
/*
 * Sorts the matches of one need. Not always the family's order: step 5 looks at the dependencies
 * that the members of a group have in common, and a spec that picks part of a group changes what is
 * common.
 */
void ce_rank_need(struct ce_choices *c, struct ce_need *need);

#endif
