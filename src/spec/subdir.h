/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_SUBDIR_H
#define CE_SPEC_SUBDIR_H

#include <stdbool.h>
#include <stddef.h>

/* Is this the name of a platform's folder in a channel (CEP 26): "linux-64", "noarch", …? */
bool ce_subdir_is_known(const char *text, size_t len);
/* The one that was likely meant; NULL for none. */
const char *ce_subdir_near(const char *text);

#endif
