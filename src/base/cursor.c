/* SPDX-License-Identifier: MIT */
/* What is read alike through every cursor. */
#include "base/cursor.h"

#include "base/alloc.h"
#include "base/arena.h"

const char *ce_kind_name(enum ce_kind kind)
{
	static const char *const names[] = {
		[CE_KIND_END] = "malformed data",
		[CE_KIND_NULL] = "null",
		[CE_KIND_BOOL] = "true or false",
		[CE_KIND_NUMBER] = "a number",
		[CE_KIND_STRING] = "a string",
		[CE_KIND_BYTES] = "bytes",
		[CE_KIND_LIST] = "a list",
		[CE_KIND_MAP] = "an object",
		[CE_KIND_EXTENSION] = "an extension of msgpack",
	};

	return names[kind];
}

bool ce_cursor_strings(
	struct ce_cursor *c, size_t max, struct ce_strs *ret, enum ce_kind *ret_found)
{
	const char *small[64];
	CE_AUTOFREE const char **large = NULL;
	const char **list = small;
	size_t n = 0, cap = CE_COUNT(small);
	int more;

	*ret_found = c->ops->peek(c);
	if (*ret_found != CE_KIND_LIST || !c->ops->enter(c))
		return false;
	while ((more = c->ops->next_item(c)) > 0) {
		if (n == max)
			return false;
		if (n == cap) {
			large = ce_reallocarray(large, cap * 2, sizeof(*large));
			if (list == small)
				memcpy(large, small, sizeof(small));
			list = large;
			cap *= 2;
		}
		*ret_found = c->ops->peek(c);
		if (!ce_kind_is_text(*ret_found) || !c->ops->string(c, &list[n++]))
			return false;
		*ret_found = CE_KIND_LIST;
	}
	*ret_found = CE_KIND_END;
	if (more < 0)
		return false;
	ret->items = ce_arena_array(c->arena, n + 1, sizeof(*list));
	memcpy(ret->items, list, n * sizeof(*list));
	ret->n = n;
	return true;
}
