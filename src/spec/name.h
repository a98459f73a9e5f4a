/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_NAME_H
#define CE_SPEC_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Package names (CEP 26). The only place that knows which characters they have: everything that
 * reads a name from outside asks here, so that no two readers differ.
 */

enum {
	CE_NAME_MAX = 128
};

/*
 * Is this the name of a package or a virtual package? Lower-case letters, digits, "_", "-" and ".",
 * and neither "-" nor "." in front: a valid name is a safe path component and no option. CEP 26 also
 * forbids two separators in a row; published records do not keep to that and rattler takes them.
 */
bool ce_name_is_valid(const char *name, size_t len);
/* Lowers the letters in place: "cuDNN" and "cudnn" are one package. */
void ce_name_to_lower(char *name);

/*
 * The package name that a dependency text begins with, without parsing the rest: for walking a graph
 * of names. Returns the length of the name within *ret_name (not NUL-terminated), 0 when there is
 * none. "channel::name" and "namespace:name" give name. The letters are as written ("PyJWT"): lower them before a
 * look-up.
 */
size_t ce_dependency_name(const char *text, const char **ret_name);
/* Does the dependency text begin with `name`, whatever the case of its letters? */
bool ce_dependency_is_on(const char *text, const char *name);

#endif
