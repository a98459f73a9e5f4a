/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_DECLARED_H
#define CE_REPODATA_DECLARED_H

#include <stddef.h>

struct ce_buf;

/*
 * What an index declares and ccenv does not follow: said by name, since a package that is only found
 * that way would look like one that does not exist. A text with a line for each, which is kept with the
 * cached index.
 */

/* The channel builds on others (channel relations, CEP 42); each may be NULL. */
void ce_declare_relations(struct ce_buf *lines, const char *base, const char *overrides);
/* The index lists wheels in its "v3" (CEP 48). */
void ce_declare_wheels(struct ce_buf *lines);
/* The index has records of this revision ("v3"): nothing to say of those that ccenv reads. */
void ce_declare_revision(struct ce_buf *lines, const char *revision, size_t len);

#endif
