/* SPDX-License-Identifier: MIT */
#ifndef CE_TESTS_CORPUS_H
#define CE_TESTS_CORPUS_H

#include <jansson.h>
#include <stddef.h>

struct ce_arena;
struct ce_repodata;
struct ce_request;
struct ccenv_error;

/* For tests and benchmarks that solve: repodata files and requests read from JSON. All calls abort
 * on bad input. */

/* A JSON file, packed with zstd if its name ends in .zst. */
json_t *corpus_read(const char *path);
/* The records of repodata texts; `channels[i]` and `subdirs[i]` say where texts[i] comes from. */
struct ce_repodata *corpus_load(const char *const *paths, const char *const *channels,
	const char *const *subdirs, size_t n);
/* <dir>/<platform>/repodata.json[.zst] and that of noarch, as the channel conda-forge. */
struct ce_repodata *corpus_load_platform(const char *dir, const char *platform);
/* The URL of a channel; ends the program when the text is none. */
const char *corpus_channel(const char *name, struct ce_arena *a);
/* Adds the records of one parsed repodata object. */
void corpus_add(
	struct ce_repodata *r, const json_t *repodata, const char *channel, const char *subdir);
/*
 * A request object: platform, specs[], and as wished channels[], virtuals[[name, version, build]],
 * pins[], exclude_newer (ms), exceptions {name: ms}, strategy, priority.
 */
int corpus_request(const json_t *o, struct ce_request **ret_request, struct ccenv_error *err);

#endif
