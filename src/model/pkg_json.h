/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_PKG_JSON_H
#define CE_MODEL_PKG_JSON_H

#include <jansson.h>

struct ce_pkg;

/*
 * The record as an object, keys in a fixed order, absent and empty fields left out (as lock and
 * conda-meta want). ce_pkg_read() reads it back. The caller calls json_decref().
 */
json_t *ce_pkg_to_json(const struct ce_pkg *pkg);
/* Its "extra_depends": an object of lists by group. */
json_t *ce_pkg_extras_to_json(const struct ce_pkg *pkg);

#endif
