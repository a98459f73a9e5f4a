/* SPDX-License-Identifier: MIT */
/* What a package says of its own files (CEP 34): info/paths.json, else files + has_prefix +
 * no_link; info/link.json. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "ccenv/ccenv.h"
#include "install/plan.h"
#include "model/pkg.h"

enum {
	LIST_BYTES_MAX = 512 << 20,
	LINK_JSON_MAX = 4 << 20,
	PLACEHOLDER_MAX = 4096
};

struct ce_planned_path *ce_plan_add_path(struct ce_planned_pkg *p)
{
	CE_GROW(p->paths, p->n_paths, p->cap_paths);
	p->paths[p->n_paths] = (struct ce_planned_path){0};
	return &p->paths[p->n_paths++];
}

static int check_path(const char *path, struct ccenv_error *err)
{
	if (!ce_path_is_safe(path))
		return ce_fail(err, CCENV_EDATA, "unsafe path \"%.200s\" in the package", path);
	return 0;
}

static bool is_link_script(const char *path)
{
	static const char *const ends[] = {"-pre-link.sh", "-post-link.sh", "-pre-unlink.sh"};
	size_t n = strlen(path);

	if (strncmp(path, "bin/.", 5) != 0)
		return false;
	for (size_t i = 0; i < CE_COUNT(ends); i++)
		if (n > strlen(ends[i]) && strcmp(path + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static int read_placeholder(const json_t *o, struct ce_planned_pkg *p, struct ce_planned_path *out,
	struct ccenv_error *err)
{
	const char *mode = NULL;
	int r = ce_json_string(o, "prefix_placeholder", &p->arena, &out->placeholder, err);

	if (r < 0 || !out->placeholder)
		return r;
	r = ce_json_string(o, "file_mode", &p->arena, &mode, err);
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

static int read_kind(const json_t *o, struct ce_planned_path *out, struct ccenv_error *err)
{
	const char *type = json_string_value(json_object_get(o, "path_type"));

	if (!type || strcmp(type, "hardlink") == 0)
		out->kind = CE_PATH_FILE;
	else if (strcmp(type, "softlink") == 0)
		out->kind = CE_PATH_LINK;
	else if (strcmp(type, "directory") == 0)
		out->kind = CE_PATH_DIR;
	else
		return ce_fail(err, CCENV_EDATA, "unknown path_type \"%.40s\"", type);
	return 0;
}

static int read_path(const json_t *o, struct ce_planned_pkg *p, struct ccenv_error *err)
{
	struct ce_planned_path *out = ce_plan_add_path(p);
	int r = ce_json_string(o, "_path", &p->arena, &out->path, err);

	if (r == 0 && !out->path)
		r = ce_fail(err, CCENV_EDATA, "an entry has no _path");
	if (r == 0)
		r = check_path(out->path, err);
	if (r == 0)
		r = read_kind(o, out, err);
	if (r == 0)
		r = ce_json_string(o, "sha256", &p->arena, &out->sha256, err);
	if (r == 0)
		r = read_placeholder(o, p, out, err);
	if (r == 0)
		r = ce_json_bool(o, "no_link", &out->no_link, err);
	if (r < 0)
		return r;
	if (out->sha256 && !ce_sha256_is_hex(out->sha256))
		return ce_fail(
			err, CCENV_EDATA, "sha256 of \"%.200s\" is not 64 hex digits", out->path);
	out->source = out->path;
	out->has_size = json_is_integer(json_object_get(o, "size_in_bytes"));
	return ce_json_uint(o, "size_in_bytes", &out->size, err);
}

static int read_paths_json(struct ce_planned_pkg *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_path_join(p->dir, "info/paths.json");
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
		r = read_path(entry, p, err);
		if (r < 0)
			return ce_context(err, r, "info/paths.json: entry %zu", i);
	}
	return 0;
}

/* The lines of an old list; a missing file is an empty one. Calls `line` for each that is not
 * empty. */
static int read_lines(struct ce_planned_pkg *p, const char *name,
	int (*line)(struct ce_planned_pkg *p, char *text, struct ce_map *by_path,
		struct ccenv_error *err),
	struct ce_map *by_path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_CLEANUP(ce_freep) char *path = ce_path_join(p->dir, name);
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
		r = start[0] ? line(p, start, by_path, err) : 0;
		if (r < 0)
			return ce_context(err, r, "%s", name);
	}
	return 0;
}

/* info/files: types must be looked up in the entry itself. */
static int files_line(
	struct ce_planned_pkg *p, char *text, struct ce_map *by_path, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *source = NULL;
	struct ce_planned_path *out;
	struct stat st;
	int r = check_path(text, err);

	(void)by_path;
	if (r < 0)
		return r;
	source = ce_path_join(p->dir, text);
	if (lstat(source, &st) < 0)
		return ce_fail_errno(err, errno, "cannot read %s", source);
	out = ce_plan_add_path(p);
	out->path = ce_arena_strdup(&p->arena, text);
	out->source = out->path;
	out->kind = S_ISLNK(st.st_mode)   ? CE_PATH_LINK
		    : S_ISDIR(st.st_mode) ? CE_PATH_DIR
					  : CE_PATH_FILE;
	if (S_ISREG(st.st_mode)) {
		out->size = (uint64_t)st.st_size;
		out->has_size = true;
	}
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
static int has_prefix_line(
	struct ce_planned_pkg *p, char *text, struct ce_map *by_path, struct ccenv_error *err)
{
	/* In pieces, so that no installer replaces it in this program. */
	const char *placeholder = "/opt/"
				  "anaconda1"
				  "anaconda2"
				  "anaconda3";
	CE_CLEANUP(ce_freep) char *whole = ce_strdup(text);
	const char *first = take_field(&text), *mode = take_field(&text), *path = take_field(&text);
	struct ce_planned_path *out;

	if (path[0] && (strcmp(mode, "text") == 0 || strcmp(mode, "binary") == 0)) {
		placeholder = first;
	} else {
		path = strchr("\"'", whole[0]) ? first : whole;
		mode = "text";
	}
	out = ce_map_get(by_path, path);
	if (!out)
		return ce_fail(err, CCENV_EDATA, "\"%.200s\" is not a file of the package", path);
	out->placeholder = ce_arena_strdup(&p->arena, placeholder);
	out->binary = strcmp(mode, "binary") == 0;
	return 0;
}

static int no_link_line(
	struct ce_planned_pkg *p, char *text, struct ce_map *by_path, struct ccenv_error *err)
{
	struct ce_planned_path *out = ce_map_get(by_path, text);

	(void)p;
	(void)err;
	if (out)
		out->no_link = true;
	return 0;
}

static int read_old_lists(struct ce_planned_pkg *p, struct ccenv_error *err)
{
	struct ce_map by_path = {0};
	int r = read_lines(p, "info/files", files_line, NULL, err);

	if (r == CCENV_ENOTFOUND)
		return ce_fail(
			err, CCENV_EDATA, "the package has neither info/paths.json nor info/files");
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n_paths; i++)
		ce_map_set(&by_path, p->paths[i].path, &p->paths[i]);
	r = read_lines(p, "info/has_prefix", has_prefix_line, &by_path, err);
	if (r == 0 || r == CCENV_ENOTFOUND)
		r = read_lines(p, "info/no_link", no_link_line, &by_path, err);
	ce_map_release(&by_path);
	return r == CCENV_ENOTFOUND ? 0 : r;
}

static int read_link_json(struct ce_planned_pkg *p, struct ccenv_error *err)
{
	CE_CLEANUP(ce_freep) char *path = ce_path_join(p->dir, "info/link.json");
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	json_t *noarch = NULL;
	int r = ce_json_read(path, LINK_JSON_MAX, &o, err);

	if (r == CCENV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = ce_json_object(o, "noarch", &noarch, err);
	if (r == 0 && noarch)
		r = ce_json_strings(noarch, "entry_points", &p->arena, &p->entry_points,
			&p->n_entry_points, err);
	return r;
}

int ce_plan_read_package(struct ce_planned_pkg *p, struct ccenv_error *err)
{
	int r;

	if (!ce_fs_is_dir(p->dir))
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s is not in the cache (it was removed meanwhile): run the command again",
			p->pkg->fn);
	r = read_paths_json(p, err);
	if (r == CCENV_ENOTFOUND)
		r = read_old_lists(p, err);
	if (r == 0 && p->pkg->noarch == CE_NOARCH_PYTHON)
		r = read_link_json(p, err);
	for (size_t i = 0; r == 0 && i < p->n_paths; i++)
		p->has_scripts = p->has_scripts || is_link_script(p->paths[i].path);
	return r < 0 ? ce_context(err, r, "%s", p->pkg->fn) : 0;
}
