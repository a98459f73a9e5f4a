/* SPDX-License-Identifier: MIT */
/* Fields of a record, each checked as it is read. */
#include "repodata/record.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "model/pkg.h"

enum {
	FIELD_MAX = 128,
	LIST_MAX = 4096,
};

enum field {
	NAME,
	VERSION,
	BUILD,
	BUILD_NUMBER,
	SIZE,
	TIMESTAMP,
	SHA256,
	MD5,
	DEPENDS,
	CONSTRAINS,
	TRACK_FEATURES,
	FEATURES,
	LICENSE,
	LICENSE_FAMILY,
	SITE_PACKAGES,
	NOARCH,
	OTHER,
};

static const char *const keys[] = {
	[NAME] = "name",
	[VERSION] = "version",
	[BUILD] = "build",
	[BUILD_NUMBER] = "build_number",
	[SIZE] = "size",
	[TIMESTAMP] = "timestamp",
	[SHA256] = "sha256",
	[MD5] = "md5",
	[DEPENDS] = "depends",
	[CONSTRAINS] = "constrains",
	[TRACK_FEATURES] = "track_features",
	[FEATURES] = "features",
	[LICENSE] = "license",
	[LICENSE_FAMILY] = "license_family",
	[SITE_PACKAGES] = "python_site_packages_path",
	[NOARCH] = "noarch",
};

static enum field find_field(const char *key, size_t len)
{
	for (int f = 0; f < OTHER; f++) {
		if (keys[f][0] == (len ? key[0] : '\0') && strlen(keys[f]) == len &&
			memcmp(keys[f], key, len) == 0)
			return (enum field)f;
	}
	return OTHER;
}

static int read_list(struct ce_cursor *c, const char ***ret, size_t *ret_n)
{
	const char *small[64];
	CE_AUTOFREE const char **large = NULL;
	const char **list = small;
	size_t n = 0, cap = CE_COUNT(small);
	int r;

	if (!c->ops->enter(c))
		return -1;
	while ((r = c->ops->next_item(c)) > 0) {
		if (n == LIST_MAX)
			return -1;
		if (n == cap) {
			large = ce_reallocarray(large, cap * 2, sizeof(*large));
			if (list == small)
				memcpy(large, small, sizeof(small));
			list = large;
			cap *= 2;
		}
		if (!c->ops->string(c, &list[n++]))
			return -1;
	}
	if (r < 0)
		return -1;
	*ret = ce_arena_array(c->arena, n + 1, sizeof(*list));
	memcpy(*ret, list, n * sizeof(*list));
	*ret_n = n;
	return 0;
}

/* A text, or (old records) a list of texts; NULL when empty. */
static bool read_words(struct ce_cursor *c, const char **ret)
{
	const char **list, *text = "";
	size_t n;

	if (c->ops->peek(c) != CE_KIND_LIST) {
		if (!c->ops->string(c, &text))
			return false;
	} else {
		if (read_list(c, &list, &n) < 0)
			return false;
		for (size_t i = 0; i < n; i++)
			text = ce_arena_printf(c->arena, "%s%s%s", text, *text ? " " : "", list[i]);
	}
	*ret = *text ? text : NULL;
	return true;
}

static bool read_noarch(struct ce_cursor *c, enum ce_noarch *ret)
{
	const char *text;
	bool yes;

	if (c->ops->peek(c) == CE_KIND_BOOL) {
		if (!c->ops->boolean(c, &yes))
			return false;
		*ret = yes ? CE_NOARCH_GENERIC : CE_NOARCH_NONE;
		return true;
	}
	if (!c->ops->string(c, &text))
		return false;
	*ret = strcmp(text, "python") == 0 ? CE_NOARCH_PYTHON : CE_NOARCH_GENERIC;
	return *ret == CE_NOARCH_PYTHON || strcmp(text, "generic") == 0;
}

static bool read_text(struct ce_cursor *c, const char **ret)
{
	return c->ops->string(c, ret);
}

/* For people only: an odd one is dropped, the record is not. */
static bool read_license(struct ce_cursor *c, const char **ret)
{
	struct ce_cursor at = *c;

	if (c->ops->peek(c) == CE_KIND_STRING && c->ops->string(c, ret))
		return true;
	*ret = NULL;
	*c = at;
	return c->ops->skip(c);
}

static bool read_field(struct ce_cursor *c, enum field f, struct ce_pkg *p)
{
	if (f == OTHER || c->ops->peek(c) == CE_KIND_NULL)
		return c->ops->skip(c);
	switch (f) {
	case NAME:
		return read_text(c, &p->name);
	case VERSION:
		return read_text(c, &p->version);
	case BUILD:
		return read_text(c, &p->build);
	case BUILD_NUMBER:
		return c->ops->number(c, &p->build_number);
	case SIZE:
		return c->ops->number(c, &p->size);
	case TIMESTAMP:
		return c->ops->number(c, &p->timestamp);
	case SHA256:
		return read_text(c, &p->sha256);
	case MD5:
		return read_text(c, &p->md5);
	case DEPENDS:
		return read_list(c, &p->depends, &p->n_depends) == 0;
	case CONSTRAINS:
		return read_list(c, &p->constrains, &p->n_constrains) == 0;
	case TRACK_FEATURES:
		return read_words(c, &p->track_features);
	case FEATURES:
		return read_words(c, &p->features);
	case LICENSE:
		return read_license(c, &p->license);
	case LICENSE_FAMILY:
		return read_license(c, &p->license_family);
	case SITE_PACKAGES:
		return read_text(c, &p->python_site_packages_path);
	case NOARCH:
		return read_noarch(c, &p->noarch);
	default:
		return false;
	}
}

static const char *join_url(const struct ce_repo_record_place *place, const char *fn, size_t fn_len)
{
	size_t n = strlen(place->base_url);
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};

	ce_buf_reserve(&b, n + fn_len + 1);
	ce_buf_add(&b, place->base_url, n);
	ce_buf_addc(&b, '/');
	ce_buf_add(&b, fn, fn_len);
	return ce_arena_strndup(place->arena, b.data, b.len);
}

int ce_repo_record_read(struct ce_cursor *c, const char *fn, size_t fn_len,
	const struct ce_repo_record_place *place, struct ce_pkg *ret, struct ccenv_error *err)
{
	struct ce_pkg p = {.name = "", .version = "", .build = ""};
	int len = fn_len > FIELD_MAX ? FIELD_MAX : (int)fn_len;
	const char *key;
	size_t key_len;
	int r;

	if (!c->ops->enter(c))
		return ce_fail(err, CCENV_EDATA, "%.*s: expected an object", len, fn);
	while ((r = c->ops->next_key(c, &key, &key_len)) > 0) {
		enum field f = find_field(key, key_len);
		if (!read_field(c, f, &p))
			return ce_fail(err, CCENV_EDATA,
				"%.*s: %s: malformed, or not of the right type", len, fn,
				f == OTHER ? "a field" : keys[f]);
	}
	if (r < 0)
		return ce_fail(err, CCENV_EDATA, "%.*s: malformed record", len, fn);
	if (strcmp(p.name, place->name) != 0)
		return ce_fail(
			err, CCENV_EDATA, "%.*s: the record's name is \"%s\"", len, fn, p.name);
	p.name = place->name;
	p.subdir = place->subdir;
	p.channel = place->channel;
	p.channel_rank = place->channel_rank;
	p.url = join_url(place, fn, fn_len);
	p.fn = p.url + strlen(place->base_url) + 1;
	r = ce_pkg_check(&p, err);
	if (r < 0)
		return ce_context(err, r, "%.*s", len, fn);
	p.timestamp = ce_pkg_timestamp_ms(p.timestamp);
	*ret = p;
	return 0;
}
