/* SPDX-License-Identifier: MIT */
/* The stamps of a root; see stamp.h. */
#include "api/stamp.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "model/layout.h"

enum {
	STAMP_MAX = 1 << 20,
	STAMPS_MAX = 128
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_stamp(const char *name)
{
	return strcmp(name, "stamp.json") == 0 ||
	       (ce_has_prefix(name, "stamp-") && ce_has_suffix(name, ".json"));
}

/* Their paths, sorted. False if they may not be all. */
static bool find_stamps(const char *root, struct ce_arena *a, struct ce_strs *ret)
{
	struct ce_strs list = {.items = ce_arena_array(a, STAMPS_MAX, sizeof(*list.items))};
	DIR *d = opendir(root);
	struct dirent *e;
	bool all = d != NULL;

	while (d && (errno = 0, e = readdir(d)) && all) {
		if (!is_stamp(e->d_name))
			continue;
		all = list.n < STAMPS_MAX;
		if (all)
			list.items[list.n++] = ce_arena_printf(a, "%s/%s", root, e->d_name);
	}
	all = all && errno == 0;
	if (d)
		closedir(d);
	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), by_text);
	*ret = list;
	return all;
}

static bool has_name(const json_t *stamp, const char *name)
{
	const json_t *names = json_object_get(stamp, "names"), *item;
	size_t i;

	json_array_foreach (names, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

/* What a stamp is called in messages: the target's name, or the platform. */
static void add_shown(struct ce_buf *out, const json_t *stamp)
{
	const char *name = json_string_value(json_object_get(stamp, "name"));

	if (!name)
		name = json_string_value(json_object_get(stamp, "platform"));
	ce_buf_addf(out, "%s%s", out->len ? ", " : "", name ? name : "?");
}

static int fail_absent(const struct ccenv *c, const char *target, const struct ce_buf *others,
	struct ccenv_error *err)
{
	if (!others->len)
		return ce_fail(err, CCENV_ENOTFOUND,
			"nothing is installed in %s; run `ccenv install` first, or give the directory with --root",
			c->root);
	if (!target)
		return ce_fail(err, CCENV_ENOTFOUND,
			"%s has nothing that this machine builds for itself, only targets: %s; name one with --target, or run `ccenv install`",
			c->root, others->data);
	return ce_fail(err, CCENV_ENOTFOUND,
		"%s has no toolchain for the target %s, only for: %s; run `ccenv install --target %s`",
		c->root, target, others->data, target);
}

int ce_stamp_read(const struct ccenv *c, const char *target, json_t **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf others = {0};
	CE_AUTOFREE char *native = ce_layout_stamp(c->root, NULL);
	struct ce_strs paths;

	/* What cannot be listed is as good as absent: the message says what was found. */
	(void)find_stamps(c->root, &a, &paths);
	if (!target && ce_fs_exists(native))
		return ce_json_read(native, STAMP_MAX, ret, err);
	for (size_t i = 0; i < paths.n; i++) {
		CE_CLEANUP(ce_json_decrefp) json_t *stamp = NULL;
		int r = 0;

		if (!c->root_is_named)
			r = ce_trust_check_owner(c, paths.items[i], "--root", c->root, err);
		if (r >= 0)
			r = ce_json_read(paths.items[i], STAMP_MAX, &stamp, err);
		if (r < 0)
			return r;
		if (target && has_name(stamp, target)) {
			*ret = CE_TAKE(stamp);
			return 0;
		}
		add_shown(&others, stamp);
	}
	return fail_absent(c, target, &others, err);
}

static int remove_file(const char *path, struct ccenv_error *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return ce_fail_errno(err, errno, "cannot remove %s", path);
	return 0;
}

int ce_stamp_drop_others(
	const struct ccenv *c, const char *name, const char *label, struct ccenv_error *err)
{
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	struct ce_strs paths;
	int r = 0;

	(void)find_stamps(c->root, &a, &paths);
	for (size_t i = 0; r >= 0 && i < paths.n; i++) {
		CE_CLEANUP(ce_json_decrefp) json_t *stamp = NULL;
		struct ccenv_error ignored;
		const char *its_name, *its_label;
		CE_AUTOFREE char *installed = NULL;

		if (ce_json_read(paths.items[i], STAMP_MAX, &stamp, &ignored) < 0)
			continue;
		its_name = json_string_value(json_object_get(stamp, "name"));
		its_label = json_string_value(json_object_get(stamp, "label"));
		if (!its_name || !its_label || strcmp(its_name, name) != 0 ||
			strcmp(its_label, label) == 0 || strchr(its_label, '/'))
			continue;
		installed = ce_layout_installed(c->root, its_label);
		r = remove_file(installed, err);
		if (r >= 0)
			r = remove_file(paths.items[i], err);
	}
	return r;
}

bool ce_stamp_prefixes(const char *root, struct ce_arena *a, struct ce_strs *ret)
{
	static const char *const keys[] = {"prefix", "tools"};
	struct ce_strs paths, list = {0};

	if (!find_stamps(root, a, &paths))
		return false;
	list.items = ce_arena_array(a, CE_COUNT(keys) * paths.n + 1, sizeof(*list.items));
	for (size_t i = 0; i < paths.n; i++) {
		CE_CLEANUP(ce_json_decrefp) json_t *stamp = NULL;
		struct ccenv_error ignored;

		if (ce_json_read(paths.items[i], STAMP_MAX, &stamp, &ignored) < 0)
			return false;
		for (size_t k = 0; k < CE_COUNT(keys); k++) {
			const char *rel = json_string_value(json_object_get(stamp, keys[k]));
			CE_AUTOFREE char *joined = rel ? ce_path_join(root, rel) : NULL;
			CE_AUTOFREE char *path = rel ? ce_path_absolute(joined) : NULL;

			if (path)
				list.items[list.n++] = ce_arena_strdup(a, path);
		}
	}
	*ret = list;
	return true;
}
