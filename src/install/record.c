/* SPDX-License-Identifier: MIT */
/* Writing conda-meta. Everything here goes into a prefix that nobody uses yet, so plain writes do.
 */
#include "install/record.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/stage.h"
#include "base/work.h"
#include "cache/contents.h"
#include "ccenv/ccenv.h"
#include "install/install.h"
#include "install/plan.h"
#include "model/pkg.h"
#include "model/pkg_json.h"
#include "spec/channel.h"
#include "spec/name.h"

enum {
	STAMP_VERSION = 3, /* rises when what is installed from the same packages changes */
	STAMP_BYTES_MAX = 64 << 10
};

static int write_file(const char *path, const char *text, size_t len, struct ccenv_error *err)
{
	CE_CLEANUP(ce_fs_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return ce_fail_errno(err, errno, "cannot create %s", path);
	if (ce_fs_write_all(fd, text, len) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	/* NFS says here that the disk is full. */
	if (close(CE_TAKE_FD(fd)) < 0)
		return ce_fail_errno(err, errno, "cannot write %s", path);
	return 0;
}

static json_t *string_of(const char *s)
{
	return s ? json_string_nocheck(s) : json_null();
}

static const char *type_of(const struct ce_planned_path *p)
{
	if (!p->content)
		return "unix_python_entry_point";
	switch (p->content->kind) {
	case CE_CONTENT_LINK:
		return "softlink";
	case CE_CONTENT_DIR:
		return "directory";
	case CE_CONTENT_FILE:
		break;
	}
	return "hardlink";
}

/* Text as a JSON string. It is UTF-8: the lists of packages were checked when they were read. */
static void add_string(struct ce_buf *out, const char *s)
{
	ce_buf_addc(out, '"');
	while (*s) {
		size_t n = 0;

		while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
			n++;
		ce_buf_add(out, s, n);
		s += n;
		if (*s == '"' || *s == '\\')
			ce_buf_addf(out, "\\%c", *s++);
		else if (*s)
			ce_buf_addf(out, "\\u%04x", (unsigned char)*s++);
	}
	ce_buf_addc(out, '"');
}

static void add_member(struct ce_buf *out, const char *key, const char *value)
{
	ce_buf_adds(out, key);
	add_string(out, value);
}

/* A value that needs no escapes. */
static void add_plain(struct ce_buf *out, const char *key, const char *value)
{
	ce_buf_adds(out, key);
	ce_buf_addc(out, '"');
	ce_buf_adds(out, value);
	ce_buf_addc(out, '"');
}

static void add_path(const struct ce_planned_path *p, struct ce_buf *out)
{
	const struct ce_content *c = p->content;
	char number[24];

	ce_buf_adds(out, "   {\"_path\": ");
	add_string(out, p->path);
	add_plain(out, ", \"path_type\": ", type_of(p));
	if (p->relocated && c) {
		add_member(out, ", \"prefix_placeholder\": ", c->placeholder);
		add_plain(out, ", \"file_mode\": ", c->binary ? "binary" : "text");
	}
	if (c && c->no_link)
		ce_buf_adds(out, ", \"no_link\": true");
	if (p->sha256_in_prefix) {
		const char *packaged = c ? c->sha256 : p->sha256_in_prefix;

		/* Old packages do not tell. */
		if (!packaged && !p->relocated)
			packaged = p->sha256_in_prefix;
		if (packaged)
			add_plain(out, ", \"sha256\": ", packaged);
		add_plain(out, ", \"sha256_in_prefix\": ", p->sha256_in_prefix);
		snprintf(number, sizeof(number), "%llu", (unsigned long long)p->size_in_prefix);
		ce_buf_adds(out, ", \"size_in_bytes\": ");
		ce_buf_adds(out, number);
	}
	ce_buf_addc(out, '}');
}

/* files and paths_data, as they stand in a record behind its other members. Written by hand: they
 * are nearly all of it. */
static void add_paths(const struct ce_planned_pkg *p, struct ce_buf *out)
{
	const char *comma = "";

	ce_buf_adds(out, "\"files\": [");
	for (size_t i = 0; i < p->n_paths; i++) {
		const struct ce_planned_path *path = &p->paths[i];

		if (path->shadowed || (path->content && path->content->kind == CE_CONTENT_DIR))
			continue;
		ce_buf_adds(out, comma);
		ce_buf_adds(out, "\n  ");
		add_string(out, path->path);
		comma = ",";
	}
	ce_buf_adds(out, "\n ],\n \"paths_data\": {\"paths_version\": 1, \"paths\": [");
	comma = "";
	for (size_t i = 0; i < p->n_paths; i++) {
		if (p->paths[i].shadowed)
			continue;
		ce_buf_adds(out, comma);
		ce_buf_addc(out, '\n');
		add_path(&p->paths[i], out);
		comma = ",";
	}
	ce_buf_adds(out, "\n ]}");
}

/* The specs of the request that name this package. */
static void add_requested(
	json_t *record, const struct ce_record_options *o, const struct ce_pkg *pkg)
{
	json_t *specs = json_array();

	for (size_t i = 0; i < o->n_requested; i++)
		if (ce_dependency_is_on(o->requested[i], pkg->name))
			json_array_append_new(specs, string_of(o->requested[i]));
	if (json_array_size(specs) > 0)
		json_object_set(record, "requested_spec", json_array_get(specs, 0));
	json_object_set_new(record, "requested_specs", specs);
}

/* Everything but the paths. */
static json_t *package_record(const struct ce_record_options *o, const struct ce_planned_pkg *p)
{
	static const char *const lists[] = {"constrains", "depends"};
	json_t *record = ce_pkg_to_json(p->pkg);
	int link_type = o->method == CE_LINK_HARD ? 1 : 3;

	/* Left out elsewhere when they are empty. */
	for (size_t i = 0; i < CE_COUNT(lists); i++)
		if (!json_object_get(record, lists[i]))
			json_object_set_new(record, lists[i], json_array());
	json_object_set_new(record, "fn", string_of(p->pkg->fn));
	json_object_set_new(record, "url", string_of(p->pkg->url));
	json_object_set_new(record, "channel", string_of(p->pkg->channel));
	json_object_set_new(record, "extracted_package_dir", string_of(p->dir));
	json_object_set_new(
		record, "link", json_pack("{s:s,s:i}", "source", p->dir, "type", link_type));
	add_requested(record, o, p->pkg);
	return record;
}

static int write_one(void *user, size_t i, struct ccenv_error *err)
{
	const struct ce_record_options *o = user;
	const struct ce_planned_pkg *p = &o->plan->pkgs[i];
	CE_CLEANUP(ce_json_decrefp) json_t *record = package_record(o, p);
	CE_AUTOFREE char *path = ce_asprintf("%s/conda-meta/%s-%s-%s.json", o->root, p->pkg->name,
		p->pkg->version, p->pkg->build);
	CE_AUTOFREE char *head = json_dumps(record, JSON_INDENT(1));
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	if (!head)
		return ce_fail(err, CCENV_EDATA, "%s: its record has a text that is not UTF-8",
			p->pkg->fn);
	/* Without the "\n}" at its end. */
	ce_buf_add(&text, head, strlen(head) - 2);
	ce_buf_adds(&text, ",\n ");
	add_paths(p, &text);
	ce_buf_adds(&text, "\n}\n");
	return write_file(path, text.data, text.len, err);
}

/* As Python writes a list of strings: conda reads it as one. */
static void add_specs(const struct ce_record_options *o, struct ce_buf *out)
{
	ce_buf_adds(out, "# update specs: [");
	for (size_t i = 0; i < o->n_requested; i++) {
		ce_buf_adds(out, i ? ", '" : "'");
		for (const char *p = o->requested[i]; *p; p++) {
			if (*p == '\'' || *p == '\\')
				ce_buf_addc(out, '\\');
			ce_buf_addc(out, *p);
		}
		ce_buf_addc(out, '\'');
	}
	ce_buf_adds(out, "]\n");
}

/*
 * conda's history. Its date is that of the newest package, not of today: the same packages give the
 * same prefix.
 */
static int write_history(const struct ce_record_options *o, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = ce_path_join(o->root, "conda-meta/history");
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};
	uint64_t newest = 0;
	char date[32] = "";
	struct tm tm;
	time_t t;

	for (size_t i = 0; i < o->plan->n_pkgs; i++)
		if (o->plan->pkgs[i].pkg->timestamp > newest)
			newest = o->plan->pkgs[i].pkg->timestamp;
	t = (time_t)(newest / 1000);
	if (gmtime_r(&t, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	ce_buf_addf(&text, "==> %s <==\n# cmd: ccenv install\n# ccenv version: %s\n", date,
		CCENV_VERSION);
	for (size_t i = 0; i < o->plan->n_pkgs; i++) {
		const struct ce_pkg *pkg = o->plan->pkgs[i].pkg;

		ce_buf_addf(&text, "+%s/%s::%s-%s-%s\n", ce_channel_name(pkg->channel), pkg->subdir,
			pkg->name, pkg->version, pkg->build);
	}
	if (o->n_requested > 0)
		add_specs(o, &text);
	return write_file(path, text.data, text.len, err);
}

int ce_record_write(const struct ce_record_options *o, struct ccenv_error *err)
{
	CE_AUTOFREE char *dir = ce_path_join(o->root, "conda-meta");
	struct ce_record_options copy = *o;
	struct ce_work work = {
		.n = o->plan->n_pkgs,
		.threads = o->threads,
		.user = &copy,
		.item = write_one,
	};
	int r = ce_fs_mkdirs(dir, err);

	if (r < 0)
		return r;
	r = ce_work_run(&work, err);
	if (r < 0)
		return r;
	return write_history(o, err);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds a sorted list, each with a NUL behind it, so that no two lists look alike. */
static void hash_list(struct ce_digest *d, const char **list, size_t n)
{
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_strings);
	for (size_t i = 0; i < n; i++)
		ce_digest_update(d, list[i], strlen(list[i]) + 1);
	ce_digest_update(d, "", 1);
}

void ce_stamp_content(const struct ce_pkg *const *pkgs, size_t n,
	const struct ce_install_options *o, char hex[CE_SHA256_HEX + 1])
{
	CE_AUTOFREE const char **list = ce_calloc(n + o->n_requested + 1, sizeof(*list));
	struct ce_digest *d = ce_digest_new(CE_DIGEST_SHA256);
	char version[16];

	snprintf(version, sizeof(version), "%d", STAMP_VERSION);
	ce_digest_update(d, version, strlen(version) + 1);
	ce_digest_update(d, o->prefix, strlen(o->prefix) + 1);
	for (size_t i = 0; i < n; i++) {
		const char *digest = ce_pkg_digest(pkgs[i]);

		list[i] = digest ? digest : pkgs[i]->url;
	}
	hash_list(d, list, n);
	for (size_t i = 0; i < o->n_requested; i++)
		list[i] = o->requested[i];
	hash_list(d, list, o->n_requested);
	ce_digest_final(d, hex);
}

static char *stamp_path(const char *prefix)
{
	return ce_path_join(prefix, "conda-meta/ccenv");
}

int ce_stamp_write(const char *root, const struct ce_stamp *stamp, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = stamp_path(root);
	CE_CLEANUP(ce_json_decrefp) json_t *o = json_object();
	CE_CLEANUP(ce_buf_release) struct ce_buf text = {0};

	json_object_set_new(o, "version", json_integer(STAMP_VERSION));
	json_object_set_new(o, "content", string_of(stamp->content));
	json_object_set_new(o, "prefix", string_of(stamp->prefix));
	json_object_set_new(o, "built_as", string_of(stamp->built_as));
	json_object_set_new(o, "packages", json_integer((json_int_t)stamp->n_pkgs));
	ce_json_format(o, &text);
	return write_file(path, ce_buf_str(&text), text.len, err);
}

bool ce_stamp_matches(const char *prefix, const char *content, bool *ret_leftover)
{
	CE_AUTOFREE char *path = stamp_path(prefix);
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ccenv_error ignored;
	const char *found, *built_as;

	*ret_leftover = false;
	if (ce_json_read(path, STAMP_BYTES_MAX, &o, &ignored) < 0)
		return false;
	found = json_string_value(json_object_get(o, "content"));
	built_as = json_string_value(json_object_get(o, "built_as"));
	*ret_leftover = built_as && ce_stage_is_left(built_as);
	return found && strcmp(found, content) == 0;
}

int ce_stamp_check_place(const char *prefix, size_t *ret_n_pkgs, struct ccenv_error *err)
{
	CE_AUTOFREE char *path = stamp_path(prefix);
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	const char *made_for;
	int r = ce_json_read(path, STAMP_BYTES_MAX, &o, err);

	if (r < 0)
		return r;
	made_for = json_string_value(json_object_get(o, "prefix"));
	if (!made_for || strcmp(made_for, prefix) != 0)
		return ce_fail(err, CCENV_EHASH,
			"%s was installed as %s and moved, but its files hold the old path: run `ccenv install`",
			prefix, made_for ? made_for : "another path");
	*ret_n_pkgs = (size_t)json_integer_value(json_object_get(o, "packages"));
	return 0;
}

bool ce_stamp_has_moved(const char *prefix, char **ret_from)
{
	CE_AUTOFREE char *path = stamp_path(prefix);
	CE_CLEANUP(ce_json_decrefp) json_t *o = NULL;
	struct ccenv_error ignored;
	const char *made_for;

	if (ce_json_read(path, STAMP_BYTES_MAX, &o, &ignored) < 0)
		return false;
	made_for = json_string_value(json_object_get(o, "prefix"));
	if (!made_for || ce_fs_is_same_dir(made_for, prefix))
		return false;
	*ret_from = ce_strdup(made_for);
	return true;
}

bool ce_stamp_is_there(const char *prefix)
{
	CE_AUTOFREE char *path = stamp_path(prefix);

	return ce_fs_exists(path);
}
