/* SPDX-License-Identifier: MIT */
/* Package files for tests, over libarchive's writers. */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/strs.h"
#include "ccenv/ccenv.h"

enum {
	TAR_MAX = 64 << 20
};

static size_t data_size(const struct pack_entry *e)
{
	return e->data ? (e->n_data ? e->n_data : strlen(e->data)) : 0;
}

static void add_entries(struct archive *a, const struct pack_entry *list)
{
	for (; list && list->path; list++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, list->path);
		archive_entry_set_mtime(e, 1700000000, 0);
		archive_entry_set_filetype(e, list->dir      ? AE_IFDIR
					      : list->target ? AE_IFLNK
							     : AE_IFREG);
		archive_entry_set_perm(e, list->mode ? list->mode : 0644);
		if (list->target)
			archive_entry_set_symlink(e, list->target);
		if (list->hard)
			archive_entry_set_hardlink(e, list->hard);
		archive_entry_set_size(e, list->hard ? 0 : (la_int64_t)data_size(list));
		if (archive_write_header(a, e) < ARCHIVE_WARN)
			abort();
		if (list->data && !list->hard)
			archive_write_data(a, list->data, data_size(list));
		archive_entry_free(e);
	}
}

/* A tar in memory; the caller frees. */
static char *make_tar(const struct pack_entry *list, bool bz2, size_t *ret_len)
{
	struct archive *a = archive_write_new();
	char *buf = ce_alloc(TAR_MAX);

	archive_write_set_format_pax_restricted(a);
	if (bz2)
		archive_write_add_filter_bzip2(a);
	else
		archive_write_add_filter_zstd(a);
	archive_write_open_memory(a, buf, TAR_MAX, ret_len);
	add_entries(a, list);
	archive_write_close(a);
	archive_write_free(a);
	return buf;
}

void pack_tar_bz2(const char *path, const struct pack_entry *all)
{
	size_t len = 0;
	CE_AUTOFREE char *tar = make_tar(all, true, &len);
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(tar, 1, len, f) != len || fclose(f) != 0)
		abort();
}

static void add_member(struct archive *zip, const char *name, const void *data, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)len);
	archive_write_header(zip, e);
	archive_write_data(zip, data, len);
	archive_entry_free(e);
}

void pack_zip(const char *path, const struct pack_member *members)
{
	struct archive *zip = archive_write_new();

	archive_write_set_format_zip(zip);
	archive_write_set_options(zip, "zip:compression=store");
	if (archive_write_open_filename(zip, path) < ARCHIVE_WARN)
		abort();
	for (const struct pack_member *m = members; m->name; m++) {
		size_t n = m->n_data;
		CE_AUTOFREE char *tar = m->entries ? make_tar(m->entries, false, &n) : NULL;

		add_member(zip, m->name, tar ? tar : m->data, n);
	}
	archive_write_close(zip);
	archive_write_free(zip);
}

void pack_conda(const char *path, const struct pack_entry *info, const struct pack_entry *pkg)
{
	static const char metadata[] = "{\"conda_pkg_format_version\": 2}";
	const char *base = ce_path_base(path);
	int n = (int)(strlen(base) - (ce_has_suffix(base, ".conda") ? 6 : 0));
	CE_AUTOFREE char *pkg_name = ce_asprintf("pkg-%.*s.tar.zst", n, base);
	CE_AUTOFREE char *info_name = ce_asprintf("info-%.*s.tar.zst", n, base);
	struct pack_member members[4] = {
		{.name = "metadata.json", .data = metadata, .n_data = sizeof(metadata) - 1}};
	size_t at = 1;

	if (pkg)
		members[at++] = (struct pack_member){.name = pkg_name, .entries = pkg};
	if (info)
		members[at++] = (struct pack_member){.name = info_name, .entries = info};
	pack_zip(path, members);
}

static char *index_json(const struct pack_package *p)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:i,s:s}", "name", p->name, "version", p->version,
		"build", p->build, "build_number", 0, "subdir", "noarch");
	char *text = json_dumps(o, 0);

	json_decref(o);
	return text;
}

static char *paths_json(const struct pack_package *p)
{
	json_t *paths = json_array(), *o;
	char *text;

	for (const struct pack_entry *e = p->files; e && e->path; e++) {
		char hex[CE_SHA256_HEX + 1];
		bool hit = p->placeholder && e->data &&
			   memmem(e->data, data_size(e), p->placeholder, strlen(p->placeholder));

		o = json_pack("{s:s,s:s}", "_path", e->path, "path_type",
			e->dir      ? "directory"
			: e->target ? "softlink"
				    : "hardlink");
		ce_sha256_bytes(e->data ? e->data : "", data_size(e), hex);
		json_object_set_new(o, "sha256", json_string(hex));
		json_object_set_new(o, "size_in_bytes", json_integer((json_int_t)data_size(e)));
		if (hit) {
			json_object_set_new(o, "prefix_placeholder", json_string(p->placeholder));
			json_object_set_new(
				o, "file_mode", json_string(p->binary ? "binary" : "text"));
		}
		json_array_append_new(paths, o);
	}
	o = json_pack("{s:i,s:o}", "paths_version", 1, "paths", paths);
	text = json_dumps(o, 0);
	json_decref(o);
	return text;
}

static void write_package(const char *path, const struct pack_package *p)
{
	CE_AUTOFREE char *index = index_json(p);
	CE_AUTOFREE char *paths = p->paths_json ? ce_strdup(p->paths_json) : paths_json(p);
	struct pack_entry info[] = {
		{.path = "info/index.json", .data = index},
		{.path = "info/paths.json", .data = paths},
		{.path = p->link_json ? "info/link.json" : NULL, .data = p->link_json},
		{0},
	};
	struct pack_entry all[64] = {{0}};
	size_t n = 0;

	if (!p->bz2) {
		pack_conda(path, info, p->files);
		return;
	}
	for (const struct pack_entry *e = info; e->path && !p->info_last; e++)
		all[n++] = *e;
	for (const struct pack_entry *e = p->files; e && e->path; e++)
		all[n++] = *e;
	for (const struct pack_entry *e = info; e->path && p->info_last; e++)
		all[n++] = *e;
	pack_tar_bz2(path, all);
}

static void hash_file(const char *path, struct ce_arena *a, struct ce_pkg *ret)
{
	char hex[CE_SHA256_HEX + 1], md5[CE_MD5_HEX + 1];
	CE_CLEANUP(ce_buf_release) struct ce_buf data = {0};
	struct ce_digest *m = ce_digest_new(CE_DIGEST_MD5);
	struct ccenv_error err;

	if (ce_fs_read(path, TAR_MAX, &data, &err) < 0)
		abort();
	ce_sha256_bytes(data.data, data.len, hex);
	ce_digest_update(m, data.data, data.len);
	ce_digest_final(m, md5);
	ret->sha256 = ce_arena_strdup(a, hex);
	ret->md5 = ce_arena_strdup(a, md5);
	ret->size = data.len;
}

void pack_package(
	const char *dir, const struct pack_package *p, struct ce_arena *a, struct ce_pkg *ret)
{
	const char *subdir = ce_arena_printf(a, "%s/noarch", dir);
	const char *path;
	struct ccenv_error err;

	*ret = (struct ce_pkg){
		.name = p->name,
		.version = p->version ? p->version : "1.0",
		.build = p->build ? p->build : "0",
		.subdir = "noarch",
		.channel = ce_arena_printf(a, "file://%s", dir),
		.python_site_packages_path = p->python_site_packages_path,
		.noarch = p->noarch,
	};
	ret->fn = ce_arena_printf(
		a, "%s-%s-%s%s", p->name, ret->version, ret->build, p->bz2 ? ".tar.bz2" : ".conda");
	ret->url = ce_arena_printf(a, "%s/noarch/%s", ret->channel, ret->fn);
	ret->depends = ce_arena_array(a, CE_COUNT(p->depends), sizeof(char *));
	while (p->depends[ret->n_depends]) {
		ret->depends[ret->n_depends] = p->depends[ret->n_depends];
		ret->n_depends++;
	}
	if (ce_fs_mkdirs(subdir, &err) < 0)
		abort();
	path = ce_arena_printf(a, "%s/%s", subdir, ret->fn);
	struct pack_package full = *p;

	full.version = ret->version;
	full.build = ret->build;
	write_package(path, &full);
	hash_file(path, a, ret);
}
