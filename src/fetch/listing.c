/* SPDX-License-Identifier: MIT */
/*
 * What a package says of its own files (CEP 34): info/paths.json, else files + has_prefix +
 * no_link; info/link.json. What was unpacked is known already; the lists say what of it is to be
 * installed, and how.
 */
#include "fetch/listing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "model/contents.h"

enum {
	LIST_BYTES_MAX = 512 << 20,
	LINK_JSON_MAX = 4 << 20,
	PLACEHOLDER_MAX = 4096
};

struct listing {
	const char *dir;
	struct ce_contents *contents;
	struct ce_map by_path; /* -> index + 1 into contents */
};

static struct ce_content *find(const struct listing *l, const char *path)
{
	size_t i = (size_t)(uintptr_t)ce_map_get(&l->by_path, path);

	return i ? &l->contents->items[i - 1] : NULL;
}

static int fail_missing(const char *path, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "\"%.200s\" is listed but not in the package", path);
}

/* The unpacked thing that a list names. */
static int take(
	const struct listing *l, const char *path, struct ce_content **ret, struct ccenv_error *err)
{
	if (!ce_path_is_safe(path))
		return ce_fail(err, CCENV_EDATA, "unsafe path \"%.200s\" in the package", path);
	*ret = find(l, path);
	return *ret ? 0 : fail_missing(path, err);
}

static int read_placeholder(
	const json_t *o, struct listing *l, struct ce_content *out, struct ccenv_error *err)
{
	const char *mode = NULL;
	int r = ce_json_string(
		o, "prefix_placeholder", &l->contents->arena, &out->placeholder, err);

	if (r < 0 || !out->placeholder)
		return r;
	r = ce_json_string(o, "file_mode", &l->contents->arena, &mode, err);
	if (r < 0)
		return r;
	if (strlen(out->placeholder) > PLACEHOLDER_MAX)
		return ce_fail(err, CCENV_EDATA, "prefix_placeholder is too long");
	if (mode && strcmp(mode, "binary") == 0)
		out->binary = true;
	else if (mode && strcmp(mode, "text") != 0)
		return ce_fail(err, CCENV_EDATA, "file_mode \"%.20s\" is not text or binary", mode);
	if (!out->placeholder[0])
		out->placeholder = NULL;
	return 0;
}

/* Directories are named by the lists alone: tars of packages have none. */
static int take_typed(struct listing *l, const char *path, const char *type,
	struct ce_content **ret, struct ccenv_error *err)
{
	bool dir = type && strcmp(type, "directory") == 0;

	if (type && !dir && strcmp(type, "hardlink") != 0 && strcmp(type, "softlink") != 0)
		return ce_fail(err, CCENV_EDATA, "unknown path_type \"%.40s\"", type);
	if (!dir || !ce_path_is_safe(path) || find(l, path))
		return take(l, path, ret, err);
	*ret = ce_contents_add(l->contents);
	(*ret)->kind = CE_CONTENT_DIR;
	(*ret)->path = ce_arena_strdup(&l->contents->arena, path);
	ce_map_set(&l->by_path, path, (void *)(uintptr_t)l->contents->n);
	return 0;
}

static int read_path(const json_t *o, struct listing *l, struct ccenv_error *err)
{
	const char *path = json_string_value(json_object_get(o, "_path"));
	const char *type = json_string_value(json_object_get(o, "path_type"));
	struct ce_content *out = NULL;
	int r = path ? take_typed(l, path, type, &out, err)
		     : ce_fail(err, CCENV_EDATA, "an entry has no _path");

	if (r < 0)
		return r;
	assert(out);
	r = ce_json_string(o, "sha256", &l->contents->arena, &out->sha256, err);
	if (r == 0)
		r = read_placeholder(o, l, out, err);
	if (r == 0)
		r = ce_json_bool(o, "no_link", &out->no_link, err);
	if (r < 0)
		return r;
	if (out->sha256 && !ce_sha256_is_hex(out->sha256))
		return ce_fail(err, CCENV_EDATA, "sha256 of \"%.200s\" is not 64 hex digits", path);
	out->listed = true;
	return 0;
}

static int read_paths_json(struct listing *l, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_path_join(l->dir, "info/paths.json");
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	json_t *paths = NULL, *entry;
	uint64_t version = 1;
	size_t i;
	int r = ce_json_read(path, LIST_BYTES_MAX, &o, err);

	if (r == 0)
		r = ce_json_uint(o, "paths_version", &version, err);
	if (r == 0)
		r = ce_json_array(o, "paths", &paths, err);
	if (r < 0)
		return r;
	if (version != 1)
		return ce_fail(err, CCENV_EDATA,
			"info/paths.json has version %llu: a newer ccenv is needed",
			(unsigned long long)version);
	json_array_foreach (paths, i, entry) {
		r = read_path(entry, l, err);
		if (r < 0)
			return ce_context(err, r, "info/paths.json: entry %zu", i);
	}
	return 0;
}

/* The lines of an old list. Calls `line` for each that is not empty. */
static int read_lines(struct listing *l, const char *name,
	int (*line)(struct listing *l, char *text, struct ccenv_error *err),
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(ce_freep) char *path = ce_path_join(l->dir, name);
	int r = ce_fs_read(path, LIST_BYTES_MAX, &text, err);
	char *next = text.data;

	if (r < 0)
		return r;
	while (next && *next) {
		char *start = next;
		size_t n = strcspn(start, "\n");

		next = start[n] ? start + n + 1 : NULL;
		start[n] = '\0';
		if (n > 0 && start[n - 1] == '\r')
			start[n - 1] = '\0';
		r = start[0] ? line(l, start, err) : 0;
		if (r < 0)
			return ce_context(err, r, "%s", name);
	}
	return 0;
}

static int files_line(struct listing *l, char *text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *utf8 = json_string(text);
	struct ce_content *out = NULL;
	int r = take(l, text, &out, err);

	/* paths.json is UTF-8 or no JSON; records of what is installed must be too. */
	if (r == 0 && !utf8)
		r = ce_fail(err, CCENV_EDATA, "\"%.200s\" is not UTF-8", text);
	if (r < 0)
		return r;
	assert(out);
	out->listed = true;
	return 0;
}

/* One field of has_prefix, which may be quoted; moves *text behind it. */
static char *take_field(char **text)
{
	char *start = *text + strspn(*text, " \t"), *end;

	if (*start == '"' || *start == '\'') {
		char *close = strchr(start + 1, *start);

		start++;
		end = close ? close : start + strlen(start);
	} else {
		end = start + strcspn(start, " \t");
	}
	*text = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

/* "placeholder mode path", or a path alone: then the placeholder is conda's first one. */
static int has_prefix_line(struct listing *l, char *text, struct ccenv_error *err)
{
	/* In pieces, so that no installer replaces it in this program. */
	const char *placeholder = "/opt/"
				  "anaconda1"
				  "anaconda2"
				  "anaconda3";
	CE_CLEANUP(ce_freep) char *whole = ce_strdup(text);
	const char *first = take_field(&text), *mode = take_field(&text), *path = take_field(&text);
	struct ce_content *out = NULL;
	int r;

	if (path[0] && (strcmp(mode, "text") == 0 || strcmp(mode, "binary") == 0)) {
		placeholder = first;
	} else {
		path = strchr("\"'", whole[0]) ? first : whole;
		mode = "text";
	}
	r = take(l, path, &out, err);
	if (r < 0)
		return r;
	assert(out);
	out->placeholder = ce_arena_strdup(&l->contents->arena, placeholder);
	out->binary = strcmp(mode, "binary") == 0;
	return 0;
}

static int no_link_line(struct listing *l, char *text, struct ccenv_error *err)
{
	struct ce_content *out = find(l, text);

	(void)err;
	if (out)
		out->no_link = true;
	return 0;
}

static int read_old_lists(struct listing *l, struct ccenv_error *err)
{
	int r = read_lines(l, "info/files", files_line, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(
			err, CCENV_EDATA, "the package has neither info/paths.json nor info/files");
	if (r == 0)
		r = read_lines(l, "info/has_prefix", has_prefix_line, err);
	if (r == 0 || r == CCENV_ENOTFOUND)
		r = read_lines(l, "info/no_link", no_link_line, err);
	return r == CCENV_ENOTFOUND ? 0 : r;
}

static int read_link_json(struct listing *l, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_path_join(l->dir, "info/link.json");
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	json_t *noarch = NULL;
	struct ce_contents *c = l->contents;
	int r = ce_json_read(path, LINK_JSON_MAX, &o, err);

	if (r == CCENV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = ce_json_object(o, "noarch", &noarch, err);
	if (r == 0 && noarch)
		r = ce_json_strings(noarch, "entry_points", &c->arena, &c->entry_points,
			&c->n_entry_points, err);
	return r;
}

int ce_listing_read(const char *dir, struct ce_contents *contents, struct ccenv_error *err)
{
	struct listing l = {.dir = dir, .contents = contents};
	int r;

	/* Of a path that came twice the later one is there. */
	for (size_t i = 0; i < contents->n; i++)
		ce_map_set(&l.by_path, contents->items[i].path, (void *)(uintptr_t)(i + 1));
	r = read_paths_json(&l, err);
	if (r == CCENV_ENOTFOUND)
		r = read_old_lists(&l, err);
	if (r == 0)
		r = read_link_json(&l, err);
	ce_map_release(&l.by_path);
	return r;
}
