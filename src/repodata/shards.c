/* SPDX-License-Identifier: MIT */
/* Reading the index of shards and the shards themselves. */
#include "repodata/shards.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/map.h"
#include "ccenv/ccenv.h"
#include "io/zst.h"
#include "repodata/declared.h"
#include "spec/scan.h"

enum {
	INDEX_MAX = 256 << 20,
	SHARD_MAX = 64 << 20,
	NAMES_MAX = 1 << 20,
	HASH_SIZE = 32,
	DECLARED_MAX = 64 << 10, /* bytes of text */
};

/* Real ones shrink to a tenth at best, as hashes do not shrink at all; what shrinks more is a bomb.
 */
static size_t inflated_max(size_t len, size_t max)
{
	size_t likely = ((size_t)4 << 20) + len * 100;

	return likely < max ? likely : max;
}

/* A name of the index and its hash, both within the inflated bytes. */
struct entry {
	const char *name;
	uint32_t len;
	uint32_t hash; /* of the name */
	const unsigned char *sha256;
};

struct ce_shard_index {
	struct ce_buf data;
	struct ce_arena arena;
	const char *base_url, *shards_base_url;
	struct ce_buf declared; /* by declared.h */
	struct entry *entries;
	size_t n, cap;
	uint32_t *slots; /* number of the entry + 1; open addressing */
	size_t n_slots;
};

static int malformed(struct ccenv_error *err, const char *what)
{
	return ce_fail(err, CCENV_EDATA, "damaged msgpack: %s", what);
}

static uint32_t name_hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)ce_to_lower(name[i])) * 16777619u;
	return h;
}

static int read_relations(struct ce_shard_index *i, struct ce_cursor *c, struct ccenv_error *err)
{
	const char *base = NULL, *overrides = NULL, *key;
	size_t len;
	bool any = false;
	int r;

	if (!c->ops->enter(c))
		return malformed(err, "channel_relations");
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		const char **slot = ce_cursor_key_is(key, len, "base")        ? &base
				    : ce_cursor_key_is(key, len, "overrides") ? &overrides
									      : NULL;

		any = true;
		if (!(slot && ce_kind_is_text(c->ops->peek(c)) ? c->ops->string(c, slot)
							       : c->ops->skip(c)))
			return malformed(err, "channel_relations");
	}
	if (r < 0)
		return malformed(err, "channel_relations");
	if (any)
		ce_declare_relations(&i->declared, base, overrides);
	return 0;
}

static int read_revisions(struct ce_shard_index *i, struct ce_cursor *c, struct ccenv_error *err)
{
	const char *key;
	size_t len;
	int r;

	if (!c->ops->enter(c))
		return malformed(err, "repodata_revisions");
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		ce_declare_revision(&i->declared, key, len);
		if (i->declared.len > DECLARED_MAX || !c->ops->skip(c))
			return malformed(err, "repodata_revisions");
	}
	return r < 0 ? malformed(err, "repodata_revisions") : 0;
}

static int read_info(struct ce_shard_index *i, struct ce_cursor *c, struct ccenv_error *err)
{
	const char *key;
	size_t len;
	int r;

	if (c->ops->peek(c) != CE_KIND_MAP || !c->ops->enter(c))
		return malformed(err, "info");
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		if (c->ops->peek(c) == CE_KIND_MAP) {
			r = ce_cursor_key_is(key, len, "channel_relations")
				    ? read_relations(i, c, err)
			    : ce_cursor_key_is(key, len, "repodata_revisions")
				    ? read_revisions(i, c, err)
			    : c->ops->skip(c) ? 0
					      : malformed(err, "info");
			if (r < 0)
				return r;
			continue;
		}
		const char **slot = ce_cursor_key_is(key, len, "base_url") ? &i->base_url
				    : ce_cursor_key_is(key, len, "shards_base_url")
					    ? &i->shards_base_url
					    : NULL;
		bool good = slot && ce_kind_is_text(c->ops->peek(c)) ? c->ops->string(c, slot)
								     : c->ops->skip(c);
		if (!good)
			return malformed(err, "info");
	}
	return r < 0 ? malformed(err, "info") : 0;
}

/* A hash as text or as a list of numbers; all that conda-forge has are bytes, which stay where they are. */
static const unsigned char *read_hash(struct ce_shard_index *i, struct ce_cursor *c)
{
	unsigned char *hash = ce_arena_alloc(&i->arena, HASH_SIZE);
	const char *hex;

	if (!c->ops->digest(c, &hex) || strlen(hex) != CE_SHA256_HEX ||
		strspn(hex, "0123456789abcdefABCDEF") != CE_SHA256_HEX)
		return NULL;
	for (size_t n = 0; n < HASH_SIZE; n++) {
		const char digits[] = {hex[2 * n], hex[2 * n + 1], '\0'};
		hash[n] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return hash;
}

static int read_shards(struct ce_shard_index *i, struct ce_cursor *c, struct ccenv_error *err)
{
	const char *key;
	size_t len;
	int r;

	if (c->ops->peek(c) != CE_KIND_MAP || !c->ops->enter(c))
		return malformed(err, "shards");
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		bool bytes = c->ops->peek(c) == CE_KIND_BYTES;
		const unsigned char *hash = bytes ? NULL : read_hash(i, c);

		if ((bytes ? !c->ops->skip(c) : !hash) || i->n == NAMES_MAX)
			return malformed(err, "shards");
		/* The value has just been passed: a head of 2 bytes and the hash. */
		if (bytes && c->p - (key + len) != 2 + HASH_SIZE)
			return malformed(err, "a hash is not 32 bytes long");
		CE_GROW(i->entries, i->n, i->cap);
		i->entries[i->n++] = (struct entry){
			.name = key,
			.len = (uint32_t)len,
			.hash = name_hash(key, len),
			.sha256 = bytes ? (const unsigned char *)c->p - HASH_SIZE : hash,
		};
	}
	return r < 0 ? malformed(err, "shards") : 0;
}

static void make_slots(struct ce_shard_index *i)
{
	i->n_slots = 16;
	while (i->n_slots < i->n * 2)
		i->n_slots *= 2;
	i->slots = ce_calloc(i->n_slots, sizeof(*i->slots));
	for (size_t n = 0; n < i->n; n++) {
		size_t at = i->entries[n].hash & (i->n_slots - 1);
		while (i->slots[at])
			at = (at + 1) & (i->n_slots - 1);
		i->slots[at] = (uint32_t)n + 1;
	}
}

int ce_shard_index_parse(
	const void *data, size_t len, struct ce_shard_index **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_shard_index_freep) struct ce_shard_index *i = ce_calloc(1, sizeof(*i));
	struct ce_cursor c;
	const char *key;
	size_t key_len;
	bool has_shards = false;
	int r;

	ce_buf_init(&i->data, inflated_max(len, INDEX_MAX));
	i->base_url = i->shards_base_url = "";
	r = ce_zst_inflate(data, len, &i->data, err);
	if (r < 0)
		return r;
	ce_cursor_msgpack(&c, ce_buf_str(&i->data), i->data.len, &i->arena);
	if (c.ops->peek(&c) != CE_KIND_MAP || !c.ops->enter(&c))
		return malformed(err, "no map");
	while ((r = c.ops->next_key(&c, &key, &key_len)) > 0) {
		bool shards = ce_cursor_key_is(key, key_len, "shards");

		has_shards = has_shards || shards;
		if (shards)
			r = read_shards(i, &c, err);
		else if (ce_cursor_key_is(key, key_len, "info"))
			r = read_info(i, &c, err);
		else
			r = c.ops->skip(&c) ? 0 : malformed(err, "an unknown field");
		if (r < 0)
			return r;
	}
	if (r < 0)
		return malformed(err, "cut off");
	if (!has_shards)
		return malformed(err, "no shards");
	make_slots(i);
	*ret = CE_TAKE(i);
	return 0;
}

void ce_shard_index_free(struct ce_shard_index *i)
{
	if (!i)
		return;
	ce_buf_release(&i->data);
	ce_buf_release(&i->declared);
	ce_arena_release(&i->arena);
	free(i->entries);
	free(i->slots);
	free(i);
}

const char *ce_shard_index_base_url(const struct ce_shard_index *i)
{
	return i->base_url;
}

const char *ce_shard_index_declared(const struct ce_shard_index *i)
{
	return ce_buf_str(&i->declared);
}

const char *ce_shard_index_shards_base_url(const struct ce_shard_index *i)
{
	return i->shards_base_url;
}

void ce_shard_index_each_name(const struct ce_shard_index *i,
	void (*each)(void *user, const char *name, size_t len), void *user)
{
	for (size_t n = 0; n < i->n; n++)
		each(user, i->entries[n].name, i->entries[n].len);
}

bool ce_shard_index_find(
	const struct ce_shard_index *i, const char *name, char hex[CE_SHA256_HEX + 1])
{
	size_t len = strlen(name);
	uint32_t h = name_hash(name, len);

	for (size_t at = h & (i->n_slots - 1); i->slots[at]; at = (at + 1) & (i->n_slots - 1)) {
		const struct entry *e = &i->entries[i->slots[at] - 1];
		if (e->hash != h || e->len != len || strncasecmp(e->name, name, len) != 0)
			continue;
		ce_hex(e->sha256, HASH_SIZE, hex);
		return true;
	}
	return false;
}

static int read_removed(struct ce_cursor *c, struct ce_map *removed, struct ccenv_error *err)
{
	const char *fn;
	int r;

	if (!c->ops->enter(c))
		return malformed(err, "removed");
	while ((r = c->ops->next_item(c)) > 0) {
		if (!c->ops->string(c, &fn))
			return malformed(err, "removed");
		ce_map_insert(removed, fn);
	}
	return r < 0 ? malformed(err, "removed") : 0;
}

/*
 * Can the shard have a list of removed records that is not empty? Nearly all have an empty one, at
 * their end: seeing so by the bytes saves a pass over all records.
 */
static bool may_have_removed(const char *text, size_t len)
{
	static const char key[] = "removed";
	const char *end = text + len;

	while ((text = memmem(text, (size_t)(end - text), key, sizeof(key) - 1)) != NULL) {
		text += sizeof(key) - 1;
		if (text == end || *text != '\x90') /* an empty list */
			return true;
	}
	return false;
}

/* "removed" may stand behind the records that it takes away, so it is read in a pass of its own. */
static int find_removed(struct ce_cursor c, struct ce_map *removed, struct ccenv_error *err)
{
	const char *key;
	size_t len;
	int r;

	if (!c.ops->enter(&c))
		return malformed(err, "no map");
	while ((r = c.ops->next_key(&c, &key, &len)) > 0) {
		if (ce_cursor_key_is(key, len, "removed") && c.ops->peek(&c) == CE_KIND_LIST)
			r = read_removed(&c, removed, err);
		else
			r = c.ops->skip(&c) ? 0 : malformed(err, "a value");
		if (r < 0)
			return r;
	}
	return r < 0 ? malformed(err, "cut off") : 0;
}

struct walk {
	struct ce_map removed;
	ce_shard_each_fn *each;
	void *user;
};

/* `extension`: what the keys lack in "v3"; NULL elsewhere. */
static int read_records(
	struct ce_cursor *c, const struct walk *w, const char *extension, struct ccenv_error *err)
{
	struct ce_shard_file file = {.is_v3 = extension != NULL};
	int r;

	if (c->ops->peek(c) != CE_KIND_MAP)
		return c->ops->skip(c) ? 0 : malformed(err, "records");
	c->ops->enter(c);
	while ((r = c->ops->next_key(c, &file.fn, &file.fn_len)) > 0) {
		CE_AUTOFREE char *text = w->removed.n || extension
						 ? ce_asprintf("%.*s%s", (int)file.fn_len, file.fn,
							   extension ? extension : "")
						 : NULL;
		if (extension) {
			file.fn = text;
			file.fn_len = strlen(text);
		}
		if (w->removed.n && ce_map_has(&w->removed, text))
			r = c->ops->skip(c) ? 0 : malformed(err, "a record");
		else
			r = w->each(w->user, c, &file, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? malformed(err, "records") : 0;
}

int ce_shard_inflate(const void *data, size_t len, struct ce_buf *ret_text, struct ccenv_error *err)
{
	ce_buf_init(ret_text, inflated_max(len, SHARD_MAX));
	return ce_zst_inflate(data, len, ret_text, err);
}

/* Records of CEP 48 by the kind of archive; wheels are not for ccenv. */
static int read_v3(struct ce_cursor *c, const struct walk *w, struct ccenv_error *err)
{
	const char *key;
	size_t len;
	int r;

	c->ops->enter(c);
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		if (ce_cursor_key_is(key, len, "conda"))
			r = read_records(c, w, ".conda", err);
		else if (ce_cursor_key_is(key, len, "tar.bz2"))
			r = read_records(c, w, ".tar.bz2", err);
		else
			r = c->ops->skip(c) ? 0 : malformed(err, "a value");
		if (r < 0)
			return r;
	}
	return r < 0 ? malformed(err, "v3") : 0;
}

static int read_shard(struct ce_cursor *c, const struct walk *w, struct ccenv_error *err)
{
	const char *key;
	size_t len;
	bool any = false;
	int r;

	if (c->ops->peek(c) != CE_KIND_MAP || !c->ops->enter(c))
		return malformed(err, "no map");
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		bool map = c->ops->peek(c) == CE_KIND_MAP;
		bool records = ce_cursor_key_is(key, len, "packages") ||
			       ce_cursor_key_is(key, len, "packages.conda");
		bool v3 = map && ce_cursor_key_is(key, len, "v3");

		any = any || (map && records) || v3;
		if (records)
			r = read_records(c, w, NULL, err);
		else if (v3)
			r = read_v3(c, w, err);
		else
			r = c->ops->skip(c) ? 0 : malformed(err, "a value");
		if (r < 0)
			return r;
	}
	if (r < 0)
		return malformed(err, "cut off");
	return any ? 0 : malformed(err, "no packages");
}

int ce_shard_each(const struct ce_buf *text, struct ce_arena *arena, ce_shard_each_fn *each,
	void *user, struct ccenv_error *err)
{
	struct walk w = {.each = each, .user = user};
	struct ce_cursor c;
	int r = 0;

	ce_cursor_msgpack(&c, ce_buf_str(text), text->len, arena);
	if (may_have_removed(ce_buf_str(text), text->len))
		r = find_removed(c, &w.removed, err);
	r = r < 0 ? r : read_shard(&c, &w, err);
	ce_map_release(&w.removed);
	return r;
}
