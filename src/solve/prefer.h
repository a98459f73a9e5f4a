/* SPDX-License-Identifier: MIT */
#ifndef CE_SOLVE_PREFER_H
#define CE_SOLVE_PREFER_H

#include <stdbool.h>

struct ce_choices;

/*
 * Which of the possible answers conda-forge's own clients would give.
 *
 * libsolv and rattler's solver decide in different orders, so that where a request leaves freedom
 * they come to different answers, each valid. This walks the choices in the order of rattler's
 * solver (resolvo): the requested packages first, then dependencies in the order in which they are
 * met; the best candidate each time; what takes part in conflicts earlier than what does not. It
 * marks its answer in `preferred`. libsolv then decides: what it is given here is a matter of taste
 * and cannot make its answer wrong.
 *
 * True when an answer was found. False when there is none, or when it takes too long to say.
 */
bool ce_prefer(struct ce_choices *c);

#endif
