/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_ARCHIVE_LAZY_H
#define CE_IO_ARCHIVE_LAZY_H

#include <stdbool.h>

/* Loads libarchive, once; false when this machine has none. Before, no archive_ function may be
 * called. */
bool ce_archive_load(void);

#endif
