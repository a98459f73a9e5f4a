/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_YAML_H
#define CE_IO_YAML_H

#include <jansson.h>
#include <stddef.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_buf;

/*
 * YAML as a JSON tree, over libyaml, so that readers of lock files need one kind of tree only.
 *
 * Of plain scalars, whole numbers of up to 18 digits, true, false and null become what they are; all
 * else is a string ("1.10" stays "1.10"). Quoted ones are strings. The input is untrusted: at most 48
 * levels, 4 million nodes, and what an alias stands for counts each time, so that a few lines cannot
 * stand for a billion nodes. Refused are a key that is given twice, a key that is not a scalar, a tag
 * other than those of the core schema, an alias within its own anchor, NUL, and a second document.
 */

/* CCENV_EDATA with line and column. The caller calls json_decref(). */
CE_MUST_CHECK int ce_yaml_parse(
	const char *text, size_t len, json_t **ret, struct ccenv_error *err);

/* As block YAML, keys in insertion order. Strings that any reader could take for something else are
 * quoted. */
void ce_yaml_format(const json_t *value, struct ce_buf *out);

#endif
