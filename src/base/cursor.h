/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_CURSOR_H
#define CE_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/strs.h"

struct ce_arena;
struct ce_cursor;

/*
 * Reads one value after the other out of JSON text or msgpack bytes, without building a tree: what
 * is not asked for costs no memory, so neither do bombs. Both formats look the same through it.
 *
 * A false or -1 means that the data is malformed there, or not of the type asked for; the cursor is
 * then of no use.
 */
enum ce_kind {
	CE_KIND_END, /* no value here, or a malformed one */
	CE_KIND_NULL,
	CE_KIND_BOOL,
	CE_KIND_NUMBER,
	CE_KIND_STRING,
	CE_KIND_BYTES, /* msgpack only: a string of writers that do not tell the two apart, or a digest */
	CE_KIND_LIST,
	CE_KIND_MAP,
	CE_KIND_EXTENSION, /* msgpack only, and of no known meaning; it can be skipped */
};

/* A number, however it is written: 7, 7.0, 7e0 and 0.7e1 are the same. */
struct ce_number {
	bool negative;
	bool fraction;  /* there was more behind the point, which is dropped */
	uint64_t whole; /* UINT64_MAX when it is that or larger */
};

struct ce_cursor_ops {
	enum ce_kind (*peek)(struct ce_cursor *c);
	/* Enters a map or list. Members are then asked for one by one, up to the end; containers
	 * may nest. */
	bool (*enter)(struct ce_cursor *c);
	/* 1: stands at the value of `key` (borrowed, not NUL-terminated; never with escapes; empty
	 * for a key that is no string). 0: the map ended. */
	int (*next_key)(struct ce_cursor *c, const char **ret_key, size_t *ret_len);
	/* 1: stands at an element. 0: the list ended. */
	int (*next_item)(struct ce_cursor *c);
	/* A string or bytes, copied into the arena: valid UTF-8 without control characters. */
	bool (*string)(struct ce_cursor *c, const char **ret);
	/* A digest as hexadecimal digits, of which only bytes and lists of numbers are checked: a string of digits, at most 64
	 * bytes, or as many numbers. */
	bool (*digest)(struct ce_cursor *c, const char **ret);
	bool (*number)(struct ce_cursor *c, struct ce_number *ret);
	bool (*boolean)(struct ce_cursor *c, bool *ret);
	bool (*skip)(struct ce_cursor *c);
};

enum {
	CE_CURSOR_DEPTH = 32
};

struct ce_cursor {
	const struct ce_cursor_ops *ops;
	const char *p, *end;
	struct ce_arena *arena;
	int depth;
	uint32_t left[CE_CURSOR_DEPTH]; /* msgpack: members to come; JSON: 1 before the first member
					 */
};

/* The text must outlive the cursor; strings go into `arena`. */
void ce_cursor_json(struct ce_cursor *c, const char *text, size_t len, struct ce_arena *arena);
void ce_cursor_msgpack(struct ce_cursor *c, const char *data, size_t len, struct ce_arena *arena);

/* Can string() read it? */
static inline bool ce_kind_is_text(enum ce_kind kind)
{
	return kind == CE_KIND_STRING || kind == CE_KIND_BYTES;
}

/* A whole number of 0 to INT64_MAX. */
static inline bool ce_cursor_uint(struct ce_cursor *c, uint64_t *ret)
{
	struct ce_number n;

	if (!c->ops->number(c, &n) || n.negative || n.fraction || n.whole > INT64_MAX)
		return false;
	*ret = n.whole;
	return true;
}

/*
 * A list of at most `max` strings, with a NULL behind the last; array and strings are in the arena.
 * False: *ret_found is what stands where the list or a string should: CE_KIND_STRING for a string
 * that is not clean, CE_KIND_LIST for a list that is too long.
 */
bool ce_cursor_strings(
	struct ce_cursor *c, size_t max, struct ce_strs *ret, enum ce_kind *ret_found);
/* "a string", "null": for "expected …, found …". */
const char *ce_kind_name(enum ce_kind kind);

/* Is the key that next_key() gave this one? */
static inline bool ce_cursor_key_is(const char *key, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(key, want, len) == 0;
}

/* Is this UTF-8 without control characters? */
bool ce_cursor_text_is_clean(const char *s, size_t len);

#endif
