/* SPDX-License-Identifier: MIT */
/* An index of shards, read as far as it has come. */
#include "repodata/shard_preview.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "ccenv/ccenv.h"
#include "io/zst.h"
#include "spec/name.h"

enum {
	TEXT_MAX = 32 << 20,
	STEP = 64 << 10,
	HASH_SIZE = 32,
};

struct ce_shard_preview {
	struct ce_zst *zst;
	struct ce_buf text; /* all of its room is reserved: the cursor points into it */
	struct ce_arena arena;
	struct ce_cursor cursor; /* once it is within: at the next entry */
	const char *base;
	bool within; /* the map of shards */
	bool over;
};

struct ce_shard_preview *ce_shard_preview_new(void)
{
	struct ce_shard_preview *p = ce_calloc(1, sizeof(*p));

	p->zst = ce_zst_new();
	ce_buf_init(&p->text, TEXT_MAX);
	p->over = !ce_buf_reserve(&p->text, TEXT_MAX - 1);
	return p;
}

void ce_shard_preview_free(struct ce_shard_preview *p)
{
	if (!p)
		return;
	ce_zst_free(p->zst);
	ce_buf_release(&p->text);
	ce_arena_release(&p->arena);
	free(p);
}

static bool inflate(struct ce_shard_preview *p, const void *data, size_t len)
{
	struct ce_zst_input in = {data, len};
	struct ccenv_error ignored;
	size_t n;

	do {
		if (p->text.len + STEP >= TEXT_MAX)
			return false;
		if (ce_zst_read(p->zst, &in, p->text.data + p->text.len, STEP, &n, &ignored) < 0)
			return false;
		p->text.len += n;
	} while (n == STEP);
	return true;
}

static bool read_info(struct ce_shard_preview *p, struct ce_cursor *c)
{
	const char *key;
	size_t len;
	int r;

	if (!c->ops->enter(c))
		return false;
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		bool mine = ce_cursor_key_is(key, len, "shards_base_url") &&
			    ce_kind_is_text(c->ops->peek(c));
		if (mine ? !c->ops->string(c, &p->base) : !c->ops->skip(c))
			return false;
	}
	return r == 0;
}

/* What stands before the shards; as long as that has not come it is tried again. */
static void read_head(struct ce_shard_preview *p)
{
	struct ce_cursor c;
	const char *key;
	size_t len;

	ce_cursor_msgpack(&c, p->text.data, p->text.len, &p->arena);
	if (!c.ops->enter(&c))
		return;
	while (c.ops->next_key(&c, &key, &len) > 0) {
		if (ce_cursor_key_is(key, len, "shards")) {
			/* Without an info before it, there is no telling where they are. */
			p->over = !p->base;
			p->within = c.ops->enter(&c);
			p->cursor = c;
			return;
		}
		if (ce_cursor_key_is(key, len, "info") ? !read_info(p, &c) : !c.ops->skip(&c))
			return;
	}
}

/* One complete entry; false: the rest has not come, or there is none. */
static bool next_entry(
	struct ce_shard_preview *p, char name[CE_NAME_MAX + 1], char hex[CE_SHA256_HEX + 1])
{
	struct ce_cursor c = p->cursor;
	const char *key;
	size_t len;

	if (c.ops->next_key(&c, &key, &len) <= 0 || c.ops->peek(&c) != CE_KIND_BYTES ||
		!c.ops->skip(&c) || c.p - (key + len) != 2 + HASH_SIZE)
		return false;
	p->cursor = c;
	*name = '\0';
	if (len <= CE_NAME_MAX && ce_name_is_valid(key, len)) {
		memcpy(name, key, len);
		name[len] = '\0';
	}
	ce_hex((const unsigned char *)c.p - HASH_SIZE, HASH_SIZE, hex);
	return true;
}

void ce_shard_preview_feed(struct ce_shard_preview *p, const void *data, size_t len,
	void (*each)(void *user, const char *base, const char *name, const char *hex), void *user)
{
	char name[CE_NAME_MAX + 1], hex[CE_SHA256_HEX + 1];

	p->over = p->over || !inflate(p, data, len);
	if (!p->over && !p->within)
		read_head(p);
	if (p->over || !p->within)
		return;
	p->cursor.end = p->text.data + p->text.len;
	while (next_entry(p, name, hex)) {
		if (*name)
			each(user, p->base, name, hex);
	}
}
