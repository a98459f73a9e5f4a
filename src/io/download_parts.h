/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_DOWNLOAD_PARTS_H
#define CE_IO_DOWNLOAD_PARTS_H

#include <stdbool.h>

struct ce_download;
struct ce_downloader;
struct ce_parts;

/*
 * One file asked for in parts (Range, RFC 9110), all at once, each over a connection of its own.
 * A connection carries some 15 KB in its first round trip and twice as much in each that follows
 * (TCP's slow start, RFC 6928): six of them bring 200 KB in two round trips, where one needs four.
 *
 * The parts are one file only where a strong ETag says so. Whatever goes wrong with any but the
 * first, the whole is asked for as ever; so it is where the first comes as another range.
 */

/* Is this a download that can come in parts? Not where there are mirrors, and not by a libcurl that
 * reads all certificates again for each connection. */
bool ce_parts_can(const struct ce_downloader *d, const struct ce_download *t);
/* Copies `t` and its strings. */
void ce_parts_add(struct ce_downloader *d, const struct ce_download *t);
/* All that are left, without on_done. */
void ce_parts_free_all(struct ce_parts *first);

#endif
