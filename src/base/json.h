/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_JSON_H
#define CE_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;
struct ce_buf;

/*
 * Typed reading over jansson. A getter finds `key` in the object `o`; a wrong type is CCENV_EDATA
 * and names the key; an absent key leaves *ret as it is and returns 0, so preset it with the
 * default.
 *
 * Arrays of strings go into an arena, with a NULL behind the last one.
 */

/* Parses text of at most `len` bytes; errors carry line and column. The caller calls json_decref().
 */
CE_MUST_CHECK int ce_json_parse(
	const char *text, size_t len, json_t **ret, struct ccenv_error *err);
/* Reads and parses a file of at most `max` bytes; errors carry the path. */
CE_MUST_CHECK int ce_json_read(const char *path, size_t max, json_t **ret, struct ccenv_error *err);

/* CCENV_EDATA if a key or value has a control character: one with a newline could forge lines of a
 * message. */
CE_MUST_CHECK int ce_json_check_texts(const json_t *v, struct ccenv_error *err);

/* The getters; see above. */
CE_MUST_CHECK int ce_json_string(const json_t *o, const char *key, struct ce_arena *a,
	const char **ret, struct ccenv_error *err);
CE_MUST_CHECK int ce_json_uint(
	const json_t *o, const char *key, uint64_t *ret, struct ccenv_error *err);
CE_MUST_CHECK int ce_json_bool(
	const json_t *o, const char *key, bool *ret, struct ccenv_error *err);
/* Borrowed from `o`; NULL when absent. */
CE_MUST_CHECK int ce_json_object(
	const json_t *o, const char *key, json_t **ret, struct ccenv_error *err);
CE_MUST_CHECK int ce_json_array(
	const json_t *o, const char *key, json_t **ret, struct ccenv_error *err);
CE_MUST_CHECK int ce_json_strings(const json_t *o, const char *key, struct ce_arena *a,
	const char ***ret, size_t *ret_n, struct ccenv_error *err);
/* A new array of the texts. The caller decrefs it. */
json_t *ce_json_of_strings(const char *const *list, size_t n);
/* The list of the words of "a, b". */
json_t *ce_json_of_words(const char *words);
/* As JSON text with 2 spaces of indent, keys in insertion order, and a newline at the end. */
void ce_json_format(const json_t *value, struct ce_buf *out);

static inline void ce_json_decrefp(json_t **p)
{
	json_decref(*p);
	*p = NULL;
}

#endif
