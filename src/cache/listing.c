/* SPDX-License-Identifier: MIT */
/*
 * What a package says of its own files (CEP 34): info/paths.json, else files + has_prefix +
 * no_link; info/link.json. What was unpacked is known already; the lists say what of it is to be
 * installed, and how.
 */
#include "cache/listing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "base/printable.h"
#include "cache/beneath.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "io/archive_tree.h"

enum {
	LIST_BYTES_MAX = 512 << 20,
	LINK_JSON_MAX = 4 << 20,
	INDEX_JSON_MAX = 16 << 20,
	PATHS_MAX = 1000 * 1000,
	PLACEHOLDER_MIN = 8,
	PLACEHOLDER_MAX = 4096
};

struct listing {
	int info; /* the directory of the package's own files */
	struct ce_contents *contents;
	struct ce_map by_path; /* -> index + 1 into contents */
	bool python;           /* a noarch python package */
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
	if (!ce_path_is_safe(path)) {
		CE_AUTOFREE char *shown = ce_printable(path, false);

		return ce_fail(err, CCENV_EDATA, "unsafe path \"%.200s\" in the package", shown);
	}
	*ret = find(l, path);
	return *ret ? 0 : fail_missing(path, err);
}

/* An entry of paths.json as it stands there; NULL is what is not there. */
struct path_entry {
	const char *path, *type, *sha256, *placeholder, *mode;
	uint64_t size;
	bool no_link, has_size;
};

/*
 * What is replaced by the prefix. conda-build's have 80 to 255 characters, its first one had 31; a
 * short one would occur by chance, or make a small file large.
 */
static int set_placeholder(struct ce_content *out, const char *text, struct ccenv_error *err)
{
	size_t n = strlen(text);

	if (n > PLACEHOLDER_MAX || (n > 0 && n < PLACEHOLDER_MIN))
		return ce_fail(err, CCENV_EDATA,
			"\"%.200s\": the prefix placeholder has %zu characters where %d to %d are allowed",
			out->path, n, PLACEHOLDER_MIN, PLACEHOLDER_MAX);
	out->placeholder = n > 0 ? text : NULL;
	return 0;
}

static int read_placeholder(
	const struct path_entry *e, struct ce_content *out, struct ccenv_error *err)
{
	if (!e->placeholder)
		return 0;
	if (e->mode && strcmp(e->mode, "binary") == 0)
		out->binary = true;
	else if (e->mode && strcmp(e->mode, "text") != 0)
		return ce_fail(
			err, CCENV_EDATA, "file_mode \"%.20s\" is not text or binary", e->mode);
	return set_placeholder(out, e->placeholder, err);
}

/* Directories are named by the lists alone: tars of packages have none. */
static int take_typed(struct listing *l, const char *path, const char *type,
	struct ce_content **ret, struct ccenv_error *err)
{
	bool dir = type && strcmp(type, "directory") == 0;
	int r;

	if (type && !dir && strcmp(type, "hardlink") != 0 && strcmp(type, "softlink") != 0)
		return ce_fail(err, CCENV_EDATA, "unknown path_type \"%.40s\"", type);
	if (!dir || !ce_path_is_safe(path) || find(l, path))
		return take(l, path, ret, err);
	r = ce_tree_check_depth(path, err);
	if (r < 0)
		return r;
	*ret = ce_contents_add(l->contents);
	(*ret)->kind = CE_CONTENT_DIR;
	(*ret)->path = ce_arena_strdup(&l->contents->arena, path);
	ce_map_set(&l->by_path, path, (void *)(uintptr_t)l->contents->n);
	return 0;
}

/* Are the file's bytes those that the list promises? Of a link the list describes what it leads
 * to. */
static int check_bytes(const struct path_entry *e, struct ce_content *out, struct ccenv_error *err)
{
	if (out->kind != CE_CONTENT_FILE)
		return 0;
	if (e->has_size && e->size != out->size)
		return ce_fail(err, CCENV_EDATA, "\"%.200s\" has %llu bytes, not %llu", e->path,
			(unsigned long long)out->size, (unsigned long long)e->size);
	if (e->sha256 && strcmp(e->sha256, out->sha256) != 0)
		return ce_fail(err, CCENV_EDATA, "\"%.200s\" has the sha256 %s, not %s", e->path,
			out->sha256, e->sha256);
	out->attested = e->sha256;
	return 0;
}

static int take_entry(struct listing *l, const struct path_entry *e, struct ccenv_error *err)
{
	struct ce_content *out = NULL;
	int r = e->path ? take_typed(l, e->path, e->type, &out, err)
			: ce_fail(err, CCENV_EDATA, "an entry has no _path");

	if (r < 0)
		return r;
	assert(out);
	if (e->sha256 && !ce_sha256_is_hex(e->sha256))
		return ce_fail(
			err, CCENV_EDATA, "sha256 of \"%.200s\" is not 64 hex digits", e->path);
	r = check_bytes(e, out, err);
	if (r < 0)
		return r;
	out->no_link = e->no_link;
	out->listed = true;
	return read_placeholder(e, out, err);
}

/* One member of an entry. */
static bool read_member(struct ce_cursor *c, const char *key, size_t len, struct path_entry *e)
{
	const struct {
		const char *key, **to;
	} texts[] = {
		{"_path", &e->path},
		{"path_type", &e->type},
		{"sha256", &e->sha256},
		{"prefix_placeholder", &e->placeholder},
		{"file_mode", &e->mode},
	};

	if (c->ops->peek(c) == CE_KIND_NULL)
		return c->ops->skip(c);
	if (ce_cursor_key_is(key, len, "no_link"))
		return c->ops->boolean(c, &e->no_link);
	if (ce_cursor_key_is(key, len, "size_in_bytes")) {
		e->has_size = true;
		return ce_cursor_uint(c, &e->size);
	}
	for (size_t i = 0; i < CE_COUNT(texts); i++)
		if (ce_cursor_key_is(key, len, texts[i].key))
			return c->ops->string(c, texts[i].to);
	return c->ops->skip(c);
}

static bool read_entry(struct ce_cursor *c, struct path_entry *e)
{
	const char *key;
	size_t len;
	int r;

	if (c->ops->peek(c) != CE_KIND_MAP || !c->ops->enter(c))
		return false;
	while ((r = c->ops->next_key(c, &key, &len)) > 0)
		if (!read_member(c, key, len, e))
			return false;
	return r == 0;
}

/* Stands at a member of the outermost object: 1. It has none: 0. */
static int find_member(struct ce_cursor *c, const char *name)
{
	const char *key;
	size_t len;
	int r;

	if (c->ops->peek(c) != CE_KIND_MAP || !c->ops->enter(c))
		return -1;
	while ((r = c->ops->next_key(c, &key, &len)) > 0) {
		if (ce_cursor_key_is(key, len, name))
			return 1;
		if (!c->ops->skip(c))
			return -1;
	}
	return r;
}

/* Comes before the entries: those of another version may look like anything. */
static int check_version(struct ce_cursor c, struct ccenv_error *err)
{
	uint64_t version = 1;
	int r = find_member(&c, "paths_version");

	if (r < 0 || (r > 0 && !ce_cursor_uint(&c, &version)))
		return ce_fail(err, CCENV_EDATA, "info/paths.json is malformed");
	if (version != 1)
		return ce_fail(err, CCENV_EDATA,
			"info/paths.json has version %llu: a newer ccenv is needed",
			(unsigned long long)version);
	return 0;
}

static int read_entries(struct ce_cursor *c, struct listing *l, struct ccenv_error *err)
{
	int r = find_member(c, "paths");
	enum ce_kind kind = r > 0 ? c->ops->peek(c) : CE_KIND_NULL;

	if (r >= 0 && kind == CE_KIND_NULL)
		return 0; /* nothing is installed */
	if (r > 0 && (kind != CE_KIND_LIST || !c->ops->enter(c)))
		r = -1;
	for (size_t i = 0; r > 0 && (r = c->ops->next_item(c)) > 0; i++) {
		struct path_entry e = {0};
		int done = read_entry(c, &e)
				   ? take_entry(l, &e, err)
				   : ce_fail(err, CCENV_EDATA, "malformed, or of other types");

		if (done == 0 && i >= PATHS_MAX)
			done = ce_fail(err, CCENV_EDATA, "the list has more than %d", PATHS_MAX);
		if (done < 0)
			return ce_context(err, done, "info/paths.json: entry %zu", i);
	}
	return r < 0 ? ce_fail(err, CCENV_EDATA, "info/paths.json is malformed") : 0;
}

static int read_info(const struct listing *l, const char *name, size_t max, struct ce_buf *out,
	struct ccenv_error *err)
{
	int r = ce_read_file_in(l->info, name, max, out, err);

	return r < 0 ? ce_context(err, r, "info") : 0;
}

static int read_paths_json(struct listing *l, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ce_cursor cursor;
	int r = read_info(l, "paths.json", LIST_BYTES_MAX, &text, err);

	if (r < 0)
		return r;
	ce_cursor_json(&cursor, ce_buf_str(&text), text.len, &l->contents->arena);
	r = check_version(cursor, err);
	return r < 0 ? r : read_entries(&cursor, l, err);
}

/* The lines of an old list. Calls `line` for each that is not empty. */
static int read_lines(struct listing *l, const char *name,
	int (*line)(struct listing *l, char *text, struct ccenv_error *err),
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = read_info(l, name, LIST_BYTES_MAX, &text, err);
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
			return ce_context(err, r, "info/%s", name);
	}
	return 0;
}

static int files_line(struct listing *l, char *text, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *utf8 = json_string(text);
	struct ce_content *out = NULL;
	int r = take(l, text, &out, err);

	if (r < 0)
		return r;
	/* paths.json is UTF-8 or no JSON; records of what is installed must be too. */
	if (!utf8)
		return ce_fail(err, CCENV_EDATA, "\"%.200s\" is not UTF-8", text);
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
	CE_AUTOFREE char *line = ce_strdup(text);
	const char *first = take_field(&text), *mode = take_field(&text), *path = take_field(&text);
	struct ce_content *out = NULL;
	int r;

	if (path[0] && (strcmp(mode, "text") == 0 || strcmp(mode, "binary") == 0)) {
		placeholder = first;
	} else {
		path = strchr("\"'", line[0]) ? first : line;
		mode = "text";
	}
	r = take(l, path, &out, err);
	if (r < 0)
		return r;
	assert(out);
	out->binary = strcmp(mode, "binary") == 0;
	return set_placeholder(out, ce_arena_strdup(&l->contents->arena, placeholder), err);
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
	int r = read_lines(l, "files", files_line, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(
			err, CCENV_EDATA, "the package has neither info/paths.json nor info/files");
	if (r < 0)
		return r;
	r = read_lines(l, "has_prefix", has_prefix_line, err);
	if (r < 0 && r != CCENV_ENOTFOUND)
		return r;
	r = read_lines(l, "no_link", no_link_line, err);
	return r == CCENV_ENOTFOUND ? 0 : r;
}

static int read_json(const struct listing *l, const char *name, size_t max, json_t **ret,
	struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	int r = read_info(l, name, max, &text, err);

	if (r < 0)
		return r;
	r = ce_json_parse(ce_buf_str(&text), text.len, ret, err);
	return r < 0 ? ce_context(err, r, "info/%s", name) : 0;
}

/* A text for what is no entry point, so that a warning can name it. Without "=" no script is made of
 * it, whatever the value holds. */
static const char *shown(struct ce_arena *a, const json_t *v)
{
	CE_AUTOFREE char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);

	return ce_arena_strndup(a, text ? text : "", text ? strcspn(text, "=") : 0);
}

/* One entry point that is malformed costs its own script, not the package. */
static int read_link_json(const struct listing *l, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	struct ce_contents *c = l->contents;
	const json_t *points, *v;
	size_t i;
	int r = read_info(l, "link.json", LINK_JSON_MAX, &text, err);

	if (r == CCENV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	r = ce_json_parse(ce_buf_str(&text), text.len, &o, err);
	/* Only noarch python packages are installed by what it says. */
	if (r < 0 && !l->python)
		return 0;
	if (r < 0)
		return ce_context(err, r, "info/link.json");
	points = json_object_get(json_object_get(o, "noarch"), "entry_points");
	if (!points || json_is_null(points))
		return 0;
	c->entry_points =
		ce_arena_array(&c->arena, json_array_size(points) + 1, sizeof(*c->entry_points));
	if (!json_is_array(points))
		c->entry_points[c->n_entry_points++] = shown(&c->arena, points);
	json_array_foreach (points, i, v)
		c->entry_points[c->n_entry_points++] =
			json_is_string(v) ? ce_arena_strdup(&c->arena, json_string_value(v))
					  : shown(&c->arena, v);
	return 0;
}

/* Which package this is. */
static int read_index_json(struct listing *l, struct ccenv_error *err)
{
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ce_contents *c = l->contents;
	const char *noarch;
	int r = read_json(l, "index.json", INDEX_JSON_MAX, &o, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(
			err, CCENV_EDATA, "there is no info/index.json: not a conda package");
	if (r < 0)
		return r;
	noarch = json_string_value(json_object_get(o, "noarch"));
	l->python = noarch && strcmp(noarch, "python") == 0;
	r = ce_json_string(o, "name", &c->arena, &c->name, err);
	if (r < 0)
		return ce_context(err, r, "info/index.json");
	r = ce_json_string(o, "version", &c->arena, &c->version, err);
	if (r < 0)
		return ce_context(err, r, "info/index.json");
	r = ce_json_string(o, "build", &c->arena, &c->build, err);
	if (r < 0)
		return ce_context(err, r, "info/index.json");
	if (!c->name || !c->version)
		return ce_fail(err, CCENV_EDATA, "info/index.json gives no name or no version");
	return 0;
}

static int read_all(struct listing *l, struct ccenv_error *err)
{
	int r = read_index_json(l, err);

	if (r < 0)
		return r;
	r = read_paths_json(l, err);
	if (r == CCENV_ENOTFOUND)
		r = read_old_lists(l, err);
	if (r < 0)
		return r;
	return read_link_json(l, err);
}

/* Where a path came twice, the later one is on disk. */
static void index_paths(struct listing *l)
{
	struct ce_contents *c = l->contents;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct ce_content *earlier = find(l, c->items[i].path);

		if (earlier) {
			*earlier = c->items[i];
			continue;
		}
		c->items[n++] = c->items[i];
		ce_map_set(&l->by_path, c->items[n - 1].path, (void *)(uintptr_t)n);
	}
	c->n = n;
}

int ce_listing_read(int tree, struct ce_contents *contents, struct ccenv_error *err)
{
	struct listing l = {.contents = contents};
	int r;

	l.info = ce_open_dir_beneath(tree, "info");
	if (l.info < 0)
		return ce_fail(
			err, CCENV_EDATA, "there is no directory \"info\": not a conda package");
	index_paths(&l);
	r = read_all(&l, err);
	ce_map_release(&l.by_path);
	ce_fs_closep(&l.info);
	return r;
}
