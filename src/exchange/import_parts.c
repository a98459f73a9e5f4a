/* SPDX-License-Identifier: MIT */
/* What the importers share; see import_parts.h. */
#include "exchange/import_parts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/url.h"
#include "ccenv/ccenv.h"
#include "exchange/parts.h"
#include "spec/channel.h"

enum {
	LEFT_OUT_MAX = 32 << 10
};

void ce_import_release(struct ce_import *im)
{
	json_decref(im->manifest);
	json_decref(im->lock);
	ce_buf_release(&im->left_out);
	ce_buf_release(&im->foreign);
	*im = (struct ce_import){0};
}

/* Is the line in the text? */
static bool has_line(const struct ce_buf *b, const char *line)
{
	const char *at = ce_buf_str(b);
	size_t n = strlen(line);

	for (size_t len; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		if (len == n && memcmp(at, line, n) == 0)
			return true;
	}
	return false;
}

void ce_import_leave_out(struct ce_import *im, const char *what, const json_t *names)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf line = {0};
	size_t n = 0, i;
	const char *key;
	json_t *v;

	ce_buf_init(&line, 1000);
	ce_buf_adds(&line, what);
	if (json_is_object(names))
		json_object_foreach ((json_t *)names, key, v)
			ce_buf_addf(&line, "%s%s", n++ ? ", " : " (", key);
	if (json_is_array(names))
		json_array_foreach ((json_t *)names, i, v)
			if (json_is_string(v))
				ce_buf_addf(&line, "%s%s", n++ ? ", " : " (", json_string_value(v));
	if (n)
		ce_buf_adds(&line, line.overflow ? "…)" : ")");
	for (char *p = line.data; p && *p; p++)
		if (*p == '\n')
			*p = ' ';
	/* Each line is looked for: their number has a bound. */
	if (im->left_out.len > LEFT_OUT_MAX || has_line(&im->left_out, ce_buf_str(&line)))
		return;
	ce_buf_addf(&im->left_out, "%s\n", ce_buf_str(&line));
	if (im->left_out.len > LEFT_OUT_MAX)
		ce_buf_adds(&im->left_out, "and more\n");
}

/* ---- trees ---- */

const char *ce_tree_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

void ce_tree_copy(json_t *to, const char *key, const json_t *o, const char *from)
{
	json_t *v = json_object_get(o, from);

	if (v && !json_is_null(v))
		json_object_set(to, key, v);
}

json_t *ce_tree_object(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (json_is_object(v))
		return v;
	json_object_set_new(o, key, json_object());
	return json_object_get(o, key);
}

json_t *ce_tree_array(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (json_is_array(v))
		return v;
	json_object_set_new(o, key, json_array());
	return json_object_get(o, key);
}

bool ce_tree_has(const json_t *array, const char *text)
{
	json_t *v;
	size_t i;

	json_array_foreach ((json_t *)array, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), text) == 0)
			return true;
	return false;
}

void ce_tree_add_once(json_t *array, const char *text)
{
	if (!ce_tree_has(array, text))
		json_array_append_new(array, json_string(text));
}

/* ---- a lock in the making ---- */

json_t *ce_lock_tree(struct ce_import *im)
{
	if (!im->lock)
		im->lock = json_pack(
			"{s:i,s:{},s:[],s:{}}", "version", 1, "environments", "packages", "by-url");
	return im->lock;
}

json_t *ce_lock_tree_env(struct ce_import *im, const char *env)
{
	return ce_tree_object(ce_tree_object(ce_lock_tree(im), "environments"), env);
}

json_t *ce_lock_tree_platform(struct ce_import *im, const char *env, const char *platform)
{
	json_t *o =
		ce_tree_object(ce_tree_object(ce_lock_tree_env(im, env), "platforms"), platform);

	ce_tree_array(o, "packages");
	return o;
}

/* *ret_new: was it not there? */
static int add_to_env(struct ce_import *im, const char *env, const char *channel, bool *ret_new,
	struct ccenv_error *err)
{
	json_t *list = ce_tree_array(ce_lock_tree_env(im, env), "channels");
	CE_CLEANUP(ce_arena_release) struct ce_arena a = {0};
	const struct ce_channel_base base = {0};
	CE_AUTOFREE char *plain = NULL;
	const char *url;
	int r = ce_channel_url(channel, &base, &a, &url, err);

	if (r < 0)
		return ce_context(err, err->code = CCENV_EDATA, "channels");
	plain = ce_url_strip_credentials(url);
	*ret_new = !ce_tree_has(list, plain);
	ce_tree_add_once(list, plain);
	return 0;
}

int ce_lock_tree_channel(
	struct ce_import *im, const char *env, const char *channel, struct ccenv_error *err)
{
	bool is_new;

	im->lists_channels = true;
	return add_to_env(im, env, channel, &is_new, err);
}

static void set_if_absent(json_t *o, const char *key, json_t *value)
{
	if (!json_object_get(o, key))
		json_object_set(o, key, value);
	json_decref(value);
}

/* What pixi.lock leaves out, by the rules of rattler_lock. */
static void derive(json_t *record, const struct ce_url_parts *parts)
{
	const char *build, *subdir;
	uint64_t number = 0;

	set_if_absent(record, "name", json_string(parts->name));
	set_if_absent(record, "version", json_string(parts->version));
	set_if_absent(record, "build", json_string(parts->build));
	set_if_absent(record, "subdir", json_string(parts->subdir));
	build = ce_tree_text(record, "build");
	subdir = ce_tree_text(record, "subdir");
	if (build)
		(void)ce_build_number_of(build, &number); /* without digits it is 0 */
	set_if_absent(record, "build_number", json_integer((json_int_t)number));
	if (build && subdir && strcmp(subdir, "noarch") == 0)
		set_if_absent(
			record, "noarch", json_string(strstr(build, "py") ? "python" : "generic"));
}

static void add_foreign(struct ce_import *im, const char *channel, const char *package)
{
	CE_AUTOFREE char *plain = ce_url_strip_credentials(channel);

	ce_buf_addf(&im->foreign, "%s (%s)\n", plain, package);
}

/* The record's own channel, or what its URL begins with; as a channel of the environment. */
static int add_channel(struct ce_import *im, const char *env, json_t *record,
	const struct ce_url_parts *parts, struct ccenv_error *err)
{
	const char *own = ce_tree_text(record, "channel");
	CE_AUTOFREE char *channel = ce_strdup(own ? own : parts->channel);
	size_t n = strlen(channel);
	bool is_new = false;
	int r;

	while (n > 1 && channel[n - 1] == '/')
		channel[--n] = '\0';
	/* The lock's reader finds that of the URL itself. Where the packages are elsewhere, the lock says so. */
	if (strcmp(channel, parts->channel) == 0) {
		json_object_del(record, "channel");
	} else {
		CE_AUTOFREE char *dir = ce_asprintf("%s/%s", parts->channel, parts->subdir);
		json_t *bases = ce_tree_object(ce_lock_tree_env(im, env), "base-urls");

		json_object_set_new(record, "channel", json_string(channel));
		ce_tree_add_once(ce_tree_array(bases, channel), dir);
	}
	r = add_to_env(im, env, channel, &is_new, err);
	if (r >= 0 && is_new && im->lists_channels && im->foreign.len < LEFT_OUT_MAX)
		add_foreign(im, channel, parts->name);
	return r;
}

static int fail_url(const char *url, struct ccenv_error *err)
{
	return ce_fail(err, CCENV_EDATA,
		"\"%.300s\" is not the URL of a package (CHANNEL/SUBDIR/NAME-VERSION-BUILD.conda or .tar.bz2)",
		url ? url : "");
}

static int add_record(struct ce_import *im, const char *env, const char *platform, json_t *record,
	struct ccenv_error *err)
{
	const char *url = ce_tree_text(record, "url");
	CE_AUTOFREE char *plain = url ? ce_url_strip_credentials(url) : NULL;
	json_t *lock = ce_lock_tree(im), *by_url = ce_tree_object(lock, "by-url");
	struct ce_url_parts parts;
	int r;

	if (!plain || !ce_url_parts_read(plain, &parts))
		return fail_url(plain, err);
	json_object_set_new(record, "url", json_string(plain));
	derive(record, &parts);
	r = add_channel(im, env, record, &parts, err);
	ce_url_parts_release(&parts);
	if (r < 0)
		return r;
	if (!json_object_get(by_url, plain)) {
		json_object_set(by_url, plain, record);
		json_array_append(ce_tree_array(lock, "packages"), record);
	}
	json_array_append_new(ce_tree_array(ce_lock_tree_platform(im, env, platform), "packages"),
		json_string(plain));
	return 0;
}

int ce_lock_tree_add(struct ce_import *im, const char *env, const char *platform, json_t *record,
	struct ccenv_error *err)
{
	int r = add_record(im, env, platform, record, err);

	json_decref(record);
	return r;
}

static void apply_env(struct ce_import *im, const char *name, const json_t *note)
{
	json_t *env = json_object_get(ce_tree_object(ce_lock_tree(im), "environments"), name);
	json_t *platforms, *p;
	const char *platform;

	if (!env)
		return;
	ce_tree_copy(env, "options", note, "options");
	ce_tree_copy(env, "base-urls", note, "base-urls");
	platforms = json_object_get(note, "platforms");
	json_object_foreach (platforms, platform, p) {
		json_t *to = json_object_get(json_object_get(env, "platforms"), platform);

		if (!to)
			continue;
		ce_tree_copy(to, "specs", p, "specs");
		ce_tree_copy(to, "virtual-packages", p, "virtual-packages");
	}
}

void ce_lock_tree_apply_note(struct ce_import *im, const json_t *note)
{
	json_t *by_url = ce_tree_object(ce_lock_tree(im), "by-url"), *v;
	const char *key;

	if (json_integer_value(json_object_get(note, "version")) != 1)
		return;
	json_object_foreach (json_object_get(note, "environments"), key, v)
		apply_env(im, key, v);
	json_object_foreach (json_object_get(note, "packages"), key, v) {
		json_t *record = json_object_get(by_url, key);

		if (record && json_is_object(v))
			json_object_update(record, v);
	}
}
