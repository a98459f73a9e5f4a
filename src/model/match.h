/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_MATCH_H
#define CE_MODEL_MATCH_H

#include <stdbool.h>

struct ce_condition;
struct ce_map;
struct ce_pkg;
struct ce_spec;

/*
 * Does the record match? `channel` is compared when the spec names one: with the record's channel
 * URL, its last parts, or its name. The version is the record's parsed_version: a record without
 * one matches no spec with a version.
 */
bool ce_spec_matches(const struct ce_spec *spec, const struct ce_pkg *pkg);
/*
 * Does the condition hold (spec/condition.h)? `pkgs` has what is chosen, virtual packages among it, as
 * const struct ce_pkg * by name. Groups do not count.
 */
bool ce_condition_holds(const struct ce_condition *condition, const struct ce_map *pkgs);
/* The part of it that is about channels. A name is the last parts of the channel's URL: "conda-forge",
 * "nvidia/label/cuda-12.4.1". */
bool ce_channel_matches(const char *wanted, const char *channel);

#endif
