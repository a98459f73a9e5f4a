/* SPDX-License-Identifier: MIT */
/* The config files; see config.h. */
#include "cli/config.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/edit.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/strs.h"

enum {
	FILE_MAX = 1 << 20,
	NUMBER_MAX = 100000
};

static const struct ce_config_key keys[] = {
	{"channels", NULL, "for init, search and solve where there is no ccenv.json",
		CE_CONFIG_TEXTS, true},
	{"mirrors", "CCENV_MIRRORS", "where else the files below a URL are", CE_CONFIG_MIRRORS,
		false},
	{"cache-dir", "CCENV_CACHE_DIR", "the package cache", CE_CONFIG_PATH, false},
	{"shared-cache", "CCENV_SHARED_CACHE", "accept a cache that others can write to",
		CE_CONFIG_BOOL, false},
	{"package-caches", "CCENV_PACKAGE_CACHES",
		"caches of conda and mamba to look into before downloading", CE_CONFIG_PATHS,
		false},
	{"trusted-caches", "CCENV_TRUSTED_CACHES",
		"the same, of pixi too, that only you can write to", CE_CONFIG_PATHS, false},
	{"network.offline", NULL, "do not use the network", CE_CONFIG_BOOL, true},
	{"network.retries", "CCENV_NET_RETRIES", "retries of a download", CE_CONFIG_NUMBER, true},
	{"network.timeout", "CCENV_NET_TIMEOUT", "seconds without a byte", CE_CONFIG_NUMBER, true},
};

const struct ce_config_key *ce_config_key(size_t i)
{
	return i < CE_COUNT(keys) ? &keys[i] : NULL;
}

const struct ce_config_key *ce_config_key_find(const char *name)
{
	for (size_t i = 0; i < CE_COUNT(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

const struct ce_config_key *ce_config_key_near(const char *name)
{
	const struct ce_config_key *found = NULL;
	size_t least = 4;

	for (size_t i = 0; i < CE_COUNT(keys); i++) {
		size_t distance = ce_edit_distance(keys[i].name, name);

		if (distance < least) {
			least = distance;
			found = &keys[i];
		}
	}
	return found;
}

const char *ce_config_level_name(enum ce_config_level level)
{
	static const char *const names[] = {"system", "user", "project"};

	return names[level];
}

/* ---- values ---- */

json_t *ce_config_lookup(const json_t *file, const struct ce_config_key *key)
{
	const char *dot = strchr(key->name, '.');
	CE_AUTOFREE char *group = dot ? ce_strndup(key->name, (size_t)(dot - key->name)) : NULL;

	return json_object_get(
		group ? json_object_get(file, group) : file, dot ? dot + 1 : key->name);
}

static int expected(const struct ce_config_key *key, const char *what, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA, "%s: expected %s", key->name, what);
}

/* What is within cannot end an entry of the variable that it stands for, or forge a line. */
static bool is_plain(const char *text, const char *separators)
{
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c) || strchr(separators, *c))
			return false;
	return *text;
}

static bool is_path(const json_t *v)
{
	const char *s = json_string_value(v);

	return s && (s[0] == '/' || ce_has_prefix(s, "~/")) && is_plain(s, ":");
}

static bool are_mirrors(const json_t *v)
{
	const char *url;
	json_t *list, *mirror;
	size_t i;

	if (!json_is_object(v))
		return false;
	json_object_foreach ((json_t *)v, url, list) {
		if (!strstr(url, "://") || !is_plain(url, " =,") || !json_is_array(list))
			return false;
		json_array_foreach (list, i, mirror)
			if (!json_is_string(mirror) || !is_plain(json_string_value(mirror), " ,"))
				return false;
	}
	return true;
}

int ce_config_check(const struct ce_config_key *key, const json_t *value, struct ccenv_error *err)
{
	size_t i;
	json_t *item;

	switch (key->type) {
	case CE_CONFIG_BOOL:
		return json_is_boolean(value) ? 0 : expected(key, "true or false", err);
	case CE_CONFIG_NUMBER:
		if (json_is_integer(value) && json_integer_value(value) >= 0 &&
			json_integer_value(value) <= NUMBER_MAX)
			return 0;
		return expected(key, "a number from 0 to 100000", err);
	case CE_CONFIG_PATH:
		return is_path(value) ? 0 : expected(key, "a path that begins with / or ~/", err);
	case CE_CONFIG_PATHS:
		if (!json_is_array(value))
			return expected(key, "a list of paths", err);
		json_array_foreach ((json_t *)value, i, item)
			if (!is_path(item))
				return expected(key, "paths that begin with / or ~/", err);
		return 0;
	case CE_CONFIG_TEXTS:
		if (!json_is_array(value))
			return expected(key, "a list of texts", err);
		json_array_foreach ((json_t *)value, i, item)
			if (!json_is_string(item) || !is_plain(json_string_value(item), ""))
				return expected(key, "texts", err);
		return 0;
	case CE_CONFIG_MIRRORS:
		return are_mirrors(value)
			       ? 0
			       : expected(key, "{\"URL\": [\"MIRROR\", …]}, without blanks", err);
	}
	return 0;
}

static void add_path(struct ce_buf *b, const char *path)
{
	const char *home = getenv("HOME");

	if (ce_has_prefix(path, "~/") && home)
		ce_buf_addf(b, "%s%s", home, path + 1);
	else
		ce_buf_adds(b, path);
}

static void add_mirrors(struct ce_buf *b, const json_t *value)
{
	const char *url;
	json_t *list, *mirror;
	size_t i;

	json_object_foreach ((json_t *)value, url, list) {
		ce_buf_addf(b, "%s%s=", b->len ? " " : "", url);
		json_array_foreach (list, i, mirror)
			ce_buf_addf(b, "%s%s", i ? "," : "", json_string_value(mirror));
	}
}

char *ce_config_text(const struct ce_config_key *key, const json_t *value)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf b = {0};
	json_t *item;
	size_t i;

	switch (key->type) {
	case CE_CONFIG_BOOL:
		ce_buf_adds(&b, json_is_true(value) ? "1" : "0");
		break;
	case CE_CONFIG_NUMBER:
		ce_buf_addf(&b, "%lld", (long long)json_integer_value(value));
		break;
	case CE_CONFIG_PATH:
		add_path(&b, json_string_value(value));
		break;
	case CE_CONFIG_MIRRORS:
		add_mirrors(&b, value);
		break;
	case CE_CONFIG_PATHS:
	case CE_CONFIG_TEXTS:
		json_array_foreach ((json_t *)value, i, item) {
			ce_buf_adds(&b, i == 0 ? "" : key->type == CE_CONFIG_PATHS ? ":" : " ");
			add_path(&b, json_string_value(item));
		}
	}
	return ce_buf_steal(&b);
}

/* ---- files ---- */

void ce_config_find(struct ce_config *ret, char *manifest)
{
	const char *of_all = getenv("CCENV_SYSTEM_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	*ret = (struct ce_config){.manifest = manifest};
	ret->paths[CE_CONFIG_SYSTEM] =
		ce_strdup(of_all && *of_all ? of_all : "/etc/ccenv/config.json");
	if (xdg && xdg[0] == '/')
		ret->paths[CE_CONFIG_USER] = ce_path_join(xdg, "ccenv/config.json");
	else if (home && home[0] == '/')
		ret->paths[CE_CONFIG_USER] = ce_path_join(home, ".config/ccenv/config.json");
	if (manifest) {
		CE_AUTOFREE char *dir = ce_path_dir(manifest);

		ret->paths[CE_CONFIG_PROJECT] = ce_path_join(dir, ".ccenv/config.json");
	}
}

void ce_config_release(struct ce_config *config)
{
	for (size_t i = 0; i < CE_CONFIG_LEVELS; i++) {
		free(config->paths[i]);
		json_decref(config->files[i]);
	}
	free(config->manifest);
	*config = (struct ce_config){0};
}

struct reader {
	struct ce_config_warn warn;
	const char *path;
};

static void warn(const struct reader *r, const char *name, const char *why)
{
	CE_AUTOFREE char *text = ce_asprintf("%s: %s %s", r->path, name, why);

	r->warn.fn(r->warn.user, text);
}

/* A file that another user can write is that user's word. */
static bool is_own(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0) &&
	       !(st.st_mode & S_IWOTH);
}

/* Keys that nobody knows, and those that a project may not set; these are taken out. */
static void check_names(const struct reader *r, json_t *file, bool is_project)
{
	const char *name, *inner;
	json_t *value, *v;
	void *next;

	for (size_t i = 0; is_project && i < CE_COUNT(keys); i++)
		if (!keys[i].in_project && json_object_get(file, keys[i].name)) {
			warn(r, keys[i].name,
				"is ignored: a project's file may not say where caches and downloads are; set it with `ccenv config set --user`");
			json_object_del(file, keys[i].name);
		}
	json_object_foreach_safe(file, next, name, value)
	{
		bool is_group = strcmp(name, "network") == 0 && json_is_object(value);

		if (!is_group && strcmp(name, "$schema") != 0 && !ce_config_key_find(name))
			warn(r, name, "is not a key of the config; `ccenv config list` shows them");
		json_object_foreach (is_group ? value : NULL, inner, v) {
			CE_AUTOFREE char *full = ce_asprintf("network.%s", inner);

			if (!ce_config_key_find(full))
				warn(r, full,
					"is not a key of the config; `ccenv config list` shows them");
		}
	}
}

/* The directory of ccenv.json may be one that others can write to: their file is not the project's. */
static bool is_of_project(const struct ce_config *config)
{
	struct stat manifest, file;

	if (lstat(config->paths[CE_CONFIG_PROJECT], &file) < 0)
		return true; /* reading it says why not */
	return file.st_uid == geteuid() || file.st_uid == 0 ||
	       (stat(config->manifest, &manifest) == 0 && file.st_uid == manifest.st_uid);
}

/* The project's file is not read through links: what a message quotes of it must be the project's. */
static int read_project(const struct ce_config *config, json_t **ret, struct ccenv_error *err)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	CE_AUTOFREE char *dir = ce_path_dir(config->manifest);
	int r = ce_fs_read_beneath(dir, ".ccenv/config.json", FILE_MAX, &text, err);

	if (r < 0)
		return r;
	r = ce_json_parse(ce_buf_str(&text), text.len, ret, err);
	return r < 0 ? ce_context(err, r, "%s", config->paths[CE_CONFIG_PROJECT]) : 0;
}

static int check_file(const struct reader *reader, enum ce_config_level level, json_t *file,
	struct ccenv_error *err)
{
	int r;

	if (!json_is_object(file))
		return ce_fail(err, CCENV_EDATA, "%s: expected an object", reader->path);
	r = ce_json_check_texts(file, err);
	if (r < 0)
		return ce_context(err, r, "%s", reader->path);
	check_names(reader, file, level == CE_CONFIG_PROJECT);
	for (size_t i = 0; i < CE_COUNT(keys); i++) {
		const json_t *value = ce_config_lookup(file, &keys[i]);

		r = value ? ce_config_check(&keys[i], value, err) : 0;
		if (r < 0)
			return ce_context(err, r, "%s", reader->path);
	}
	return 0;
}

static int read_file(struct ce_config *config, enum ce_config_level level, struct reader *reader,
	struct ccenv_error *err)
{
	const char *path = config->paths[level];
	json_t *file;
	int r;

	if (!path || !ce_fs_exists(path))
		return 0;
	reader->path = path;
	if (level != CE_CONFIG_PROJECT && !is_own(path)) {
		warn(reader, "this file", "is ignored: other users can write to it");
		return 0;
	}
	if (level == CE_CONFIG_PROJECT && !is_of_project(config)) {
		warn(reader, "this file", "is ignored: it is another user's than ccenv.json");
		return 0;
	}
	r = level == CE_CONFIG_PROJECT ? read_project(config, &file, err)
				       : ce_json_read(path, FILE_MAX, &file, err);
	if (r < 0)
		return r;
	config->files[level] = file;
	return check_file(reader, level, file, err);
}

int ce_config_check_text(enum ce_config_level level, const char *path, const struct ce_buf *text,
	const struct ce_config_warn *warn, struct ccenv_error *err)
{
	const struct reader reader = {*warn, path};
	CE_CLEANUP(ce_json_decrefp) json_t *file = NULL;
	int r = ce_json_parse(ce_buf_str(text), text->len, &file, err);

	return r < 0 ? ce_context(err, r, "%s", path) : check_file(&reader, level, file, err);
}

int ce_config_write(const struct ce_config *config, enum ce_config_level level,
	const struct ce_buf *text, bool *ret_changed, struct ccenv_error *err)
{
	const char *path = config->paths[level], *bytes = ce_buf_str(text);
	CE_AUTOFREE char *dir = ce_path_dir(path);
	int r = ce_fs_mkdirs(dir, err);

	if (r < 0)
		return r;
	/* A link in the project may lead anywhere. */
	return level == CE_CONFIG_PROJECT ? ce_fs_replace(path, bytes, text->len, ret_changed, err)
					  : ce_fs_rewrite(path, bytes, text->len, ret_changed, err);
}

int ce_config_read(struct ce_config *ret, char *manifest, const struct ce_config_warn *warn,
	struct ccenv_error *err)
{
	struct reader reader = {.warn = *warn};

	ce_config_find(ret, manifest);
	for (size_t i = 0; i < CE_CONFIG_LEVELS; i++) {
		int r = read_file(ret, (enum ce_config_level)i, &reader, err);

		if (r < 0)
			return r;
	}
	return 0;
}

const json_t *ce_config_get(
	const struct ce_config *config, const struct ce_config_key *key, enum ce_config_level *ret)
{
	for (size_t i = CE_CONFIG_LEVELS; i-- > 0;) {
		const json_t *value = ce_config_lookup(config->files[i], key);

		if (value) {
			*ret = (enum ce_config_level)i;
			return value;
		}
	}
	return NULL;
}

/* ---- for the library ---- */

/* getenv_fn has no user data: the texts that stand in for variables, set once a run. */
static struct {
	const char *variable;
	char *text;
} stand_ins[CE_COUNT(keys)];

static const char *getenv_or_config(const char *name)
{
	const char *value = getenv(name);

	for (size_t i = 0; !value && i < CE_COUNT(stand_ins); i++)
		if (stand_ins[i].variable && strcmp(stand_ins[i].variable, name) == 0)
			return stand_ins[i].text;
	return value;
}

void ce_config_apply(const struct ce_config *config, struct ccenv_options *o)
{
	enum ce_config_level level;

	for (size_t i = 0; i < CE_COUNT(keys); i++) {
		const json_t *value = ce_config_get(config, &keys[i], &level);

		ce_freep(&stand_ins[i].text);
		stand_ins[i].variable = value ? keys[i].variable : NULL;
		if (value)
			stand_ins[i].text = ce_config_text(&keys[i], value);
		if (strcmp(keys[i].name, "network.offline") == 0 && json_is_true(value))
			o->offline = true;
	}
	o->getenv_fn = getenv_or_config;
}

void ce_config_channels(const struct ce_config *config, struct ce_opt_list *ret)
{
	const struct ce_config_key *key = ce_config_key_find("channels");
	enum ce_config_level level;
	const json_t *value;
	json_t *item;
	size_t i;

	assert(key);
	value = ce_config_get(config, key, &level);
	json_array_foreach ((json_t *)value, i, item) {
		CE_GROW(ret->items, ret->n, ret->cap);
		ret->items[ret->n++] = json_string_value(item);
	}
}
