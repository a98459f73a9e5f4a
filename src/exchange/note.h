/* SPDX-License-Identifier: MIT */
#ifndef CE_EXCHANGE_NOTE_H
#define CE_EXCHANGE_NOTE_H

#include <jansson.h>

#include "base/attr.h"

struct ce_export;
struct ce_pkg;

/*
 * What a lock of ccenv's has and another program's format has no place for, as one JSON object, so that
 * an exported lock that is imported again is the same lock:
 *
 *     {"version": 1, "environments": {NAME: {"options"?, "base-urls"?,
 *         "platforms": {PLATFORM: {"specs": […], "virtual-packages": […]}}}}, "packages"?: {URL: {…}}}
 *
 * pixi.lock carries it as a comment ("# ccenv: {…}"), conda-lock.yml in metadata.custom_metadata, which
 * is for such things. Who reads it trusts it no more than the rest of the file.
 */
#define CE_NOTE_COMMENT "# ccenv: "

/* Without "packages". */
json_t *ce_note_new(const struct ce_export *e);
/* The fields of the record that a format does not keep: `kept` names those that it does, NULL behind the
 * last one. NULL when there are none. */
json_t *ce_note_package(const struct ce_pkg *p, const char *const *kept);

/* ---- what the writers share ---- */

/* A new string: the URL without credentials. */
json_t *ce_note_url(const char *url);

#endif
